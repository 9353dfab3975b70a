// Frames of mark prices: the same every time, whatever is behind them, and rows of known symbols
// that are what the table says they are.
#include <vector>

#include "tests/differential/slow_json.hpp"
#include "tests/fuzz/property.hpp"
#include "venue/market_codec.hpp"

namespace copyd::fuzz {
namespace {

using namespace copyd::venue;

constexpr std::string_view malformed = "malformed";

const SymbolTable& symbols() {
  static const SymbolTable table = [] {
    SymbolTable result;
    for (const char* name : {"BTCUSDT", "ETHUSDT", "ADAUSDT"})
      result.add({.name = name, .filters = {}, .copyable = true});
    return result;
  }();
  return table;
}

std::string decoded(MarkPriceDecoder& decoder, std::string_view text, char filler = '\0') {
  const Copy frame(text, frame_padding, filler);
  const auto rows = decoder.decode(frame.view());
  if (rows.has_error()) {
    PROPERTY(rows.error() == make_error_code(Errc::malformed));
    return std::string(malformed);
  }
  std::string line = "rows";
  for (const MarkPrice& row : *rows) {
    const auto known = symbols().find(row.symbol_name);
    PROPERTY(known.has_value() == row.symbol_known && (!known || *known == row.symbol));
    line.append(" ").append(row.symbol_name).append(" ").append(FixedText(row.price).view());
    line += ' ' + std::to_string(row.event_time.ms);
  }
  return line;
}

void check(std::string_view frame) {
  static MarkPriceDecoder decoder(symbols());
  const std::string meaning = decoded(decoder, frame);
  PROPERTY_SAME_WITH_FILLERS(meaning, malformed, copyd::testing::is_json(frame),
                             [&](char filler) { return decoded(decoder, frame, filler); });
  MarkPriceDecoder fresh(symbols());
  PROPERTY_SAME(decoded(fresh, frame), meaning);
  if (meaning == malformed) return;
  std::string text(frame.substr(0, frame.find_last_not_of(json_blanks) + 1));
  PROPERTY_SAME(decoded(decoder, text + "\r\n"), meaning);
  PROPERTY_SAME(decoded(decoder, text + "}"), malformed);
  text.pop_back();
  PROPERTY_SAME(decoded(decoder, text, '}'), malformed);
}

}  // namespace
}  // namespace copyd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  copyd::fuzz::check(copyd::fuzz::text_of(data, size));
  return 0;
}
