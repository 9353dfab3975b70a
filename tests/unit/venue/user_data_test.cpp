// The user-data decoder against frames that are cut, shuffled, doubled, or wrong.
#include "venue/user_data.hpp"

#include <gtest/gtest.h>

#include <simdjson.h>
#include <algorithm>
#include <random>

#include "tests/unit/venue/support.hpp"

namespace copyd::venue::testing {
namespace {

const char* const fill_name = "seq.market_open_close.03.order_trade_update.trade.filled.json";

Result<UserEvent> decode(std::string_view text) {
  static UserDataDecoder decoder(symbols());
  static std::unique_ptr<Frame> kept;  // views live until the next decode
  kept = std::make_unique<Frame>(text);
  return decoder.decode(kept->view());
}

bool is_malformed(std::string_view text) {
  const auto event = decode(text);
  return event.has_error() && event.error() == make_error_code(Errc::malformed);
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return at == text.npos ? text : text.replace(at, from.size(), to);
}

// The fields that tell one fill from another.
struct Told {
  std::string symbol, client;
  Side side;
  Leg leg;
  Execution execution;
  OrderStatus status;
  std::int64_t order, trade, order_qty, last_qty, cumulative_qty, last_price, average, time, event;
  bool maker, reduce_only, forced;
  bool operator==(const Told&) const = default;
};

Told told(const OrderUpdate& o) {
  return {std::string(o.symbol_name),
          std::string(o.client_order_id),
          o.side,
          o.leg,
          o.execution,
          o.status,
          o.order.value,
          o.trade.value,
          o.order_qty.units(),
          o.last_qty.units(),
          o.cumulative_qty.units(),
          o.last_price.units(),
          o.average_price.units(),
          o.trade_time.ms,
          o.event_time.ms,
          o.maker,
          o.reduce_only,
          o.forced};
}

// Writes a message again with the keys of every object in a random order.
std::string shuffled(simdjson::dom::element element, std::mt19937& random) {
  simdjson::dom::object object;
  simdjson::dom::array array;
  if (!element.get_object().get(object)) {
    std::vector<std::string> members;
    for (const auto field : object)
      members.push_back("\"" + std::string(field.key) + "\":" + shuffled(field.value, random));
    std::shuffle(members.begin(), members.end(), random);
    std::string out = "{";
    for (const auto& member : members) out += (out.size() > 1 ? " ,\n" : "") + member;
    return out + "}";
  }
  if (!element.get_array().get(array)) {
    std::string out = "[";
    for (const auto item : array) out += (out.size() > 1 ? "," : "") + shuffled(item, random);
    return out + "]";
  }
  return simdjson::minify(element);
}

TEST(UserData, AFillByHand) {
  const auto event = decode(golden(fill_name));
  ASSERT_TRUE(event.has_value());
  const auto& o = std::get<OrderUpdate>(*event);
  EXPECT_TRUE(o.is_fill());
  EXPECT_TRUE(o.symbol_known);
  EXPECT_EQ(symbols()[o.symbol].name, "DOTUSDT");
  EXPECT_EQ(o.side, Side::buy);
  EXPECT_EQ(o.leg, Leg::both);
  EXPECT_EQ(o.last_qty, *Qty::parse("4.9"));
  EXPECT_EQ(o.last_price, *Price::parse("1.1359"));
  EXPECT_EQ(o.trade.value, 1190331610);
  EXPECT_EQ(o.order.value, 33878894217);
  EXPECT_FALSE(o.forced);
  EXPECT_TRUE(is_final(o.status));
}

TEST(UserData, WhatStandsBehindTheEndIsMalformed) {
  for (const auto& name : names_of_kind("user")) {
    const std::string whole = golden(name);
    for (const char* tail : {"}", "{}", ",", "x", "\"", " 1", "]"})
      ASSERT_TRUE(is_malformed(whole + tail)) << name << tail;
    if (!is_malformed(whole)) { EXPECT_FALSE(is_malformed(" \r\n\t" + whole + " \n")) << name; }
  }
}

TEST(UserData, TheOrderOfKeysDoesNotMatter) {
  std::mt19937 random(20261019);
  simdjson::dom::parser parser;
  int orders = 0;
  for (const auto& name : names_of_kind("user")) {
    const std::string text = golden(name);
    const auto before = decode(text);
    if (before.has_error() || !std::holds_alternative<OrderUpdate>(*before)) continue;
    const Told expected = told(std::get<OrderUpdate>(*before));
    ++orders;
    for (int round = 0; round < 20; ++round) {
      const std::string other = shuffled(parser.parse(text).value_unsafe(), random);
      const auto after = decode(other);
      ASSERT_TRUE(after.has_value()) << other;
      ASSERT_TRUE(std::get<OrderUpdate>(*after).client_order_id == expected.client);
      ASSERT_TRUE(told(std::get<OrderUpdate>(*after)) == expected) << other;
    }
  }
  EXPECT_GT(orders, 35);
}

TEST(UserData, AccountRowsInAnyOrderOfKeys) {
  std::mt19937 random(7);
  simdjson::dom::parser parser;
  const std::string text = golden("account_update.order.isolated.hedge_mode.flat_three_sides.json");
  for (int round = 0; round < 50; ++round) {
    const std::string other = shuffled(parser.parse(text).value_unsafe(), random);
    const auto event = decode(other);
    ASSERT_TRUE(event.has_value()) << other;
    const auto& account = std::get<AccountUpdate>(*event);
    ASSERT_EQ(account.positions.size(), 3U);
    EXPECT_EQ(account.positions[2].leg, Leg::short_);
    EXPECT_EQ(account.positions[2].symbol_name, "NEARUSDT");
    EXPECT_FALSE(account.positions[2].symbol_known);
    ASSERT_EQ(account.balances.size(), 1U);
    EXPECT_EQ(account.balances[0].wallet, *Usd::parse("11849.72056194"));
  }
}

TEST(UserData, AFieldMetTwiceIsMalformed) {
  const std::string text = golden(fill_name);
  for (const char* field :
       {R"("s":"BTCUSDT",)", R"("c":"x",)", R"("S":"SELL",)", R"("q":"9",)", R"("x":"TRADE",)",
        R"("X":"FILLED",)", R"("i":1,)", R"("l":"9",)", R"("z":"9",)", R"("L":"9",)", R"("T":1,)",
        R"("t":1,)", R"("ps":"LONG",)", R"("ap":"9",)", R"("m":true,)", R"("R":true,)"})
    EXPECT_TRUE(is_malformed(replaced(text, R"("o":{)", std::string(R"("o":{)") + field))) << field;
  for (const char* field : {R"("e":"ORDER_TRADE_UPDATE",)", R"("E":1,)", R"("o":{},)"})
    EXPECT_TRUE(is_malformed("{" + std::string(field) + text.substr(1))) << field;
  EXPECT_FALSE(is_malformed(replaced(text, R"("o":{)", R"("o":{"zz":1,"zz":2,)")));
}

TEST(UserData, ARequiredFieldThatIsMissingIsMalformed) {
  const std::string text = golden(fill_name);
  for (const char* field : {"s", "c", "S", "q", "x", "X", "i", "l", "z", "L", "t", "ps"}) {
    const std::string key = std::string("\"") + field + "\":";
    const std::size_t from = text.find(R"("o":{)") + 4;
    std::string other = text;
    other.insert(other.find(key, from) + 1, "_");
    EXPECT_TRUE(is_malformed(other)) << other;
  }
  EXPECT_TRUE(is_malformed(replaced(text, R"("E":)", R"("_E":)")));
  EXPECT_TRUE(is_malformed(replaced(text, R"("o":{)", R"("_o":{)")));
  EXPECT_TRUE(is_malformed(replaced(text, R"("T":1789837689736,"t")", R"("_T":1,"t")")));
  // These may be missing.
  for (const char* field : {R"("ap":)", R"("m":)", R"("R":)", R"("er":)"})
    EXPECT_FALSE(is_malformed(replaced(text, field, R"("_":)"))) << field;
}

TEST(UserData, AValueOfTheWrongKindIsMalformed) {
  const std::string text = golden(fill_name);
  const std::pair<const char*, const char*> changes[] = {
      {R"("s":"DOTUSDT")", R"("s":1)"},
      {R"("s":"DOTUSDT")", R"("s":null)"},
      {R"("c":"6e8f8d89)", R"("c":7,"_c":"6e8f8d89)"},
      {R"("S":"BUY")", R"("S":"buy")"},
      {R"("S":"BUY")", R"("S":true)"},
      {R"("S":"BUY")", R"("S":"")"},
      {R"("ps":"BOTH")", R"("ps":"NONE")"},
      {R"("ps":"BOTH")", R"("ps":null)"},
      {R"("q":"4.9")", R"("q":4.9)"},
      {R"("q":"4.9")", R"("q":"")"},
      {R"("q":"4.9")", R"("q":"-4.9")"},
      {R"("l":"4.9")", R"("l":"4.9e0")"},
      {R"("l":"4.9")", R"("l":"-4.9")"},
      {R"("l":"4.9")", R"("l":" 4.9")"},
      {R"("l":"4.9")", R"("l":["4.9"])"},
      {R"("l":"4.9")", R"("l":"0.123456789")"},
      {R"("l":"4.9")", R"("l":"99999999999999")"},
      {R"("z":"4.9")", R"("z":"-1")"},
      {R"("z":"4.9")", R"("z":"NaN")"},
      {R"("L":"1.1359")", R"("L":"-1")"},
      {R"("L":"1.1359")", R"("L":{})"},
      {R"("ap":"1.1359")", R"("ap":"1.123456789x")"},
      {R"("x":"TRADE")", R"("x":1)"},
      {R"("X":"FILLED")", R"("X":null)"},
      {R"("i":33878894217)", R"("i":"33878894217")"},
      {R"("i":33878894217)", R"("i":33878894217.0)"},
      {R"("i":33878894217)", R"("i":99999999999999999999)"},
      {R"("t":1190331610)", R"("t":1.19e9)"},
      {R"("t":1190331610)", R"("t":true)"},
      {R"("m":false)", R"("m":"false")"},
      {R"("R":false)", R"("R":0)"},
      {R"("E":1789837689736)", R"("E":"1789837689736")"},
      {R"("e":"ORDER_TRADE_UPDATE")", R"("e":5)"},
      {R"("e":"ORDER_TRADE_UPDATE")", R"("e":"ACCOUNT_UPDATE")"},
      {R"("e":"ORDER_TRADE_UPDATE")", R"("e":"TRADE_LITE")"},
  };
  for (const auto& [from, to] : changes) EXPECT_TRUE(is_malformed(replaced(text, from, to))) << to;
}

TEST(UserData, ToleratesWhatTheVenueMayStillChange) {
  const std::string text = golden(fill_name);
  const auto fill_of = [](const std::string& frame) {
    const auto event = decode(frame);
    EXPECT_TRUE(event.has_value()) << frame;
    return std::get<OrderUpdate>(*event);
  };
  EXPECT_EQ(fill_of(replaced(text, R"("l":"4.9")", R"("l":"0004.90000000000")")).last_qty,
            *Qty::parse("4.9"));
  EXPECT_EQ(fill_of(replaced(text, R"("ap":"1.1359")", R"("ap":"1.13590000999")")).average_price,
            *Price::parse("1.1359"));
  EXPECT_EQ(fill_of(replaced(text, R"("x":"TRADE")", R"("x":"SOMETHING")")).execution,
            Execution::other);
  EXPECT_FALSE(fill_of(replaced(text, R"("x":"TRADE")", R"("x":"SOMETHING")")).is_fill());
  EXPECT_EQ(fill_of(replaced(text, R"("X":"FILLED")", R"("X":"NEW_ADL")")).status,
            OrderStatus::other);
  EXPECT_EQ(fill_of(replaced(text, R"("i":33878894217)", R"("i":9223372036854775807)")).order.value,
            INT64_MAX);
  EXPECT_EQ(fill_of(replaced(text, R"("DOTUSDT")", R"("\u6d4b\u8bd5USDT")")).symbol_name,
            "测试USDT");
  EXPECT_FALSE(fill_of(replaced(text, R"("DOTUSDT")", R"("测试USDT")")).symbol_known);
  EXPECT_TRUE(
      fill_of(replaced(text, R"("o":{)", R"("o":{"new":{"deep":[1,{"s":"X"}]},)")).is_fill());
  EXPECT_FALSE(fill_of(replaced(text, R"("t":1190331610)", R"("t":0)")).is_fill());
  EXPECT_FALSE(fill_of(replaced(text, R"("l":"4.9")", R"("l":"0")")).is_fill());
}

TEST(UserData, ForcedExecutions) {
  const std::string text = golden(fill_name);
  const auto forced = [&](const std::string& client, const std::string& execution) {
    std::string frame = replaced(text, "6e8f8d89-5b04-4ede-88bb-52b7d8b2b0d2", client);
    const auto event = decode(replaced(frame, R"("x":"TRADE")", R"("x":")" + execution + "\""));
    return std::get<OrderUpdate>(*event).forced;
  };
  EXPECT_TRUE(forced("autoclose-1711436538316664001", "TRADE"));
  EXPECT_TRUE(forced("adl_autoclose", "TRADE"));
  EXPECT_TRUE(forced("settlement_autoclose-1", "TRADE"));
  EXPECT_TRUE(forced("delivery_autoclose-1", "TRADE"));
  EXPECT_TRUE(forced("web_1", "CALCULATED"));
  EXPECT_FALSE(forced("web_autoclose-1", "TRADE"));
  EXPECT_FALSE(forced("autoclose", "TRADE"));
}

TEST(UserData, TheCombinedForm) {
  const std::string event = golden(fill_name);
  const auto plain = decode(event);
  const Told expected = told(std::get<OrderUpdate>(*plain));
  for (const std::string& frame :
       {R"({"stream":"KEY","data":)" + event + "}", R"({"data":)" + event + R"(,"stream":"KEY"})",
        R"({"stream":"KEY@ORDER_TRADE_UPDATE","x":[],"data":)" + event + "}"}) {
    const auto combined = decode(frame);
    ASSERT_TRUE(combined.has_value()) << frame;
    EXPECT_TRUE(told(std::get<OrderUpdate>(*combined)) == expected);
  }
  EXPECT_TRUE(is_malformed(R"({"stream":"KEY","data":)" + event + R"(,"data":)" + event + "}"));
  for (const char* frame :
       {R"({"stream":"KEY","data":1})", R"({"stream":"KEY","data":[]})", R"({"stream":"KEY"})",
        R"({"data":{}})", R"({"data":null})", R"({"data":{"data":{"e":"x"}}})"})
    EXPECT_TRUE(is_malformed(frame)) << frame;
}

TEST(UserData, WhatIsNoEventIsMalformed) {
  for (const char* frame : {"",
                            " ",
                            "null",
                            "1",
                            "true",
                            R"("e")",
                            "[]",
                            "{}",
                            "{",
                            "}",
                            "[{}]",
                            R"({"e"})",
                            R"({"e":})",
                            R"({"e":null})",
                            R"({"e":{}})",
                            R"({"e":"x")",
                            R"({"e":"x"]})",
                            R"({e:"x"})",
                            R"({"e":"x",})",
                            R"({"e":"x" "E":1})",
                            R"({"e":"x","E" 1})",
                            R"({"result":null,"id":1})",
                            "\xef\xbb\xbf",
                            "{\"e\":\"\xff\xfe\"}",
                            R"({"e":"listenKeyExpired","E":true})",
                            R"({"e":"listenKeyExpired","E":"12x"})"})
    EXPECT_TRUE(is_malformed(frame)) << frame;
  std::string deep = R"({"e":"x","d":)";
  for (int i = 0; i < 5000; ++i) deep += '[';
  EXPECT_TRUE(is_malformed(deep));
  EXPECT_TRUE(is_malformed(std::string(1000, '\0')));
}

TEST(UserData, ListenKeyExpiredIsHeardInEveryForm) {
  for (const char* frame :
       {R"({"e":"listenKeyExpired","E":1736996475556,"listenKey":"K"})",
        R"({"e":"listenKeyExpired","E":"1736996475556"})", R"({"e":"listenKeyExpired"})",
        R"({"stream":"K","data":{"e":"listenKeyExpired","listenKey":"K"}})"}) {
    const auto event = decode(frame);
    ASSERT_TRUE(event.has_value()) << frame;
    EXPECT_TRUE(std::holds_alternative<ListenKeyExpired>(*event)) << frame;
  }
}

TEST(UserData, AccountUpdateRefusesHalfARow) {
  const std::string text = golden("seq.market_open_close.02.account_update.order.json");
  ASSERT_FALSE(is_malformed(text));
  const std::pair<const char*, const char*> changes[] = {
      {R"("pa":)", R"("_pa":)"},        {R"("ps":)", R"("_ps":)"},
      {R"("m":"ORDER")", R"("_m":1)"},  {R"("wb":)", R"("_wb":)"},
      {R"("P":[)", R"("P":[1,)"},       {R"("P":[)", R"("P":[],"P":[)"},
      {R"("B":[)", R"("B":{},"b":[)"},  {R"("pa":"4.9")", R"("pa":4.9)"},
      {R"("T":)", R"("_T":)"},          {R"("a":{)", R"("a":{},"a":{)"},
      {R"("ps":"BOTH")", R"("ps":"X")"}};
  for (const auto& [from, to] : changes) EXPECT_TRUE(is_malformed(replaced(text, from, to))) << to;
  // Rows of the frame before are never left over.
  const auto event = decode(golden("account_update.deposit.json"));
  EXPECT_TRUE(std::get<AccountUpdate>(*event).positions.empty());
}

// Bytes changed at random: whatever comes out, nothing is read outside and nothing is thrown; and
// a fill never turns up with a quantity that its text does not show.
TEST(UserData, SurvivesRandomDamage) {
  std::mt19937 random(99);
  UserDataDecoder decoder(symbols());
  const auto names = names_of_kind("user");
  const std::string_view alphabet = "{}[]\",:\\0123456789.-eE tfn\x01\xff";
  int refused = 0;
  for (int round = 0; round < 30000; ++round) {
    std::string text = golden(names[static_cast<std::size_t>(round) % names.size()]);
    for (int change = 0; change < 1 + round % 3; ++change)
      text[random() % text.size()] = alphabet[random() % alphabet.size()];
    const Frame frame(text);
    const auto event = decoder.decode(frame.view());
    if (event.has_error()) {
      ++refused;
    } else if (const auto* order = std::get_if<OrderUpdate>(&*event); order && order->is_fill()) {
      EXPECT_GT(order->last_qty.sign(), 0);
      EXPECT_GE(order->last_price.sign(), 0);
    }
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace copyd::venue::testing
