// Another configuration while orders are decided: what changes, what does not, and under which one
// each order was decided.
#include <gtest/gtest.h>

#include "journal/journal.hpp"
#include "journal/reader.hpp"
#include "support/memory_disk.hpp"
#include "tests/unit/risk/copier_rig.hpp"

namespace copyd::test {
namespace {

CopierRig::Options one() {
  CopierRig::Options options;
  options.followers = 1;
  options.lanes = 1;
  return options;
}

TEST(CopierReload, EachOrderIsOfTheGenerationThatDecidedIt) {
  CopierRig rig(one());
  rig.fill(Side::buy, "1"_qty);
  rig.reload(
      [](config::Follower& bob) { bob.links[0].sizing = config::FixedRatio{Ratio::whole(2)}; });
  rig.fill(Side::buy, "1"_qty);
  const auto sent = rig.taken();
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0]->generation, 1U);
  EXPECT_EQ(sent[0]->qty, "1"_qty);
  EXPECT_EQ(sent[1]->generation, 2U);
  EXPECT_EQ(sent[1]->qty, "2"_qty);
  EXPECT_EQ(rig.copier->generation(), 2U);
}

// F39.
TEST(CopierReload, ALimitBelowWhatIsHeldSellsNothingBlocksIncreasesAndNoClose) {
  CopierRig rig(one());
  rig.fill(Side::buy, "1"_qty);
  rig.executed(rig.taken());
  ASSERT_EQ(rig.row(0).position, "1"_qty);
  rig.reload([](config::Follower& bob) {
    bob.limits.max_position_notional = "1000"_usd;
    bob.limits.max_order_notional = "500"_usd;
    bob.limits.max_total_notional = "1000"_usd;
    bob.limits.max_order_qty = {{"BTCUSDT", "0.01"_qty}};
  });
  EXPECT_TRUE(rig.taken().empty()) << "nothing is sold for it";
  rig.fill(Side::buy, "0.5"_qty);
  EXPECT_TRUE(rig.taken().empty()) << "and nothing more is bought";
  EXPECT_EQ(rig.skipped(0, Reject::max_order_notional) + rig.skipped(0, Reject::max_order_qty) +
                rig.skipped(0, Reject::max_position_notional) +
                rig.skipped(0, Reject::max_total_notional) + rig.skipped(0, Reject::below_min),
            1);
  rig.fill(Side::sell, "1.5"_qty);
  const auto closes = rig.taken();
  ASSERT_EQ(closes.size(), 1U);
  EXPECT_EQ(closes[0]->kind, OrderKind::reduce);
  EXPECT_EQ(closes[0]->qty, "1"_qty) << "all of it, whatever the limits say";
}

TEST(CopierReload, AnOrderInFlightIsFinishedAsItWasDecided) {
  CopierRig rig(one());
  rig.fill(Side::buy, "1"_qty);
  const auto sent = rig.taken();
  ASSERT_EQ(sent.size(), 1U);
  rig.reload([](config::Follower& bob) {
    bob.links[0].sizing = config::FixedRatio{"0.1"_ratio};
    bob.links[0].deny = {"BTCUSDT"};
    bob.limits.max_position_notional = "100"_usd;
  });
  rig.executed(sent);
  EXPECT_EQ(rig.row(0).position, "1"_qty);
  EXPECT_EQ(rig.row(0).target, "1"_qty);
  EXPECT_TRUE(rig.taken().empty());
  rig.fill(Side::buy, "1"_qty);
  EXPECT_TRUE(rig.taken().empty());
  EXPECT_EQ(rig.skipped(0, Reject::symbol_not_allowed), 1);
  rig.fill(Side::sell, "2"_qty);
  ASSERT_EQ(rig.taken().size(), 1U) << "a denied symbol is closed all the same";
}

TEST(CopierReload, ALinkThatIsGoneOpensNothingAndGoesOnClosing) {
  CopierRig rig(one());
  rig.fill(Side::buy, "1"_qty);
  rig.executed(rig.taken());
  rig.reload([](config::Follower& bob) { bob.links[0].removed = true; });
  EXPECT_TRUE(rig.taken().empty()) << "it is not closed for it";
  rig.fill(Side::buy, "1"_qty);
  EXPECT_TRUE(rig.taken().empty());
  EXPECT_EQ(rig.skipped(0, Reject::reduce_only), 1);
  // What was opened last, and not copied, goes first.
  rig.fill(Side::sell, "1.5"_qty);
  const auto closes = rig.taken();
  ASSERT_EQ(closes.size(), 1U);
  EXPECT_EQ(closes[0]->qty, "0.5"_qty);
  rig.executed(closes);
  rig.fill(Side::sell, "1"_qty);  // through zero
  const auto rest = rig.taken();
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest[0]->qty, "0.5"_qty);
  EXPECT_EQ(rest[0]->kind, OrderKind::reduce);
  rig.executed(rest);
  // It comes back, and knows what its leader holds: half a short of his.
  rig.reload([](config::Follower& bob) { bob.links[0].removed = false; });
  rig.fill(Side::buy, "1"_qty);
  const auto opens = rig.taken();
  ASSERT_EQ(opens.size(), 1U);
  EXPECT_EQ(opens[0]->qty, "0.5"_qty);
  EXPECT_EQ(opens[0]->side, Side::buy);
}

TEST(CopierReload, AFollowerThatIsGoneIsReduceOnlyWhateverTheFileSaidOfIt) {
  CopierRig rig(one());
  rig.fill(Side::buy, "1"_qty);
  rig.executed(rig.taken());
  rig.reload([](config::Follower& bob) { bob.state = config::FollowerMode::halted; });
  rig.fill(Side::sell, "0.4"_qty);
  EXPECT_TRUE(rig.taken().empty());
  rig.reload([](config::Follower& bob) { bob.removed = bob.links[0].removed = true; });
  EXPECT_EQ(static_cast<FollowerState>(rig.cells[0].state.get()), FollowerState::reduce_only);
  const auto closes = rig.taken();
  ASSERT_EQ(closes.size(), 1U) << "what was kept back is closed now";
  EXPECT_EQ(closes[0]->qty, "0.4"_qty);
}

TEST(CopierReload, WhereALinkThatIsGoneHoldsNothingNothingIsSkipped) {
  CopierRig rig(one());
  rig.fill(Side::buy, "1"_qty);
  rig.executed(rig.taken());
  rig.reload([](config::Follower& bob) { bob.removed = bob.links[0].removed = true; });
  rig.fill(Side::buy, "1"_qty);
  EXPECT_EQ(rig.skipped(0, Reject::reduce_only), 1) << "it holds something still";
  rig.fill(Side::sell, "2"_qty);
  rig.executed(rig.taken());
  rig.fill(Side::buy, "1"_qty);
  rig.fill(Side::sell, "2"_qty);
  EXPECT_TRUE(rig.taken().empty());
  EXPECT_EQ(rig.skipped(0, Reject::reduce_only), 1);
}

// F38.
TEST(CopierReload, AnUnknownOrderOfAFollowerThatIsGoneIsResolvedAndWhatItBroughtIsDrained) {
  CopierRig rig(one());
  rig.fill(Side::buy, "1"_qty);
  const auto sent = rig.taken();
  ASSERT_EQ(sent.size(), 1U);
  rig.report(OrderUnknown{.ref = sent[0]->ref, .follower = FollowerId{0}}, 0);
  rig.reload([](config::Follower& bob) { bob.removed = bob.links[0].removed = true; });
  rig.fill(Side::sell, "0.4"_qty);
  const auto closes = rig.taken();
  ASSERT_EQ(closes.size(), 1U);
  EXPECT_EQ(closes[0]->qty, "0.4"_qty);
  EXPECT_EQ(rig.cells[0].in_flight.get(), 2);
  rig.executed(sent);
  EXPECT_EQ(rig.row(0).target, "0.6"_qty);
  rig.executed(closes);
  EXPECT_EQ(rig.row(0).position, "0.6"_qty);
}

TEST(CopierReload, AFollowerThatIsNewTakesWhatItsLeaderHoldsAndCopiesNothingOfIt) {
  CopierRig rig(one());
  rig.fill(Side::buy, "1"_qty);
  rig.executed(rig.taken());
  config::Follower eve = rig.configs[0];
  eve.label = "eve";
  rig.reload_to({rig.configs[0], eve});
  EXPECT_EQ(static_cast<FollowerState>(rig.cells[1].state.get()), FollowerState::reduce_only)
      << "until it is connected";
  rig.connect(FollowerId{1});
  EXPECT_TRUE(rig.taken().empty());
  rig.fill(Side::sell, "0.5"_qty);
  const auto closes = rig.taken();
  ASSERT_EQ(closes.size(), 1U) << "it opens no short";
  EXPECT_EQ(closes[0]->follower, FollowerId{0});
  rig.executed(closes);
  rig.fill(Side::buy, "1"_qty);
  const auto opens = rig.taken();
  ASSERT_EQ(opens.size(), 2U);
  for (const auto& order : opens) EXPECT_EQ(order->qty, "1"_qty);
  rig.executed(opens);
  rig.fill(Side::sell, "1.5"_qty);
  const auto last = rig.taken();
  ASSERT_EQ(last.size(), 2U);
  for (const auto& order : last)
    EXPECT_EQ(order->qty, order->follower == FollowerId{0} ? "1.5"_qty : "1"_qty);
}

TEST(CopierReload, ALinkThatIsNewKnowsALeaderWhomNobodyHasFollowed) {
  CopierRig rig(one());
  const auto beta_trades = [&](Side side, Qty qty) {
    LeaderFill fill = rig.fill_of(side, qty);
    fill.leader = LeaderId{1};
    EXPECT_TRUE(rig.events.try_push(fill));
    rig.step();
  };
  beta_trades(Side::buy, "2"_qty);
  EXPECT_TRUE(rig.taken().empty());
  config::Follower bob = rig.configs[0];
  bob.links.push_back(link_to("beta", config::FixedRatio{Ratio::whole(1)}));
  rig.reload_to({bob});
  beta_trades(Side::sell, "1.5"_qty);
  EXPECT_TRUE(rig.taken().empty());
  beta_trades(Side::sell, "1.5"_qty);  // through zero
  const auto opens = rig.taken();
  ASSERT_EQ(opens.size(), 1U);
  EXPECT_EQ(opens[0]->side, Side::sell);
  EXPECT_EQ(opens[0]->qty, "1"_qty);
  EXPECT_EQ(opens[0]->generation, 2U);
}

TEST(CopierReload, ALeaderThatIsNewIsCopiedFromThenOn) {
  CopierRig rig(one());
  const auto gamma_trades = [&](Side side, Qty qty) {
    LeaderFill fill = rig.fill_of(side, qty);
    fill.leader = LeaderId{2};
    rig.hand(fill);
  };
  config::Config running;
  running.leaders = rig.leaders;
  running.followers = {rig.configs[0]};
  config::Config next = running;
  next.leaders.push_back({.label = "gamma"});
  next.followers[0].links.push_back(link_to("gamma", config::FixedRatio{Ratio::whole(1)}));
  ASSERT_TRUE(rig.reloads.to_copier.try_push(rig.prepared_to(running, next)));
  rig.step();
  rig.hand(LeaderPosition{.leader = LeaderId{2}, .symbol = btc, .qty = "3"_qty});
  rig.hand(LeaderSynced{.leader = LeaderId{2}});
  gamma_trades(Side::sell, "1"_qty);
  EXPECT_TRUE(rig.taken().empty()) << "what he held is not copied";
  gamma_trades(Side::buy, "2"_qty);
  const auto opens = rig.taken();
  ASSERT_EQ(opens.size(), 1U);
  EXPECT_EQ(opens[0]->qty, "2"_qty);
  const NameKey symbol = name_key("BTCUSDT");
  const CopyCause cause{.leader = name_key("gamma"), .symbol = symbol, .number = rig.last_trade};
  EXPECT_EQ(
      opens[0]->copy_id,
      make_copy_id({.follower = name_key(rig.configs[0].label), .cause = cause, .symbol = symbol}))
      << "his copies have ids of his own";
}

TEST(CopierReload, ALeaderThatIsGoneIsWantedUntilNothingIsHeldByHisLinks) {
  CopierRig rig(one());
  const auto wanted = [&] {
    rig.command(QueryBook{.query = 7});
    BookAnswer answer;
    while (rig.answers->try_pop(answer)) {}
    return rig.copier->leaders_wanted();
  };
  rig.fill(Side::buy, "1"_qty);
  rig.executed(rig.taken());
  EXPECT_EQ(wanted(), 0U) << "his link is there";
  config::Follower bob = rig.configs[0];
  bob.links[0].removed = true;
  bob.links.push_back(link_to("beta", config::FixedRatio{Ratio::whole(1)}));
  rig.reload_to({bob});
  EXPECT_EQ(wanted(), 1U);
  LeaderFill beta = rig.fill_of(Side::buy, "2"_qty);
  beta.leader = LeaderId{1};
  rig.hand(beta);
  rig.executed(rig.taken());
  rig.fill(Side::sell, "0.4"_qty);
  rig.executed(rig.taken());
  EXPECT_EQ(wanted(), 1U);
  rig.fill(Side::sell, "0.6"_qty);
  rig.executed(rig.taken());
  EXPECT_EQ(rig.row(0).position, "2"_qty);
  EXPECT_EQ(wanted(), 0U) << "what is left closes with beta";
}

TEST(CopierReload, AShadowThatBeginsToTradeDropsItsPaperAndWaitsForItsLane) {
  auto options = one();
  options.state = config::FollowerMode::shadow;
  CopierRig rig(options);
  rig.command(SetState{.follower = FollowerId{0},
                       .cause = StateCause::operator_,
                       .state = FollowerState::reduce_only});
  rig.command(SetState{.follower = FollowerId{0}, .cause = StateCause::operator_});
  rig.fill(Side::buy, "1"_qty);
  ASSERT_EQ(rig.row(0).position, "1"_qty);
  ASSERT_EQ(rig.cells[0].is_shadow.get(), 1);
  rig.reload([](config::Follower& bob) { bob.state = config::FollowerMode::active; });
  EXPECT_EQ(rig.cells[0].is_shadow.get(), 0);
  EXPECT_EQ(static_cast<FollowerState>(rig.cells[0].state.get()), FollowerState::reduce_only);
  rig.fill(Side::buy, "1"_qty);
  EXPECT_TRUE(rig.taken().empty()) << "its account's mode is not known";
  rig.connect(FollowerId{0}, PositionMode::hedge);
  rig.fill(Side::sell, "0.5"_qty);
  EXPECT_TRUE(rig.taken().empty()) << "nothing of its paper is closed";
  rig.fill(Side::buy, "1"_qty);
  const auto opens = rig.taken();
  ASSERT_EQ(opens.size(), 1U);
  EXPECT_EQ(opens[0]->qty, "1"_qty);
  EXPECT_EQ(opens[0]->leg, Leg::long_);
  rig.executed(opens);
  rig.fill(Side::sell, "2.5"_qty);
  const auto closes = rig.taken();
  ASSERT_EQ(closes.size(), 1U);
  EXPECT_EQ(closes[0]->qty, "1"_qty);
}

TEST(CopierReload, WhatWasSaidOfEverybodyHoldsForOneThatIsNewBeforeItsFirstFill) {
  CopierRig rig(one());
  config::Config running;
  running.leaders = rig.leaders;
  running.followers = {rig.configs[0]};
  config::Config next = running;
  next.followers.push_back(rig.configs[0]);
  next.followers[1].label = "eve";
  auto made = rig.prepared_to(running, next);
  made->states = {
      {.follower = FollowerId{1}, .cause = StateCause::engine, .state = FollowerState::halted}};
  ASSERT_TRUE(rig.reloads.to_copier.try_push(std::move(made)));
  rig.step();
  EXPECT_EQ(static_cast<FollowerState>(rig.cells[1].state.get()), FollowerState::halted);
}

TEST(CopierReload, TheStateOfTheFileIsOneCauseAmongOthers) {
  CopierRig rig(one());
  rig.fill(Side::buy, "1"_qty);
  rig.executed(rig.taken());
  const auto state = [&](config::FollowerMode mode) {
    rig.reload([mode](config::Follower& bob) { bob.state = mode; });
    return static_cast<FollowerState>(rig.cells[0].state.get());
  };
  EXPECT_EQ(state(config::FollowerMode::halted), FollowerState::halted);
  rig.fill(Side::sell, "0.4"_qty);
  EXPECT_TRUE(rig.taken().empty());
  EXPECT_EQ(state(config::FollowerMode::reduce_only), FollowerState::reduce_only);
  const auto closes = rig.taken();
  ASSERT_EQ(closes.size(), 1U) << "what was kept back is closed now";
  EXPECT_EQ(closes[0]->qty, "0.4"_qty);
  EXPECT_EQ(closes[0]->generation, 3U);
  rig.command(SetState{
      .follower = FollowerId{0}, .cause = StateCause::operator_, .state = FollowerState::halted});
  EXPECT_EQ(state(config::FollowerMode::active), FollowerState::halted)
      << "the operator's word stands";
}

TEST(CopierReload, SizingByEquityGoesByWhatIsKnown) {
  CopierRig rig(one());
  rig.command(SetLeaderEquity{.leader = alpha, .equity = "10000"_usd, .known = true});
  rig.command(SetFollowerEquity{
      .follower = FollowerId{0}, .equity = "5000"_usd, .transfers = {}, .known = true});
  rig.reload(
      [](config::Follower& bob) { bob.links[0].sizing = config::EquityRatio{Ratio::whole(1)}; });
  rig.fill(Side::buy, "1"_qty);
  const auto sent = rig.taken();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0]->qty, "0.5"_qty);
}

// Money that left while nothing was limited is no loss when a limit comes.
TEST(CopierReload, ALossLimitThatIsNewIsMeasuredFromNowOn) {
  CopierRig rig(one());
  const auto equity = [&](Usd usd) {
    rig.command(SetFollowerEquity{
        .follower = FollowerId{0}, .equity = usd, .transfers = {}, .known = true});
    return static_cast<FollowerState>(rig.cells[0].state.get());
  };
  equity("9000"_usd);
  equity("5000"_usd);
  rig.reload([](config::Follower& bob) {
    bob.limits.max_drawdown = config::LossLimit{"0.1"_ratio};
    bob.limits.max_daily_loss = config::LossLimit{"0.1"_ratio};
  });
  EXPECT_EQ(equity("4990"_usd), FollowerState::active);
  rig.reload([](config::Follower& bob) {
    bob.limits.max_drawdown = config::LossLimit{"0.05"_ratio};
    bob.limits.max_daily_loss.reset();
  });
  EXPECT_EQ(equity("4800"_usd), FollowerState::active);
  EXPECT_EQ(equity("4750"_usd), FollowerState::halted) << "5 % of 5000, with nothing to close";
}

TEST(CopierReload, ATextOfManyPiecesHoldsNoFillUpAndCountsAsAWhole) {
  MemoryDisk disk;
  ManualClock clock;
  Channel<Notice> notices(16);
  journal::Journal journal(disk, clock, notices, {.segment_records = 4096});
  auto options = one();
  options.journal = journal.open("copy", {}, 0).value();
  CopierRig rig(options);
  auto reload = rig.prepared(
      [](config::Follower& bob) { bob.links[0].sizing = config::FixedRatio{Ratio::whole(2)}; });
  constexpr std::size_t pieces = 3 * risk::Copier::text_pieces_per_pass + 1;
  reload->text.assign(pieces * sizeof(journal::Text::bytes), 'x');
  const std::string text = reload->text;
  ASSERT_TRUE(rig.reloads.to_copier.try_push(std::move(reload)));
  rig.copier->do_work();
  EXPECT_TRUE(rig.events.try_push(rig.fill_of(Side::buy, "1"_qty)));
  rig.copier->do_work();
  const auto before = rig.taken();
  ASSERT_EQ(before.size(), 1U) << "decided while the text is being written";
  EXPECT_EQ(before[0]->generation, 1U);
  rig.step();
  rig.fill(Side::buy, "1"_qty);
  const auto after = rig.taken();
  ASSERT_EQ(after.size(), 1U);
  EXPECT_EQ(after[0]->generation, 2U);

  std::string written;
  std::vector<journal::Type> order;
  auto reader = journal::Reader::open(disk, "copy").value();
  while (const auto record = reader.next()) {
    const auto type = static_cast<journal::Type>(record->type);
    if (type == journal::Type::text) {
      const auto piece = record->as<journal::Text>();
      EXPECT_EQ(piece.offset, written.size());
      EXPECT_EQ(piece.total, text.size());
      EXPECT_EQ(piece.generation, 2U);
      written.append(piece.bytes.data(), piece.bytes.size());
    } else if (type == journal::Type::leader_fill || type == journal::Type::reload) {
      order.push_back(type);
    }
  }
  EXPECT_EQ(written, text);
  EXPECT_EQ(order, (std::vector{journal::Type::leader_fill, journal::Type::reload,
                                journal::Type::leader_fill}));
}

TEST(CopierReload, AnOrderInFlightKeepsItsGenerationOverARestart) {
  CopierRig rig(one());
  rig.reload([](config::Follower& bob) { bob.limits.max_order_notional = "60000"_usd; });
  rig.fill(Side::buy, "1"_qty);
  ASSERT_EQ(rig.taken().size(), 1U);
  const auto rows = rows_of(*rig.copier);
  EXPECT_EQ(rows.count(journal::Type::generation), 1U);
  CopierRig next(one());
  EXPECT_EQ(next.restore(rows), 0U);
  const auto again = next.taken();
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0]->generation, 2U);
}

}  // namespace
}  // namespace copyd::test
