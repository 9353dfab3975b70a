// What the vectors do not show of a FollowerBook: identities, stamps, states by cause, the
// position mode, and events that come at the wrong moment.
#include "risk/follower_book.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>

#include "tests/unit/risk/book_rig.hpp"

namespace copyd::risk {
namespace {

using namespace copyd::test;
using namespace std::chrono_literals;
using Reasons = std::vector<Reject>;

TEST(FollowerBook, AnOrdersIdentityIsOfItsCause) {
  BookRig rig;
  rig.buy("0.02"_qty);
  ASSERT_EQ(rig.sent.size(), 1U);
  CopyIdParts parts{.follower = name_key("bob"),
                    .cause = {.leader = 11, .symbol = 1, .number = rig.last_trade},
                    .symbol = 1,
                    .leg = static_cast<std::uint8_t>(Leg::both),
                    .ordinal = 0};
  EXPECT_EQ(rig.sent[0]->copy_id, make_copy_id(parts));

  rig.result(rig.sent[0]->ref, "0.02"_qty);
  rig.sell("0.02"_qty);
  const OrderRef close = rig.sent.at(0)->ref;
  rig.result(close, "0.005"_qty);  // the rest is tried again: a settlement that no fill caused
  ASSERT_EQ(rig.sent.size(), 1U);
  parts.cause = {.kind = CopyCause::Kind::settle, .number = 1'000};
  EXPECT_EQ(rig.sent[0]->copy_id, make_copy_id(parts));
  EXPECT_EQ(rig.settle_number, 1'001);
  EXPECT_EQ(rig.sent[0]->received.ns, 0);
}

TEST(FollowerBook, OrdersOfOneFillHaveDifferentIdentities) {
  auto near = link_to("alpha", config::FixedRatio{"1"_ratio});
  auto far = link_to("alpha", config::FixedRatio{"1"_ratio});
  near.allow = far.allow = {"ETHUSDT"};
  BookRig rig({.links = {near, far}});
  rig.fill(rig.fill_of(eth, Side::buy, "50"_qty, "3000"_price));  // 20 at most in one order
  ASSERT_EQ(rig.sent.size(), 6U);
  std::set<CopyId> ids;
  for (const auto& order : rig.sent) ids.insert(order->copy_id);
  EXPECT_EQ(ids.size(), 6U);
}

TEST(FollowerBook, TheSameTradeSeenAgainAfterARestartHasTheSameIdentity) {
  BookRig before;
  BookRig after({.links = {link_to("alpha", config::FixedRatio{"0.3"_ratio})}, .settle_start = 77});
  before.buy("0.02"_qty);
  after.buy("0.02"_qty);
  ASSERT_EQ(after.sent.size(), 1U);
  EXPECT_EQ(before.sent.at(0)->copy_id, after.sent.at(0)->copy_id);
  BookRig other({.links = {link_to("alpha", config::FixedRatio{"1"_ratio})}, .name = "eve"});
  other.buy("0.02"_qty);
  EXPECT_NE(before.sent.at(0)->copy_id, other.sent.at(0)->copy_id);
}

TEST(FollowerBook, StampsTheTimesOfTheFill) {
  BookRig rig;
  LeaderFill fill = rig.fill_of(btc, Side::buy, "0.02"_qty, "50000"_price);
  fill.decoded_ns = 300;
  rig.clock.advance(900ns);
  rig.fill(fill);
  EXPECT_EQ(rig.sent.at(0)->received, fill.received);
  EXPECT_EQ(rig.sent.at(0)->decoded_ns, 300U);
  EXPECT_EQ(rig.sent.at(0)->decided_ns, 900U);
}

TEST(FollowerBook, AnIncreaseExpiresWithTheFreshnessThatIsLeftAndACloseNever) {
  auto link = link_to("alpha", config::FixedRatio{"1"_ratio});
  link.max_fill_age = 500ms;
  BookRig rig({.links = {link}});
  const Mono now = rig.clock.now();
  rig.fill(rig.fill_of(btc, Side::buy, "0.02"_qty, "50000"_price), 120);
  EXPECT_EQ(rig.sent.at(0)->expires, now + 380ms);
  rig.fill_all_sent();
  // The venue's clock may seem to run behind: that makes nothing fresher.
  rig.fill(rig.fill_of(btc, Side::buy, "0.02"_qty, "50000"_price), -40);
  EXPECT_EQ(rig.sent.at(0)->expires, now + 500ms);
  rig.fill_all_sent();
  rig.fill(rig.fill_of(btc, Side::sell, "0.04"_qty, "50000"_price), 120);
  EXPECT_EQ(rig.sent.at(0)->expires, Mono{INT64_MAX});
}

TEST(FollowerBook, WithoutAnAgeLimitNothingExpires) {
  BookRig rig;
  rig.buy("0.02"_qty);
  EXPECT_EQ(rig.sent.at(0)->expires, Mono{INT64_MAX});
}

TEST(FollowerBook, AnAgeThatCannotBeToldIsStaleOnlyWhereAgeMatters) {
  auto link = link_to("alpha", config::FixedRatio{"1"_ratio});
  BookRig unlimited({.links = {link}});
  unlimited.fill(unlimited.fill_of(btc, Side::buy, "0.02"_qty, "50000"_price), std::nullopt);
  EXPECT_EQ(unlimited.sent.size(), 1U);
  link.max_fill_age = 500ms;
  BookRig limited({.links = {link}});
  limited.fill(limited.fill_of(btc, Side::buy, "0.02"_qty, "50000"_price), std::nullopt);
  EXPECT_EQ(limited.reasons(), Reasons{Reject::stale_fill});
  EXPECT_EQ(limited.links_done, 1);
  EXPECT_EQ(limited.links_moved, 0);
}

TEST(FollowerBook, ASymbolThatIsNotQuotedRightIsNotAllowed) {
  BookRig rig;
  rig.fill(rig.fill_of(not_copyable, Side::buy, "1"_qty, "50000"_price));
  EXPECT_EQ(rig.reasons(), Reasons{Reject::symbol_not_allowed});
  rig.fill(rig.fill_of(no_filters, Side::buy, "1"_qty, "50000"_price));
  EXPECT_EQ(rig.reasons(), Reasons{Reject::unknown_symbol});
}

TEST(FollowerBook, TheStrictestOfAllCausesIsInForce) {
  BookRig rig;
  EXPECT_EQ(rig.book->state(), FollowerState::active);
  rig.state(StateCause::leader, FollowerState::reduce_only);
  rig.state(StateCause::operator_, FollowerState::halted);
  EXPECT_EQ(rig.book->state(), FollowerState::halted);
  EXPECT_EQ(rig.book->restricting_causes(), 0b00110U);
  rig.state(StateCause::operator_, FollowerState::active);
  EXPECT_EQ(rig.book->state(), FollowerState::reduce_only);
  rig.state(StateCause::leader, FollowerState::active);
  EXPECT_EQ(rig.book->state(), FollowerState::active);
  EXPECT_EQ(rig.book->restricting_causes(), 0U);
}

TEST(FollowerBook, LeavingHaltedWaitsForTheLastCause) {
  BookRig rig;
  rig.buy("0.02"_qty);
  rig.fill_all_sent();
  rig.state(StateCause::operator_, FollowerState::halted);
  rig.state(StateCause::engine, FollowerState::halted);
  rig.sell("0.02"_qty);
  EXPECT_EQ(rig.reasons(), Reasons{Reject::halted});
  rig.state(StateCause::operator_, FollowerState::active);
  EXPECT_TRUE(rig.sent.empty());
  rig.state(StateCause::engine, FollowerState::reduce_only);
  ASSERT_EQ(rig.sent.size(), 1U);
  EXPECT_EQ(rig.sent[0]->kind, OrderKind::reduce);
}

TEST(FollowerBook, LeavingHaltedSettlesSymbolsInTheOrderOfTheirNames) {
  BookRig rig;
  const std::array<SymbolId, 3> all{btc, eth, doge};
  for (const SymbolId symbol : all) {
    rig.fill(rig.fill_of(symbol, Side::buy, "10"_qty, "1000"_price));
    rig.fill_all_sent();
  }
  rig.state(StateCause::operator_, FollowerState::halted);
  for (const SymbolId symbol : all)
    rig.fill(rig.fill_of(symbol, Side::sell, "10"_qty, "1000"_price));
  rig.state(StateCause::operator_, FollowerState::active);
  ASSERT_EQ(rig.sent.size(), 3U);
  EXPECT_EQ(rig.sent[0]->symbol, btc);
  EXPECT_EQ(rig.sent[1]->symbol, doge);
  EXPECT_EQ(rig.sent[2]->symbol, eth);
}

TEST(FollowerBook, BeforeTheModeIsKnownNothingOpens) {
  BookRig rig({.links = {link_to("alpha", config::FixedRatio{"1"_ratio})}, .mode = std::nullopt});
  EXPECT_EQ(rig.book->state(), FollowerState::reduce_only);
  rig.buy("0.02"_qty);
  EXPECT_EQ(rig.reasons(), Reasons{Reject::reduce_only});
  EXPECT_EQ(rig.book->rows(), 0U);
  // Even if nothing but the mode were missing.
  rig.state(StateCause::connection, FollowerState::active);
  rig.buy("0.02"_qty);
  EXPECT_TRUE(rig.sent.empty());
}

TEST(FollowerBook, TheModeChangesOnlyWhileNothingIsHeldOrWanted) {
  BookRig rig;
  EXPECT_TRUE(rig.book->set_mode(PositionMode::hedge));
  EXPECT_TRUE(rig.book->set_mode(PositionMode::one_way));
  rig.buy("0.02"_qty);
  EXPECT_FALSE(rig.book->set_mode(PositionMode::hedge));
  rig.fill_all_sent();
  EXPECT_FALSE(rig.book->set_mode(PositionMode::hedge));
  EXPECT_TRUE(rig.book->set_mode(PositionMode::one_way));
  rig.sell("0.02"_qty);
  EXPECT_FALSE(rig.book->set_mode(PositionMode::hedge));
  rig.fill_all_sent();
  EXPECT_TRUE(rig.book->set_mode(PositionMode::hedge));
  EXPECT_EQ(rig.book->mode(), PositionMode::hedge);
}

TEST(FollowerBook, APositionThatCrossesAnOrderIsOfBeforeThatOrder) {
  BookRig rig;
  rig.buy("0.02"_qty);
  rig.fill_all_sent();
  rig.buy("0.01"_qty);
  const OrderRef opening = rig.sent.at(0)->ref;
  // Somebody closed the 0.02 by hand, and the lane said so before it took the order.
  EXPECT_TRUE(rig.book->follower_position({FollowerId{}, btc, Leg::both, Qty()}));
  EXPECT_EQ(rig.row(btc).position, Qty());
  EXPECT_EQ(rig.row(btc).effective, "0.01"_qty);
  EXPECT_EQ(rig.row(btc).target, "0.01"_qty);
  rig.result(opening, "0.01"_qty);
  EXPECT_TRUE(rig.sent.empty()) << "it would close what was just opened";
  EXPECT_EQ(rig.row(btc).position, "0.01"_qty);
  rig.sell("0.03"_qty);
  ASSERT_EQ(rig.sent.size(), 1U);
  EXPECT_EQ(rig.sent[0]->qty, "0.01"_qty);
}

TEST(FollowerBook, APositionThatCrossesACloseLeavesItNothingToReduce) {
  BookRig rig;
  rig.buy("0.02"_qty);
  rig.fill_all_sent();
  rig.sell("0.02"_qty);
  const OrderRef close = rig.sent.at(0)->ref;
  EXPECT_TRUE(rig.book->follower_position({FollowerId{}, btc, Leg::both, Qty()}));
  EXPECT_EQ(rig.row(btc).effective, Qty());
  rig.result(close, Qty());
  EXPECT_TRUE(rig.sent.empty());
  EXPECT_EQ(rig.row(btc).position, Qty());
}

TEST(FollowerBook, APositionIsThePartThatIsStillThere) {
  BookRig rig;
  rig.buy("0.02"_qty);
  rig.fill_all_sent();
  EXPECT_TRUE(rig.book->follower_position({FollowerId{}, btc, Leg::both, "0.015"_qty}));
  EXPECT_EQ(rig.row(btc).position, "0.015"_qty);
  EXPECT_EQ(rig.row(btc).target, "0.015"_qty);
  EXPECT_FALSE(rig.book->follower_position({FollowerId{}, btc, Leg::long_, "0.015"_qty}));
}

TEST(FollowerBook, AFinishedCloseThatFoundNothingIsNotTriedAgain) {
  BookRig rig;
  rig.buy("0.02"_qty);
  rig.fill_all_sent();
  rig.sell("0.02"_qty);
  const OrderRef close = rig.sent.at(0)->ref;
  rig.forget();
  rig.book->finish(close, Qty());
  EXPECT_TRUE(rig.sent.empty());
  EXPECT_EQ(rig.row(btc).position, "0.02"_qty);
  EXPECT_EQ(rig.row(btc).open_orders, 0U);
  EXPECT_TRUE(rig.book->follower_position({FollowerId{}, btc, Leg::both, Qty()}));
  EXPECT_EQ(rig.row(btc).position, Qty());
}

TEST(FollowerBook, AResultToldTwiceCountsOnce) {
  BookRig rig;
  rig.buy("0.02"_qty);
  const OrderRef ref = rig.sent.at(0)->ref;
  rig.result(ref, "0.02"_qty);
  rig.result(ref, "0.02"_qty);
  rig.book->finish(ref, "0.02"_qty);
  EXPECT_EQ(rig.row(btc).position, "0.02"_qty);
}

TEST(FollowerBook, ReduceOnlyIsSaidInOneWayModeAlone) {
  BookRig one_way;
  one_way.buy("0.02"_qty);
  EXPECT_FALSE(one_way.sent.at(0)->reduce_only);
  one_way.fill_all_sent();
  one_way.sell("0.02"_qty);
  EXPECT_TRUE(one_way.sent.at(0)->reduce_only);

  BookRig hedge(
      {.links = {link_to("alpha", config::FixedRatio{"1"_ratio})}, .mode = PositionMode::hedge});
  hedge.buy("0.02"_qty);
  EXPECT_EQ(hedge.sent.at(0)->leg, Leg::long_);
  hedge.fill_all_sent();
  hedge.sell("0.02"_qty);
  EXPECT_EQ(hedge.sent.at(0)->leg, Leg::long_);
  EXPECT_EQ(hedge.sent.at(0)->side, Side::sell);
  EXPECT_FALSE(hedge.sent.at(0)->reduce_only);
}

TEST(FollowerBook, GrowsBeyondWhatItReserves) {
  BookRig rig;
  for (int i = 0; i < 200; ++i) {
    const auto id =
        rig.symbols.add({"S" + std::to_string(i) + "USDT", rig.symbols[btc].filters, true});
    ASSERT_TRUE(id);
  }
  // The book's bit set of permitted symbols and the price table are made at start.
  rig.prices.assign(rig.symbols.size(), "50000"_price);
  std::vector<NameKey> keys(rig.symbols.size(), 9);
  std::int64_t number = 0;
  const BookShared shared{rig.symbols, rig.prices, keys,     rig.leader_keys,
                          rig.orders,  number,     rig.gate, rig.doubts};
  FollowerBook::Setup setup;
  setup.links.push_back(
      resolve(link_to("alpha", config::FixedRatio{"1"_ratio}), alpha, rig.symbols));
  FollowerBook book(std::move(setup), shared);
  book.set_mode(PositionMode::one_way);
  book.set_state(StateCause::connection, FollowerState::active, rig);
  rig.forget();
  for (std::uint16_t i = 204; i >= 5; --i) {
    const LeaderFill fill = rig.fill_of(SymbolId{i}, Side::buy, "0.02"_qty, "50000"_price);
    book.fill({.fill = fill, .age = 1ms, .now = rig.clock.now()}, rig);
  }
  EXPECT_EQ(book.rows(), 200U);
  EXPECT_EQ(book.ledgers(), 200U);
  ASSERT_EQ(rig.sent.size(), 200U);
  for (std::size_t i = 0; i < book.rows(); ++i) EXPECT_EQ(book.row(i).in_flight, "0.02"_qty);
}

}  // namespace
}  // namespace copyd::risk
