// Gate: what of an intent may be sent, and the only maker of an Order.
//
// `admit` applies, in this order: the follower's state and whatever else forbids opening, the
// limits, the venue's smallest order. Increasing parts may be cut or dropped; a reducing part is
// never cut by a limit. `admit_close` is for a flatten: it admits in every state. What is admitted
// is an Admission, and `approve` turns an Admission into Orders, never for more than was admitted.
//
// Copy agent only. Pure but for the clock, which is handed in and only stamps the orders. Allocates
// nothing.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>

#include "core/clock.hpp"
#include "core/flow.hpp"
#include "risk/settle.hpp"

namespace copyd::risk {

// What the gate allows on one leg: at most two parts, in sending order, and what it cut.
class Admission {
 public:
  struct Part {
    OrderKind kind = OrderKind::reduce;
    Qty quantity;  // > 0
  };
  std::span<const Part> parts() const noexcept { return {parts_.data(), part_count_}; }
  std::span<const Reject> skips() const noexcept { return {skips_.data(), skip_count_}; }
  // What was cut is not chased: the target is lowered to E once all legs are settled.
  bool gives_up() const noexcept { return gives_up_; }

 private:
  friend class Gate;
  Admission() = default;
  void add_part(OrderKind kind, Qty quantity) noexcept;
  void add_skip(Reject reason) noexcept;

  std::array<Part, 2> parts_{};
  std::array<Reject, 2> skips_{};
  std::size_t part_count_ = 0;
  std::size_t skip_count_ = 0;
  bool gives_up_ = false;
};

// A quantity in the fewest orders that the venue's largest order allows, as equal as the step
// allows, the larger first.
struct Split {
  std::int64_t count = 0;
  std::int64_t larger_count = 0;
  Qty larger;
  Qty smaller;
  Qty at(std::int64_t i) const noexcept { return i < larger_count ? larger : smaller; }
};
Split split_evenly(Qty quantity, const SymbolFilters& filters) noexcept;

// What an increase may still be worth, by each limit that there is.
struct Rooms {
  std::optional<Usd> order;
  std::optional<Usd> position;
  std::optional<Usd> total;
};

class Gate {
 public:
  explicit Gate(const Clock& clock) noexcept : clock_(clock) {}

  struct Question {
    FollowerState state = FollowerState::active;
    const OrderLimits& limits;
    const Settlement& settlement;
    const LegView& leg;
    const Intent& intent;
    Usd elsewhere;  // what the follower's other legs are worth; read with max_total_notional only
    std::optional<Qty> max_order_qty{};    // of the symbol
    std::optional<Reject> opens_denied{};  // nothing may increase, though the state allows it
  };
  Admission admit(const Question& question) const noexcept;
  // What `admit` clips increases to; for who has to explain it.
  static Rooms rooms(const Question& question) noexcept;

  // All of a leg's position that the venue takes an order for, to be closed at once.
  Admission admit_close(Qty position, const SymbolFilters& filters) const noexcept;

  // REQUIRES: `terms` is of a kind that was admitted and for no more than is left of it; that much
  // is then taken off. Stamps `decided_ns`.
  Order approve(Admission& admission, OrderTerms terms) const noexcept;
  // An order that was approved before a restart, by the journal's word.
  static Order approved_before(const OrderTerms& terms) noexcept {
    return Order(Order::Approval(), terms);
  }

 private:
  const Clock& clock_;
};

}  // namespace copyd::risk
