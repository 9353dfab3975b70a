// Every message of tests/golden/venue means what expected.py, which knows nothing of the decoders,
// says it means.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "tests/unit/venue/support.hpp"
#include "venue/account_codec.hpp"
#include "venue/order_codec.hpp"

namespace copyd::venue::testing {
namespace {

std::string words(Side side) {
  return side == Side::buy ? "BUY" : "SELL";
}
std::string words(Leg leg) {
  return leg == Leg::both ? "BOTH" : leg == Leg::long_ ? "LONG" : "SHORT";
}
std::string words(Execution e) {
  const char* const names[] = {"NEW",     "TRADE",     "CALCULATED", "CANCELED",
                               "EXPIRED", "AMENDMENT", "OTHER"};
  return names[static_cast<std::size_t>(e)];
}
std::string words(OrderStatus s) {
  const char* const names[] = {"NEW",     "PARTIALLY_FILLED", "FILLED",   "CANCELED",
                               "EXPIRED", "EXPIRED_IN_MATCH", "REJECTED", "OTHER"};
  return names[static_cast<std::size_t>(s)];
}
std::string words(const std::optional<bool>& flag) {
  return flag ? (*flag ? "1" : "0") : "unknown";
}
std::string number(std::optional<SymbolId> symbol) {
  return symbol ? "#" + std::to_string(symbol->value) : "#-";
}
std::optional<SymbolId> known(SymbolId symbol, bool is_known) {
  return is_known ? std::optional(symbol) : std::nullopt;
}

struct Render {
  std::string operator()(const OrderUpdate& o) const {
    std::ostringstream out;
    out << "order symbol=" << o.symbol_name << number(known(o.symbol, o.symbol_known))
        << " client=" << o.client_order_id << " side=" << words(o.side) << " leg=" << words(o.leg)
        << " execution=" << words(o.execution) << " status=" << words(o.status)
        << " order=" << o.order.value << " trade=" << o.trade.value
        << " order_qty=" << o.order_qty.units() << " last_qty=" << o.last_qty.units()
        << " cumulative_qty=" << o.cumulative_qty.units() << " last_price=" << o.last_price.units()
        << " average=" << o.average_price.units() << " trade_time=" << o.trade_time.ms
        << " event_time=" << o.event_time.ms << " maker=" << o.maker
        << " reduce_only=" << o.reduce_only << " forced=" << o.forced << " fill=" << o.is_fill();
    return out.str();
  }
  std::string operator()(const AccountUpdate& a) const {
    std::ostringstream out;
    out << "account reason=" << a.reason << " time=" << a.time.ms << " positions=";
    for (const auto& p : a.positions)
      out << '[' << p.symbol_name << number(known(p.symbol, p.symbol_known)) << ' ' << words(p.leg)
          << ' ' << p.qty.units() << ']';
    out << " balances=";
    for (const auto& b : a.balances)
      out << '[' << b.asset << ' ' << b.wallet.units() << ' ' << b.change.units() << ']';
    return out.str();
  }
  std::string operator()(const TradeLite& t) const {
    const std::string name = t.symbol_known ? symbols()[t.symbol].name : "";
    return "trade_lite symbol=" + name + number(known(t.symbol, t.symbol_known)) +
           " trade=" + std::to_string(t.trade.value);
  }
  std::string operator()(const ListenKeyExpired& e) const {
    return "expired event_time=" + std::to_string(e.event_time.ms);
  }
  std::string operator()(const OtherEvent& e) const {
    return "other name=" + std::string(e.name) + " known=" + (e.known ? "1" : "0");
  }
};

std::string render(const Reply& r) {
  std::ostringstream out;
  out << "id=" << r.id << " status=" << r.status << " code=" << r.code << " message=" << r.message;
  if (r.has_order) {
    const auto& o = r.order;
    out << " order=" << o.order.value << " client=" << o.client_order_id
        << " order_status=" << words(o.status) << " order_qty=" << o.order_qty.units()
        << " executed_qty=" << o.executed_qty.units() << " average=" << o.average_price.units()
        << " update_time=" << o.update_time.ms;
  }
  return out.str();
}

std::string render(const OrderRecord& o) {
  std::ostringstream out;
  out << "[symbol=" << o.symbol_name << " order=" << o.order.value
      << " client=" << o.client_order_id << " status=" << words(o.status)
      << " order_qty=" << o.order_qty.units() << " executed_qty=" << o.executed_qty.units()
      << " average=" << o.average_price.units() << " time=" << o.time.ms
      << " update_time=" << o.update_time.ms << ']';
  return out.str();
}

std::string render(const UserTrade& t) {
  std::ostringstream out;
  out << "[symbol=" << t.symbol_name << " trade=" << t.trade.value << " order=" << t.order.value
      << " side=" << words(t.side) << " leg=" << words(t.leg) << " price=" << t.price.units()
      << " qty=" << t.qty.units() << " time=" << t.time.ms << ']';
  return out.str();
}

std::string render(const PositionRisk& p) {
  std::ostringstream out;
  out << "[symbol=" << p.symbol_name << number(p.symbol) << " leg=" << words(p.leg)
      << " qty=" << p.qty.units() << " update_time=" << p.update_time.ms << ']';
  return out.str();
}

std::string render(const ExchangeInfo& info) {
  std::ostringstream out;
  out << "per_10s=" << info.orders_per_10s << " per_minute=" << info.orders_per_minute << ' ';
  for (std::size_t i = 0; i < info.symbols.size(); ++i) {
    const Symbol& s = info.symbols[SymbolId{static_cast<std::uint16_t>(i)}];
    out << '[' << s.name << " copyable=" << s.copyable;
    if (const auto& f = s.filters)
      out << " tick=" << f->tick.units() << " step=" << f->step.units()
          << " min=" << f->min_qty.units() << " max=" << f->max_qty.units()
          << " min_notional=" << f->min_notional.units() << ']';
    else out << " none]";
  }
  return out.str();
}

std::string render(const KeyPermissions& p) {
  const std::string expires = p.trading_expires ? std::to_string(p.trading_expires->ms) : "unknown";
  return "ip_restrict=" + words(p.ip_restrict) + " reading=" + words(p.reading) +
         " futures=" + words(p.futures) + " withdrawals=" + words(p.withdrawals) +
         " internal_transfer=" + words(p.internal_transfer) +
         " universal_transfer=" + words(p.universal_transfer) + " expires=" + expires;
}

std::string render(const AccountConfig& c) {
  return std::string("hedge=") + (c.mode == PositionMode::hedge ? "1" : "0") +
         " multi_assets=" + (c.multi_assets ? "1" : "0") +
         " can_trade=" + (c.can_trade ? "1" : "0");
}

std::string render(VenueTime time) {
  return "time=" + std::to_string(time.ms);
}
std::string render(const std::string& text) {
  return text;
}

template <class Row>
std::string render(const std::vector<Row>& rows) {
  std::string out;
  for (const auto& row : rows) out += render(row);
  return out;
}

template <class T>
std::string render(const Result<T>& result) {
  if (result.has_value()) return render(*result);
  return result.error() == make_error_code(Errc::malformed) ? "malformed"
                                                            : result.error().message();
}

std::string user_event(const std::string& text) {
  UserDataDecoder decoder(symbols());
  const Frame frame(text);
  const auto event = decoder.decode(frame.view());
  return event.has_value() ? std::visit(Render{}, *event) : "malformed";
}

std::string reply(const std::string& text) {
  ReplyDecoder decoder;
  const Frame frame(text);
  return render(decoder.decode(frame.view()));
}

std::string margin(const std::string& text) {
  const auto balance = decode_margin_balance(text);
  return balance.has_value() ? "balance=" + std::to_string(balance->units()) : "malformed";
}

std::string alias(const std::string& text) {
  const auto result = decode_account_alias(text);
  return result.has_value() ? "alias=" + *result : "malformed";
}

std::string error(const std::string& text) {
  const auto body = decode_error(text);
  return "code=" + std::to_string(body.code) + " message=" + body.message;
}

std::string exchange_row(const std::string& text) {
  return render(decode_exchange_info(R"({"symbols":[)" + text + "]}"));
}

using Read = std::function<std::string(const std::string&)>;
const std::map<std::string, Read> readers{
    {"user", user_event},
    {"reply", reply},
    {"orders", [](const std::string& t) { return render(decode_orders(t)); }},
    {"one_order", [](const std::string& t) { return render(decode_order(t)); }},
    {"trades", [](const std::string& t) { return render(decode_user_trades(t)); }},
    {"positions", [](const std::string& t) { return render(decode_position_risk(t, symbols())); }},
    {"config", [](const std::string& t) { return render(decode_account_config(t)); }},
    {"margin", margin},
    {"alias", alias},
    {"listen_key", [](const std::string& t) { return render(decode_listen_key(t)); }},
    {"time", [](const std::string& t) { return render(decode_time(t)); }},
    {"permissions", [](const std::string& t) { return render(decode_key_permissions(t)); }},
    {"exchange", [](const std::string& t) { return render(decode_exchange_info(t)); }},
    {"exchange_row", exchange_row},
    {"error", error},
};

TEST(Golden, EveryMessageIsListedAndHasASource) {
  std::set<std::string> listed{"signing_vectors.json"};
  for (const auto& line : expected()) listed.insert(line.name);
  const std::string sources = read_file(golden_dir() / "SOURCES.md");
  std::set<std::string> present;
  for (const auto& entry : std::filesystem::directory_iterator(golden_dir() / "venue")) {
    const auto name = entry.path().filename().string();
    present.insert(name);
    EXPECT_NE(sources.find("`" + name + "`"), sources.npos) << name;
  }
  EXPECT_EQ(listed, present);
  EXPECT_GT(present.size(), 200U);
}

TEST(Golden, EveryMessageMeansWhatTheIndependentReaderSays) {
  std::map<std::string, int> of_kind;
  for (const auto& line : expected()) {
    ++of_kind[line.kind];
    EXPECT_EQ(readers.at(line.kind)(golden(line.name)), line.meaning) << line.name;
  }
  // None of the kinds may silently have become empty.
  for (const auto& [kind, read] : readers) EXPECT_GT(of_kind[kind], 0) << kind;
  EXPECT_GT(of_kind["user"], 80);
}

// A decoder that is handed another's message must refuse it or find nothing in it, never crash.
TEST(Golden, EveryDecoderSurvivesEveryMessage) {
  int answers = 0;
  for (const auto& line : expected()) {
    const std::string text = golden(line.name);
    for (const auto& [kind, read] : readers)
      if (!read(text).empty()) ++answers;
  }
  EXPECT_GT(answers, 3000);
}

TEST(Golden, ErrorAnswersNeverReadAsARecord) {
  for (const auto& name : names_of_kind("error")) {
    const std::string text = golden(name);
    EXPECT_TRUE(decode_key_permissions(text).has_error()) << name;
    EXPECT_TRUE(decode_account_config(text).has_error()) << name;
    EXPECT_TRUE(decode_margin_balance(text).has_error()) << name;
    EXPECT_TRUE(decode_order(text).has_error()) << name;
    EXPECT_TRUE(decode_orders(text).has_error()) << name;
    EXPECT_TRUE(decode_user_trades(text).has_error()) << name;
    EXPECT_TRUE(decode_position_risk(text, symbols()).has_error()) << name;
    EXPECT_TRUE(decode_listen_key(text).has_error()) << name;
    EXPECT_TRUE(decode_time(text).has_error()) << name;
    EXPECT_TRUE(decode_account_alias(text).has_error()) << name;
    EXPECT_TRUE(decode_exchange_info(text).has_error()) << name;
  }
}

}  // namespace
}  // namespace copyd::venue::testing
