// What the books of earlier runs become where a follower or a link is something else now.
#include "engine/link_books.hpp"

#include <gtest/gtest.h>

#include "config/load.hpp"

namespace copyd::engine {
namespace {

using journal::Record;
using journal::record_of;
using journal::Type;

config::Config config_of(const std::string& state, const std::string& link = {}) {
  const auto loaded = config::load(
      "[venue]\nname = \"binance-usdm\"\n[[leader]]\nlabel = \"alpha\"\n[[follower]]\n"
      "label = \"bob\"\nstate = \"" +
          state +
          "\"\n[[follower.link]]\nleader = \"alpha\"\n"
          "sizing = { mode = \"fixed_ratio\", ratio = 1 }\n" +
          link,
      "test.toml");
  EXPECT_TRUE(loaded.config.has_value());
  return *loaded.config;
}

const Qty two = Qty::whole(2);
constexpr FollowerId bob{0};

std::map<LeaderId, LeaderTrack> alpha_holds_two() {
  std::map<LeaderId, LeaderTrack> leaders;
  leaders[LeaderId{0}].begun = VenueTime{1};
  leaders[LeaderId{0}].apply(
      LeaderPosition{.leader = LeaderId{0}, .symbol = SymbolId{1}, .qty = two, .as_of = {}});
  return leaders;
}

std::vector<Record> book(bool paper, bool holds) {
  journal::Follower follower{.id = bob, .mode_known = 1, .mode = PositionMode::hedge};
  follower.states[static_cast<std::size_t>(StateCause::operator_)] = FollowerState::halted;
  std::vector<Record> rows{
      record_of(follower), record_of(journal::LinkEquity{.follower = bob}),
      record_of(journal::Ledger{.follower = bob, .symbol = SymbolId{1}}),
      record_of(journal::Lot{.leader = two, .follower = Qty::whole(1), .rate_units = 50'000'000})};
  if (paper) rows.push_back(record_of(journal::Paper{.follower = bob, .fees = Usd::whole(3)}));
  if (paper && holds)
    rows.push_back(record_of(journal::Paper{
        .follower = bob, .symbol = SymbolId{1}, .of_leg = 1, .position = Qty::whole(1)}));
  if (!paper && holds)
    rows.push_back(record_of(
        journal::HeldLeg{.follower = bob, .symbol = SymbolId{1}, .position = Qty::whole(1)}));
  rows.push_back(record_of(journal::Count{.follower = bob, .index = 4, .count = 7}));
  return rows;
}

std::size_t count(const std::vector<Record>& rows, Type type) {
  return static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), [&](const Record& row) {
    return row.type == static_cast<std::uint16_t>(type);
  }));
}

template <class Payload>
Payload only(const std::vector<Record>& rows) {
  EXPECT_EQ(count(rows, Payload::type), 1U);
  for (const Record& row : rows)
    if (row.type == static_cast<std::uint16_t>(Payload::type)) return row.as<Payload>();
  return {};
}

void expect_begun_anew(const std::vector<Record>& rows) {
  EXPECT_EQ(count(rows, Type::paper) + count(rows, Type::held_leg) + count(rows, Type::count), 0U);
  const auto lot = only<journal::Lot>(rows);
  EXPECT_EQ(lot.leader, two);
  EXPECT_EQ(lot.follower, Qty());
  EXPECT_EQ(lot.rate_units, 0);
  const auto follower = only<journal::Follower>(rows);
  EXPECT_EQ(follower.mode_known, 0);
  EXPECT_EQ(follower.states[static_cast<std::size_t>(StateCause::operator_)],
            FollowerState::halted);
}

TEST(LinkBooks, WhatIsAsItWasStaysAsItIs) {
  for (const bool paper : {false, true}) {
    const auto config = config_of(paper ? "shadow" : "active", "on_start = \"adopt\"\n");
    const auto leaders = alpha_holds_two();
    auto rows = book(paper, true);
    const auto before = rows.size();
    EXPECT_FALSE((LinkBooks{.config = config, .leaders = leaders}).fit(rows));
    EXPECT_EQ(rows.size(), before);
  }
}

TEST(LinkBooks, ANewLinkHasItsLeadersPositionsUncopiedAndAdoptsWhereItIsToldTo) {
  const auto leaders = alpha_holds_two();
  for (const bool adopts : {false, true}) {
    const auto config = config_of("active", adopts ? "on_start = \"adopt\"\n" : "");
    std::vector<Record> rows;
    EXPECT_FALSE((LinkBooks{.config = config, .leaders = leaders}).fit(rows));
    EXPECT_EQ(only<journal::Ledger>(rows).symbol, SymbolId{1});
    EXPECT_EQ(only<journal::Lot>(rows).leader, two);
    EXPECT_EQ(only<journal::Lot>(rows).rate_units, 0);
    EXPECT_EQ(count(rows, Type::adopting), adopts ? 1U : 0U);
  }
}

// It may have been in what the damage took away.
TEST(LinkBooks, NothingIsAdoptedOnADamagedJournal) {
  const auto config = config_of("active", "on_start = \"adopt\"\n");
  std::vector<Record> rows;
  EXPECT_FALSE((LinkBooks{.config = config, .leaders = {}, .complete = false}).fit(rows));
  EXPECT_TRUE(rows.empty());
}

TEST(LinkBooks, LeavingAndEnteringShadowBeginsAnew) {
  auto rows = book(true, true);
  const auto active = config_of("active");
  EXPECT_FALSE((LinkBooks{.config = active, .leaders = {}}).fit(rows));
  expect_begun_anew(rows);
  rows = book(false, false);
  const auto shadow = config_of("shadow");
  EXPECT_FALSE((LinkBooks{.config = shadow, .leaders = {}}).fit(rows));
  expect_begun_anew(rows);
}

TEST(LinkBooks, AShadowThatHoldsSomethingAtTheVenueIsRefusedWithTheRemedy) {
  const auto shadow = config_of("shadow");
  auto rows = book(false, true);
  const auto refused = LinkBooks{.config = shadow, .leaders = {}}.fit(rows);
  ASSERT_TRUE(refused.has_value());
  EXPECT_NE(refused->error.find("\"bob\" cannot be a shadow"), std::string::npos);
  EXPECT_NE(refused->remedy.find("copyctl flatten bob"), std::string::npos);
  rows = book(false, false);
  rows.push_back(record_of(journal::OpenOrder{}));
  EXPECT_TRUE((LinkBooks{.config = shadow, .leaders = {}}).fit(rows).has_value());
}

}  // namespace
}  // namespace copyd::engine
