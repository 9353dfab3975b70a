// User-data events read slowly, by a table of their fields: what venue/user_data.hpp promises, said
// a second time and with nothing in common.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace copyd::testing {

struct SlowReading {
  std::string text;        // as event_text.hpp has it
  std::string listen_key;  // of the combined form
  // The whole frame is JSON. An accepted frame may not be: what no event reads is skipped by its
  // brackets and strings.
  bool json = false;
};

// `symbols`: the names in the order of their ids.
SlowReading slow_user_data(std::string_view frame, const std::vector<std::string>& symbols);

}  // namespace copyd::testing
