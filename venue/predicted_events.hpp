// TRADE_LITE and ORDER_TRADE_UPDATE, read in one scan of a layout that is predicted to the byte.
//
// The events that a copy waits for come in one layout from one venue, so most of what a JSON parser
// finds out about them is known before. This reader compares every key and every mark between the
// values with what it expects there, and takes the values where they stand. It decides nothing:
// whatever is not as predicted is for UserDataDecoder to read from the start, in any order and
// form.
//
// Predicted are the layouts of 2026 (with "er") and of 2024 (without), raw or as
// {"stream":…,"data":…}, without blanks; texts of plain ASCII without escapes; numbers without sign
// and exponent; decimals of at most ten digits before the point and eight behind it (sixteen for an
// average). A frame that is taken is therefore well-formed JSON, and what it says passes every
// check of the general decoder: that one reads an equal event out of it, and the same stream name.
//
// Pure; any thread; allocates nothing. Source: live captures of 2026-09-19 and earlier ones.
#pragma once

#include <string_view>

#include "core/symbols.hpp"
#include "venue/user_data.hpp"

namespace copyd::venue {

// Reads `frame` into `out`, and its stream's name, "" for a raw event, into `stream`. False when it
// is not as predicted: both are then left with values that mean nothing. The views that are written
// point into the frame. REQUIRES: at least 64 readable bytes behind the frame.
bool read_predicted(std::string_view frame, const SymbolTable& symbols, UserEvent& out,
                    std::string_view& stream) noexcept;

}  // namespace copyd::venue
