// LinkPolicy: how one link copies, with every name of the configuration resolved to an id, so that
// nothing on the path compares text. Made at start or for a reload, then only read.
#pragma once

#include <bitset>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "config/schema.hpp"
#include "core/flow.hpp"
#include "core/ids.hpp"
#include "core/limits.hpp"
#include "core/symbols.hpp"
#include "core/units.hpp"
#include "risk/loss_limits.hpp"

namespace copyd::risk {

using SymbolSet = std::bitset<limits::symbols_max>;

struct LinkPolicy {
  LeaderId leader;
  config::Sizing sizing;
  config::OrderStyle order;
  bool inverse = false;
  bool rounds_up = false;
  Ratio round_up_from;
  std::optional<std::chrono::milliseconds> max_fill_age;
  bool removed = false;  // opens nothing, and goes on closing
  SymbolSet permitted;  // copyable, in the allow list or the list is empty, not in the deny list
};

// What a follower's orders may be. Absent: no such limit. Only what increases is limited.
struct OrderLimits {
  std::optional<Usd> max_order_notional;
  std::optional<Usd> max_position_notional;
  std::optional<Usd> max_total_notional;
  // A fill whose price is further from the mark opens nothing; nor does one whose mark is not known
  // or old.
  std::optional<std::int32_t> max_price_deviation_bps;
  std::vector<Qty> max_order_qty;  // by SymbolId, 0: none; empty: none at all

  std::optional<Qty> max_order_qty_of(SymbolId symbol) const noexcept {
    if (symbol.value >= max_order_qty.size() || max_order_qty[symbol.value].is_zero())
      return std::nullopt;
    return max_order_qty[symbol.value];
  }
};
OrderLimits resolve(const config::Limits& limits, const SymbolTable& symbols);

// Names that the table does not know are ignored: nothing can ever match them.
LinkPolicy resolve(const config::Link& link, LeaderId leader, const SymbolTable& symbols);

// All of the configuration that a follower's book goes by.
struct FollowerPolicy {
  std::vector<LinkPolicy> links;  // in the order of its places
  OrderLimits limits;
  LossRules losses;
  FollowerState state = FollowerState::active;  // what the file itself says
  bool paper = false;                           // `shadow`
};
// REQUIRES: each link's leader is one of `leaders`, which are by LeaderId.
FollowerPolicy resolve(const config::Follower& follower, std::span<const config::Leader> leaders,
                       const SymbolTable& symbols);

}  // namespace copyd::risk
