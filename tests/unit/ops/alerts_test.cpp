// Alerts in virtual time, over channels that are scripts.
#include "ops/alerts.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace copyd::ops {
namespace {

using namespace std::chrono_literals;
using End = Delivery::End;

// Takes every message at once, unless the script says how an attempt ends; nullopt: never.
struct Script {
  std::vector<AlertMessage> begun;
  std::function<std::optional<Delivery>(std::size_t attempt)> end;
  int attempts_max = 0;
};

class ScriptedChannel final : public AlertChannel {
 public:
  explicit ScriptedChannel(Script& script) : script_(script) {}
  std::string_view name() const noexcept override { return "script"; }
  std::chrono::milliseconds pace() const noexcept override { return 100ms; }
  int attempts_max() const noexcept override { return script_.attempts_max; }
  void begin(const AlertMessage& message, Mono) override { script_.begun.push_back(message); }
  std::optional<Delivery> poll(Mono) override {
    return script_.end ? script_.end(script_.begun.size()) : Delivery{};
  }

 private:
  Script& script_;
};

std::int64_t fixed_wall() {
  return 1'790'000'000'000'000'000;
}

class AlertsTest : public testing::Test {
 protected:
  AlertsTest() {
    std::vector<std::unique_ptr<AlertChannel>> channels;
    channels.push_back(std::make_unique<ScriptedChannel>(one));
    channels.push_back(std::make_unique<ScriptedChannel>(two));
    alerts.emplace(
        Alerts::Parts{.clock = clock, .host = "trader1", .version = "1.2.3", .wall = fixed_wall},
        std::move(channels));
  }
  static Alert alert(const std::string& key, const std::string& text = "it broke") {
    return {.severity = Severity::page, .key = key, .subject = "bob", .text = text};
  }
  void run(std::chrono::nanoseconds time) {
    for (const Mono end = clock.now() + time; clock.now() < end; clock.advance(50ms))
      alerts->poll();
  }

  ManualClock clock;
  Script one;
  Script two;
  std::optional<Alerts> alerts;
};

TEST_F(AlertsTest, EachChannelGetsTheIncidentAndItsEndUnderOneId) {
  alerts->raise(alert("breach/bob"));
  run(1s);
  alerts->resolve("breach/bob", "it is resumed");
  run(1s);
  for (const Script* script : {&one, &two}) {
    ASSERT_EQ(script->begun.size(), 2U);
    EXPECT_FALSE(script->begun[0].resolved);
    EXPECT_TRUE(script->begun[1].resolved);
    EXPECT_EQ(script->begun[0].id, script->begun[1].id);
    EXPECT_EQ(script->begun[1].text, "it is resumed");
  }
}

TEST_F(AlertsTest, TheJsonIsAsDocumented) {
  alerts->raise(alert("breach/bob", "a \"limit\"\nis reached"));
  run(1s);
  ASSERT_EQ(one.begun.size(), 1U);
  EXPECT_EQ(as_json(one.begun[0]),
            R"({"id":")" + one.begun[0].id +
                R"(","severity":"page","state":"firing","key":"breach/bob","subject":"bob",)"
                R"("text":"a \"limit\"\nis reached","time":"2026-09-21T14:13:20Z",)"
                R"("host":"trader1","version":"1.2.3"})");
  EXPECT_EQ(as_text(one.begun[0]),
            "copyd on trader1: page\nbob: a \"limit\"\nis reached\nbreach/bob, "
            "2026-09-21T14:13:20Z");
}

TEST_F(AlertsTest, OneMessageForEachIncidentAndAgainEachHourWhileItLasts) {
  const Mono begun = clock.now();
  while (clock.now() < begun + 150min) {
    alerts->raise(alert("drift/bob"));
    run(10s);
  }
  ASSERT_EQ(one.begun.size(), 3U);
  EXPECT_EQ(one.begun[0].id, one.begun[2].id);
  alerts->resolve("drift/bob", "over");
  alerts->resolve("drift/bob", "over");
  run(1s);
  EXPECT_EQ(one.begun.size(), 4U) << "its end is told once";
  alerts->raise(alert("drift/bob"));
  run(1s);
  ASSERT_EQ(one.begun.size(), 5U) << "what begins again is another incident";
  EXPECT_NE(one.begun[4].id, one.begun[0].id);
}

TEST_F(AlertsTest, WhatIsRaisedNoMoreIsForgottenAfterAnHour) {
  alerts->raise(alert("notice/x"));
  run(62min);
  alerts->resolve("notice/x", "over");
  run(1s);
  EXPECT_EQ(one.begun.size(), 1U);
}

TEST_F(AlertsTest, AnIncidentThatNobodyRaisedHasNoEnd) {
  alerts->resolve("breach/bob", "over");
  run(1s);
  EXPECT_TRUE(one.begun.empty());
}

TEST_F(AlertsTest, AFailedDeliveryIsTriedAgainLaterAndLater) {
  std::vector<Mono> times;
  one.end = [&](std::size_t) {
    times.push_back(clock.now());
    return Delivery{.end = End::failed, .why = "HTTP 500"};
  };
  alerts->raise(alert("breach/bob"));
  run(30min);
  ASSERT_GT(times.size(), 10U);
  for (std::size_t i = 1; i < 5; ++i)
    EXPECT_GE(times[i] - times[i - 1], std::chrono::seconds(1 << (i - 1)));
  EXPECT_GE(times.back() - times[times.size() - 2], 5min);
  EXPECT_LE(times.back() - times[times.size() - 2], 5min + 1s);
  EXPECT_EQ(one.begun.front().id, one.begun.back().id);
  one.end = nullptr;
  run(6min);
  EXPECT_EQ(alerts->queues()[0].delivered(), 1);
  EXPECT_EQ(alerts->queues()[0].size(), 0U);
}

TEST_F(AlertsTest, TheReceiverSaysHowLongToWait) {
  one.end = [](std::size_t attempt) {
    return attempt > 1 ? Delivery{}
                       : Delivery{.end = End::failed, .why = "HTTP 429", .retry_after = 35s};
  };
  alerts->raise(alert("breach/bob"));
  run(34s);
  EXPECT_EQ(one.begun.size(), 1U);
  run(2s);
  EXPECT_EQ(one.begun.size(), 2U);
  EXPECT_EQ(alerts->queues()[0].delivered(), 1);
}

TEST_F(AlertsTest, AChannelThatIsDownForHoursHoldsUpNoOther) {
  one.end = [](std::size_t) { return Delivery{.end = End::failed, .why = "refused"}; };
  for (int i = 0; i < 20; ++i) {
    alerts->raise(alert("notice/" + std::to_string(i)));
    run(10min);
  }
  EXPECT_EQ(two.begun.size(), 20U);
  EXPECT_EQ(alerts->queues()[0].size(), 20U);
  one.end = nullptr;
  run(10min);
  EXPECT_EQ(alerts->queues()[0].delivered(), 20) << "what waited is told when it is back";
}

TEST_F(AlertsTest, AChannelThatNeverAnswersHoldsUpNoOther) {
  one.end = [](std::size_t) -> std::optional<Delivery> { return std::nullopt; };
  for (int i = 0; i < 5; ++i) alerts->raise(alert("notice/" + std::to_string(i)));
  run(10s);
  EXPECT_EQ(one.begun.size(), 1U);
  EXPECT_EQ(two.begun.size(), 5U);
}

TEST_F(AlertsTest, TheQueueIsBoundedAndSaysWhatItLost) {
  one.end = [](std::size_t) { return Delivery{.end = End::failed, .why = "refused"}; };
  constexpr std::size_t many = alert_queue_max + 50;
  for (std::size_t i = 0; i < many; ++i) alerts->raise(alert("notice/" + std::to_string(i)));
  run(1s);
  EXPECT_EQ(alerts->queues()[0].size(), alert_queue_max);
  EXPECT_EQ(alerts->queues()[0].lost(), 50);
  one.end = nullptr;
  run(10min);
  EXPECT_EQ(alerts->queues()[0].delivered(), static_cast<std::int64_t>(alert_queue_max));
  EXPECT_EQ(one.begun.back().key, "notice/" + std::to_string(many - 1));
  EXPECT_NE(one.begun.back().text.find("50 older alerts"), std::string::npos)
      << one.begun.back().text;
}

TEST_F(AlertsTest, WhatAChannelNeverTakesDoesNotBlockIt) {
  one.end = [this](std::size_t) {
    return one.begun.back().key == "notice/bad" ? Delivery{.end = End::refused, .why = "HTTP 400"}
                                                : Delivery{};
  };
  alerts->raise(alert("notice/bad"));
  alerts->raise(alert("notice/good"));
  run(1s);
  EXPECT_EQ(alerts->queues()[0].delivered(), 1);
  EXPECT_EQ(alerts->queues()[0].size(), 0U);
}

TEST_F(AlertsTest, AChannelMayGiveUpAfterAFewAttempts) {
  one.attempts_max = 3;
  one.end = [](std::size_t) { return Delivery{.end = End::failed, .why = "exit code 1"}; };
  alerts->raise(alert("notice/x"));
  run(1min);
  EXPECT_EQ(one.begun.size(), 3U);
  EXPECT_EQ(alerts->queues()[0].size(), 0U);
}

TEST_F(AlertsTest, TheRateOfAChannelIsBounded) {
  for (int i = 0; i < 50; ++i) alerts->raise(alert("notice/" + std::to_string(i)));
  run(2s);
  EXPECT_LE(one.begun.size(), 21U);
  run(10s);
  EXPECT_EQ(one.begun.size(), 50U);
}

TEST_F(AlertsTest, ALongTextIsCutBetweenCharacters) {
  std::string text(alert_text_max - 1, 'x');
  text += "ä…";
  alerts->raise(alert("notice/x", text));
  run(1s);
  EXPECT_EQ(one.begun[0].text, std::string(alert_text_max - 1, 'x') + "…");
}

TEST_F(AlertsTest, OtherChannelsTakeOver) {
  alerts->raise(alert("notice/x"));
  Script three;
  std::vector<std::unique_ptr<AlertChannel>> channels;
  channels.push_back(std::make_unique<ScriptedChannel>(three));
  alerts->set_channels(std::move(channels));
  alerts->raise(alert("notice/y"));
  run(1s);
  ASSERT_EQ(three.begun.size(), 1U);
  EXPECT_EQ(three.begun[0].key, "notice/y");
  alerts->raise(alert("notice/x"));
  alerts->raise(alert("notice/x"));
  run(5s);
  ASSERT_EQ(three.begun.size(), 2U) << "what lasts is told to those that are new, once";
  EXPECT_EQ(three.begun[1].key, "notice/x");
}

}  // namespace
}  // namespace copyd::ops
