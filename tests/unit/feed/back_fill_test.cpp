#include "feed/back_fill.hpp"

#include <gtest/gtest.h>

namespace copyd::feed {
namespace {

constexpr std::int64_t hour = 3'600'000;

struct BackFillTest : testing::Test {
  BackFillTest() {
    btc = *symbols.add({.name = "BTCUSDT", .filters = {}});
    eth = *symbols.add({.name = "ETHUSDT", .filters = {}});
    book.begin(VenueTime{5});
  }
  venue::OrderRecord order(std::int64_t id, int qty, int executed, std::int64_t time,
                           std::string name = "BTCUSDT", std::string client = "web_1") {
    venue::OrderRecord record;
    record.symbol_name = std::move(name);
    record.order = VenueOrderId{id};
    record.client_order_id = std::move(client);
    record.order_qty = Qty::whole(qty);
    record.executed_qty = Qty::whole(executed);
    record.time = record.update_time = VenueTime{time};
    return record;
  }
  venue::UserTrade trade(std::int64_t id, std::int64_t order_id, std::int64_t time, int qty = 1) {
    venue::UserTrade t;
    t.symbol_name = "BTCUSDT";
    t.trade = TradeId{id};
    t.order = VenueOrderId{order_id};
    t.qty = Qty::whole(qty);
    t.price = Price::whole(100);
    t.time = VenueTime{time};
    return t;
  }

  SymbolTable symbols;
  SymbolId btc, eth;
  LeaderBook book{2, 4096};
  BackFill back_fill{LeaderId{3}, symbols};
  static constexpr std::int64_t start = 100 * 24 * hour;
};

TEST_F(BackFillTest, OrdersNameTheSymbolsAndSayWhatTradesDoNot) {
  back_fill.begin(VenueTime{start}, VenueTime{start + hour});
  auto ask = back_fill.next();
  ASSERT_TRUE(ask && ask->call == Call::all_orders);
  EXPECT_EQ(ask->start.ms, start - 10'000) << "a margin before the last time seen";
  back_fill.orders({order(1, 5, 3, start), order(2, 5, 0, start, "ETHUSDT"),
                    order(3, 9, 9, start - hour, "ETHUSDT"), order(4, 1, 1, start, "GONEUSDT")});
  ask = back_fill.next();
  ASSERT_TRUE(ask && ask->call == Call::user_trades);
  EXPECT_EQ(ask->symbol, btc);
  EXPECT_EQ(ask->start.ms, start - 10'000);
  back_fill.trades({trade(11, 1, start, 2), trade(12, 1, start, 1)}, book);
  EXPECT_FALSE(back_fill.next()) << "unfilled, earlier and unlisted ones cost no question";
  const auto found = back_fill.found(Mono{77});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].trade, TradeId{11});
  EXPECT_EQ(found[0].order_qty, Qty::whole(5));
  EXPECT_EQ(found[0].time.ms, start);
  EXPECT_EQ(found[0].received, Mono{77});
  EXPECT_EQ(found[0].leader, LeaderId{3});
  EXPECT_FALSE(found[0].forced);
}

TEST_F(BackFillTest, AnOrderOutsideTheListIsReadOnce) {
  back_fill.begin(VenueTime{start}, VenueTime{start + hour});
  back_fill.need(btc);
  back_fill.orders({});
  back_fill.trades({trade(11, 8, start), trade(12, 8, start), trade(13, 9, start)}, book);
  auto ask = back_fill.next();
  ASSERT_TRUE(ask && ask->call == Call::order);
  EXPECT_EQ(ask->order, VenueOrderId{8});
  back_fill.order(order(8, 7, 2, start, "BTCUSDT", "autoclose-17"));
  ask = back_fill.next();
  ASSERT_TRUE(ask && ask->call == Call::order);
  EXPECT_EQ(ask->order, VenueOrderId{9});
  back_fill.order_absent();
  EXPECT_FALSE(back_fill.next());
  const auto found = back_fill.found(Mono{1});
  EXPECT_TRUE(found[0].forced && found[1].forced);
  EXPECT_EQ(found[1].order_qty, Qty::whole(7));
  EXPECT_TRUE(found[2].forced) << "unknown: it may close, it must not open";
  EXPECT_EQ(found[2].order_qty, Qty::whole(1));
}

TEST_F(BackFillTest, PagesOfTradesGoOnByTheirIds) {
  back_fill.begin(VenueTime{start}, VenueTime{start + hour});
  back_fill.need(btc);
  back_fill.orders({order(1, 5000, 1200, start)});
  std::vector<venue::UserTrade> page;
  for (std::int64_t id = 1; id <= 1000; ++id) page.push_back(trade(id, 1, start + id));
  back_fill.trades(page, book);
  auto ask = back_fill.next();
  ASSERT_TRUE(ask && ask->call == Call::user_trades);
  EXPECT_EQ(ask->from_trade, TradeId{1001});
  EXPECT_EQ(ask->start.ms, 0) << "the venue refuses both together";
  page.resize(200);
  for (auto& t : page) t.trade.value += 1000;
  back_fill.trades(page, book);
  EXPECT_FALSE(back_fill.next());
  EXPECT_EQ(back_fill.found(Mono{1}).size(), 1200U);
}

TEST_F(BackFillTest, PagesOfOrdersGoBackInTime) {
  back_fill.begin(VenueTime{start}, VenueTime{start + hour});
  std::vector<venue::OrderRecord> page;
  for (int i = 0; i < 1000; ++i) page.push_back(order(i + 1, 1, 1, start + 5000 + i));
  back_fill.orders(page);
  auto ask = back_fill.next();
  ASSERT_TRUE(ask && ask->call == Call::all_orders);
  EXPECT_EQ(ask->end.ms, start + 5000);
  back_fill.orders(page);
  ask = back_fill.next();
  ASSERT_TRUE(ask);
  EXPECT_EQ(ask->call, Call::user_trades) << "a page that says nothing new ends it";
}

TEST_F(BackFillTest, TradesThatAreKnownAreNotFound) {
  LeaderFill known;
  known.trade = TradeId{11};
  known.time = VenueTime{start};
  known.qty = Qty::whole(1);
  ASSERT_EQ(book.take(known), LeaderBook::Taken::fresh);
  back_fill.begin(VenueTime{start}, VenueTime{start + hour});
  back_fill.need(btc);
  back_fill.orders({});
  back_fill.trades({trade(10, 1, 5), trade(11, 1, start)}, book);
  EXPECT_FALSE(back_fill.next());
  EXPECT_TRUE(back_fill.found(Mono{1}).empty());
}

TEST_F(BackFillTest, ALongGapIsCutToWhatTheVenueAnswersFor) {
  back_fill.begin(VenueTime{start}, VenueTime{start + 30 * 24 * hour});
  EXPECT_EQ(back_fill.next()->start.ms, start + 30 * 24 * hour - (7 * 24 - 1) * hour);
}

}  // namespace
}  // namespace copyd::feed
