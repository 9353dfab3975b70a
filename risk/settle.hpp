// Settle: what one leg of a follower should do to reach what is wanted of it. Pure.
//
// A settlement has a direction, and orders are only sent in that direction. So an opening never
// corrects an overshoot, a close never opens, and only a fill opens. What is planned here is not
// yet allowed: the gate (risk/gate.hpp) applies the state, the limits and the floor to it.
#pragma once

#include "core/flow.hpp"
#include "core/symbols.hpp"
#include "core/units.hpp"
#include "risk/policy.hpp"

namespace copyd::risk {

// What is the same for all legs of one settlement.
struct Settlement {
  const LinkPolicy& policy;
  const SymbolFilters& filters;
  Price price;    // p, the last price of the symbol; > 0
  int moved = 0;  // the sign in which a fill moved the target; 0 when no fill asks

  bool fill_asks() const noexcept { return moved != 0; }
};

// One leg as its book has it. Signed quantities.
struct LegView {
  Qty wanted;
  Qty position;            // A
  Qty effective;           // E: A after every order in flight
  bool in_flight = false;  // an order of the leg is not finished
};

// What the leg has to do, as quantities ≥ 0 in the direction.
struct Intent {
  int direction = 0;
  Qty reducing;         // takes E toward zero
  Qty increasing;       // takes E away from zero
  Qty floor;            // the smallest order the venue takes, in this direction at this price
  bool enters = false;  // may be raised to the floor

  bool empty() const noexcept { return reducing.is_zero() && increasing.is_zero() && !enters; }
};

Intent plan(const Settlement& settlement, const LegView& leg) noexcept;

// The price of a LIMIT order: p · (1 ± slippage), exact, rounded to the tick against the follower's
// cost (a BUY down, a SELL up).
Price limit_price(Price price, std::int32_t slippage_bps, int direction, Price tick) noexcept;

}  // namespace copyd::risk
