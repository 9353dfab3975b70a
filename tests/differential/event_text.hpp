// A user-data event as one line that names every field of it: two events are the same exactly when
// their lines are. Owns its text, so it outlives the decoder's next frame.
#pragma once

#include <string>

#include "core/result.hpp"
#include "core/symbols.hpp"
#include "venue/user_data.hpp"

namespace copyd::testing {

inline constexpr const char* malformed_text = "malformed";

// "order symbol=BTCUSDT#0 client=…"; "malformed" for that error. Text from the venue is written in
// quotes with every byte outside of printable ASCII as \xNN.
std::string text_of(const Result<venue::UserEvent>& event);

std::string quoted(std::string_view text);

}  // namespace copyd::testing
