// Money that no order of the account moved: funding, transfers, forced closes, fees; and the books,
// which always add up.
#include <gtest/gtest.h>

#include "sim/control.hpp"
#include "support.hpp"

namespace copyd::sim::testing {
namespace {

class NoDoor final : public FrontDoor {
 public:
  void drop_connections(std::chrono::milliseconds) override {}
  void set_clock_offset(std::chrono::milliseconds) override {}
  std::size_t connections() const override { return 0; }
  void quit() override {}
};

class MoneyTest : public ::testing::Test {
 protected:
  std::string run(const std::string& line) { return control.handle(line, bench.now); }
  std::string error(const std::string& line) {
    const auto answer = run(line);
    EXPECT_EQ(at(answer, "ok"), "false") << line;
    return at(answer, "error");
  }
  Usd wallet(std::string_view who, const std::string& asset = "USDT") {
    return bench.world->exchange().account(bench.account(who)).wallet(asset);
  }
  std::vector<std::string> incomes(std::string_view who, const std::string& query = "") {
    return elements(bench.signed_call("GET", "/fapi/v1/income", who, query).body);
  }
  void expect_books_add_up();

  Bench bench;
  NoDoor door;
  Control control{*bench.world, door};
};

void MoneyTest::expect_books_add_up() {
  for (const auto& account : bench.world->exchange().accounts()) {
    std::map<std::string, Usd> by_income;
    std::map<std::string, Usd> by_trades;
    for (const auto& income : account.incomes) {
      by_income[income.asset] += income.amount;
      if (income.trade_id == 0) by_trades[income.asset] += income.amount;
    }
    std::map<std::pair<SymbolIndex, Leg>, Qty> traded;
    for (const auto& trade : account.trades) {
      by_trades[bench.world->exchange().symbol(trade.symbol).quote] += trade.realized;
      by_trades[trade.fee_asset] -= trade.fee;
      traded[{trade.symbol, trade.leg}] += trade.side == Side::buy ? trade.qty : -trade.qty;
    }
    for (const auto& [asset, amount] : account.wallets) {
      EXPECT_EQ(by_income[asset], amount) << account.label << " " << asset;
      EXPECT_EQ(by_trades[asset], amount) << account.label << " " << asset;
    }
    for (const auto& [where, quantity] : traded)
      EXPECT_EQ(account.position(where.first, where.second).qty, quantity) << account.label;
  }
}

TEST_F(MoneyTest, FundingIsChargedToEverybodyWhoHolds) {
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "2"));
  bench.place("dave", bench.market("ETHUSDT", Side::sell, "1"));
  bench.place("alpha", bench.market("BTCUSDT", Side::sell, "1"));
  auto& longs = bench.listen("bob");
  auto& shorts = bench.listen("dave");
  auto& others = bench.listen("alpha");
  const Usd before = wallet("bob");
  const auto answer = run(R"({"command":"funding","symbol":"ETHUSDT","rate":"0.0001"})");
  EXPECT_EQ(at(answer, "accounts"), "2");
  EXPECT_EQ(wallet("bob"), before - usd("0.6"));
  ASSERT_EQ(longs.size(), 1U);
  EXPECT_EQ(paths_of(longs[0]),
            paths_of(golden("account_update.funding_fee.cross.with_symbol.json")));
  EXPECT_EQ(at(longs[0], "a.m"), "FUNDING_FEE");
  EXPECT_EQ(at(longs[0], "a.S"), "ETHUSDT");
  EXPECT_EQ(at(longs[0], "a.P"), "[]");
  EXPECT_EQ(at(longs[0], "a.B.0.bc"), "-0.6");
  ASSERT_EQ(shorts.size(), 1U);
  EXPECT_EQ(at(shorts[0], "a.B.0.bc"), "0.3");
  EXPECT_EQ(others.size(), 0U);
  const auto rows = incomes("bob", "incomeType=FUNDING_FEE");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(at(rows[0], "income"), "-0.60000000");
  EXPECT_EQ(at(bench.send("GET", "/fapi/v1/premiumIndex?symbol=ETHUSDT").body, "lastFundingRate"),
            "0.00010000");
  const auto history = bench.send("GET", "/fapi/v1/fundingRate?symbol=ETHUSDT").body;
  EXPECT_EQ(paths_of(history), paths_of(golden("rest.funding_rate.btcusdt.json")));
  expect_books_add_up();
}

TEST_F(MoneyTest, FundingOfAnIsolatedPositionShowsIt) {
  ASSERT_FALSE(bench.world->exchange().set_margin_type(bench.account("bob"),
                                                       bench.symbol("ETHUSDT"), true, bench.now));
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "2"));
  auto& events = bench.listen("bob");
  run(R"({"command":"funding","symbol":"ETHUSDT","rate":"0.001"})");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(paths_of(events[0]), paths_of(golden("account_update.funding_fee.isolated.json")));
  EXPECT_EQ(at(events[0], "a.P.0.iw"), "294");
  EXPECT_EQ(at(events[0], "a.B.0.bc"), "-6");
  expect_books_add_up();
}

TEST_F(MoneyTest, TransfersAreTold) {
  auto& events = bench.listen("bob");
  const auto transfer = [&](const std::string& reason, const std::string& amount) {
    return R"({"command":"transfer","account":"bob","asset":"USDC","amount":")" + amount +
           R"(","reason":")" + reason + R"("})";
  };
  EXPECT_EQ(at(run(transfer("DEPOSIT", "10")), "wallet"), "100010");
  EXPECT_EQ(at(run(transfer("WITHDRAW", "5")), "wallet"), "100005");
  EXPECT_EQ(at(run(transfer("MARGIN_TRANSFER", "-1")), "wallet"), "100004");
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(paths_of(events[0]), paths_of(golden("account_update.deposit.json")));
  EXPECT_EQ(at(events[0], "a.m"), "DEPOSIT");
  EXPECT_EQ(at(events[1], "a.B.0.bc"), "-5");
  EXPECT_EQ(at(events[2], "a.m"), "MARGIN_TRANSFER");
  EXPECT_NE(error(transfer("WITHDRAW", "200000")), "");
  EXPECT_NE(error(transfer("WITHDRAW", "-5")), "");
  EXPECT_NE(error(transfer("GIFT", "5")), "");
  EXPECT_EQ(at(run(transfer("ADMIN_WITHDRAW", "200000")), "wallet"), "-99996");
  expect_books_add_up();
}

TEST_F(MoneyTest, ALiquidationIsOneForcedOrderALeg) {
  bench.place("bob", bench.market("BTCUSDT", Side::buy, "1"));
  bench.place("bob", bench.market("ETHUSDT", Side::sell, "2"));
  auto& events = bench.listen("bob");
  const auto answer =
      run(R"({"command":"liquidate","account":"bob","symbol":"BTCUSDT","price":"59000"})");
  EXPECT_EQ(elements(at(answer, "order_ids")).size(), 1U) << answer;
  ASSERT_EQ(event_names(events),
            (Names{"TRADE_LITE", "NEW", "ACCOUNT_UPDATE", "TRADE", "ACCOUNT_UPDATE"}));
  EXPECT_TRUE(at(events[3], "o.c").starts_with("autoclose-"));
  EXPECT_EQ(at(events[3], "o.o"), "LIQUIDATION");
  EXPECT_EQ(at(events[3], "o.L"), "59000");
  EXPECT_EQ(at(events[4], "a.m"), "INSURANCE_CLEAR");
  EXPECT_EQ(at(events[4], "a.B.0.bc"), "-737.5") << "1.25 % of 59,000";
  EXPECT_EQ(bench.held("bob", "ETHUSDT").qty, qty("-2"));
  EXPECT_EQ(bench.world->exchange().market(bench.symbol("BTCUSDT")).mark, price("60000"));
  EXPECT_NE(error(R"({"command":"liquidate","account":"bob","symbol":"BTCUSDT"})"), "");
  run(R"({"command":"liquidate","account":"bob"})");
  EXPECT_TRUE(bench.held("bob", "ETHUSDT").qty.is_zero());
  expect_books_add_up();
}

TEST_F(MoneyTest, TheInsuranceFundPaysWhatIsMissing) {
  bench.place("bob", bench.market("BTCUSDT", Side::buy, "30"));
  run(R"({"command":"liquidate","account":"bob","price":"50000"})");
  EXPECT_EQ(wallet("bob"), Usd{});
  const auto rows = incomes("bob", "incomeType=INSURANCE_CLEAR");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(at(rows[0], "income"), "200900.00000000") << "300,000 lost and 900 paid, of 100,000";
  expect_books_add_up();
}

TEST_F(MoneyTest, DeleveragingTakesAPart) {
  bench.place("bob", bench.market("ETHUSDT", Side::sell, "2"));
  auto& events = bench.listen("bob");
  run(R"({"command":"adl","account":"bob","symbol":"ETHUSDT","qty":"0.5","price":"2990"})");
  ASSERT_EQ(event_names(events), (Names{"NEW", "ACCOUNT_UPDATE", "CALCULATED"}));
  EXPECT_EQ(at(events[2], "o.c"), "adl_autoclose");
  EXPECT_EQ(at(events[2], "o.S"), "BUY");
  EXPECT_EQ(bench.held("bob", "ETHUSDT").qty, qty("-1.5"));
  EXPECT_NE(error(R"({"command":"adl","account":"bob","symbol":"ETHUSDT","qty":"2"})"), "");
  run(R"({"command":"adl","account":"bob","symbol":"ETHUSDT"})");
  EXPECT_TRUE(bench.held("bob", "ETHUSDT").qty.is_zero());
  expect_books_add_up();
}

TEST_F(MoneyTest, SettlementEndsAContractForEverybody) {
  bench.place("bob", bench.market("ETHUSDT", Side::sell, "2"));
  auto buy = bench.market("ETHUSDT", Side::buy, "1");
  buy.leg = Leg::long_;
  bench.place("carol", buy);
  bench.place("dave", bench.resting("ETHUSDT", Side::buy, "1", "2900"));
  auto& events = bench.listen("carol");
  auto& orders = bench.listen("dave");
  const auto before = bench.send("GET", "/fapi/v1/exchangeInfo").body;
  EXPECT_EQ(at(run(R"({"command":"settle","symbol":"ETHUSDT","price":"3050"})"), "positions"), "2");
  ASSERT_EQ(event_names(events), (Names{"NEW", "ACCOUNT_UPDATE", "CALCULATED"}));
  EXPECT_TRUE(at(events[2], "o.c").starts_with("settlement_autoclose-"));
  EXPECT_EQ(at(events[2], "o.L"), "3050");
  ASSERT_EQ(event_names(orders), Names{"EXPIRED"});
  EXPECT_EQ(at(orders[0], "o.er"), "7");
  EXPECT_TRUE(bench.held("bob", "ETHUSDT").qty.is_zero());
  EXPECT_EQ(bench.refusal("bob", bench.market("ETHUSDT", Side::buy, "1")), -4140);
  const auto after = bench.send("GET", "/fapi/v1/exchangeInfo").body;
  EXPECT_EQ(at(before, "symbols.1.status"), "TRADING");
  EXPECT_EQ(at(after, "symbols.1.status"), "SETTLING");
  expect_books_add_up();
}

TEST_F(MoneyTest, FeesInBnbComeFromASecondWallet) {
  run(R"({"command":"transfer","account":"bob","asset":"BNB","amount":"0.02","reason":"DEPOSIT"})");
  run(R"({"command":"fees","account":"bob","in_bnb":true})");
  auto& events = bench.listen("bob");
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "2"));  // 3 USDT, 2.7 in BNB at 600
  EXPECT_EQ(wallet("bob", "BNB"), usd("0.0155"));
  EXPECT_EQ(wallet("bob"), usd("100000"));
  ASSERT_EQ(events.size(), 4U);
  EXPECT_EQ(elements(at(events[2], "a.B")).size(), 2U);
  EXPECT_EQ(at(events[2], "a.B.1.a"), "BNB");
  EXPECT_EQ(at(events[3], "o.N"), "BNB");
  EXPECT_EQ(at(events[3], "o.n"), "0.0045");
  const auto trades = bench.signed_call("GET", "/fapi/v1/userTrades", "bob", "symbol=ETHUSDT").body;
  EXPECT_EQ(at(trades, "0.commissionAsset"), "BNB");
  bench.place("bob", bench.market("ETHUSDT", Side::sell, "8"));
  EXPECT_EQ(wallet("bob", "BNB"), usd("0.0155")) << "not enough for 18 any more";
  EXPECT_EQ(wallet("bob"), usd("99988"));
  expect_books_add_up();
}

TEST_F(MoneyTest, RatesAreThoseOfTheAccount) {
  const auto rate = [&](std::string_view who) {
    return bench.signed_call("GET", "/fapi/v1/commissionRate", who, "symbol=BTCUSDT").body;
  };
  EXPECT_EQ(keys_of(rate("bob")), keys_of(golden("rest.commission_rate.docs.json")));
  EXPECT_EQ(at(rate("bob"), "takerCommissionRate"), "0.000500");
  run(R"({"command":"fees","account":"bob","maker":"0","taker":"0.001"})");
  EXPECT_EQ(at(rate("bob"), "takerCommissionRate"), "0.001000");
  EXPECT_EQ(at(rate("dave"), "takerCommissionRate"), "0.000500");
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "1"));
  EXPECT_EQ(wallet("bob"), usd("99997"));
  bench.place("bob", bench.resting("ETHUSDT", Side::buy, "1", "2900"));
  bench.move("ETHUSDT", "2900");
  EXPECT_EQ(wallet("bob"), usd("99997")) << "makers pay nothing now";
  EXPECT_NE(error(R"({"command":"fees","taker":"-1"})"), "");
}

TEST_F(MoneyTest, PermissionsChangeWhileItRuns) {
  run(R"({"command":"permissions","account":"bob","withdrawals":true,"ip_restricted":false,
          "expires":1800000000000})");
  auto record = bench.signed_call("GET", "/sapi/v1/account/apiRestrictions", "bob").body;
  EXPECT_EQ(at(record, "enableWithdrawals"), "true");
  EXPECT_EQ(at(record, "ipRestrict"), "false");
  EXPECT_EQ(at(record, "enableFutures"), "true");
  EXPECT_EQ(at(record, "tradingAuthorityExpirationTime"), "1800000000000");
  auto members = keys_of(golden("sapi.api_restrictions.docs.json"));
  members.insert("tradingAuthorityExpirationTime");
  EXPECT_EQ(keys_of(record), members);
  run(R"({"command":"permissions","account":"bob","futures":false,"expires":null})");
  record = bench.signed_call("GET", "/sapi/v1/account/apiRestrictions", "bob").body;
  EXPECT_EQ(at(record, "tradingAuthorityExpirationTime"), "");
  EXPECT_EQ(
      at(bench.signed_call("POST", "/fapi/v1/leverage", "bob", "symbol=BTCUSDT&leverage=5").body,
         "code"),
      "-2015");
}

TEST_F(MoneyTest, TheRightToTradeExpires) {
  run(R"({"command":"permissions","account":"bob","expires":)" + std::to_string(bench.now.ms + 1) +
      "}");
  const auto code = [&] {
    return at(
        bench.signed_call("POST", "/fapi/v1/leverage", "bob", "symbol=BTCUSDT&leverage=5").body,
        "code");
  };
  EXPECT_EQ(code(), "");
  bench.now.ms += 1;
  EXPECT_EQ(code(), "-2015");
  EXPECT_EQ(bench.signed_call("GET", "/fapi/v3/account", "bob").status, 200);
}

TEST_F(MoneyTest, FiltersChangeWhileItRuns) {
  run(R"({"command":"symbol","symbol":"BTCUSDT","tick":"1","step":"0.01","min_qty":"0.01",
          "market_step":"0.1","market_min_qty":"0.1","min_notional":"100"})");
  const auto body = bench.send("GET", "/fapi/v1/exchangeInfo").body;
  std::map<std::string, std::string> filters;
  for (const auto& filter : elements(at(body, "symbols.0.filters")))
    filters[at(filter, "filterType")] = filter;
  EXPECT_EQ(at(filters["PRICE_FILTER"], "tickSize"), "1.00");
  EXPECT_EQ(at(filters["LOT_SIZE"], "stepSize"), "0.01");
  EXPECT_EQ(at(filters["MARKET_LOT_SIZE"], "stepSize"), "0.1");
  // Prices count from 556.80.
  EXPECT_EQ(bench.refusal("bob", bench.limit("BTCUSDT", Side::buy, "0.01", "60000")), -4014);
  EXPECT_EQ(bench.refusal("bob", bench.limit("BTCUSDT", Side::buy, "0.015", "60000.8")), -4023);
  EXPECT_EQ(bench.refusal("bob", bench.limit("BTCUSDT", Side::buy, "0.01", "60000.8")), 0);
  EXPECT_EQ(bench.refusal("bob", bench.market("BTCUSDT", Side::buy, "0.01")), -4004);
  EXPECT_EQ(bench.refusal("bob", bench.market("BTCUSDT", Side::buy, "0.15")), -4023);
  EXPECT_EQ(bench.refusal("bob", bench.market("BTCUSDT", Side::buy, "0.2")), 0);
  run(R"({"command":"symbol","symbol":"BTCUSDT","status":"SETTLING"})");
  EXPECT_EQ(bench.refusal("bob", bench.market("BTCUSDT", Side::buy, "0.2")), -4140);
  EXPECT_NE(error(R"({"command":"symbol","symbol":"BTCUSDT","tick":"0"})"), "");
  EXPECT_NE(error(R"({"command":"symbol","symbol":"BTCUSDT","colour":"red"})"), "");
}

TEST_F(MoneyTest, IncomesAreListedByKindTimeAndPage) {
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "2"));
  bench.now.ms += 1000;
  bench.move("ETHUSDT", "3010");
  bench.place("bob", bench.market("ETHUSDT", Side::sell, "2"));
  const auto rows = incomes("bob");
  ASSERT_EQ(rows.size(), 3U) << "what an account starts with is years old";
  EXPECT_EQ(paths_of(rows[0]), paths_of(elements(golden("rest.income.docs.json"))[0]));
  EXPECT_EQ(at(rows[0], "incomeType"), "COMMISSION");
  EXPECT_EQ(at(rows[1], "incomeType"), "REALIZED_PNL");
  EXPECT_EQ(at(rows[1], "income"), "20.00000000");
  EXPECT_EQ(incomes("bob", "incomeType=COMMISSION").size(), 2U);
  EXPECT_EQ(incomes("bob", "startTime=" + std::to_string(bench.now.ms)).size(), 2U);
  EXPECT_EQ(incomes("bob", "limit=2&page=2"), std::vector<std::string>{rows[2]});
  EXPECT_EQ(incomes("bob", "symbol=BTCUSDT").size(), 0U);
}

TEST_F(MoneyTest, TheLedgerExplainsEveryWallet) {
  run(R"({"command":"transfer","account":"bob","asset":"USDT","amount":"7","reason":"DEPOSIT"})");
  const auto ledger = run(R"({"command":"ledger","account":"bob"})");
  const auto rows = elements(at(ledger, "accounts.0.incomes"));
  ASSERT_EQ(rows.size(), 4U) << "three opening balances and the deposit";
  EXPECT_EQ(at(rows[3], "type"), "TRANSFER");
  EXPECT_EQ(at(rows[3], "amount"), "7");
}

// Whatever happens, every wallet is the sum of its incomes, and every position that of its trades.
TEST_F(MoneyTest, TheBooksAddUpAfterAnything) {
  Random random(20'260'930);
  const std::vector<std::string> who{"alpha", "bob", "carol", "dave"};
  const std::vector<std::string> symbols{"BTCUSDT", "ETHUSDT", "ETHUSDC", "SOLUSDT", "ETHBTC"};
  run(R"({"command":"transfer","account":"dave","asset":"BNB","amount":"5","reason":"DEPOSIT"})");
  run(R"({"command":"fees","account":"dave","in_bnb":true})");
  ASSERT_FALSE(bench.world->exchange().set_margin_type(bench.account("bob"),
                                                       bench.symbol("ETHUSDT"), true, bench.now));
  std::size_t refused = 0;
  for (int step = 0; step < 4000; ++step) {
    bench.now.ms += 10;
    const auto& account = who[random.below(who.size())];
    const auto& symbol = symbols[random.below(symbols.size())];
    const auto index = bench.symbol(symbol);
    const auto& spec = bench.world->exchange().symbol(index);
    const std::string where = R"(,"symbol":")" + symbol + R"(")";
    const std::string of = R"(,"account":")" + account + R"(")";
    const auto draw = random.below(100);
    std::string line;
    if (draw < 60) {
      const Qty size =
          Qty::from_units(spec.step.units() * (1 + static_cast<std::int64_t>(random.below(900))));
      const bool buys = random.below(2) == 0;
      line = R"({"command":"trade")" + of + where + R"(,"side":")" + (buys ? "BUY" : "SELL") +
             R"(","qty":")" + std::string(FixedText(size).view()) + "\"";
      if (account == "carol")
        line +=
            std::string(R"(,"position_side":")") + (random.below(2) == 0 ? "LONG" : "SHORT") + "\"";
    } else if (draw < 80) {
      const auto change = 9'900 + static_cast<std::int64_t>(random.below(201));
      const Price moved =
          floor_to(Price::from_units(
                       muldiv(bench.world->exchange().market(index).last.units(), change, 10'000)),
                   spec.tick);
      line = R"({"command":"price")" + where + R"(,"price":")" +
             std::string(FixedText(moved).view()) + R"(","auto_liquidation":true)";
    } else if (draw < 88) {
      line = R"({"command":"funding")" + where + R"(,"rate":")" +
             (random.below(2) == 0 ? "0.00031" : "-0.00017") + "\"";
    } else if (draw < 92) {
      line = R"({"command":"adl")" + of + where;
    } else if (draw < 95) {
      line = R"({"command":"liquidate")" + of + where;
    } else {
      line = R"({"command":"transfer")" + of + R"(,"asset":"USDT","amount":")" +
             std::to_string(1 + random.below(50)) + R"(.5","reason":")" +
             (random.below(2) == 0 ? "DEPOSIT" : "WITHDRAW") + "\"";
    }
    if (at(run(line + "}"), "ok") != "true") ++refused;
  }
  EXPECT_LT(refused, 2000U) << "most of it must have happened";
  std::map<IncomeType, int> kinds;
  for (const auto& account : bench.world->exchange().accounts())
    for (const auto& income : account.incomes) ++kinds[income.type];
  EXPECT_EQ(kinds.size(), 5U) << "every kind of income was caused";
  expect_books_add_up();
}

}  // namespace
}  // namespace copyd::sim::testing
