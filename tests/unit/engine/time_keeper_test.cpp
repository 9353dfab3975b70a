#include "engine/time_keeper.hpp"

#include <gtest/gtest.h>

#include "sim/memory_venue.hpp"

namespace copyd::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr std::int64_t ms = 1'000'000;

TimeReading reading(std::int64_t at_ms, std::int64_t venue_ms, milliseconds round_trip) {
  TimeReading made;
  made.at = Mono{at_ms * ms};
  made.venue = VenueTime{venue_ms};
  made.round_trip = round_trip;
  return made;
}

TEST(TimeSamples, AQuickAnswerIsBelievedOverASlowOne) {
  TimeSamples samples;
  EXPECT_EQ(samples.add(reading(1000, 501'000, milliseconds(80)), Mono{1040 * ms})->venue.ms,
            501'000);
  EXPECT_EQ(samples.add(reading(2000, 502'010, milliseconds(10)), Mono{2005 * ms})->venue.ms,
            502'010);
  // 30 ms off, as half of its round trip allows.
  EXPECT_FALSE(samples.add(reading(3000, 503'040, milliseconds(90)), Mono{3045 * ms}));
  EXPECT_FALSE(samples.stepped());
}

TEST(TimeSamples, AnOldSampleLosesItsWorth) {
  TimeSamples samples;
  EXPECT_TRUE(samples.add(reading(1000, 501'000, milliseconds(10)), Mono{1005 * ms}));
  EXPECT_TRUE(samples.add(reading(600'000, 1'100'030, milliseconds(40)), Mono{600'020 * ms}))
      << "ten minutes of drift are worse than a slow answer";
  EXPECT_FALSE(samples.stepped());
}

TEST(TimeSamples, AStepOfEitherClockThrowsAwayWhatWasKnown) {
  TimeSamples samples;
  EXPECT_TRUE(samples.add(reading(1000, 501'000, milliseconds(4)), Mono{1002 * ms}));
  const auto best = samples.add(reading(61'000, 561'500, milliseconds(200)), Mono{61'100 * ms});
  ASSERT_TRUE(best) << "500 ms in a minute is no drift, however slow the answer";
  EXPECT_EQ(best->venue.ms, 561'500);
  EXPECT_TRUE(samples.stepped());
  EXPECT_FALSE(samples.add(reading(62'000, 562'520, milliseconds(400)), Mono{62'200 * ms}));
  EXPECT_FALSE(samples.stepped());
}

TEST(TimeSamples, ManySamplesAreBounded) {
  TimeSamples samples;
  for (std::int64_t i = 1; i <= 100; ++i)
    samples.add(reading(i * 60'000, 500'000 + i * 60'000, milliseconds(10)),
                Mono{(i * 60'000 + 5) * ms});
  const auto best =
      samples.add(reading(7'000'000, 7'500'000, milliseconds(2)), Mono{7'000'001 * ms});
  ASSERT_TRUE(best);
  EXPECT_EQ(best->venue.ms, 7'500'000);
}

class TimeKeeperTest : public ::testing::Test {
 protected:
  TimeKeeperTest()
      : transport(venue.transport("keeper")),
        api(*transport,
            venue::Endpoints{.rest = "https://venue", .sapi = "", .ws_api = "", .streams = ""},
            clock),
        keeper(api, clock, [this](TimeSample sample) { told.push_back(sample); }) {}

  // Turn after turn of 5 ms; returns how often the venue was asked.
  std::size_t run(nanoseconds time) {
    const std::size_t before = asked;
    for (const Mono end = clock.now() + time; clock.now() < end; clock.advance(milliseconds(5))) {
      keeper.poll();
      api.poll(clock.now());
    }
    return asked - before;
  }
  milliseconds off_by() const {
    return std::chrono::abs(api.now() - venue.venue_time(clock.now()));
  }

  ManualClock clock;
  sim::MemoryVenue venue{clock, {.latency = milliseconds(10)}};
  std::unique_ptr<net::Transport> transport;
  VenueApi api;
  std::vector<TimeSample> told;
  std::size_t asked = 0;
  TimeKeeper keeper;

  void SetUp() override {
    venue.set_fate([this](const sim::MemoryFrame& frame) {
      asked += frame.kind == sim::LinkKind::http && frame.to_venue ? 1U : 0U;
      return sim::MemoryFate();
    });
  }
};

TEST_F(TimeKeeperTest, AsksFiveTimesAtFirstAndThenOnceAMinute) {
  EXPECT_EQ(run(seconds(10)), 5U);
  EXPECT_EQ(run(seconds(180)), 3U);
  EXPECT_FALSE(told.empty());
  EXPECT_LE(off_by(), milliseconds(2));
}

TEST_F(TimeKeeperTest, ADriftBetweenSamplesIsCorrected) {
  run(seconds(10));
  venue.control(R"({"command":"clock_offset","ms":500})");
  ASSERT_GE(off_by(), milliseconds(490)) << "the venue has moved away";
  run(seconds(70));
  EXPECT_LE(off_by(), milliseconds(2));
}

TEST_F(TimeKeeperTest, ARefusalForTheTimeIsADoubtOnce) {
  run(seconds(10));
  keeper.saw_refusal(3, -1021);
  EXPECT_EQ(run(seconds(10)), 5U);
  keeper.saw_refusal(3, -1021);
  EXPECT_EQ(run(seconds(10)), 0U) << "the cell still shows the same";
  keeper.saw_refusal(3, -2019);
  EXPECT_EQ(run(seconds(10)), 0U);
  keeper.saw_refusal(3, -5028);
  EXPECT_EQ(run(seconds(10)), 5U);
}

TEST_F(TimeKeeperTest, APauseOfTheProcessIsADoubt) {
  run(seconds(10));
  clock.advance(seconds(30));
  EXPECT_EQ(run(seconds(10)), 5U);
}

TEST_F(TimeKeeperTest, AVenueThatDoesNotAnswerIsAskedEachSecond) {
  venue.refuse_until(clock.now() + seconds(10));
  EXPECT_GE(run(seconds(10)) + 10, 9U);
  EXPECT_TRUE(told.empty());
  run(seconds(5));
  EXPECT_FALSE(told.empty());
}

}  // namespace
}  // namespace copyd::engine
