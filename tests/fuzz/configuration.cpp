// copyd.toml: any text gives a configuration or faults, never both, with places that are in the
// text and sentences that can be shown; and the same every time.
#include <simdjson.h>

#include <algorithm>

#include "config/load.hpp"
#include "tests/fuzz/property.hpp"

namespace copyd::fuzz {
namespace {

using namespace copyd::config;

const std::vector<int> cpus{0, 1, 2, 3};

LoadOutcome loaded(std::string_view text) {
  const Copy copy(text);
  return load(copy.view(), "copyd.toml", cpus);
}

bool by_place(const std::vector<Fault>& faults) {
  return std::is_sorted(faults.begin(), faults.end(), [](const Fault& a, const Fault& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
}

void check_faults(const std::vector<Fault>& faults, std::size_t lines) {
  PROPERTY(by_place(faults));
  for (const Fault& fault : faults) {
    PROPERTY(!fault.message.empty() && fault.file == "copyd.toml");
    PROPERTY(fault.line <= lines && (fault.line > 0) == (fault.column > 0));
  }
  const std::string shown = as_text(faults);
  PROPERTY(simdjson::validate_utf8(shown.data(), shown.size()));
  PROPERTY(std::all_of(shown.begin(), shown.end(), [](char c) {
    return c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  }));
  simdjson::dom::parser parser;
  simdjson::dom::array array;
  PROPERTY(!parser.parse(as_json(faults)).get_array().get(array));
  PROPERTY(array.size() == faults.size());
}

void check(std::string_view text) {
  const LoadOutcome outcome = loaded(text);
  PROPERTY(outcome.config.has_value() == outcome.faults.empty());
  // A line end is a line feed; a byte more than the text has is the line behind its last end.
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  check_faults(outcome.faults, lines);
  check_faults(outcome.notes, lines);
  const LoadOutcome again = loaded(text);
  PROPERTY(again.faults == outcome.faults && again.notes == outcome.notes);
  PROPERTY(again.config == outcome.config && again.positions == outcome.positions);
  if (!outcome.config) return;
  // A comment changes nothing.
  const LoadOutcome commented = loaded(std::string(text) + "\n# the end\n");
  PROPERTY(commented.config == outcome.config && commented.notes == outcome.notes);
}

}  // namespace
}  // namespace copyd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  copyd::fuzz::check(copyd::fuzz::text_of(data, size));
  return 0;
}
