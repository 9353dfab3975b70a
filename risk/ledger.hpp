// Ledger: what one leader leg holds in one symbol, and the share of it that one link wants to hold.
//
// A ledger is a list of lots, oldest first. Each lot pairs a quantity of the leader with the
// quantity the follower wants for it, exact and not rounded to the venue's step. P and T are the
// sums. Lots open and close like a stack, so what an opening brought goes with the close that
// undoes it. Quantities are signed: short is negative, on the SHORT leg too.
//
// Plain memory without pointers, about 1.6 KB; allocates nothing. Copy agent only.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/limits.hpp"
#include "core/units.hpp"

namespace copyd::risk {

class Ledger {
 public:
  // The follower's quantity per quantity of the leader. Neighbouring lots with the same rate are
  // one lot; a lot without a rate never merges, except when there are too many.
  using Rate = std::optional<Ratio>;
  static constexpr Ratio not_copied = Ratio();  // the rate of what the leader holds and we do not

  struct Opening {
    Qty leader;    // ≠ 0, in the direction of P if P is not zero
    Qty follower;  // 0: not copied
    Rate rate;
  };

  Qty leader_position() const noexcept { return leader_; }  // P
  Qty target() const noexcept { return follower_; }         // T
  std::size_t lots() const noexcept { return size_; }

  // Asks for the memory that a fill will touch: the sums, and the newest lot with room behind it.
  void bring_near() const noexcept;
  void open(const Opening& opening) noexcept;
  // Takes `quantity` of the leader's position away, newest lot first. REQUIRES: 0 ≤ it ≤ |P|.
  void close(Qty quantity) noexcept;
  // Takes up to `quantity` (≥ 0) off the target, newest lot first, and returns how much it took.
  // The leader's quantities stay.
  Qty give_up(Qty quantity) noexcept;
  // What the oldest lot has of the leader's position while nothing of it is copied; else 0.
  Qty uncopied() const noexcept;
  // That lot is copied from now on. REQUIRES: uncopied() is not 0.
  void adopt(Qty follower, Rate rate) noexcept;
  // Forgets all lots; `leader` is then held and not copied.
  void replace_not_copied(Qty leader) noexcept;

  // As it stands, oldest first; and the same again, lot by lot. REQUIRES: i < lots(); room for one
  // more.
  struct LotRow {
    Qty leader;
    Qty follower;
    std::int64_t rate_units = -1;  // −1: none
  };
  LotRow lot(std::size_t i) const noexcept {
    return {lots_[i].leader, lots_[i].follower, lots_[i].rate_units};
  }
  void restore(const LotRow& lot) noexcept;

 private:
  struct Lot {
    Qty leader;
    Qty follower;
    std::int64_t rate_units;  // no_rate: none
  };
  static constexpr std::int64_t no_rate = -1;

  void merge_two_oldest() noexcept;
  void take(Lot& lot, Qty leader, Qty follower) noexcept;

  Qty leader_;
  Qty follower_;
  std::size_t size_ = 0;
  std::array<Lot, limits::lots_max> lots_;
};

}  // namespace copyd::risk
