// How a follower's symbol is to be set up: leverage and margin type, from its links, its cap and
// what its leaders have; and the calls that are missing. Pure.
// Source: Binance docs, "Symbol Configuration", "Change Initial Leverage", "Change Margin Type".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "config/schema.hpp"
#include "core/symbols.hpp"
#include "venue/errors.hpp"
#include "venue/user_data.hpp"

namespace copyd::engine {

// What an account has on one symbol.
struct SymbolSetup {
  int leverage = 0;  // 0: not known
  venue::MarginType margin = venue::MarginType::unknown;
  friend bool operator==(const SymbolSetup&, const SymbolSetup&) = default;
};

// What is wanted; nothing: as it is.
struct SetupWish {
  std::optional<int> leverage;
  std::optional<venue::MarginType> margin;
  friend bool operator==(const SetupWish&, const SetupWish&) = default;
};

struct FollowerWish {
  SetupWish wish;
  bool disputed = false;  // two links want different things: the first in the file decides
};

// What stands in the file about a leader, and what it has on the symbol.
struct LeaderSetup {
  std::string_view label;
  SymbolSetup setup;
};

// Of one symbol. A mirroring link whose leader's setup is not known wants nothing.
FollowerWish wish_of(const config::Follower& follower, const Symbol& symbol,
                     std::span<const LeaderSetup> leaders);

// Whether any link of the follower wants anything to be set at all.
bool prepares(const config::Follower& follower) noexcept;

// Whether `next` may want something else on some symbol than `running`, of which it has the links,
// and more behind them. False also where it wants nothing at all.
bool prepares_otherwise(const config::Follower& running, const config::Follower& next);

// The next call towards the wish: the margin type before the leverage.
struct SetMargin {
  venue::MarginType margin;
};
struct SetLeverage {
  int leverage;
};
using SetupCall = std::variant<std::monostate, SetMargin, SetLeverage>;
SetupCall next_call(const SymbolSetup& has, const SetupWish& wish) noexcept;
inline bool fulfils(const SymbolSetup& has, const SetupWish& wish) noexcept {
  return std::holds_alternative<std::monostate>(next_call(has, wish));
}

// What the answer to such a call means. Setting twice is as good as once, so that an answer which
// might leave an order in doubt need not: what is refused with a code is refused.
enum class SetupAnswer : std::uint8_t {
  set,      // it is as wanted now, or was
  refused,  // the venue says why
  later,    // a limit, or the venue is not up to it: nothing was changed
  unknown,  // no answer that can be trusted: what is set is to be read
};
SetupAnswer judge_setup(int status, std::int32_t code, std::string_view message) noexcept;

}  // namespace copyd::engine
