#include "venue/market_codec.hpp"

#include <simdjson.h>

#include "venue/event_fields.hpp"
#include "venue/records.hpp"

namespace copyd::venue {
namespace {

namespace dom = simdjson::dom;
namespace ondemand = simdjson::ondemand;
using json::for_each_field;
using json::read;
using json::Seen;

bool read_premium(const dom::object& object, const SymbolTable& symbols, PremiumIndex& out) {
  using namespace records;
  std::string_view rate;
  if (!text_field(object, "symbol", out.symbol_name) || !cut_field(object, "markPrice", out.mark) ||
      out.mark.sign() < 0 || !cut_if_present(object, "indexPrice", out.index) ||
      !field_if_present(object, "nextFundingTime", out.next_funding) ||
      !field_if_present(object, "time", out.time) ||
      !field_if_present(object, "lastFundingRate", rate))
    return false;
  // Empty for a contract that delivers.
  if (!rate.empty() && !cut_field(object, "lastFundingRate", out.funding_rate.emplace()))
    return false;
  out.symbol = symbols.find(out.symbol_name);
  return true;
}

}  // namespace

Result<std::vector<PremiumIndex>> decode_premium_index(std::string_view body,
                                                       const SymbolTable& symbols) {
  const auto read_row = [&](const dom::object& object, PremiumIndex& row) {
    return read_premium(object, symbols, row);
  };
  auto one = records::one_row<PremiumIndex, dom::parser>(body, read_row);
  if (one.has_error()) return records::rows<PremiumIndex, dom::parser>(body, read_row);
  std::vector<PremiumIndex> rows;
  rows.push_back(std::move(*one));
  return rows;
}

struct MarkPriceDecoder::State {
  explicit State(const SymbolTable& table) : symbols(table) {}

  const SymbolTable& symbols;
  ondemand::parser parser;
  std::vector<MarkPrice> rows;

  bool read_row(ondemand::object& object);
  bool read_rows(ondemand::value& value);
  bool read_root(ondemand::document& document);
};

bool MarkPriceDecoder::State::read_row(ondemand::object& object) {
  enum : unsigned { name, symbol, price, time };
  MarkPrice& row = rows.emplace_back();
  std::string_view event;
  Seen seen;
  const bool whole = for_each_field(object, [&](std::string_view key, ondemand::value& value) {
    if (key == "e") return seen.first(name) && read(value, event);
    if (key == "s") return seen.first(symbol) && read(value, row.symbol_name);
    if (key == "p") return seen.first(price) && json::read_cut(value, row.price);
    if (key == "E") return seen.first(time) && read(value, row.event_time);
    return true;
  });
  if (!whole || !seen.all(event::mask({name, symbol, price, time})) || event != "markPriceUpdate" ||
      row.price.sign() < 0)
    return false;
  event::find_symbol(symbols, row);
  return true;
}

bool MarkPriceDecoder::State::read_rows(ondemand::value& value) {
  ondemand::json_type type;
  if (value.type().get(type)) return false;
  if (type == ondemand::json_type::array)
    return json::for_each_object(value, [&](ondemand::object& row) { return read_row(row); });
  ondemand::object object;
  return !value.get_object().get(object) && read_row(object);
}

// One row, or the combined form, which has no "e" of its own.
bool MarkPriceDecoder::State::read_root(ondemand::document& document) {
  ondemand::object root;
  ondemand::value data;
  if (document.get_object().get(root)) return false;
  const auto error = root.find_field_unordered("data").get(data);
  // After any other error the document is given up, and nothing of it may be touched.
  if (error != simdjson::SUCCESS && error != simdjson::NO_SUCH_FIELD) return false;
  if (root.reset().error()) return false;
  if (error == simdjson::NO_SUCH_FIELD) return read_row(root);
  Seen seen;
  const bool whole = for_each_field(root, [&](std::string_view key, ondemand::value& value) {
    return key != "data" || (seen.first(0) && read_rows(value));
  });
  return whole && seen.has(0);
}

MarkPriceDecoder::MarkPriceDecoder(const SymbolTable& symbols)
    : state_(std::make_unique<State>(symbols)) {}
MarkPriceDecoder::~MarkPriceDecoder() = default;
MarkPriceDecoder::MarkPriceDecoder(MarkPriceDecoder&&) noexcept = default;

Result<std::span<const MarkPrice>> MarkPriceDecoder::decode(std::string_view frame) {
  State& state = *state_;
  const auto malformed = make_error_code(Errc::malformed);
  state.rows.clear();
  ondemand::document document;
  ondemand::json_type type;
  const simdjson::padded_string_view padded(frame.data(), frame.size(),
                                            frame.size() + simdjson::SIMDJSON_PADDING);
  if (state.parser.iterate(padded).get(document) || document.type().get(type)) return malformed;
  const bool whole = type == ondemand::json_type::array
                         ? json::for_each_object(
                               document, [&](ondemand::object& row) { return state.read_row(row); })
                         : state.read_root(document);
  const char* rest = nullptr;
  if (!whole || document.current_location().get(rest) != simdjson::OUT_OF_BOUNDS) return malformed;
  return std::span<const MarkPrice>(state.rows);
}

}  // namespace copyd::venue
