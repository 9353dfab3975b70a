// Which frames are taken as predicted, and that nothing else is. That they mean the same as to the
// decoder of any form is for tests/differential/predicted.cpp to show, on many more of them.
#include "venue/predicted_events.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tests/unit/venue/support.hpp"

namespace copyd::venue::testing {
namespace {

const std::string fill_text =
    golden("seq.market_open_close.03.order_trade_update.trade.filled.json");
const std::string short_text = golden("seq.market_open_close.00.trade_lite.json");
constexpr std::string_view envelope = R"({"stream":"key@ORDER_TRADE_UPDATE","data":)";

struct Taken {
  explicit Taken(std::string_view text, std::string_view behind = {}) : frame(text, behind) {
    taken = read_predicted(frame.view(), symbols(), event, stream);
  }
  Frame frame;
  UserEvent event;
  std::string_view stream;
  bool taken = false;
};

bool is_taken(std::string_view text, std::string_view behind = {}) {
  return Taken(text, behind).taken;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return at == text.npos ? text : text.replace(at, from.size(), to);
}

// Those of other years, of the documentation's examples, of portfolio margin, and of an amendment
// that was given a number are read slowly. Were a key of today's to move, all would be.
TEST(PredictedEvents, TheLayoutsOfTodayAreTaken) {
  std::set<std::string> others;
  std::size_t taken = 0;
  for (const auto& line : expected()) {
    if (line.kind != "user" || (line.name.find("order_trade_update") == line.name.npos &&
                                line.name.find("trade_lite") == line.name.npos))
      continue;
    const std::string text = golden(line.name);
    const bool wrapped = text.starts_with(R"({"stream")");
    EXPECT_EQ(is_taken(wrapped ? text : std::string(envelope) + text + "}"), is_taken(text));
    if (is_taken(text)) ++taken;
    else others.insert(line.name);
  }
  EXPECT_EQ(taken, 23U);
  const std::set<std::string> of_other_layouts{
      "order_trade_update.amendment.with_modify_id.json",
      "order_trade_update.calculated.filled.adl_autoclose.portfolio_margin.json",
      "order_trade_update.calculated.new_adl_status.json",
      "order_trade_update.calculated.new_insurance_status.json",
      "order_trade_update.calculated.pending_zero.json",
      "order_trade_update.canceled.limit.2021.json",
      "order_trade_update.expired_in_match.docs.json",
      "order_trade_update.new.adl_autoclose.portfolio_margin.json",
      "order_trade_update.new.limit.2021.json",
      "order_trade_update.new.limit.hedge_long.2021.json",
      "order_trade_update.new.trailing_stop.docs.json",
      "order_trade_update.trade.delivery_autoclose.json",
      "order_trade_update.trade.filled.maker.2021.json",
      "order_trade_update.trade.filled.order_id_over_2e53.reduce_only.json",
      "order_trade_update.trade.filled.taker.2021.json",
      "order_trade_update.trade.partially_filled.limit.synthetic.json",
      "order_trade_update.trade.settlement_autoclose.json",
      "stream_wrapped.order_trade_update.calculated.adl.json",
      "stream_wrapped.order_trade_update.calculated.liquidation.json",
      "stream_wrapped.order_trade_update.calculated.liquidation.zero_qty.json",
      "stream_wrapped.order_trade_update.calculated.settlement_autoclose.json"};
  EXPECT_EQ(others, of_other_layouts);
}

TEST(PredictedEvents, AFillIsReadWhole) {
  const Taken fill(fill_text);
  ASSERT_TRUE(fill.taken);
  EXPECT_EQ(fill.stream, "");
  const auto& order = std::get<OrderUpdate>(fill.event);
  EXPECT_EQ(order.symbol_name, "DOTUSDT");
  EXPECT_TRUE(order.symbol_known);
  EXPECT_EQ(order.client_order_id, "6e8f8d89-5b04-4ede-88bb-52b7d8b2b0d2");
  EXPECT_EQ(order.execution, Execution::trade);
  EXPECT_EQ(order.status, OrderStatus::filled);
  EXPECT_EQ(order.order.value, 33878894217);
  EXPECT_EQ(order.trade.value, 1190331610);
  EXPECT_EQ(order.last_qty, *Qty::parse("4.9"));
  EXPECT_EQ(order.average_price, *Price::parse("1.1359"));
  EXPECT_EQ(order.trade_time.ms, 1789837689736);

  const Taken wrapped(std::string(envelope) + short_text + "}");
  ASSERT_TRUE(wrapped.taken);
  EXPECT_EQ(wrapped.stream, "key@ORDER_TRADE_UPDATE");
  const auto& trade = std::get<TradeLite>(wrapped.event);
  EXPECT_EQ(trade.last_price, *Price::parse("1.1359"));
  EXPECT_EQ(trade.order_price, Price{});
  EXPECT_EQ(trade.event_time.ms, 1789837689736);
}

// Its views are the frame's own bytes, which those of the decoder of any form never are.
TEST(PredictedEvents, TheDecoderLooksHereFirst) {
  UserDataDecoder decoder(symbols());
  for (const std::string& text : {fill_text, short_text}) {
    const Frame frame(text);
    const auto is_inside = [&](const Result<UserEvent>& event) {
      const std::string_view name = std::visit(
          [](const auto& told) -> std::string_view {
            if constexpr (requires { told.client_order_id; }) return told.client_order_id;
            else return {};
          },
          *event);
      return !name.empty() && name.data() > frame.view().data() &&
             name.data() < frame.view().data() + frame.view().size();
    };
    EXPECT_TRUE(is_inside(decoder.decode(frame.view())));
    EXPECT_FALSE(is_inside(decoder.decode_in_any_form(frame.view())));
  }
}

// What stood behind the cut is still there: only the frame's length tells that it is not part of
// it.
TEST(PredictedEvents, NotWhenCutOrLonger) {
  for (const std::string& text : {fill_text, short_text, std::string(envelope) + fill_text + "}"}) {
    ASSERT_TRUE(is_taken(text, "}}}}"));
    for (std::size_t size = 0; size < text.size(); ++size)
      EXPECT_FALSE(is_taken(text.substr(0, size), text.substr(size))) << size;
    for (const char* behind : {" ", "\n", "}", ",", "0"}) EXPECT_FALSE(is_taken(text + behind));
  }
}

// Each byte of a key or a mark counts, and so does each blank.
TEST(PredictedEvents, NotWithAnyOtherByteBetweenTheValues) {
  for (const char* key :
       {"e",  "T",  "E",  "o",  "s",  "c",  "S",  "f", "q",  "p",   "ap", "sp", "x",
        "X",  "i",  "l",  "z",  "L",  "n",  "N",  "t", "b",  "a",   "m",  "R",  "wt",
        "ot", "ps", "cp", "rp", "pP", "si", "ss", "V", "pm", "gtd", "er"}) {
    const std::string written = std::string("\"") + key + "\":";
    EXPECT_FALSE(is_taken(replaced(fill_text, written, std::string("\"") + key + "_\":")));
    EXPECT_FALSE(is_taken(replaced(fill_text, written, written + ' '))) << key;
    EXPECT_FALSE(is_taken(replaced(fill_text, written, "\"zz\":0," + written))) << key;
  }
  EXPECT_FALSE(is_taken(replaced(short_text, R"("m":false,)", "")));
}

TEST(PredictedEvents, NumbersUpToTheirBounds) {
  const auto with_trade = [](std::string_view id) {
    return is_taken(replaced(short_text, R"("t":1190331610)", R"("t":)" + std::string(id)));
  };
  for (const char* id : {"0", "7", "12345678", "123456789", "1234567890123456", "12345678901234567",
                         "9223372036854775807"})
    EXPECT_TRUE(with_trade(id)) << id;
  for (const char* id : {"", "-1", "-0", "+1", "00", "01", "1.0", "1e3", "9223372036854775808",
                         "18446744073709551616", "99999999999999999999", "100000000000000000000000",
                         "1000000000000000000000000000000", "\"1\"", "null", "0x1"})
    EXPECT_FALSE(with_trade(id)) << id;

  const auto with_quantity = [](std::string_view quantity) {
    const std::string written = R"("l":")" + std::string(quantity) + '"';
    const Taken frame(replaced(short_text, R"("l":"4.9")", written));
    EXPECT_TRUE(!frame.taken || std::get<TradeLite>(frame.event).last_qty == *Qty::parse(quantity));
    return frame.taken;
  };
  for (const char* quantity :
       {"0", "4", "0.00000001", "9999999999.99999999", "00.50", "1234567890", "12345678.1234567"})
    EXPECT_TRUE(with_quantity(quantity)) << quantity;
  for (const char* quantity : {"", "-1", "+1", ".", ".5", "1.", "1e3", "0.000000001", "0.100000000",
                               "10000000000", "92233720368.54775807", "1.2.3", " 1", "1 ", "1,5"})
    EXPECT_FALSE(with_quantity(quantity)) << quantity;
}

TEST(PredictedEvents, AnAverageLosesWhatIsBeyondTheEighthPlace) {
  const auto average = [](std::string_view text) {
    const Taken frame(
        replaced(fill_text, R"("ap":"1.1359")", R"("ap":")" + std::string(text) + '"'));
    return frame.taken ? std::get<OrderUpdate>(frame.event).average_price : Price::whole(-1);
  };
  EXPECT_EQ(average("1.123456789"), *Price::parse("1.12345678"));
  EXPECT_EQ(average("1.1234567899999999"), *Price::parse("1.12345678"));
  EXPECT_EQ(average("1.12345678999999999"), Price::whole(-1));
}

// What stands in the envelope's place and is no text of JSON does not stand for nothing.
TEST(PredictedEvents, AnEnvelopeThatIsBrokenIsNotLeftOut) {
  for (const char* name : {"abc\\", "\x01", "k\xc3", ""})
    for (const std::string& text : {fill_text, short_text})
      EXPECT_FALSE(is_taken(R"({"stream":")" + std::string(name) + text)) << name;
  EXPECT_FALSE(is_taken(R"({"stream":)" + short_text));
}

TEST(PredictedEvents, TextsArePlain) {
  const auto with_id = [](std::string_view id) {
    return is_taken(replaced(fill_text, "6e8f8d89-5b04-4ede-88bb-52b7d8b2b0d2", id));
  };
  EXPECT_TRUE(with_id(""));
  EXPECT_TRUE(with_id(std::string(500, 'x')));
  EXPECT_TRUE(with_id(" !#[]^{}~\x7f"));
  for (const char* id :
       {"\\u0041", "\\\"", "a\\\\", "\t", "\x1f", "\xc3\xa9", "\xff", "\x80", "\""})
    EXPECT_FALSE(with_id(id)) << id;
  for (const char* side : {"buy", "", "BUY ", "BOTH"})
    EXPECT_FALSE(
        is_taken(replaced(fill_text, R"("S":"BUY")", R"("S":")" + std::string(side) + '"')));
  EXPECT_FALSE(is_taken(replaced(fill_text, R"("ps":"BOTH")", R"("ps":"ALL")")));
  // A word that the venue has added is one of no consequence, here as there.
  EXPECT_TRUE(is_taken(replaced(fill_text, R"("X":"FILLED")", R"("X":"RESTING")")));
}

}  // namespace
}  // namespace copyd::venue::testing
