#include "engine/equities.hpp"

#include <gtest/gtest.h>

#include <deque>

#include "sim/memory_venue.hpp"

namespace copyd::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Usd usd(std::string_view text) {
  return Usd::parse(text).value();
}

Usd half(Usd whole) {
  return Usd::from_units(whole.units() / 2);
}

venue::Income row(std::int64_t tran, std::int64_t ms, std::string_view amount,
                  std::string asset = "USDT") {
  return {.type = "TRANSFER",
          .asset = std::move(asset),
          .amount = usd(amount),
          .time = VenueTime{ms},
          .tran = tran};
}

TEST(RequestBucket, ABurstAndThenOneInEachSpacing) {
  ManualClock clock;
  RequestBucket bucket(3, seconds(2));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.take(clock.now()));
  EXPECT_FALSE(bucket.take(clock.now()));
  clock.advance(seconds(2));
  EXPECT_TRUE(bucket.take(clock.now()));
  EXPECT_FALSE(bucket.take(clock.now()));
  clock.advance(seconds(3));
  EXPECT_TRUE(bucket.take(clock.now()));
  clock.advance(seconds(1));
  EXPECT_TRUE(bucket.take(clock.now())) << "what was left over of the spacing counts";
  clock.advance(seconds(3600));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.take(clock.now()));
  EXPECT_FALSE(bucket.take(clock.now()));
}

TEST(TransferSum, CountsEachRowOnceAndNothingFromBefore) {
  TransferSum sum;
  std::vector<std::string> strange;
  sum.begin(usd("50"), 1000);
  EXPECT_EQ(sum.read_from_ms(), 1001);
  EXPECT_EQ(sum.add({row(1, 1000, "7"), row(2, 2000, "100"), row(3, 2500, "-30.5")}, strange), 2);
  EXPECT_EQ(sum.total(), usd("119.5"));
  EXPECT_EQ(sum.counted_ms(), 2500);
  EXPECT_EQ(sum.add({row(2, 2000, "100"), row(4, 2400, "1", "USDC")}, strange), 1);
  EXPECT_EQ(sum.total(), usd("120.5")) << "a row may come late";
  EXPECT_EQ(sum.counted_ms(), 2500);
  EXPECT_TRUE(strange.empty());
  EXPECT_EQ(sum.add({row(5, 3000, "2", "BTC")}, strange), 1);
  EXPECT_EQ(sum.total(), usd("120.5"));
  EXPECT_EQ(strange, std::vector<std::string>{"BTC"});
}

TEST(TransferSum, WhatAnEarlierRunCountedIsNotCountedAgain) {
  TransferSum sum;
  std::vector<std::string> strange;
  constexpr std::int64_t day = 86'400'000;
  sum.begin(usd("10"), 3 * day);
  EXPECT_EQ(sum.add({row(1, 3 * day, "10"), row(2, 3 * day + 1, "5")}, strange), 1);
  EXPECT_EQ(sum.total(), usd("15"));
  EXPECT_EQ(sum.read_from_ms(), 3 * day + 1);
  sum.add({row(3, 4 * day, "1")}, strange);
  EXPECT_EQ(sum.read_from_ms(), 4 * day - 3'600'000);
}

// bob has a limit on his losses, dave has none; alpha leads.
class EquitiesTest : public ::testing::Test {
 protected:
  EquitiesTest()
      : transport(venue.transport("supervisor")),
        config(three()),
        roster(config),
        api(*transport,
            venue::Endpoints{.rest = "https://venue", .sapi = "", .ws_api = "", .streams = ""},
            clock),
        links(2) {
    for (auto& link : links) link.link.set(static_cast<std::int64_t>(exec::LinkState::ready));
    venue.set_fate([this](const sim::MemoryFrame& frame) {
      if (frame.kind == sim::LinkKind::http && frame.to_venue) note(frame);
      return fate ? fate(frame) : sim::MemoryFate();
    });
    api.time([](std::optional<TimeReading>, const std::string&) {});
    for (int i = 0; i < 10; ++i) {
      clock.advance(milliseconds(5));
      api.poll(clock.now());
    }
    make();
  }

  static config::Config three() {
    config::Config made;
    made.leaders = {{.label = "alpha"}};
    made.followers.resize(2);
    made.followers[0].label = "bob";
    made.followers[0].limits.max_drawdown = config::LossLimit{.value = Usd::whole(100)};
    made.followers[1].label = "dave";
    return made;
  }
  void make() {
    equities = std::make_unique<Equities>(Equities::Parts{
        .config = config,
        .roster = roster,
        .venue = api,
        .clock = clock,
        .tell =
            [this](const CopyCommand& command) {
              if (const auto* leader = std::get_if<SetLeaderEquity>(&command))
                leaders.push_back(*leader);
              else followers.push_back(std::get<SetFollowerEquity>(command));
            },
        .link_of = [this](FollowerId id) -> const exec::FollowerLinkCells& {
          return links[id.value];
        },
        .symbols = symbols,
        .mark_of = [this](SymbolId) { return mark; },
        .next_news =
            [this](venue::AccountNews& out) {
              if (news.empty()) return false;
              out = news.front();
              news.pop_front();
              return true;
            },
        .news_lost = [this] { return news_lost; },
        .gaps_of =
            [this](const RosterAccount& account) {
              return account.follower ? links[account.follower->value].reconnects.get()
                                      : std::int64_t{0};
            }});
  }
  void connect(const std::string& label) {
    const auto& member = venue.world().member(label);
    RosterAccount& account = roster.at(label);
    account.credentials.emplace(
        venue::Credentials{.api_key = Secret::copy_of(member.api_key),
                           .signer = *venue::Signer::hmac(Secret::copy_of(member.secret))});
    account.alias = label;
    equities->connected(account);
  }
  void run(std::chrono::nanoseconds time) {
    for (const Mono end = clock.now() + time; clock.now() < end; clock.advance(milliseconds(5))) {
      equities->poll();
      api.poll(clock.now());
    }
  }
  void note(const sim::MemoryFrame& frame) {
    const std::string target(frame.target);
    if (target.find("/income") != target.npos) ++incomes;
    if (target.find("/v3/account") != target.npos) ++accounts;
  }
  // Moves money at the venue; the follower's stream says so if `seen`.
  void move(const std::string& label, const std::string& amount, const char* reason, bool seen,
            const std::string& asset = "USDT") {
    const auto answer =
        venue.control(R"({"command":"transfer","account":")" + label + R"(","asset":")" + asset +
                      R"(","amount":")" + amount + R"(","reason":")" + reason + "\"}");
    ASSERT_NE(answer.find("\"ok\":true"), answer.npos) << answer;
    if (seen) links[label == "bob" ? 0 : 1].transfers.add();
  }
  const SetFollowerEquity& last() const { return followers.back(); }

  ManualClock clock;
  sim::MemoryVenue venue{clock, {.latency = milliseconds(10)}};
  std::unique_ptr<net::Transport> transport;
  config::Config config;
  Roster roster;
  VenueApi api;
  std::vector<exec::FollowerLinkCells> links;
  SymbolTable symbols;
  SymbolId btc = *symbols.add({.name = "BTCUSDT", .filters = {}});
  Price mark;
  std::deque<venue::AccountNews> news;
  std::uint64_t news_lost = 0;
  sim::MemoryVenue::Decide fate;
  std::vector<SetLeaderEquity> leaders;
  std::vector<SetFollowerEquity> followers;
  int incomes = 0;
  int accounts = 0;
  std::unique_ptr<Equities> equities;
};

TEST_F(EquitiesTest, EveryAccountIsReadAtOnceAndThenInItsTurn) {
  connect("alpha");
  connect("dave");
  run(seconds(1));
  ASSERT_EQ(leaders.size(), 1U);
  ASSERT_EQ(followers.size(), 1U);
  EXPECT_TRUE(leaders[0].known);
  EXPECT_GT(leaders[0].equity, Usd());
  EXPECT_EQ(last().follower, FollowerId{1});
  EXPECT_EQ(last().day, venue.venue_time(clock.now()).ms / 86'400'000);
  run(seconds(20));
  EXPECT_EQ(followers.size(), 3U);
  EXPECT_EQ(incomes, 0) << "without a limit on losses nobody asks where money comes from";
}

TEST_F(EquitiesTest, MoneyThatIsMovedIsNeitherGainedNorLost) {
  connect("bob");
  run(seconds(1));
  ASSERT_EQ(followers.size(), 1U);
  const Usd begun = last().equity;
  EXPECT_EQ(last().transfers, Usd()) << "what was there before is not counted";
  EXPECT_GT(last().transfers_ms, 0);
  move("bob", "500", "WITHDRAW", true);
  run(seconds(1));
  ASSERT_EQ(followers.size(), 2U) << "at once, not in its turn";
  EXPECT_EQ(last().equity, begun - Usd::whole(500));
  EXPECT_EQ(last().transfers, -Usd::whole(500));
  move("bob", "200", "ADMIN_DEPOSIT", true);
  run(seconds(1));
  EXPECT_EQ(last().equity - last().transfers, begun);
  EXPECT_EQ(last().transfers, -Usd::whole(300));
  run(seconds(60));
  EXPECT_EQ(last().transfers, -Usd::whole(300)) << "once each";
  EXPECT_EQ(incomes, 2);
}

TEST_F(EquitiesTest, AnEquityAskedForBeforeMoneyWasMovedIsThrownAway) {
  connect("bob");
  run(seconds(1));
  const Usd begun = last().equity;
  run(seconds(8));
  const auto told = followers.size();
  // An answer takes so long that the money moves, and the stream says so, while it is under way.
  fate = [&](const sim::MemoryFrame& frame) {
    const bool slow = !frame.to_venue && frame.target.find("/v3/account") != frame.target.npos;
    return sim::MemoryFate{.delay = milliseconds(slow ? 400 : 0)};
  };
  const int asked = accounts;
  while (accounts == asked) run(milliseconds(5));
  run(milliseconds(100));
  move("bob", "500", "WITHDRAW", true);
  run(seconds(4));
  ASSERT_GT(followers.size(), told);
  for (std::size_t i = told; i < followers.size(); ++i)
    EXPECT_EQ(followers[i].equity - followers[i].transfers, begun);
  EXPECT_EQ(last().transfers, -Usd::whole(500));
}

TEST_F(EquitiesTest, AnEquityIsHeldUntilTheStreamCouldHaveSpoken) {
  connect("bob");
  run(seconds(1));
  const Usd begun = last().equity;
  run(milliseconds(8900));
  move("bob", "500", "WITHDRAW", false);
  const auto told = followers.size();
  // The answer with the new balance comes first, the event of the stream 100 ms behind it.
  const int asked = accounts;
  while (accounts == asked) run(milliseconds(5));
  run(milliseconds(120));
  links[0].transfers.add();
  run(seconds(2));
  ASSERT_GT(followers.size(), told);
  for (std::size_t i = told; i < followers.size(); ++i)
    EXPECT_EQ(followers[i].equity - followers[i].transfers, begun);
}

TEST_F(EquitiesTest, ATransferThatTheHistoryDoesNotShowYetIsWaitedFor) {
  connect("bob");
  run(seconds(1));
  const auto told = followers.size();
  links[0].transfers.add();
  run(seconds(5));
  EXPECT_EQ(followers.size(), told);
  EXPECT_EQ(incomes, 2);
  move("bob", "500", "WITHDRAW", false);
  run(seconds(4));
  ASSERT_GT(followers.size(), told);
  EXPECT_EQ(followers[told].transfers, -Usd::whole(500));
  links[0].transfers.add();
  run(seconds(25));
  EXPECT_GT(followers.size(), told + 1) << "but not for ever: it may be of one wallet to another";
}

TEST_F(EquitiesTest, AReconnectMayHaveMissedATransfer) {
  connect("bob");
  run(seconds(1));
  move("bob", "500", "WITHDRAW", false);
  links[0].reconnects.add();
  run(seconds(1));
  EXPECT_EQ(last().transfers, -Usd::whole(500));
}

TEST_F(EquitiesTest, WithoutAStreamTransfersAreReadBeforeEachEquity) {
  links[0].link.set(static_cast<std::int64_t>(exec::LinkState::recovering));
  connect("bob");
  run(seconds(1));
  move("bob", "500", "WITHDRAW", false);
  run(seconds(22));
  for (const auto& one : followers)
    EXPECT_EQ(one.equity - one.transfers, followers[0].equity - followers[0].transfers);
  EXPECT_EQ(last().transfers, -Usd::whole(500));
}

TEST_F(EquitiesTest, GoesOnFromWhatAnEarlierRunHasCounted) {
  move("bob", "70", "DEPOSIT", false);
  const auto before = venue.venue_time(clock.now()).ms;
  clock.advance(seconds(5));
  move("bob", "500", "WITHDRAW", false);
  equities->recover(FollowerId{0}, Usd::whole(1070), before);
  connect("bob");
  run(seconds(1));
  EXPECT_EQ(last().transfers, Usd::whole(570));
}

TEST_F(EquitiesTest, WhatIsNotInDollarsIsNotNetted) {
  connect("bob");
  run(seconds(1));
  move("bob", "1", "DEPOSIT", true, "BNB");
  move("bob", "50", "DEPOSIT", true, "USDC");
  run(seconds(2));
  EXPECT_EQ(last().transfers, Usd::whole(50));
}

TEST_F(EquitiesTest, WhatCannotBeReadIsUnknown) {
  connect("dave");
  run(seconds(1));
  ASSERT_TRUE(last().known);
  fate = [](const sim::MemoryFrame& frame) {
    return sim::MemoryFate{.cut = frame.kind == sim::LinkKind::http};
  };
  run(seconds(12));
  EXPECT_FALSE(last().known);
  EXPECT_EQ(last().equity, Usd());
  EXPECT_FALSE(roster.at("dave").error.empty());
  fate = nullptr;
  run(seconds(12));
  EXPECT_TRUE(last().known);
  EXPECT_TRUE(roster.at("dave").error.empty());
}

TEST_F(EquitiesTest, AnAnswerToAKeyThatIsGoneIsNothing) {
  connect("dave");
  equities->poll();
  RosterAccount& account = roster.at("dave");
  account.credentials.reset();
  equities->disconnected(account);
  run(seconds(1));
  EXPECT_TRUE(followers.empty());
  connect("dave");
  run(seconds(1));
  EXPECT_EQ(followers.size(), 1U);
}

// What the stream says: alpha's or dave's news, in the order of their LeaderId and FollowerId.
venue::AccountNews wallet_of_dave(std::string_view balance) {
  venue::AccountNews news;
  news.account = 1;
  news.wallet = usd(balance);
  return news;
}

TEST_F(EquitiesTest, BetweenTwoReadsItMovesByWalletsAndMarksOnceASecond) {
  connect("dave");
  run(seconds(1));
  ASSERT_EQ(followers.size(), 1U);
  const Usd read = last().equity;
  venue::AccountNews position = wallet_of_dave("0");
  position.kind = venue::AccountNews::Kind::position;
  position.symbol = btc;
  position.qty = Qty::whole(-2);
  position.entry = Price::whole(60000);
  news = {position};
  mark = Price::whole(60000);
  run(seconds(2));
  EXPECT_EQ(followers.size(), 1U) << "it has not moved";
  mark = Price::whole(60500);
  run(milliseconds(1010));
  ASSERT_EQ(followers.size(), 2U);
  EXPECT_EQ(last().equity, read - Usd::whole(1000));
  EXPECT_EQ(roster.at("dave").equity, last().equity);
  // Closed at a loss: the wallet has it now.
  position.qty = Qty();
  position.entry = Price();
  venue::AccountNews wallet = wallet_of_dave("0");
  wallet.wallet = read - Usd::whole(3000);
  news = {wallet, position};
  mark = Price::whole(70000);
  run(milliseconds(1010));
  ASSERT_EQ(followers.size(), 3U);
  EXPECT_EQ(last().equity, read - Usd::whole(3000));
  EXPECT_EQ(accounts, 1) << "by one read";
  run(seconds(10));
  EXPECT_EQ(last().equity, read) << "the next read has the last word";
}

TEST_F(EquitiesTest, ItDoesNotMoveByMoneyThatWasMovedNorAfterAGap) {
  connect("dave");
  run(seconds(1));
  const Usd read = last().equity;
  venue::AccountNews wallet = wallet_of_dave("0");
  wallet.wallet = half(read);
  // The stream has told of a transfer before: the wallet that follows has it.
  links[1].transfers.add();
  news = {wallet};
  run(seconds(2));
  EXPECT_EQ(last().equity, read);
  // A gap may have hidden anything, and lost news is one for all.
  const auto reads = accounts;
  links[1].reconnects.add();
  news = {wallet};
  run(milliseconds(1));
  ++news_lost;
  news = {wallet};
  run(seconds(2));
  EXPECT_EQ(last().equity, read);
  EXPECT_GT(accounts, reads) << "it is read again at once";
  news = {wallet};
  run(milliseconds(1010));
  EXPECT_EQ(last().equity, half(read)) << "and moves again";
}

}  // namespace
}  // namespace copyd::engine
