// From the text of copyd.toml to a Config, or to everything that is wrong with it, at once.
//
// Amounts are taken exactly from the digits in the text. A syntax error ends reading; any other
// fault does not. Unknown keys are faults. No secret stands in the file and none is read.
// Any thread, at start and at a reload; reads nothing but its arguments and, in load_file, the
// file.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/fault.hpp"
#include "config/schema.hpp"
#include "core/agent.hpp"

namespace copyd::config {

// A larger file is refused. A thousand followers with three links each take about one.
inline constexpr std::size_t file_bytes_max = 16U << 20U;

struct LoadOutcome {
  std::optional<Config> config;  // present exactly when there are no faults
  std::vector<Fault> faults;     // by line and column
  std::vector<Fault> notes;      // what is accepted and worth knowing
  Positions positions;           // of every written key that is known
  std::string text;              // what was read
};

// `cpus`: the processors that the engine may be pinned to.
LoadOutcome load(std::string_view toml_text, std::string_view file_name,
                 const std::vector<int>& cpus = usable_cpus());

// The same of a text that this program wrote, or took to run by: what is `removed` in it is known,
// and its processors may be those of another machine.
LoadOutcome load_written(std::string_view toml_text, std::string_view name);

// A file that cannot be read is one fault without a line.
LoadOutcome load_file(const std::string& path, const std::vector<int>& cpus = usable_cpus());

}  // namespace copyd::config
