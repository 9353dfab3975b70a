#include "tests/vectors/vector_file.hpp"

#include <simdjson.h>
#include <algorithm>
#include <initializer_list>
#include <stdexcept>
#include <string_view>

namespace copyd::vectors {
namespace {

namespace dom = simdjson::dom;

// A fault of the file; caught in read_cases, where it becomes a sentence.
struct Fault : std::runtime_error {
  using std::runtime_error::runtime_error;
};

[[noreturn]] void fail(std::string what) {
  throw Fault(std::move(what));
}

// An object whose keys are all known. `optional` keys may be absent.
class Fields {
 public:
  Fields(dom::element element, std::initializer_list<std::string_view> keys) {
    if (element.get(object_) != simdjson::SUCCESS) fail("an object is expected");
    for (const auto field : object_)
      if (std::find(keys.begin(), keys.end(), field.key) == keys.end())
        fail("unknown key \"" + std::string(field.key) + '"');
  }
  std::optional<dom::element> find(std::string_view key) const {
    dom::element value;
    if (object_.at_key(key).get(value) != simdjson::SUCCESS) return std::nullopt;
    return value;
  }
  dom::element operator[](std::string_view key) const {
    const auto value = find(key);
    if (!value) fail("key \"" + std::string(key) + "\" is missing");
    return *value;
  }

 private:
  dom::object object_;
};

std::string text(dom::element element) {
  std::string_view view;
  if (element.get(view) != simdjson::SUCCESS) fail("a string is expected");
  return std::string(view);
}

template <class T>
T number(dom::element element) {
  const auto value = T::parse(text(element));
  if (!value) fail("\"" + text(element) + "\" is not a decimal with at most eight places");
  return *value;
}

std::int64_t whole(dom::element element) {
  std::int64_t value = 0;
  if (element.get(value) != simdjson::SUCCESS) fail("a whole number is expected");
  return value;
}

bool truth(dom::element element) {
  bool value = false;
  if (element.get(value) != simdjson::SUCCESS) fail("true or false is expected");
  return value;
}

dom::array list(dom::element element) {
  dom::array value;
  if (element.get(value) != simdjson::SUCCESS) fail("a list is expected");
  return value;
}

dom::object object(dom::element element) {
  dom::object value;
  if (element.get(value) != simdjson::SUCCESS) fail("an object is expected");
  return value;
}

template <class T>
T word(dom::element element, std::initializer_list<std::pair<std::string_view, T>> words) {
  const std::string found = text(element);
  for (const auto& [name, value] : words)
    if (name == found) return value;
  fail("\"" + found + "\" is not a word of this place");
}

Side side_of(dom::element e) {
  return word<Side>(e, {{"BUY", Side::buy}, {"SELL", Side::sell}});
}
Leg leg_of_name(std::string_view name) {
  if (name == "BOTH") return Leg::both;
  if (name == "LONG") return Leg::long_;
  if (name == "SHORT") return Leg::short_;
  fail("\"" + std::string(name) + "\" is not a leg");
}
Leg leg_of(dom::element e) {
  return leg_of_name(text(e));
}

config::Sizing sizing_of(dom::element element) {
  const Fields f(element, {"mode", "ratio", "multiplier", "notional", "quantity"});
  const std::string mode = text(f["mode"]);
  if (mode == "fixed_ratio") return config::FixedRatio{number<Ratio>(f["ratio"])};
  if (mode == "fixed_notional") return config::FixedNotional{number<Usd>(f["notional"])};
  if (mode == "fixed_quantity") return config::FixedQuantity{number<Qty>(f["quantity"])};
  if (mode != "equity_ratio") fail("\"" + mode + "\" is not a sizing mode");
  config::EquityRatio equity;
  if (const auto multiplier = f.find("multiplier")) equity.multiplier = number<Ratio>(*multiplier);
  return equity;
}

// An absent key means what the vectors say it means, which is not what a configuration's does.
config::Link link_of(dom::element element) {
  const Fields f(element, {"leader", "sizing", "order", "inverse", "min_order", "round_up_from",
                           "max_fill_age_ms", "allow", "deny"});
  config::Link link;
  link.leader = text(f["leader"]);
  link.sizing = sizing_of(f["sizing"]);
  link.order.type = config::OrderStyle::Type::market;
  link.max_fill_age.reset();
  if (const auto order = f.find("order")) {
    const Fields style(*order, {"type", "max_slippage_bps"});
    using Type = config::OrderStyle::Type;
    link.order.type =
        word<Type>(style["type"], {{"market", Type::market}, {"limit_ioc", Type::limit_ioc}});
    if (const auto bps = style.find("max_slippage_bps"))
      link.order.max_slippage_bps = static_cast<std::int32_t>(whole(*bps));
  }
  if (const auto inverse = f.find("inverse")) link.inverse = truth(*inverse);
  using config::MinOrder;
  if (const auto min_order = f.find("min_order"))
    link.min_order =
        word<MinOrder>(*min_order, {{"carry", MinOrder::carry}, {"round_up", MinOrder::round_up}});
  if (const auto from = f.find("round_up_from")) link.round_up_from = number<Ratio>(*from);
  if (const auto age = f.find("max_fill_age_ms"))
    link.max_fill_age = std::chrono::milliseconds(whole(*age));
  if (const auto allow = f.find("allow"))
    for (const auto name : list(*allow)) link.allow.push_back(text(name));
  if (const auto deny = f.find("deny"))
    for (const auto name : list(*deny)) link.deny.push_back(text(name));
  return link;
}

LeaderPositionEvent leader_position_of(dom::element element) {
  const Fields f(element, {"leader", "symbol", "leg", "qty"});
  return {text(f["leader"]), text(f["symbol"]), leg_of(f["leg"]), number<Qty>(f["qty"])};
}

void read_setup(dom::element element, Case& into) {
  const Fields f(element, {"follower_mode", "links", "symbols", "limits", "leader_positions"});
  into.mode = word<PositionMode>(
      f["follower_mode"], {{"one_way", PositionMode::one_way}, {"hedge", PositionMode::hedge}});
  for (const auto link : list(f["links"])) into.links.push_back(link_of(link));
  for (const auto symbol : object(f["symbols"])) {
    const Fields s(symbol.value, {"tick", "step", "min_qty", "max_qty", "min_notional"});
    into.symbols[std::string(symbol.key)] = {number<Price>(s["tick"]), number<Qty>(s["step"]),
                                             number<Qty>(s["min_qty"]), number<Qty>(s["max_qty"]),
                                             number<Usd>(s["min_notional"])};
  }
  if (const auto limits = f.find("limits")) {
    const Fields l(*limits, {"max_order_notional", "max_position_notional", "max_total_notional"});
    const auto money = [&](std::string_view key) -> std::optional<Usd> {
      if (const auto value = l.find(key)) return number<Usd>(*value);
      return std::nullopt;
    };
    into.limits.max_order_notional = money("max_order_notional");
    into.limits.max_position_notional = money("max_position_notional");
    into.limits.max_total_notional = money("max_total_notional");
  }
  if (const auto positions = f.find("leader_positions"))
    for (const auto position : list(*positions))
      into.leader_positions.push_back(leader_position_of(position));
}

FillEvent fill_of(dom::element element) {
  const Fields f(element, {"leader", "symbol", "side", "position_side", "qty", "price", "trade_id",
                           "age_ms", "order_qty", "forced"});
  FillEvent fill;
  fill.leader = text(f["leader"]);
  fill.symbol = text(f["symbol"]);
  fill.side = side_of(f["side"]);
  fill.leg = leg_of(f["position_side"]);
  fill.qty = number<Qty>(f["qty"]);
  fill.price = number<Price>(f["price"]);
  fill.trade = whole(f["trade_id"]);
  fill.order_qty = number<Qty>(f["order_qty"]);
  if (const auto age = f.find("age_ms")) fill.age_ms = whole(*age);
  if (const auto forced = f.find("forced")) fill.forced = truth(*forced);
  return fill;
}

EquityEvent equity_of(dom::element element) {
  const Fields f(element, {"leaders", "follower"});
  EquityEvent equity;
  if (const auto leaders = f.find("leaders"))
    for (const auto leader : object(*leaders))
      equity.leaders[std::string(leader.key)] = number<Usd>(leader.value);
  if (const auto follower = f.find("follower")) equity.follower = number<Usd>(*follower);
  return equity;
}

Event event_of(dom::element element) {
  const Fields f(element, {"fill", "result", "equity", "mark", "state", "leader_position",
                           "follower_position"});
  if (object(element).size() != 1) fail("an event has exactly one key");
  if (const auto fill = f.find("fill")) return fill_of(*fill);
  if (const auto equity = f.find("equity")) return equity_of(*equity);
  if (const auto position = f.find("leader_position")) return leader_position_of(*position);
  if (const auto result = f.find("result")) {
    const Fields r(*result, {"order", "filled"});
    return ResultEvent{static_cast<std::uint64_t>(whole(r["order"])), number<Qty>(r["filled"])};
  }
  if (const auto mark = f.find("mark")) {
    MarkEvent prices;
    for (const auto price : object(*mark))
      prices.prices[std::string(price.key)] = number<Price>(price.value);
    return prices;
  }
  if (const auto state = f.find("state")) {
    using enum FollowerState;
    return StateEvent{word<FollowerState>(
        *state, {{"active", active}, {"reduce_only", reduce_only}, {"halted", halted}})};
  }
  const Fields p(f["follower_position"], {"symbol", "leg", "qty"});
  return FollowerPositionEvent{text(p["symbol"]), leg_of(p["leg"]), number<Qty>(p["qty"])};
}

Answer answer_of(dom::element element) {
  const Fields f(element, {"orders", "skips", "book"});
  Answer answer;
  for (const auto order : list(f["orders"])) {
    const Fields o(
        order, {"id", "symbol", "side", "position_side", "type", "qty", "price", "reduce_only"});
    const bool limit = word<bool>(o["type"], {{"MARKET", false}, {"LIMIT", true}});
    if (limit != o.find("price").has_value()) fail("a LIMIT order, and only it, has a price");
    answer.orders.push_back(
        text_of({static_cast<std::uint64_t>(whole(o["id"])), text(o["symbol"]), side_of(o["side"]),
                 leg_of(o["position_side"]), limit ? number<Price>(o["price"]) : Price(),
                 number<Qty>(o["qty"]), truth(o["reduce_only"])}));
  }
  for (const auto skip : list(f["skips"])) {
    const Fields s(skip, {"link", "symbol", "reason"});
    answer.skips.push_back(text_of_skip(static_cast<std::uint64_t>(whole(s["link"])),
                                        text(s["symbol"]), text(s["reason"])));
  }
  for (const auto symbol : object(f["book"]))
    for (const auto leg : object(symbol.value)) {
      const Fields row(leg.value, {"target", "position", "in_flight"});
      answer.book.push_back(text_of(
          BookLine{std::string(symbol.key), leg_of_name(leg.key), number<Qty>(row["target"]),
                   number<Qty>(row["position"]), number<Qty>(row["in_flight"])}));
    }
  std::sort(answer.book.begin(), answer.book.end());
  return answer;
}

Case case_of(dom::element element) {
  const Fields f(element, {"name", "why", "setup", "events", "expect"});
  Case result;
  result.name = text(f["name"]);
  read_setup(f["setup"], result);
  for (const auto event : list(f["events"])) result.events.push_back(event_of(event));
  for (const auto answer : list(f["expect"])) result.expect.push_back(answer_of(answer));
  if (result.events.size() != result.expect.size()) fail("one answer per event is expected");
  return result;
}

const char* name_of_leg(Leg leg) {
  return leg == Leg::both ? "BOTH" : leg == Leg::long_ ? "LONG" : "SHORT";
}

template <class T>
std::string decimal(T value) {
  return std::string(FixedText(value).view());
}

}  // namespace

std::string text_of(const OrderLine& order) {
  return "order " + std::to_string(order.id) + ' ' + order.symbol + ' ' +
         (order.side == Side::buy ? "BUY " : "SELL ") + name_of_leg(order.leg) +
         (order.limit.is_zero() ? " MARKET " : " LIMIT " + decimal(order.limit) + ' ') +
         decimal(order.qty) + (order.reduce_only ? " reduce_only" : "");
}

std::string text_of_skip(std::uint64_t link, const std::string& symbol, const std::string& reason) {
  return "skip link " + std::to_string(link) + ' ' + symbol + ' ' + reason;
}

std::string text_of(const BookLine& line) {
  return "book " + line.symbol + ' ' + name_of_leg(line.leg) + " target " + decimal(line.target) +
         " position " + decimal(line.position) + " in_flight " + decimal(line.in_flight);
}

ReadCases read_cases(const std::string& path) {
  ReadCases result;
  dom::parser parser;
  dom::element root;
  if (const auto error = parser.load(path).get(root)) {
    result.error = simdjson::error_message(error);
    return result;
  }
  std::string where;
  try {
    const Fields f(root, {"version", "cases"});
    if (whole(f["version"]) != 1) fail("only version 1 is known");
    for (const auto element : list(f["cases"])) {
      where = "case " + std::to_string(result.cases.size()) + ": ";
      result.cases.push_back(case_of(element));
    }
  } catch (const Fault& fault) { result.error = where + fault.what(); }
  return result;
}

}  // namespace copyd::vectors
