// LossLimits: what a follower may lose, and whether it has.
//
//   net equity   equity − (money moved in − money moved out), so that a deposit is no profit and a
//                withdrawal no loss
//   day base     net equity when a UTC day was first seen; daily loss = day base − net equity
//   highest      the highest net equity since connect or the last `resume`; drawdown = highest − it
//
//   rule         breached when                                      then, until `resume`
//   daily loss   it reaches the limit                               reduce_only
//   floor        equity itself (not net) is below it                reduce_only
//   drawdown     it reaches the limit                               flatten, then halted
//
// A limit is an amount, or a share: of the day base, or of the highest. Where there is no positive
// base every loss reaches a share of it. Equity that is not known, or 0, breaches nothing.
//
// Pure; exact integers; allocates nothing. Copy agent only.
#pragma once

#include <cstdint>
#include <optional>

#include "config/schema.hpp"
#include "core/ids.hpp"
#include "core/units.hpp"
#include "journal/records.hpp"

namespace copyd::risk {

// Absent: no such limit.
struct LossRules {
  std::optional<config::LossLimit> max_daily_loss;
  std::optional<config::LossLimit> max_drawdown;
  std::optional<Usd> equity_floor;

  bool any() const noexcept { return max_daily_loss || max_drawdown || equity_floor; }
};
LossRules loss_rules(const config::Limits& limits) noexcept;

enum class Breach : std::uint8_t { none, daily_loss, equity_floor, drawdown };

class LossLimits {
 public:
  explicit LossLimits(const LossRules& rules) noexcept : rules_(rules) {}

  // What was seen so far stays; the new rules are looked at with the next equity.
  void set_rules(const LossRules& rules) noexcept { rules_ = rules; }

  // As SetFollowerEquity has them.
  struct Transfers {
    Usd sum;
    std::int64_t until_ms = 0;
  };
  void transfers(const Transfers& transfers) noexcept;

  // The gravest rule that is breached now. A day before the one known counts as that one.
  struct Seen {
    Usd equity;
    std::int32_t day = 0;  // UTC days since 1970
  };
  Breach see(const Seen& seen) noexcept;

  // The equity is not known any more.
  void unseen() noexcept { current_ = false; }

  // `resume`: the highest starts from the present net equity, and after a breach the day's base
  // too. While the equity is not known: from the next that is.
  void rearm(bool after_breach) noexcept;

  // What the last equity amounted to; for messages.
  Usd net() const noexcept { return net_; }
  Usd day_base() const noexcept { return day_base_; }
  Usd highest() const noexcept { return highest_; }

  // As a row, and the same again; empty while there is nothing to keep.
  std::optional<journal::LossBase> row(FollowerId follower) const noexcept;
  void restore(const journal::LossBase& row, std::optional<Usd> equity) noexcept;

 private:
  Usd net_of(Usd equity) const noexcept;

  static constexpr Usd lowest = Usd::from_units(-INT64_MAX);

  LossRules rules_;
  Transfers transfers_;
  bool current_ = false;  // `net_` is of now
  bool known_ = false;    // the three below
  std::int32_t day_ = 0;
  Usd day_base_;
  Usd highest_;
  Usd net_;
};

}  // namespace copyd::risk
