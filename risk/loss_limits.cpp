#include "risk/loss_limits.hpp"

#include <algorithm>
#include <variant>

namespace copyd::risk {
namespace {

bool reached(const std::optional<config::LossLimit>& limit, Usd base, Usd now) noexcept {
  if (!limit) return false;
  const int128 loss = static_cast<int128>(base.units()) - now.units();
  if (loss <= 0) return false;
  if (const auto* amount = std::get_if<Usd>(&limit->value)) return loss >= amount->units();
  const int128 share = std::get<Ratio>(limit->value).units();
  return loss * units_per_whole >= share * std::max<std::int64_t>(base.units(), 0);
}

}  // namespace

LossRules loss_rules(const config::Limits& limits) noexcept {
  return {.max_daily_loss = limits.max_daily_loss,
          .max_drawdown = limits.max_drawdown,
          .equity_floor = limits.equity_floor};
}

void LossLimits::transfers(const Transfers& transfers) noexcept {
  // What was counted for longer is the later word.
  if (transfers.until_ms >= transfers_.until_ms) transfers_ = transfers;
}

Breach LossLimits::see(const Seen& seen) noexcept {
  net_ = net_of(seen.equity);
  if (!known_ || seen.day > day_) {
    day_ = seen.day;
    day_base_ = net_;
  }
  highest_ = known_ ? std::max(highest_, net_) : net_;
  known_ = true;
  current_ = true;
  if (reached(rules_.max_drawdown, highest_, net_)) return Breach::drawdown;
  if (rules_.equity_floor && seen.equity < *rules_.equity_floor) return Breach::equity_floor;
  if (reached(rules_.max_daily_loss, day_base_, net_)) return Breach::daily_loss;
  return Breach::none;
}

void LossLimits::rearm(bool after_breach) noexcept {
  if (!known_) return;
  highest_ = current_ ? net_ : lowest;
  if (!after_breach) return;
  if (current_) day_base_ = net_;
  else known_ = false;
}

std::optional<journal::LossBase> LossLimits::row(FollowerId follower) const noexcept {
  if (!known_ && transfers_.until_ms == 0 && transfers_.sum.is_zero()) return std::nullopt;
  return journal::LossBase{.follower = follower,
                           .known = known_,
                           .day = day_,
                           .day_base = day_base_,
                           .highest = highest_,
                           .transfers = transfers_.sum,
                           .transfers_ms = transfers_.until_ms};
}

void LossLimits::restore(const journal::LossBase& row, std::optional<Usd> equity) noexcept {
  known_ = row.known != 0;
  day_ = row.day;
  day_base_ = row.day_base;
  highest_ = row.highest;
  transfers_ = {.sum = row.transfers, .until_ms = row.transfers_ms};
  current_ = known_ && equity.has_value();
  if (current_) net_ = net_of(*equity);
}

Usd LossLimits::net_of(Usd equity) const noexcept {
  const int128 net = static_cast<int128>(equity.units()) - transfers_.sum.units();
  return Usd::from_units(static_cast<std::int64_t>(std::clamp<int128>(net, -INT64_MAX, INT64_MAX)));
}

}  // namespace copyd::risk
