// The user-data events that carry no fill, the envelope, and what an order says beyond copying.
#include <gtest/gtest.h>

#include "tests/unit/venue/support.hpp"
#include "venue/order_details.hpp"
#include "venue/user_data.hpp"

namespace copyd::venue::testing {
namespace {

UserDataDecoder& decoder() {
  static UserDataDecoder instance(symbols());
  return instance;
}

Result<UserEvent> decode(std::string_view text) {
  static std::unique_ptr<Frame> kept;  // views live until the next decode
  kept = std::make_unique<Frame>(text);
  return decoder().decode(kept->view());
}

template <class Event>
Event event_of(std::string_view text) {
  const auto event = decode(text);
  EXPECT_TRUE(event.has_value()) << text;
  if (event.has_error() || !std::holds_alternative<Event>(*event)) {
    ADD_FAILURE() << text;
    return {};
  }
  return std::get<Event>(*event);
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return at == text.npos ? text : text.replace(at, from.size(), to);
}

void expect_malformed(const std::string& text,
                      std::initializer_list<std::pair<const char*, const char*>> changes) {
  ASSERT_TRUE(decode(text).has_value()) << text;
  for (const auto& [from, to] : changes)
    EXPECT_TRUE(decode(replaced(text, from, to)).has_error()) << to;
}

TEST(RareEvents, TradeLiteSaysTheWholeFill) {
  const std::string text = golden("seq.market_open_close.00.trade_lite.json");
  const auto lite = event_of<TradeLite>(text);
  EXPECT_EQ(lite.symbol_name, "DOTUSDT");
  EXPECT_TRUE(lite.symbol_known);
  EXPECT_EQ(lite.side, Side::buy);
  EXPECT_EQ(lite.order.value, 33878894217);
  EXPECT_EQ(lite.trade.value, 1190331610);
  EXPECT_EQ(lite.order_qty, *Qty::parse("4.9"));
  EXPECT_EQ(lite.last_qty, *Qty::parse("4.9"));
  EXPECT_EQ(lite.last_price, *Price::parse("1.1359"));  // padded with zeros on the wire
  EXPECT_TRUE(lite.order_price.is_zero());
  EXPECT_EQ(lite.client_order_id, "6e8f8d89-5b04-4ede-88bb-52b7d8b2b0d2");
  EXPECT_FALSE(lite.maker);
  EXPECT_FALSE(lite.forced);
  EXPECT_EQ(lite.trade_time.ms, 1789837689736);
  EXPECT_EQ(lite.event_time.ms, 1789837689736);
  EXPECT_TRUE(event_of<TradeLite>(replaced(text, "6e8f8d89", "autoclose-")).forced);
  for (const char* field : {"E", "T", "s", "q", "c", "S", "L", "l", "t", "i"}) {
    const std::string key = std::string("\"") + field + "\":";
    EXPECT_TRUE(decode(replaced(text, key, "\"_\":")).has_error()) << field;
  }
  expect_malformed(text, {{R"("l":"4.9")", R"("l":"-4.9")"},
                          {R"("q":"4.9")", R"("q":"-4.9")"},
                          {R"("L":"1.135900")", R"("L":"-1")"},
                          {R"("S":"BUY")", R"("S":"B")"}});
}

TEST(RareEvents, AccountConfig) {
  const auto leverage =
      event_of<AccountConfigUpdate>(golden("account_config_update.leverage.json"));
  EXPECT_EQ(leverage.symbol_name, "BTCUSDT");
  EXPECT_TRUE(leverage.symbol_known);
  EXPECT_EQ(leverage.leverage, 19);
  EXPECT_FALSE(leverage.multi_assets.has_value());
  const std::string joined = golden("account_config_update.multi_assets.docs.json");
  const auto assets = event_of<AccountConfigUpdate>(joined);
  EXPECT_EQ(assets.multi_assets, std::optional(true));
  EXPECT_EQ(assets.leverage, 0);
  EXPECT_EQ(assets.symbol_name, "");
  expect_malformed(golden("account_config_update.leverage.json"), {{R"("l":19)", R"("l":"19")"},
                                                                   {R"("l":19)", R"("l":0)"},
                                                                   {R"("l":19)", R"("_":19)"},
                                                                   {R"("s":"BTCUSDT")", R"("_":1)"},
                                                                   {R"("ac":)", R"("_":)"}});
  expect_malformed(joined, {{R"("j":true)", R"("j":1)"},
                            {R"("j":true)", R"("_":true)"},
                            {R"("j":true)", R"("j":true,"j":true)"}});
}

TEST(RareEvents, MarginCall) {
  const std::string text = golden("margin_call.docs.json");
  const auto call = event_of<MarginCall>(text);
  EXPECT_EQ(call.cross_wallet, Usd::parse("3.16812045"));
  ASSERT_EQ(call.rows.size(), 1U);
  EXPECT_EQ(call.rows[0].symbol_name, "ETHUSDT");
  EXPECT_EQ(call.rows[0].leg, Leg::long_);
  EXPECT_EQ(call.rows[0].margin, MarginType::cross);
  EXPECT_EQ(call.rows[0].qty, *Qty::parse("1.327"));
  EXPECT_EQ(call.rows[0].maintenance_margin, *Usd::parse("1.614445"));
  EXPECT_FALSE(
      event_of<MarginCall>(replaced(text, R"("cw":"3.16812045",)", "")).cross_wallet.has_value());
  expect_malformed(text, {{R"("pa":)", R"("_":)"},
                          {R"("p":[)", R"("p":[1,)"},
                          {R"("p":[)", R"("_":[)"},
                          {R"("E":)", R"("_":)"},
                          {R"("cw":")", R"("cw":"x)"}});
}

TEST(RareEvents, AlgoOrders) {
  const auto before = event_of<AlgoUpdate>(golden("algo_update.new.stop_market.json"));
  EXPECT_EQ(before.client_algo_id, "8121aafc-cba3-4a01-a279-1dcb03a7b80f");
  EXPECT_EQ(before.algo, 4000001910701524);
  EXPECT_EQ(before.status, AlgoStatus::new_);
  EXPECT_EQ(before.type, OrderType::stop_market);
  EXPECT_EQ(before.order.value, 0);  // "" before it triggers
  EXPECT_EQ(before.trigger_price, *Price::parse("1.1637"));
  const std::string text = golden("algo_update.finished.stop_market.json");
  const auto after = event_of<AlgoUpdate>(text);
  EXPECT_EQ(after.status, AlgoStatus::finished);
  EXPECT_EQ(after.order.value, 88937381063);  // in quotes on the wire
  EXPECT_EQ(after.executed_qty, Qty::whole(38));
  EXPECT_EQ(after.average_price, *Price::parse("0.13856"));
  EXPECT_EQ(after.actual_type, OrderType::market);
  EXPECT_EQ(after.trigger_time.ms, 1765431097019);
  EXPECT_EQ(event_of<AlgoUpdate>(golden("algo_update.rejected.margin.json")).reason,
            "Margin is insufficient.");
  EXPECT_EQ(event_of<AlgoUpdate>(replaced(text, "FINISHED", "LATER")).status, AlgoStatus::other);
  expect_malformed(text, {{R"("ai":"88937381063")", R"("ai":"88937381063x")"},
                          {R"("ai":"88937381063")", R"("ai":88937381063)"},
                          {R"("ai":"88937381063")", R"("ai":"-1")"},
                          {R"("ai":"88937381063")", R"("ai":"99999999999999999999")"},
                          {R"("aq":"38")", R"("aq":"-38")"},
                          {R"("q":"38")", R"("q":"-38")"},
                          {R"("caid":)", R"("_":)"},
                          {R"("aid":)", R"("_":)"},
                          {R"("X":)", R"("_":)"},
                          {R"("cp":false)", R"("cp":"false")"}});
}

TEST(RareEvents, AnExpiredListenKeyIsNamed) {
  EXPECT_EQ(
      event_of<ListenKeyExpired>(R"({"e":"listenKeyExpired","E":5,"listenKey":"K"})").listen_key,
      "K");
  EXPECT_EQ(event_of<ListenKeyExpired>(R"({"e":"listenKeyExpired","E":"5"})").event_time.ms, 5);
  EXPECT_EQ(event_of<ListenKeyExpired>(R"({"e":"listenKeyExpired"})").listen_key, "");
  for (const char* text : {R"({"e":"listenKeyExpired","listenKey":5})",
                           R"({"e":"listenKeyExpired","listenKey":"K","listenKey":"L"})",
                           R"({"e":"listenKeyExpired","E":1.5})"})
    EXPECT_TRUE(decode(text).has_error()) << text;
}

TEST(RareEvents, TheVenueShutsDown) {
  for (const char* text :
       {R"({"e":"serverShutdown","E":1770123456789})", R"({"e":"serverShutdown"})",
        R"({"event":{"e":"serverShutdown","E":1770123456789}})",
        R"({"stream":"K","data":{"e":"serverShutdown","E":"1770123456789"}})"})
    event_of<ServerShutdown>(text);
  EXPECT_EQ(event_of<ServerShutdown>(R"({"e":"serverShutdown","E":7})").event_time.ms, 7);
  EXPECT_TRUE(decode(R"({"e":"serverShutdown","E":{}})").has_error());
  EXPECT_TRUE(decode(R"({"event":{"E":1}})").has_error());
  EXPECT_TRUE(decode(R"({"event":"serverShutdown"})").has_error());
}

TEST(RareEvents, EventsOfNoConsequenceAreKnownByName) {
  for (const char* name : {"strategy_update.docs.json", "grid_update.docs.json",
                           "conditional_order_trigger_reject.docs.json"})
    EXPECT_TRUE(event_of<OtherEvent>(golden(name)).known) << name;
  EXPECT_FALSE(event_of<OtherEvent>(R"({"e":"balanceUpdate","a":1})").known);
}

// On a connection of several accounts, whose event it is.
TEST(RareEvents, TheListenKeyOfTheCombinedForm) {
  const std::string event = golden("trade_lite.maker.json");
  const auto key_of = [](const std::string& frame) {
    EXPECT_TRUE(decode(frame).has_value()) << frame;
    return std::string(decoder().listen_key());
  };
  EXPECT_EQ(key_of(R"({"stream":"KEY","data":)" + event + "}"), "KEY");
  EXPECT_EQ(key_of(R"({"data":)" + event + R"(,"stream":"KEY@TRADE_LITE"})"), "KEY");
  EXPECT_EQ(key_of(R"({"stream":"@TRADE_LITE","data":)" + event + "}"), "");
  EXPECT_EQ(key_of(R"({"data":)" + event + "}"), "");
  EXPECT_EQ(key_of(R"({"stream":"A","data":)" + event + "}"), "A");
  EXPECT_EQ(key_of(event), "");  // nothing is left over from the frame before
  EXPECT_TRUE(decode(R"({"stream":5,"data":)" + event + "}").has_error());
  EXPECT_TRUE(decode(R"({"stream":"A","stream":"B","data":)" + event + "}").has_error());
}

TEST(RareEvents, AccountRowsInFull) {
  const auto account =
      event_of<AccountUpdate>(golden("seq.market_open_close.02.account_update.order.json"));
  ASSERT_EQ(account.positions.size(), 1U);
  const auto& row = account.positions[0];
  EXPECT_EQ(row.entry, *Price::parse("1.1359"));
  EXPECT_EQ(row.break_even, *Price::parse("1.13646795"));
  EXPECT_EQ(row.realised, *Usd::parse("-0.73987992"));
  EXPECT_EQ(row.margin, MarginType::cross);
  EXPECT_EQ(row.margin_asset, "USDT");
  ASSERT_EQ(account.balances.size(), 2U);
  EXPECT_EQ(account.balances[0].cross_wallet, *Usd::parse("28.05614361"));
  EXPECT_EQ(account.event_time.ms, 1789837689736);
  const auto funding =
      event_of<AccountUpdate>(golden("account_update.funding_fee.cross.with_symbol.json"));
  EXPECT_FALSE(funding.symbol_name.empty());
}

const char* const fill_name =
    "seq.market_open_close.07.order_trade_update.trade.filled.reduce_only.json";

Result<OrderDetails> details(std::string_view text) {
  static OrderDetailsDecoder instance;
  static std::unique_ptr<Frame> kept;
  kept = std::make_unique<Frame>(text);
  return instance.decode(kept->view());
}

TEST(OrderDetails, AFill) {
  const std::string text = golden(fill_name);
  for (const std::string& frame : {text, R"({"stream":"K","data":)" + text + "}"}) {
    const auto read = details(frame);
    ASSERT_TRUE(read.has_value()) << frame;
    EXPECT_EQ(read->type, OrderType::market);
    EXPECT_EQ(read->time_in_force, TimeInForce::gtc);
    EXPECT_EQ(read->fee_asset, "BNB");
    EXPECT_GT(read->fee.sign(), 0);
    EXPECT_NE(read->realised.sign(), 0);
    EXPECT_EQ(read->self_trade_prevention, "EXPIRE_MAKER");
    EXPECT_EQ(read->expiry, ExpiryReason::none);
  }
  EXPECT_TRUE(details(golden("trade_lite.maker.json")).has_error());
  EXPECT_TRUE(details(R"({"e":"ORDER_TRADE_UPDATE","o":{}})").has_error());
  EXPECT_TRUE(details(text + "x").has_error());
}

TEST(OrderDetails, WhyAnOrderExpired) {
  const std::string text = golden("order_trade_update.expired_in_match.stp.json");
  EXPECT_EQ(details(text)->expiry, ExpiryReason::self_trade);
  EXPECT_EQ(details(replaced(text, R"("er":"1")", R"("er":"2")"))->expiry,
            ExpiryReason::ioc_remainder);
  EXPECT_EQ(details(replaced(text, R"("er":"1")", R"("er":"9")"))->expiry,
            ExpiryReason::market_unfilled);
  EXPECT_EQ(details(replaced(text, R"("er":"1")", R"("er":"10")"))->expiry, ExpiryReason::other);
  EXPECT_EQ(details(replaced(text, R"("er":"1")", R"("er":"")"))->expiry, ExpiryReason::other);
  EXPECT_TRUE(details(replaced(text, R"("er":"1")", R"("er":1)")).has_error());
  EXPECT_FALSE(
      details(golden("order_trade_update.amendment.with_modify_id.json"))->modify_id.empty());
}

}  // namespace
}  // namespace copyd::venue::testing
