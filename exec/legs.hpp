// Legs: what a lane knows of each leg (follower, symbol, position side) that it has dealt with: the
// position it expects at the venue, how many of its orders are open there, and the pace of closes.
//
// Open addressing over a vector that grows only while new legs appear, so a lane that has seen its
// legs allocates nothing. Owned by one lane. References live until the next `at`.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/clock.hpp"
#include "core/flow.hpp"
#include "exec/close_pacing.hpp"

namespace copyd::exec {

struct LegKey {
  FollowerId follower;
  SymbolId symbol;
  Leg leg = Leg::both;
  friend constexpr bool operator==(const LegKey&, const LegKey&) noexcept = default;
};

struct LegState {
  LegKey key;
  // What is ours: what the copy agent's book held when the lane began, and our own fills since;
  // less what a read showed to be gone.
  Qty tracked{};
  // What else the venue holds on the leg, as a read showed it with no order of ours open. Signed;
  // opposite to ours only where nothing is ours.
  Qty foreign{};
  // What the venue showed in the read that vouched for the next close; 0 when none did.
  Qty vouched{};
  std::uint32_t open = 0;     // our orders in flight on it, in any state
  std::uint32_t waiting = 0;  // of them, those that have not left
  std::uint32_t ended = 0;    // and those that are filled and not told yet
  // Those that are not ended, by the side of zero they open or close (see InflightOrder::zone).
  std::array<std::uint32_t, 2> openings{};
  std::array<std::uint32_t, 2> closings{};
  ClosePacing pacing{};
  Mono touched{};      // when one of our orders last changed on it
  Mono filled_at{};    // when we learned of our last fill on it
  VenueTime traded{};  // when that was, by the venue's clock; 0: an earlier run knew
  // Marks of the lane's pass over waiting orders.
  std::uint64_t mark = 0;
  bool only_held_increases = false;
  std::array<std::uint64_t, 2> crossed{};  // the pass that saw something of that side wait

  // A read of the leg, with nothing of ours on the wire.
  void seen(Qty venue) noexcept {
    if (falls_short(venue)) tracked = venue.sign() == tracked.sign() ? venue : Qty{};
    foreign = venue - tracked;
  }
  // As a read must show it, if nothing has traded that we do not know of.
  Qty expected() const noexcept { return tracked + foreign; }
  // Less than ours, or the other side of zero.
  bool falls_short(Qty venue) const noexcept {
    return tracked.sign() != 0 && (venue.sign() != tracked.sign() || venue.abs() < tracked.abs());
  }
  // One of ours may trade at any moment.
  bool on_the_wire() const noexcept { return open != waiting + ended; }
  // True if a close on `side` would find something, as far as we know.
  bool reducible(Side side) const noexcept { return tracked.sign() * sign_of(side) < 0; }
};

class Legs {
 public:
  static constexpr std::uint32_t none = UINT32_MAX;

  Legs();

  // Adds the leg when it is new.
  std::uint32_t at(const LegKey& key);
  std::uint32_t find(const LegKey& key) const noexcept;
  // Asks for the memory of a leg, if it is known.
  void bring_near(const LegKey& key) const noexcept;
  LegState& operator[](std::uint32_t index) noexcept { return legs_[index]; }
  const LegState& operator[](std::uint32_t index) const noexcept { return legs_[index]; }
  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(legs_.size()); }

 private:
  std::size_t probe(const LegKey& key) const noexcept;
  void grow();

  std::vector<LegState> legs_;
  std::vector<std::uint32_t> index_;  // a power of two, at most half full
};

}  // namespace copyd::exec
