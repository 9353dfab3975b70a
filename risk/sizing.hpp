// size(o): how much a follower wants for an opening of its leader. Pure; exact integers.
#pragma once

#include <optional>

#include "config/schema.hpp"
#include "core/units.hpp"
#include "risk/ledger.hpp"

namespace copyd::risk {

// R of an equity_ratio link: multiplier × follower's equity / leader's equity. Empty when either
// is not known or not positive: then nothing can be sized.
struct Equities {
  std::optional<Usd> follower;
  std::optional<Usd> leader;
};
std::optional<Ratio> equity_ratio(Ratio multiplier, const Equities& equities) noexcept;

// The part of a leader's fill that opens.
struct OpeningPart {
  Qty quantity;   // o > 0
  Qty order_qty;  // of the leader's whole order; the amounts per order are shared out over it
  Price price;
};

struct Sized {
  Qty quantity;       // ≥ 0, not rounded to the step
  Ledger::Rate rate;  // of the lot it makes
};

// Empty: an equity_ratio link without an R (`no_equity`). Allocates nothing.
std::optional<Sized> size(const config::Sizing& sizing, std::optional<Ratio> equity_ratio,
                          const OpeningPart& part) noexcept;

bool needs_equity(const config::Sizing& sizing) noexcept;

}  // namespace copyd::risk
