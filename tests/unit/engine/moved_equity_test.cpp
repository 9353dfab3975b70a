#include "engine/moved_equity.hpp"

#include <gtest/gtest.h>

namespace copyd::engine {
namespace {

class MovedEquityTest : public ::testing::Test {
 protected:
  // An account with 1,000 USDT, 50 USDC and a long position of 2 BTC that stands at 100 more.
  venue::AccountState state(bool multi_assets) const {
    venue::AccountState read;
    read.wallet = Usd::whole(multi_assets ? 1050 : 1000);
    read.margin_balance = read.wallet + Usd::whole(100);
    const std::pair<const char*, int> wallets[] = {{"USDT", 1000}, {"USDC", 50}, {"BNB", 3}};
    for (const auto& [asset, wallet] : wallets) {
      auto& row = read.assets.emplace_back();
      row.asset = asset;
      row.wallet = Usd::whole(wallet);
    }
    auto& position = read.positions.emplace_back();
    position.symbol = btc;
    position.qty = Qty::whole(2);
    position.unrealised = Usd::whole(100);
    position.notional = notional;
    return read;
  }
  void begin(bool multi_assets) { moved.begin(state(multi_assets), symbols); }
  void hear(std::string_view asset, Usd wallet) {
    venue::AccountNews news;
    news.dollar = venue::dollar_index(asset).value();
    news.wallet = wallet;
    moved.hear(news, symbols);
  }
  void hear(SymbolId symbol, Leg leg, Qty qty, Price entry) {
    venue::AccountNews news;
    news.kind = venue::AccountNews::Kind::position;
    news.symbol = symbol;
    news.leg = leg;
    news.qty = qty;
    news.entry = entry;
    moved.hear(news, symbols);
  }

  SymbolTable symbols;
  SymbolId btc = *symbols.add({.name = "BTCUSDT", .filters = {}});
  SymbolId eth = *symbols.add({.name = "ETHUSDC", .filters = {}});
  std::map<std::uint16_t, Price> marks;
  MarkOf mark_of = [this](SymbolId symbol) {
    const auto at = marks.find(symbol.value);
    return at != marks.end() ? at->second : Price();
  };
  Usd notional;  // of the position that is read
  MovedEquity moved;
};

TEST_F(MovedEquityTest, IsNotKnownBeforeAReadNorAfterAnEnd) {
  EXPECT_FALSE(moved.now(mark_of));
  hear("USDT", Usd::whole(5));
  EXPECT_FALSE(moved.now(mark_of));
  begin(false);
  EXPECT_EQ(moved.now(mark_of), Usd::whole(1100));
  moved.end();
  EXPECT_FALSE(moved.now(mark_of));
}

// Our stream may be a second behind it.
TEST_F(MovedEquityTest, APositionThatWasReadGainsFromTheMarkThatTheVenueValuedItBy) {
  marks[btc.value] = Price::whole(50000);
  notional = Usd::whole(2 * 60000);
  begin(false);
  marks[btc.value] = Price::whole(60000);
  EXPECT_EQ(moved.now(mark_of), Usd::whole(1100));
  marks[btc.value] = Price::whole(60010);
  EXPECT_EQ(moved.now(mark_of), Usd::whole(1120));
  marks[btc.value] = Price::whole(59900);
  EXPECT_EQ(moved.now(mark_of), Usd::whole(900));
}

TEST_F(MovedEquityTest, WithoutItItGainsFromTheFirstMarkThatIsKnown) {
  begin(false);
  EXPECT_EQ(moved.now(mark_of), Usd::whole(1100));
  marks[btc.value] = Price::whole(60000);
  EXPECT_EQ(moved.now(mark_of), Usd::whole(1100));
  marks[btc.value] = Price::whole(60001);
  EXPECT_EQ(moved.now(mark_of), Usd::whole(1102));
}

// Half is closed 100 higher than it was bought: 100 are realised, the rest stands as it did.
TEST_F(MovedEquityTest, ATradeMovesItFromTheUnrealisedToTheWallet) {
  marks[btc.value] = Price::whole(60100);
  notional = Usd::whole(2 * 60100);
  begin(false);
  hear("USDT", Usd::whole(1050));
  hear(btc, Leg::both, Qty::whole(1), Price::whole(60050));
  EXPECT_EQ(moved.now(mark_of), Usd::whole(1100));
  hear(btc, Leg::both, Qty(), Price());
  hear("USDT", Usd::whole(1100));
  marks[btc.value] = Price::whole(1);
  EXPECT_EQ(moved.now(mark_of), Usd::whole(1100));
}

TEST_F(MovedEquityTest, LegsAndDirectionsAreTheirOwn) {
  marks[btc.value] = Price::whole(60000);
  notional = Usd::whole(2 * 60000);
  begin(false);
  hear(btc, Leg::long_, Qty::whole(1), Price::whole(60000));
  hear(btc, Leg::short_, Qty::whole(-3), Price::whole(60000));
  marks[btc.value] = Price::whole(60010);
  EXPECT_EQ(moved.now(mark_of), Usd::whole(1100 + 20 + 10 - 30));
}

TEST_F(MovedEquityTest, OutsideMultiAssetsModeOnlyUsdtCounts) {
  marks[eth.value] = Price::whole(3000);
  begin(false);
  hear("USDC", Usd::whole(10));
  hear(eth, Leg::both, Qty::whole(1), Price::whole(1000));
  EXPECT_EQ(moved.now(mark_of), Usd::whole(1100));
  begin(true);
  EXPECT_EQ(moved.now(mark_of), Usd::whole(1150));
  hear("USDC", Usd::whole(10));
  hear(eth, Leg::both, Qty::whole(1), Price::whole(1000));
  EXPECT_EQ(moved.now(mark_of), Usd::whole(1150 - 40 + 2000));
}

}  // namespace
}  // namespace copyd::engine
