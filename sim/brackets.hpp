// Brackets: how much of a symbol may be held at which leverage, and what must be kept for it.
//
// The larger a position, the less leverage and the more maintenance margin. The venue publishes a
// table per symbol; ours is made from two patterns of realistic shape, scaled so that the bracket
// of 20x ends at the symbol's max_notional. Pure; built once per symbol.
// Source: GET /fapi/v1/leverageBracket.
#pragma once

#include <vector>

#include "sim/symbols.hpp"

namespace copyd::sim {

struct Bracket {
  int number = 1;  // from 1 up
  int leverage = 1;
  Usd floor{};
  Usd cap{};
  Ratio maintenance{};  // of the notional, less `cumulative`
  Usd cumulative{};

  Usd maintenance_margin(Usd value) const noexcept;
};

// Ascending by notional, descending by leverage; never empty.
using Brackets = std::vector<Bracket>;

Brackets brackets_of(const SymbolSpec& spec);
// The bracket a notional stands in; the last one for all beyond it.
const Bracket& bracket_at(const Brackets& brackets, Usd value) noexcept;
// The largest position at this leverage; 0 when the symbol does not allow that much.
Usd largest_at(const Brackets& brackets, int leverage) noexcept;

}  // namespace copyd::sim
