// Why something was not copied: the reasons a user sees in `copyctl why`, in skips and in metrics.
// Their names are part of the product's contract and of the copy-semantics vectors.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace copyd {

enum class Reject : std::uint8_t {
  unknown_symbol,         // exchangeInfo has no filters for it
  symbol_not_allowed,     // allow list, deny list, or not quoted in USDT or USDC
  forced,                 // the venue closed it: liquidation, ADL, settlement
  reduce_only,            // the follower's state lets nothing be opened
  halted,                 // the follower's state lets nothing be sent
  out_of_sync,            // a hedge leg was closed beyond what we knew; waits for a position
  stale_fill,             // older than max_fill_age_ms
  no_equity,              // equity sizing without a known, positive equity
  max_order_notional,     // clipped by the limit
  max_position_notional,  // clipped by the limit
  max_total_notional,     // clipped by the limit
  below_min,              // smaller than the venue's smallest order
  missed,                 // an increasing order did not fill, or not whole
  lane_full,              // the lane had no room for an increasing order
  flat,                   // a close found nothing to close at the venue
  price_collar,           // the fill's price is too far from the mark
  max_order_qty,          // clipped by the limit
  quarantined,            // an order on the symbol is unknown for long: nothing opens before it is
  unprepared,             // its leverage or margin type could not be set; the venue's code says why
};

inline constexpr std::size_t reject_count = 19;

// The name as it is shown and stored.
constexpr std::string_view name_of(Reject r) noexcept {
  constexpr std::array<std::string_view, reject_count> names{
      "unknown_symbol", "symbol_not_allowed", "forced",
      "reduce_only",    "halted",             "out_of_sync",
      "stale_fill",     "no_equity",          "max_order_notional",
      "max_position_notional", "max_total_notional", "below_min",
      "missed",         "lane_full",          "flat",
      "price_collar",   "max_order_qty",      "quarantined",
      "unprepared"};
  return names[static_cast<std::size_t>(r)];
}

}  // namespace copyd
