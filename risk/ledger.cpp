#include "risk/ledger.hpp"

#include <algorithm>
#include <span>

#include "core/assert.hpp"
#include "core/prefetch.hpp"
#include "risk/quantity.hpp"

namespace copyd::risk {

void Ledger::bring_near() const noexcept {
  const std::size_t newest = size_ == 0 ? 0 : size_ - 1;
  prefetch(leader_);
  prefetch(std::as_bytes(
      std::span(lots_).subspan(newest, std::min(lots_.size() - newest, std::size_t{2}))));
}

void Ledger::open(const Opening& opening) noexcept {
  ASSERT(!opening.leader.is_zero());
  const std::int64_t rate = opening.rate ? opening.rate->units() : no_rate;
  leader_ = bounded_sum(leader_, opening.leader);
  follower_ = bounded_sum(follower_, opening.follower);
  if (size_ > 0 && rate != no_rate && lots_[size_ - 1].rate_units == rate) {
    Lot& newest = lots_[size_ - 1];
    newest.leader = bounded_sum(newest.leader, opening.leader);
    newest.follower = bounded_sum(newest.follower, opening.follower);
    return;
  }
  if (size_ == lots_.size()) merge_two_oldest();
  lots_[size_++] = Lot{opening.leader, opening.follower, rate};
}

void Ledger::close(Qty quantity) noexcept {
  while (!quantity.is_zero() && size_ > 0) {
    Lot& newest = lots_[size_ - 1];
    const Qty held = newest.leader.abs();
    if (quantity >= held) {
      quantity -= held;
      take(newest, newest.leader, newest.follower);
      --size_;
      continue;
    }
    const Qty left = held - quantity;
    const Qty follower_left =
        Qty::from_units(muldiv(newest.follower.units(), left.units(), held.units()));
    take(newest, with_sign(quantity, newest.leader.sign()), newest.follower - follower_left);
    return;
  }
}

Qty Ledger::give_up(Qty quantity) noexcept {
  Qty given;
  for (std::size_t i = size_; i > 0 && given < quantity; --i) {
    Lot& lot = lots_[i - 1];
    const Qty part = std::min(lot.follower.abs(), quantity - given);
    if (part.is_zero()) continue;
    take(lot, Qty(), with_sign(part, lot.follower.sign()));
    lot.rate_units = lot.follower.is_zero() ? not_copied.units() : no_rate;
    given += part;
  }
  return given;
}

Qty Ledger::uncopied() const noexcept {
  if (size_ == 0 || lots_[0].rate_units != not_copied.units()) return Qty();
  return lots_[0].follower.is_zero() ? lots_[0].leader : Qty();
}

void Ledger::adopt(Qty follower, Rate rate) noexcept {
  ASSERT(!uncopied().is_zero());
  lots_[0].follower = follower;
  lots_[0].rate_units = rate ? rate->units() : no_rate;
  follower_ = bounded_sum(follower_, follower);
}

void Ledger::replace_not_copied(Qty leader) noexcept {
  size_ = 0;
  leader_ = Qty();
  follower_ = Qty();
  if (!leader.is_zero()) open({.leader = leader, .follower = Qty(), .rate = not_copied});
}

void Ledger::merge_two_oldest() noexcept {
  lots_[1].leader = bounded_sum(lots_[0].leader, lots_[1].leader);
  lots_[1].follower = bounded_sum(lots_[0].follower, lots_[1].follower);
  lots_[1].rate_units = no_rate;
  std::move(lots_.begin() + 1, lots_.begin() + static_cast<std::ptrdiff_t>(size_), lots_.begin());
  --size_;
}

void Ledger::take(Lot& lot, Qty leader, Qty follower) noexcept {
  lot.leader -= leader;
  lot.follower -= follower;
  leader_ -= leader;
  follower_ -= follower;
}

void Ledger::restore(const LotRow& lot) noexcept {
  ASSERT(size_ < lots_.size());
  leader_ = bounded_sum(leader_, lot.leader);
  follower_ = bounded_sum(follower_, lot.follower);
  lots_[size_++] = Lot{lot.leader, lot.follower, lot.rate_units};
}

}  // namespace copyd::risk
