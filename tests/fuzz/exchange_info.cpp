// exchangeInfo: whatever it holds, a symbol with filters can be traded by them, and the table finds
// what it lists.
#include <algorithm>

#include "core/limits.hpp"
#include "tests/fuzz/property.hpp"
#include "venue/account_codec.hpp"

namespace copyd::fuzz {
namespace {

using namespace copyd::venue;

void check_filters(const SymbolFilters& filters) {
  PROPERTY(filters.tick.sign() > 0 && filters.step.sign() > 0);
  PROPERTY(filters.min_qty.sign() >= 0 && filters.max_qty >= filters.min_qty);
  PROPERTY(filters.max_qty.sign() > 0 && filters.min_notional.sign() >= 0);
}

std::string text_of(const ExchangeInfo& info) {
  std::string text =
      std::to_string(info.orders_per_10s) + ' ' + std::to_string(info.orders_per_minute);
  for (std::size_t i = 0; i < info.symbols.size(); ++i) {
    const Symbol& symbol = info.symbols[SymbolId{static_cast<std::uint16_t>(i)}];
    text += "\n\"" + symbol.name + "\" " + std::to_string(symbol.copyable);
    if (!symbol.filters) continue;
    const SymbolFilters& f = *symbol.filters;
    for (const std::int64_t units : {f.tick.units(), f.step.units(), f.min_qty.units(),
                                     f.max_qty.units(), f.min_notional.units()})
      text += ' ' + std::to_string(units);
  }
  return text;
}

std::string decoded(std::string_view body) {
  const Copy copy(body);
  const auto info = decode_exchange_info(copy.view());
  if (info.has_error()) {
    PROPERTY(info.error() == make_error_code(Errc::malformed) ||
             info.error() == make_error_code(Errc::too_large));
    return info.error().message();
  }
  PROPERTY(info->orders_per_10s > 0 && info->orders_per_minute > 0);
  PROPERTY(info->symbols.size() <= limits::symbols_max);
  for (std::size_t i = 0; i < info->symbols.size(); ++i) {
    const SymbolId id{static_cast<std::uint16_t>(i)};
    const Symbol& symbol = info->symbols[id];
    PROPERTY(!symbol.name.empty());
    const auto found = info->symbols.find(symbol.name);
    PROPERTY(found.has_value() && *found == id);
    if (symbol.filters) check_filters(*symbol.filters);
  }
  return text_of(*info);
}

void check(std::string_view body) {
  const std::string meaning = decoded(body);
  PROPERTY_SAME(decoded(std::string(body) + "\n"), meaning);
  // One symbol's record alone, as the messages' files hold it.
  decoded(R"({"symbols":[)" + std::string(body) + "]}");
}

}  // namespace
}  // namespace copyd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  copyd::fuzz::check(copyd::fuzz::text_of(data, size));
  return 0;
}
