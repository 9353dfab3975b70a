#include "bench/fill_to_wire/goals.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace copyd::bench {
namespace {

Result measured(std::string copier, std::int64_t first, std::int64_t last) {
  Result result;
  result.copier = std::move(copier);
  result.first = {.p50 = first, .p99 = first, .count = 1};
  result.last = {.p50 = last, .p99 = last, .count = 1};
  return result;
}

RowResult row(std::string name, std::vector<Result> results) {
  RowResult row;
  row.row.name = std::move(name);
  row.results = std::move(results);
  return row;
}

Goal goal_of(const std::vector<RowResult>& rows, std::string_view begin) {
  const auto goals = goals_of(rows, {}, std::nullopt);
  const auto found = std::find_if(goals.begin(), goals.end(),
                                  [&](const Goal& goal) { return goal.name.starts_with(begin); });
  return found == goals.end() ? Goal{} : *found;
}

TEST(Goals, OfAHundredAndAThousandIsWhenTheLastOrderLeftNotWhenItWasRead) {
  Result hundred = measured("copyd", 50'000, 900'000);
  hundred.last_left = {.p50 = 99'000, .count = 10};
  hundred.times.fills = 11;
  Result thousand = measured("copyd", 50'000, 900'000);
  thousand.last_left = {.p50 = 1'100'000, .count = 10};
  thousand.times.fills = 10;
  const std::vector rows{row("100 followers, shared connection", {hundred}),
                         row("1000 followers, shared connection", {thousand})};
  EXPECT_TRUE(goal_of(rows, "100 followers:").pass);
  EXPECT_EQ(goal_of(rows, "100 followers:").value, "99.0 us");
  EXPECT_FALSE(goal_of(rows, "1000 followers,").pass);
  EXPECT_EQ(goal_of(rows, "1000 followers,").value, "1100.0 us");
}

TEST(Goals, WithTooFewWholeFillsInTheJournalNothingWasMeasured) {
  Result some = measured("copyd", 5, 9);
  some.last_left = {.p50 = 1'000, .count = 8};
  some.times.fills = 10;
  const std::vector rows{row("100 followers, shared connection", {some})};
  EXPECT_EQ(goal_of(rows, "100 followers:").value, "");
  EXPECT_FALSE(goal_of(rows, "100 followers:").pass);
}

TEST(Goals, EachFurtherFollowerNeedsTheRowOfOne) {
  const auto ten = row("10 followers, shared connection", {measured("copyd", 40'000, 40'000)});
  const auto one = row("1 follower", {measured("copyd", 31'000, 31'000)});
  EXPECT_EQ(goal_of({ten}, "each further").value, "");
  EXPECT_EQ(goal_of({one, ten}, "each further").value, "1.0 us");
  EXPECT_FALSE(goal_of({one, ten}, "each further").pass);
}

TEST(Goals, AgainstTheFastestBotAndCcxtForOneAndForTheLastOfTen) {
  const auto results = [] {
    return std::vector{measured("copyd", 10, 20), measured("binance-ws", 50, 90),
                       measured("ccxt-ws", 90, 200)};
  };
  const std::vector rows{row("peers, 1 follower", results()),
                         row("peers, 10 followers", results())};
  EXPECT_EQ(goal_of(rows, "fastest library bot / engine, p50, 1").value, "5.0");
  EXPECT_EQ(goal_of(rows, "fastest library bot / engine, p50, last").value, "4.5");
  EXPECT_EQ(goal_of(rows, "fastest library bot / engine, p99, 1").value, "5.0");
  EXPECT_EQ(goal_of(rows, "fastest library bot / engine, p99, last").value, "4.5");
  EXPECT_FALSE(goal_of(rows, "ccxt.pro over WebSocket / engine, p50, 1").pass);
  EXPECT_TRUE(goal_of(rows, "ccxt.pro over WebSocket / engine, p50, last").pass);
}

}  // namespace
}  // namespace copyd::bench
