// LinkPolicy: how one link copies, with every name of the configuration resolved to an id, so that
// nothing on the path compares text. Made at start, then only read.
#pragma once

#include <bitset>
#include <chrono>
#include <optional>

#include "config/schema.hpp"
#include "core/ids.hpp"
#include "core/limits.hpp"
#include "core/symbols.hpp"
#include "core/units.hpp"

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
  SymbolSet permitted;  // copyable, in the allow list or the list is empty, not in the deny list
};

// What a follower's orders may use of its money. Absent: no such limit.
struct OrderLimits {
  std::optional<Usd> max_order_notional;
  std::optional<Usd> max_position_notional;
  std::optional<Usd> max_total_notional;
};
OrderLimits resolve(const config::Limits& limits) noexcept;

// Names that the table does not know are ignored: nothing can ever match them.
LinkPolicy resolve(const config::Link& link, LeaderId leader, const SymbolTable& symbols);

}  // namespace copyd::risk
