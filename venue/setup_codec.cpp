#include "venue/setup_codec.hpp"

#include <simdjson.h>

#include "venue/records.hpp"

namespace copyd::venue {
namespace {

namespace dom = simdjson::dom;
namespace ondemand = simdjson::ondemand;
using namespace records;
using json::for_each_field;
using json::for_each_object;
using json::Seen;

bool read_symbol_config(const dom::object& object, SymbolConfig& out) {
  return text_field(object, "symbol", out.symbol_name) &&
         word_field(object, "marginType", out.margin, margin_of) &&
         field_if_present(object, "isAutoAddMargin", out.auto_add_margin) &&
         int_or_text(object, "leverage", out.leverage) && out.leverage > 0 &&
         cut_if_present(object, "maxNotionalValue", out.max_notional);
}

bool read_whole(ondemand::value& value, int& out) {
  std::int64_t number = 0;
  if (!json::read(value, number) || number < 0 || number > INT32_MAX) return false;
  out = static_cast<int>(number);
  return true;
}

bool read_bracket(ondemand::object& object, LeverageBrackets::Bracket& out) {
  enum : unsigned { number, leverage, cap, floor, maintenance, cumulative };
  Seen seen;
  const bool whole = for_each_field(object, [&](std::string_view key, ondemand::value& value) {
    if (key == "bracket") return seen.first(number) && read_whole(value, out.number);
    if (key == "initialLeverage") return seen.first(leverage) && read_whole(value, out.leverage);
    if (key == "notionalCap") return seen.first(cap) && json::read_number(value, out.cap);
    if (key == "notionalFloor") return seen.first(floor) && json::read_number(value, out.floor);
    if (key == "maintMarginRatio")
      return seen.first(maintenance) && json::read_number(value, out.maintenance);
    if (key == "cum") return seen.first(cumulative) && json::read_number(value, out.cumulative);
    return true;
  });
  return whole && seen.all(event::mask({number, leverage, cap, floor, maintenance}));
}

bool read_brackets(ondemand::object& object, LeverageBrackets& out) {
  enum : unsigned { name, coefficient, brackets };
  Seen seen;
  std::string_view symbol;
  const bool whole = for_each_field(object, [&](std::string_view key, ondemand::value& value) {
    if (key == "symbol") return seen.first(name) && json::read(value, symbol);
    if (key == "notionalCoef")
      return seen.first(coefficient) && json::read_number(value, out.coefficient.emplace());
    if (key != "brackets") return true;
    return seen.first(brackets) && for_each_object(value, [&](ondemand::object& row) {
             return read_bracket(row, out.brackets.emplace_back());
           });
  });
  out.symbol_name = symbol;
  return whole && seen.all(event::mask({name, brackets})) && !symbol.empty();
}

}  // namespace

Result<std::vector<SymbolConfig>> decode_symbol_configs(std::string_view body,
                                                        const SymbolTable& symbols) {
  return rows<SymbolConfig, dom::parser>(body, [&](const dom::object& object, SymbolConfig& row) {
    if (!read_symbol_config(object, row)) return false;
    row.symbol = symbols.find(row.symbol_name);
    return true;
  });
}

Result<LeverageChanged> decode_leverage(std::string_view body) {
  return one_row<LeverageChanged, dom::parser>(
      body, [](const dom::object& object, LeverageChanged& out) {
        return text_field(object, "symbol", out.symbol_name) &&
               int_or_text(object, "leverage", out.leverage) && out.leverage > 0 &&
               cut_if_present(object, "maxNotionalValue", out.max_notional);
      });
}

Result<std::vector<LeverageBrackets>> decode_leverage_brackets(std::string_view body) {
  const auto malformed = make_error_code(Errc::malformed);
  const simdjson::padded_string padded(body);
  ondemand::parser parser;
  ondemand::document document;
  ondemand::json_type type;
  if (parser.iterate(padded).get(document) || document.type().get(type)) return malformed;
  std::vector<LeverageBrackets> result;
  bool whole = false;
  if (type == ondemand::json_type::object) {
    ondemand::object object;
    whole = !document.get_object().get(object) && read_brackets(object, result.emplace_back());
  } else if (type == ondemand::json_type::array) {
    whole = for_each_object(document, [&](ondemand::object& object) {
      return read_brackets(object, result.emplace_back());
    });
  }
  const char* rest = nullptr;
  if (!whole || document.current_location().get(rest) != simdjson::OUT_OF_BOUNDS) return malformed;
  return result;
}

Result<PositionMode> decode_position_mode(std::string_view body) {
  return one_row<PositionMode, dom::parser>(body, [](const dom::object& object, PositionMode& out) {
    bool hedge = false;
    if (!field(object, "dualSidePosition", hedge)) return false;
    out = hedge ? PositionMode::hedge : PositionMode::one_way;
    return true;
  });
}

Result<AssetMode> decode_asset_mode(std::string_view body) {
  return one_row<AssetMode, dom::parser>(body, [](const dom::object& object, AssetMode& out) {
    bool multi = false;
    if (!field(object, "multiAssetsMargin", multi)) return false;
    out = multi ? AssetMode::multi : AssetMode::single;
    return true;
  });
}

Result<OrderLimits> decode_order_limits(std::string_view body) {
  OrderLimits limits;
  const auto read = rows<int, dom::parser>(body, [&](const dom::object& row, int& limit) {
    std::string_view type;
    std::string_view interval;
    std::int64_t count = 0;
    if (!field(row, "rateLimitType", type) || !field(row, "interval", interval) ||
        !field(row, "intervalNum", count) || !int_or_text(row, "limit", limit) || limit <= 0)
      return false;
    if (type == "ORDERS" && interval == "SECOND" && count == 10) limits.per_10s = limit;
    if (type == "ORDERS" && interval == "MINUTE" && count == 1) limits.per_minute = limit;
    return true;
  });
  if (read.has_error()) return read.error();
  return limits;
}

}  // namespace copyd::venue
