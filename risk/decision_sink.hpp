// DecisionSink: watches a Copier decide, so that the history can say why. The Copier of the path
// has none: nothing below is computed there. Calls come on the Copier's thread, in the order in
// which things are decided; what they refer to lives as long as the call. They must not call back.
//
// An outcome is named by its slot from `on_copy` or `on_restored` until `on_outcome`, then the slot
// may be given to another.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/counters.hpp"
#include "core/flow.hpp"
#include "journal/records.hpp"
#include "risk/ledger.hpp"

namespace copyd::risk {

// One link's part of a fill. Quantities of the leader are ≥ 0, targets are signed.
struct LinkDecision {
  FollowerId follower;
  std::uint16_t link = 0;  // its place in the follower's list of links
  FollowerState state = FollowerState::active;
  Qty closed;                 // c
  Qty opened;                 // o
  Qty sized;                  // size(o); 0 where it is denied
  std::optional<Ratio> rate;  // R, of an equity_ratio link
  std::optional<Usd> equity;
  std::optional<Usd> leader_equity;
  const Ledger& before;
  Qty target_moved;     // T behind the fill, before anything of it was given up
  const Ledger& after;  // when its legs are settled
};

// One leg of a follower as a settlement sees it, before its orders are sent.
struct LegDecision {
  FollowerId follower;
  std::uint16_t link = 0;
  SymbolId symbol;
  Leg leg = Leg::both;  // the follower's
  bool fill_asks = false;
  FollowerState state = FollowerState::active;
  Qty wanted;
  Qty position;            // A
  Qty effective;           // E
  bool in_flight = false;  // an order of the leg is not finished
  Price price;
  int direction = 0;
  Qty reducing;
  Qty increasing;
  bool enters = false;
  Qty floor;
  // What an increase may be worth yet, by each limit that there is.
  std::optional<Usd> order_room{};
  std::optional<Usd> position_room{};
  std::optional<Usd> total_room{};
  std::optional<Qty> max_order_qty{};
};

class DecisionSink {
 public:
  virtual void on_fill(const LeaderFill& fill, std::optional<std::chrono::milliseconds> age) = 0;
  // A follower's part of that fill begins.
  virtual void on_copy(FollowerId follower, std::uint32_t outcome) = 0;
  virtual void on_link(const LinkDecision& decision) = 0;
  virtual void on_leg(const LegDecision& decision) = 0;
  // `outcome`: no_slot where no fill asked for it.
  virtual void on_order(const OrderTerms& terms, std::uint32_t outcome) = 0;
  virtual void on_skip(FollowerId follower, std::uint16_t link, SymbolId symbol, Reject reason,
                       std::uint32_t outcome) = 0;
  virtual void on_unknown(const OrderTerms& terms, std::uint32_t outcome, bool quarantined) = 0;
  // Before what follows from it.
  virtual void on_finished(const OrderTerms& terms, const OrderDone& done,
                           std::uint32_t outcome) = 0;
  virtual void on_outcome(std::uint32_t slot, Outcome outcome, std::optional<Reject> reason) = 0;
  // An order that an earlier run has left in flight.
  virtual void on_restored(const journal::OpenOrder& order, std::uint32_t outcome) = 0;

 protected:
  ~DecisionSink() = default;
};

}  // namespace copyd::risk
