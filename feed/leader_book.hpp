// LeaderBook: what was handed over of one leader: the trades seen, the position that they and the
// snapshots add up to on each leg, and which symbols may have an order resting at the venue. Pure.
//
// Owned by the feed's thread. The constructor allocates; nothing else does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/flow.hpp"
#include "feed/fill_filter.hpp"
#include "venue/user_data.hpp"

namespace copyd::feed {

struct LegName {
  SymbolId symbol;
  Leg leg = Leg::both;
  friend constexpr auto operator<=>(const LegName&, const LegName&) noexcept = default;
};

// What an earlier run handed over of a leader.
struct LeaderResume {
  struct Held {
    LegName leg;
    Qty qty;
    VenueTime as_of;  // 0: `begun`
  };
  struct Seen {
    LegName leg;
    TradeId trade;
  };
  VenueTime begun;  // from then on its trades count
  VenueTime since;  // everything until then was handed over
  std::vector<Held> legs;
  std::vector<Seen> seen;  // in the order handed over
};

class LeaderBook {
 public:
  LeaderBook(std::size_t symbols, std::size_t seen_max);

  enum class Taken : std::uint8_t {
    fresh,      // to be handed over; the position has moved
    duplicate,  // seen before
    contained,  // first seen now, but older than the snapshot that was handed over
  };
  Taken take(const LeaderFill& fill) noexcept;

  bool seen(SymbolId symbol, TradeId trade) const noexcept { return filter_.seen(symbol, trade); }
  // The snapshot handed over for this leg holds everything that traded until then.
  bool contains(LegName leg, VenueTime time) const noexcept;

  Qty qty(LegName leg) const noexcept { return legs_[index_of(leg)].qty; }
  // What traded on the leg until then is in its quantity.
  VenueTime as_of(LegName leg) const noexcept;
  VenueTime begun() const noexcept { return begun_; }
  // The newest trade taken on this leg; 0: none.
  TradeId newest(LegName leg) const noexcept { return legs_[index_of(leg)].newest; }
  // More was closed on a hedge leg than we knew of: a trade was missed.
  bool overdrawn(LegName leg) const noexcept {
    const int sign = qty(leg).sign();
    return leg.leg == Leg::long_ ? sign < 0 : leg.leg == Leg::short_ && sign > 0;
  }
  std::vector<LegName> open_legs() const;

  // The first snapshot of all: legs that it does not name are flat, and what traded until `asked`
  // is in it. Trades seen so far stay seen.
  void begin(VenueTime asked) noexcept;
  // As an earlier run left it. A leg without a time of its own holds what traded until `begun`.
  void resume(const LeaderResume& resume) noexcept;
  // A snapshot of one leg that was handed over.
  void set(LegName leg, Qty qty, VenueTime as_of) noexcept;

  // A symbol is `working` while an order may rest on it: such an order can fill unseen, long after
  // it was placed. The venue lists symbols with a position or an order; between two lists we follow
  // the orders as they come and go, each beginning and each end once, however often it is said,
  // erring on the side of working.
  void clear_listed() noexcept;
  void list(SymbolId symbol) noexcept { listed_[symbol.value] = 1; }
  void follow(const venue::OrderUpdate& update) noexcept;
  std::vector<SymbolId> working_symbols() const;

 private:
  struct LegState {
    Qty qty;
    VenueTime as_of;
    TradeId newest{};
  };
  static constexpr std::size_t legs_per_symbol = 3;
  static std::size_t index_of(LegName leg) noexcept {
    return leg.symbol.value * legs_per_symbol + static_cast<std::size_t>(leg.leg);
  }

  FillFilter filter_;
  std::vector<LegState> legs_;
  std::vector<std::uint8_t> listed_;    // by symbol: has a row in the last snapshot
  std::vector<std::uint16_t> working_;  // by symbol: orders that began and have not ended
  FillFilter begun_orders_;             // orders whose beginning, and whose end, was followed;
  FillFilter ended_orders_;             // their ids stand in for trades'
  VenueTime begun_{};
};

}  // namespace copyd::feed
