#include "venue/address_weight.hpp"

#include <gtest/gtest.h>

#include <deque>

namespace copyd::venue {
namespace {

using namespace std::chrono_literals;
using Urgency = AddressWeight::Urgency;

TEST(AddressWeight, IsThatOfTheCallWhateverItsParameters) {
  EXPECT_EQ(weight_of("/fapi/v3/account?timestamp=1"), 5);
  EXPECT_EQ(weight_of("/fapi/v1/accountConfig"), 5);
  EXPECT_EQ(weight_of("/fapi/v1/income?page=1"), 30);
  EXPECT_EQ(weight_of("/fapi/v1/time"), 1);
}

TEST(AddressWeight, ASessionIsWhatItsStepsWeigh) {
  EXPECT_EQ(weight_of(path::account_config) + weight_of(path::listen_key) +
                weight_of(path::position_risk),
            call_weight::session);
}

// However eagerly it is taken, no minute holds the limit, and what goes by the timetable finds
// room.
TEST(AddressWeight, NoMinuteHoldsMoreThanTheLimit) {
  for (const int accounts : {1, 100, 1000}) {
    AddressWeight weight;
    weight.set_limit(weight_share::limit, accounts);
    ManualClock clock;
    std::deque<std::pair<Mono, int>> spent;
    int sum = 0;
    int most = 0;
    const auto note = [&](int more) {
      spent.emplace_back(clock.now(), more);
      sum += more;
    };
    const int timetable = weight_share::by_timetable(accounts);
    Mono timetable_due = clock.now() + 200ms;
    for (const Mono end = clock.now() + 10min; clock.now() < end; clock.advance(10ms)) {
      for (const Urgency urgency : {Urgency::patient, Urgency::urgent})
        while (weight.take(clock.now(), call_weight::session, urgency)) note(call_weight::session);
      if (clock.now() >= timetable_due) {
        timetable_due = timetable_due + std::chrono::nanoseconds(1min) / timetable;
        weight.spend_by_timetable(clock.now(), 1);
        note(1);
      }
      while (!spent.empty() && clock.now() - spent.front().first >= 60s) {
        sum -= spent.front().second;
        spent.pop_front();
      }
      most = std::max(most, sum);
    }
    EXPECT_LT(most, weight_share::limit) << accounts;
    EXPECT_GT(most, weight_share::limit * 9 / 10) << accounts;
  }
}

TEST(AddressWeight, AHundredFollowersBeginAtOnce) {
  AddressWeight weight;
  weight.set_limit(weight_share::limit, 101);
  ManualClock clock;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(weight.take(clock.now(), call_weight::session_at_most));
}

TEST(AddressWeight, WhatWasSpentIsThereAgainAfterAMinute) {
  AddressWeight weight;
  ManualClock clock;
  weight.spend(clock.now(), 2300);
  EXPECT_FALSE(weight.take(clock.now(), 1));
  clock.advance(60s);
  EXPECT_FALSE(weight.take(clock.now(), 1)) << "it may have come to the venue later";
  clock.advance(10s);
  EXPECT_TRUE(weight.take(clock.now(), 2000));
}

TEST(AddressWeight, WhatIsUrgentFindsMore) {
  AddressWeight weight;
  ManualClock clock;
  while (weight.take(clock.now(), 11)) {}
  EXPECT_TRUE(weight.take(clock.now(), 11, Urgency::urgent));
}

TEST(AddressWeight, RoomIsKeptForTheTimetableUntilItIsSpent) {
  AddressWeight weight;
  weight.set_limit(weight_share::limit, 1000);
  ManualClock clock;
  const auto before = weight.room(clock.now(), Urgency::patient);
  EXPECT_LT(before, weight_share::limit - weight_share::by_timetable(1000));
  weight.spend_by_timetable(clock.now(), 100);
  EXPECT_EQ(weight.room(clock.now(), Urgency::patient), before);
  weight.spend(clock.now(), 100);
  EXPECT_EQ(weight.room(clock.now(), Urgency::patient), before - 100);
}

TEST(AddressWeight, WhatTheVenueCountsMoreWasUsedByOthers) {
  AddressWeight weight;
  ManualClock clock;
  weight.spend(clock.now(), 300);
  const auto before = weight.room(clock.now(), Urgency::patient);
  weight.told(clock.now(), 200);
  EXPECT_EQ(weight.room(clock.now(), Urgency::patient), before) << "some are on their way";
  weight.told(clock.now(), 1000);
  EXPECT_EQ(weight.room(clock.now(), Urgency::patient), before - 700);
  weight.told(clock.now(), 1000);
  EXPECT_EQ(weight.room(clock.now(), Urgency::patient), before - 700);
}

TEST(AddressWeight, TheSharesStayBelowHalfTheLimit) {
  for (int accounts = 1; accounts <= 1000; ++accounts) {
    const int together = weight_share::by_timetable(accounts) + weight_share::equities(accounts);
    ASSERT_LT(together, weight_share::limit / 2) << accounts;
    ASSERT_GE(weight_share::equities(accounts), 180) << accounts;
  }
}

TEST(AddressWeight, IsWhatTheVenueAnnounces) {
  AddressWeight weight;
  ManualClock clock;
  weight.set_limit(12'000'000, 1000);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(weight.take(clock.now(), 11));
}

}  // namespace
}  // namespace copyd::venue
