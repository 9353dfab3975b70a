#include "risk/outcome.hpp"

#include <gtest/gtest.h>

#include <map>

#include "tests/unit/risk/amounts.hpp"

namespace copyd::risk {
namespace {

using namespace copyd::test;

struct OutcomeTest : testing::Test {
  std::int64_t of(Outcome outcome) const {
    return cells.outcomes[static_cast<std::size_t>(outcome)].get();
  }
  std::int64_t of(Reject reason) const {
    return cells.skipped[static_cast<std::size_t>(reason)].get();
  }
  std::int64_t counted() const {
    std::int64_t sum = 0;
    for (const auto& cell : cells.outcomes) sum += cell.get();
    return sum;
  }
  void finish(std::uint32_t slot, const OutcomeTable::Finished& how) {
    table.order_finished(slot, how);
    table.conclude(slot);
  }

  FollowerCells cells;
  OutcomeTable table{8};
};

TEST_F(OutcomeTest, NoneWhenNoTargetMoved) {
  const auto slot = table.begin(cells);
  table.link_done(slot, false);
  table.end(slot);
  EXPECT_EQ(of(Outcome::none), 1);
  EXPECT_EQ(counted(), 1);
  EXPECT_EQ(table.size(), 0U);
}

TEST_F(OutcomeTest, CarriedWhenATargetMovedAndNothingWasSent) {
  const auto slot = table.begin(cells);
  table.link_done(slot, true);
  table.end(slot);
  EXPECT_EQ(of(Outcome::carried), 1);
}

TEST_F(OutcomeTest, AnOrderThatFilledIsComparedWithItsFill) {
  const auto copy = [&](const OutcomeTable::Traded& fill, const OutcomeTable::Finished& how) {
    const auto slot = table.begin(cells, fill);
    table.order(slot);
    table.end(slot);
    finish(slot, how);
  };
  const OutcomeTable::Traded fill{.time = VenueTime{1'000}, .price = "50000"_price};
  copy(fill,
       {.filled = "1"_qty, .average = "50010"_price, .traded = VenueTime{1'012}, .buys = true});
  EXPECT_EQ(cells.timed.get(), 1);
  EXPECT_EQ(cells.delay_ms.get(), 12);
  EXPECT_EQ(cells.priced.get(), 1);
  EXPECT_EQ(cells.worse.get(), 200);
  // Sold dearer: better. Executed a millisecond too early, by the venue's word: not before.
  copy(fill, {.filled = "1"_qty, .average = "50015"_price, .traded = VenueTime{999}});
  EXPECT_EQ(cells.timed.get(), 2);
  EXPECT_EQ(cells.delay_ms.get(), 12);
  EXPECT_EQ(cells.worse.get(), -100);
  // Nothing filled, no price known, and a fill of an earlier run.
  copy(fill, {.refused = true});
  copy(fill, {.filled = "1"_qty});
  copy({}, {.filled = "1"_qty, .average = "50010"_price, .traded = VenueTime{2'000}});
  EXPECT_EQ(cells.timed.get(), 2);
  EXPECT_EQ(cells.priced.get(), 2);
}

TEST_F(OutcomeTest, BelowMinIsCarriedAndNotSkipped) {
  const auto slot = table.begin(cells);
  table.skip(slot, Reject::below_min);
  table.link_done(slot, true);
  table.end(slot);
  EXPECT_EQ(of(Outcome::carried), 1);
  EXPECT_EQ(of(Reject::below_min), 0);
}

TEST_F(OutcomeTest, CopiedIsCountedWhenTheLastOrderIsDone) {
  const auto slot = table.begin(cells);
  table.order(slot);
  table.order(slot);
  table.link_done(slot, true);
  table.end(slot);
  EXPECT_EQ(counted(), 0);
  finish(slot, {.filled = "1"_qty});
  EXPECT_EQ(counted(), 0);
  finish(slot, {.filled = "1"_qty});
  EXPECT_EQ(of(Outcome::copied), 1);
}

TEST_F(OutcomeTest, AnOrderThatFinishesDuringTheFillDoesNotEndTheRecord) {
  const auto slot = table.begin(cells);
  table.order(slot);
  table.skip(slot, Reject::lane_full);
  finish(slot, {});
  EXPECT_EQ(counted(), 0);
  table.link_done(slot, true);
  table.end(slot);
  EXPECT_EQ(of(Outcome::skipped), 1);
  EXPECT_EQ(of(Reject::lane_full), 1);
  EXPECT_EQ(counted(), 1);
}

TEST_F(OutcomeTest, SkippedUnderTheFirstReasonEvenIfAPartWasCopied) {
  const auto slot = table.begin(cells);
  table.skip(slot, Reject::below_min);
  table.skip(slot, Reject::max_order_notional);
  table.skip(slot, Reject::missed);
  table.order(slot);
  table.link_done(slot, true);
  table.end(slot);
  finish(slot, {.filled = "1"_qty});
  EXPECT_EQ(of(Outcome::skipped), 1);
  EXPECT_EQ(of(Reject::max_order_notional), 1);
  EXPECT_EQ(of(Reject::missed), 0);
}

TEST_F(OutcomeTest, OneLinkCarriedGoesBeforeAnotherCopied) {
  const auto slot = table.begin(cells);
  table.order(slot);
  table.link_done(slot, true);
  table.link_done(slot, true);
  table.end(slot);
  finish(slot, {.filled = "1"_qty});
  EXPECT_EQ(of(Outcome::carried), 1);
}

TEST_F(OutcomeTest, FailedGoesBeforeSkipped) {
  const auto slot = table.begin(cells);
  table.order(slot);
  table.link_done(slot, true);
  table.end(slot);
  table.order_finished(slot, {.refused = true, .filled = {}});
  table.skip(slot, Reject::missed);
  table.conclude(slot);
  EXPECT_EQ(of(Outcome::failed), 1);
  EXPECT_EQ(of(Outcome::skipped), 0);
  EXPECT_EQ(of(Reject::missed), 0);
}

TEST_F(OutcomeTest, UnknownIsShownUntilItIsResolved) {
  const auto slot = table.begin(cells);
  table.order(slot);
  table.order(slot);
  table.link_done(slot, true);
  table.end(slot);
  table.order_unknown(slot);
  table.order_unknown(slot);
  EXPECT_EQ(of(Outcome::unknown), 1);
  finish(slot, {.was_unknown = true, .filled = "1"_qty});
  EXPECT_EQ(of(Outcome::unknown), 1);
  finish(slot, {.was_unknown = true, .filled = "1"_qty});
  EXPECT_EQ(of(Outcome::unknown), 0);
  EXPECT_EQ(of(Outcome::copied), 1);
  EXPECT_EQ(counted(), 1);
}

TEST_F(OutcomeTest, OrdersOfNoFillAreNotRecorded) {
  table.order(no_slot);
  table.skip(no_slot, Reject::missed);
  table.link_done(no_slot, true);
  table.order_unknown(no_slot);
  finish(no_slot, {.was_unknown = true, .filled = "1"_qty});
  EXPECT_EQ(counted(), 0);
}

}  // namespace
}  // namespace copyd::risk
