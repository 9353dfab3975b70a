#include "tests/differential/slow_user_data.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>

#include "tests/differential/event_text.hpp"
#include "tests/differential/slow_decimal.hpp"
#include "tests/differential/slow_json.hpp"

namespace copyd::testing {
namespace {

// What a field must be. Each kind is read to the text that event_text.hpp gives the field.
enum class Kind {
  text,
  symbol,  // a text, with its id
  side,
  leg,
  exact,     // a decimal with at most eight places
  positive,  // the same, and not negative
  cut,       // a decimal with any number of places
  number,    // the same, or a JSON number
  integer,
  not_negative_id,  // an integer in quotes, or nothing in them
  time,             // an integer, or one in quotes
  boolean,
  execution,
  status,
  type,
  time_in_force,
  algo_status,
  margin,
};

struct Field {
  std::string_view key;
  std::string_view name;
  Kind kind;
  bool required;
};

using Fields = std::initializer_list<Field>;
using Names = std::vector<std::string>;
using Maybe = std::optional<std::string>;

std::string one_of(const std::string& word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end() ? word : "other";
}

Maybe only(const std::string& word, std::initializer_list<std::string_view> words) {
  const std::string known = one_of(word, words);
  return known == "other" ? std::nullopt : Maybe(known);
}

std::string symbol_text(const std::string& name, const Names& symbols) {
  const auto found = std::find(symbols.begin(), symbols.end(), name);
  return quoted(name) +
         (found == symbols.end() ? "#-" : '#' + std::to_string(found - symbols.begin()));
}

Maybe integer_in_quotes(const std::string& text) {
  if (!fits_int64(text)) return std::nullopt;
  const bool negative = text.starts_with('-');
  const auto first = text.find_first_not_of('0', negative ? 1 : 0);
  if (first == text.npos) return "0";
  return (negative ? "-" : "") + text.substr(first);
}

// The kinds that are written in quotes.
Maybe read_text(Kind kind, const std::string& text, const Names& symbols) {
  switch (kind) {
    case Kind::text:
      return quoted(text);
    case Kind::symbol:
      return symbol_text(text, symbols);
    case Kind::side:
      return only(text, {"BUY", "SELL"});
    case Kind::leg:
      return only(text, {"BOTH", "LONG", "SHORT"});
    case Kind::exact:
      return slow_units(text, Beyond::zero);
    case Kind::positive: {
      const Maybe units = slow_units(text, Beyond::zero);
      return units && units->starts_with('-') ? std::nullopt : units;
    }
    case Kind::cut:
      return slow_units(text, Beyond::dropped);
    case Kind::not_negative_id: {
      const Maybe id = text.empty() ? "0" : integer_in_quotes(text);
      return id && id->starts_with('-') ? std::nullopt : id;
    }
    case Kind::time:
      return integer_in_quotes(text);
    case Kind::execution:
      return one_of(text, {"NEW", "TRADE", "CALCULATED", "CANCELED", "EXPIRED", "AMENDMENT"});
    case Kind::status:
      return one_of(text, {"NEW", "PARTIALLY_FILLED", "FILLED", "CANCELED", "EXPIRED",
                           "EXPIRED_IN_MATCH", "REJECTED"});
    case Kind::type:
      return one_of(text, {"LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT",
                           "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET", "LIQUIDATION"});
    case Kind::time_in_force:
      return one_of(text, {"GTC", "IOC", "FOK", "GTX", "GTD", "RPI", "GTE_GTC"});
    case Kind::algo_status:
      return one_of(
          text, {"NEW", "CANCELED", "TRIGGERING", "TRIGGERED", "FINISHED", "REJECTED", "EXPIRED"});
    case Kind::margin:
      if (text == "CROSSED") return "cross";
      if (text == "ISOLATED") return "isolated";
      return one_of(text, {"cross", "isolated"});
    case Kind::number:
    case Kind::integer:
    case Kind::boolean:
      break;
  }
  return std::nullopt;
}

Maybe read_field(Kind kind, std::string_view value, const Names& symbols) {
  if (kind == Kind::integer) return json_integer(value);
  if (kind == Kind::boolean) {
    const auto truth = json_boolean(value);
    return truth ? Maybe(*truth ? "1" : "0") : std::nullopt;
  }
  if (kind == Kind::number) {
    const auto text = value.starts_with('"') ? json_text(value) : json_plain_number(value);
    return text ? slow_units(*text, Beyond::dropped) : std::nullopt;
  }
  if (kind == Kind::time && !value.starts_with('"')) return json_integer(value);
  const auto text = json_text(value);
  return text ? read_text(kind, *text, symbols) : std::nullopt;
}

std::string_view when_absent(Kind kind) {
  switch (kind) {
    case Kind::text:
      return "\"\"";
    case Kind::symbol:
      return "\"\"#-";
    case Kind::type:
    case Kind::time_in_force:
    case Kind::margin:
      return "other";
    default:
      return "0";
  }
}

// One object of an event. A fault anywhere in it spoils the event.
class Object {
 public:
  Object(std::string_view value, const Names& symbols)
      : members_(json_members(value)), symbols_(symbols) {}

  bool ok() const { return members_.has_value(); }

  // The value under `key`: empty when it is absent, and a fault when it stands twice.
  std::optional<std::string_view> value(std::string_view key) {
    std::optional<std::string_view> found;
    if (!ok()) return found;
    for (const auto& member : *members_) {
      if (member.key != key) continue;
      if (found) return fault(), std::nullopt;
      found = member.value;
    }
    return found;
  }

  std::string read(const Field& field) {
    const auto found = value(field.key);
    if (!found) {
      if (field.required) fault();
      return std::string(when_absent(field.kind));
    }
    const Maybe text = read_field(field.kind, *found, symbols_);
    if (!text) fault();
    return text.value_or("");
  }

  // " name=value" for each, in their order.
  std::string read_all(Fields fields) {
    std::string text;
    for (const Field& field : fields)
      text.append(" ").append(field.name).append("=").append(read(field));
    return text;
  }

  // read_all() of each object of the array under `key`, which may be absent.
  std::string rows(std::string_view key, bool required, Fields fields) {
    const auto found = value(key);
    if (!found && required) fault();
    if (!found) return {};
    const auto items = json_items(*found);
    if (!items) return fault(), std::string();
    std::string text;
    for (const auto item : *items) {
      Object row(item, symbols_);
      text += row.read_all(fields);
      if (!row.ok()) fault();
    }
    return text;
  }

  // The object under `key`; one with nothing in it when it is absent.
  Object inner(std::string_view key, bool required) {
    const auto found = value(key);
    if (!found && required) fault();
    return Object(found.value_or("{}"), symbols_);
  }

  void fault() { members_.reset(); }

 private:
  std::optional<std::vector<JsonMember>> members_;
  const Names& symbols_;
};

bool is_forced(const std::string& client_order_id) {
  for (const std::string_view prefix :
       {"\"autoclose-", "\"adl_autoclose", "\"settlement_autoclose-", "\"delivery_autoclose-"})
    if (client_order_id.starts_with(prefix)) return true;
  return false;
}

std::string flag(std::string_view name, bool truth) {
  return ' ' + std::string(name) + (truth ? "=1" : "=0");
}

std::string order(Object& event) {
  Object body = event.inner("o", true);
  std::string text = "order" + body.read_all({{"s", "symbol", Kind::symbol, true},
                                              {"c", "client", Kind::text, true},
                                              {"S", "side", Kind::side, true},
                                              {"ps", "leg", Kind::leg, true},
                                              {"x", "execution", Kind::execution, true},
                                              {"X", "status", Kind::status, true},
                                              {"i", "order", Kind::integer, true},
                                              {"t", "trade", Kind::integer, true},
                                              {"q", "order_qty", Kind::positive, true},
                                              {"l", "last_qty", Kind::positive, true},
                                              {"z", "cumulative_qty", Kind::positive, true},
                                              {"L", "last_price", Kind::positive, true},
                                              {"ap", "average_price", Kind::cut, false},
                                              {"T", "trade_time", Kind::integer, true}});
  text += event.read_all({{"E", "event_time", Kind::integer, true}});
  text += body.read_all(
      {{"m", "maker", Kind::boolean, false}, {"R", "reduce_only", Kind::boolean, false}});
  if (!body.ok()) return event.fault(), text;
  const std::string execution = body.read({"x", "", Kind::execution, true});
  const bool calculated = execution == "CALCULATED";
  text += flag("forced", calculated || is_forced(body.read({"c", "", Kind::text, true})));
  return text + flag("fill", (calculated || execution == "TRADE") &&
                                 body.read({"l", "", Kind::positive, true}) != "0" &&
                                 body.read({"t", "", Kind::integer, true}) != "0");
}

std::string account(Object& event) {
  Object body = event.inner("a", true);
  std::string text = "account" + body.read_all({{"m", "reason", Kind::text, true},
                                                {"S", "of", Kind::text, false}});
  text += event.read_all(
      {{"T", "time", Kind::integer, true}, {"E", "event_time", Kind::integer, false}});
  text += body.rows("P", false,
                    {{"s", "position", Kind::symbol, true},
                     {"ps", "leg", Kind::leg, true},
                     {"mt", "margin", Kind::margin, false},
                     {"pa", "qty", Kind::exact, true},
                     {"ep", "entry", Kind::cut, false},
                     {"bep", "break_even", Kind::number, false},
                     {"cr", "realised", Kind::cut, false},
                     {"up", "unrealised", Kind::cut, false},
                     {"iw", "isolated", Kind::cut, false},
                     {"ma", "asset", Kind::text, false}});
  text += body.rows("B", false,
                    {{"a", "balance", Kind::text, true},
                     {"wb", "wallet", Kind::cut, true},
                     {"cw", "cross", Kind::cut, false},
                     {"bc", "change", Kind::cut, false}});
  if (!body.ok()) event.fault();
  return text;
}

std::string trade_lite(Object& event) {
  std::string text = "trade_lite" + event.read_all({{"s", "symbol", Kind::symbol, true},
                                                    {"c", "client", Kind::text, true},
                                                    {"S", "side", Kind::side, true},
                                                    {"i", "order", Kind::integer, true},
                                                    {"t", "trade", Kind::integer, true},
                                                    {"q", "order_qty", Kind::positive, true},
                                                    {"l", "last_qty", Kind::positive, true},
                                                    {"L", "last_price", Kind::positive, true},
                                                    {"p", "order_price", Kind::exact, false},
                                                    {"T", "trade_time", Kind::integer, true},
                                                    {"E", "event_time", Kind::integer, true},
                                                    {"m", "maker", Kind::boolean, false}});
  return text + flag("forced", event.ok() && is_forced(event.read({"c", "", Kind::text, true})));
}

std::string account_config(Object& event) {
  Object leverage = event.inner("ac", false);
  Object assets = event.inner("ai", false);
  const bool with_leverage = event.value("ac").has_value();
  std::string text = "account_config";
  text += leverage.read_all({{"s", "symbol", Kind::symbol, with_leverage},
                             {"l", "leverage", Kind::integer, with_leverage}});
  text += event.read_all(
      {{"T", "time", Kind::integer, false}, {"E", "event_time", Kind::integer, false}});
  if (with_leverage && leverage.ok()) {
    const std::string value = leverage.read({"l", "", Kind::integer, true});
    if (value.starts_with('-') || value == "0" || value.size() > 4 ||
        (value.size() == 4 && value > "1000"))
      leverage.fault();
  }
  const bool with_assets = assets.value("j").has_value();
  if (with_assets) text += assets.read_all({{"j", "multi_assets", Kind::boolean, true}});
  if (!leverage.ok() || !assets.ok() || (!with_leverage && !with_assets)) event.fault();
  return text;
}

std::string margin_call(Object& event) {
  std::string text = "margin_call" + event.read_all({{"E", "event_time", Kind::integer, true}});
  if (event.value("cw")) text += event.read_all({{"cw", "cross", Kind::cut, true}});
  return text + event.rows("p", true,
                           {{"s", "position", Kind::symbol, true},
                            {"ps", "leg", Kind::leg, true},
                            {"mt", "margin", Kind::margin, false},
                            {"pa", "qty", Kind::exact, true},
                            {"iw", "isolated", Kind::cut, false},
                            {"mp", "mark", Kind::cut, false},
                            {"up", "unrealised", Kind::cut, false},
                            {"mm", "maintenance", Kind::cut, false}});
}

std::string algo(Object& event) {
  Object body = event.inner("o", true);
  std::string text = "algo" + body.read_all({{"s", "symbol", Kind::symbol, true},
                                             {"caid", "client", Kind::text, true},
                                             {"S", "side", Kind::side, true},
                                             {"ps", "leg", Kind::leg, true},
                                             {"o", "type", Kind::type, true},
                                             {"X", "status", Kind::algo_status, true},
                                             {"aid", "algo", Kind::integer, true},
                                             {"act", "actual_type", Kind::type, false},
                                             {"f", "tif", Kind::time_in_force, false},
                                             {"R", "reduce_only", Kind::boolean, false},
                                             {"cp", "close_all", Kind::boolean, false},
                                             {"ia", "activated", Kind::boolean, false},
                                             {"ai", "order", Kind::not_negative_id, false},
                                             {"q", "qty", Kind::positive, false},
                                             {"aq", "executed", Kind::positive, false},
                                             {"ap", "average", Kind::cut, false},
                                             {"tp", "trigger", Kind::cut, false},
                                             {"p", "price", Kind::cut, false},
                                             {"tt", "trigger_time", Kind::integer, false},
                                             {"rm", "reason", Kind::text, false}});
  text += event.read_all(
      {{"T", "time", Kind::integer, false}, {"E", "event_time", Kind::integer, true}});
  if (!body.ok()) event.fault();
  return text;
}

// `name` as it is written: one with escapes is none that we know.
std::string event_text(std::string_view name, Object& event) {
  if (name == "ORDER_TRADE_UPDATE") return order(event);
  if (name == "ACCOUNT_UPDATE") return account(event);
  if (name == "TRADE_LITE") return trade_lite(event);
  if (name == "ACCOUNT_CONFIG_UPDATE") return account_config(event);
  if (name == "MARGIN_CALL") return margin_call(event);
  if (name == "ALGO_UPDATE") return algo(event);
  if (name == "listenKeyExpired")
    return "listen_key_expired" + event.read_all({{"E", "event_time", Kind::time, false},
                                                  {"listenKey", "key", Kind::text, false}});
  if (name == "serverShutdown")
    return "server_shutdown" + event.read_all({{"E", "event_time", Kind::time, false}});
  const bool known = name == "STRATEGY_UPDATE" || name == "GRID_UPDATE" ||
                     name == "CONDITIONAL_ORDER_TRIGGER_REJECT";
  return "other" + event.read_all({{"e", "name", Kind::text, true}}) + flag("known", known);
}

std::string read_event(std::string_view value, const Names& symbols) {
  Object event(value, symbols);
  const auto name = event.value("e");
  if (!name || name->size() < 2 || !name->starts_with('"')) return malformed_text;
  const std::string text = event_text(name->substr(1, name->size() - 2), event);
  return event.ok() ? text : malformed_text;
}

}  // namespace

SlowReading slow_user_data(std::string_view frame, const std::vector<std::string>& symbols) {
  SlowReading reading{.text = malformed_text, .listen_key = "", .json = is_json(frame)};
  const auto root = whole_value(frame);
  if (!root) return reading;
  const auto members = json_members(*root);
  if (!members) return reading;
  const auto has = [&](std::string_view key) {
    return std::any_of(members->begin(), members->end(),
                       [&](const JsonMember& member) { return member.key == key; });
  };
  if (has("e")) {
    reading.text = read_event(*root, symbols);
    return reading;
  }
  // The combined form, or the one in which the venue speaks about a connection.
  Object envelope(*root, symbols);
  const auto event = envelope.value(has("data") ? "data" : "event");
  const std::string stream = envelope.read({"stream", "", Kind::text, false});
  if (!event || !envelope.ok()) return reading;
  reading.text = read_event(*event, symbols);
  const auto decoded = has("stream") ? json_text(*envelope.value("stream")) : std::nullopt;
  const std::string name = decoded.value_or("");
  reading.listen_key = name.substr(0, name.find('@'));
  return reading;
}

}  // namespace copyd::testing
