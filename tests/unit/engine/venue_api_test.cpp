#include "engine/venue_api.hpp"

#include <gtest/gtest.h>

#include "sim/memory_venue.hpp"

namespace copyd::engine {
namespace {

using namespace std::chrono_literals;

// We ask the venue for something, while another program behind the same address does too.
class VenueApiTest : public ::testing::Test {
 protected:
  static constexpr int of_others = 100;

  VenueApiTest() {
    venue.set_fate([this](const sim::MemoryFrame& frame) {
      sim::MemoryFate fate;
      if (!frame.to_venue && frame.owner == "ours") fate.delay = late;
      return fate;
    });
    ours.count_into(weight);
  }
  static venue::Endpoints endpoints() {
    return {.rest = "https://venue", .sapi = "", .ws_api = "", .streams = ""};
  }
  std::int64_t room() const {
    return weight.room(clock.now(), venue::AddressWeight::Urgency::patient);
  }
  void run(std::chrono::nanoseconds time) {
    for (const Mono end = clock.now() + time; clock.now() < end; clock.advance(10ms)) {
      ours.poll(clock.now());
      others.poll(clock.now());
    }
  }
  void others_ask() {
    for (int i = 0; i < of_others; ++i)
      others.get(venue::path::time, [](const VenueAnswer& answer) { EXPECT_TRUE(answer.ok()); });
    run(100ms);
  }
  // The weight that is ours by then: what was asked for and what the answer has told.
  std::int64_t asked_for_time() {
    const std::int64_t before = room();
    bool answered = false;
    ours.time([&](std::optional<TimeReading> reading, const std::string& why) {
      EXPECT_TRUE(reading) << why;
      answered = true;
    });
    run(late + 100ms);
    EXPECT_TRUE(answered);
    return before - room();
  }

  ManualClock clock;
  sim::MemoryVenue venue{clock, {}};
  std::unique_ptr<net::Transport> our_transport = venue.transport("ours");
  std::unique_ptr<net::Transport> other_transport = venue.transport("another program");
  VenueApi ours{*our_transport, endpoints(), clock};
  VenueApi others{*other_transport, endpoints(), clock};
  venue::AddressWeight weight;
  std::chrono::nanoseconds late{0};
};

TEST_F(VenueApiTest, WhatOthersBehindTheAddressHaveUsedCounts) {
  others_ask();
  EXPECT_EQ(asked_for_time(), of_others + 1);
  EXPECT_EQ(asked_for_time(), 1) << "once";
}

TEST_F(VenueApiTest, ACountThatIsLongOnItsWayStillCountsOurOwnOnce) {
  others_ask();
  late = 4s;
  EXPECT_EQ(asked_for_time(), of_others + 1);
  EXPECT_EQ(asked_for_time(), 1);
}

}  // namespace
}  // namespace copyd::engine
