#include "exec/order_lane.hpp"

#include <algorithm>
#include <utility>

#include "core/assert.hpp"
#include "core/prefetch.hpp"

namespace copyd::exec {
namespace {

// So long may orders of one pass after the other keep the sockets waiting, and those of one pass
// what is staged: some keys sign slowly.
constexpr std::chrono::milliseconds look_period{1};
constexpr std::chrono::milliseconds take_max{2};

std::int64_t ns_between(Mono from, Mono to) noexcept {
  return (to - from).count();
}

}  // namespace

OrderLane::OrderLane(LaneWiring wiring)
    : w_(std::move(wiring)),
      coming_(w_.orders),
      holds_(w_.holds != nullptr ? *w_.holds : own_holds_),
      inflight_(w_.followers.size()),
      followers_(w_.followers.size()),
      streams_(w_.transport, w_.endpoints),
      user_data_(w_.symbols) {
  const auto url = net::Url::parse(w_.endpoints.ws_api, "wss");
  ASSERT(url.has_value());
  orders_url_ = *url;
  staged_.resize(static_cast<std::size_t>(w_.batch));
  staged_texts_.resize(staged_.size());
  mine_.reserve(w_.followers.size());
}

OrderLane::~OrderLane() = default;

int OrderLane::do_work() noexcept {
  int work = take_commands();
  const int taken = take_orders();
  flush_staged();
  const Mono now = w_.clock.now();
  // More of the same fill may follow: what came waits a little for what leaves.
  if (taken == 0 || now - looked_ >= look_period) work += look_around(now);
  if (w_.journal != nullptr) w_.journal->ask();
  if (draining_) drain(now);
  return work + taken;
}

// What came in, what has become due, and what may leave now.
int OrderLane::look_around(Mono now) {
  looked_ = now;
  int work = poll_shared(now);
  work += poll_streams(now);
  work += run_links(now);
  const bool tend_due = now - tended_ >= tend_period;
  if (tend_due) tended_ = now;
  for (LaneFollower* follower : mine_) {
    if (tend_due) reconcile(*follower, now);
    if (follower->pump || (tend_due && follower->waiting != 0)) pump(*follower, now);
  }
  flush_staged();
  return work;
}

int OrderLane::take_commands() {
  int work = 0;
  LaneCommand command;
  while (w_.commands.try_pop(command)) {
    ++work;
    const Mono now = w_.clock.now();
    if (const auto* sample = std::get_if<TimeSample>(&command)) {
      set_time(*sample);
    } else if (auto* added = std::get_if<AddFollower>(&command)) {
      add(std::move(*added), now);
    } else if (const auto* removed = std::get_if<RemoveFollower>(&command)) {
      remove(removed->follower, now);
    } else if (const auto* expected = std::get_if<ExpectPosition>(&command)) {
      expect(*expected, now);
    } else if (const auto* positions = std::get_if<TrustPositions>(&command)) {
      trusts_positions_ = positions->trust;
      for (LaneFollower* follower : mine_) want_read(*follower, now);
    } else if (const auto* prepared = std::get_if<SymbolPrepared>(&command)) {
      on_prepared(*prepared);
    } else if (const auto* all = std::get_if<SymbolsPrepared>(&command)) {
      on_prepared(*all);
    } else if (const auto* limit = std::get_if<LimitIncreases>(&command)) {
      follower_at(limit->follower).budget.limit_increases(limit->per_10s);
    } else if (const auto* taken = std::get_if<TakePositions>(&command)) {
      LaneFollower& follower = follower_at(taken->follower);
      follower.take_wanted = true;
      follower.take_from = now;
    } else {
      draining_ = true;
      quiet_since_ = now;
    }
  }
  return work;
}

void OrderLane::set_time(TimeSample sample) noexcept {
  venue_clock_.set(sample);
  for (LaneFollower* follower : mine_) {
    follower->time_doubtful_until = Mono{};
    follower->pump = follower->pump || follower->waiting != 0;
  }
}

int OrderLane::take_orders() noexcept {
  int work = 0;
  const Mono begin = w_.clock.now();
  Mono now = begin;
  while (work < limits::orders_per_pass && now - begin < take_max && !inflight_.full()) {
    if (coming_.group_is_over()) bring_near(coming_.take_group());
    if (coming_.group_is_over()) break;
    take(*coming_.next(), now);
    now = w_.clock.now();
    ++work;
  }
  return work;
}

// Before each follower's turn comes: what an order touches of one is a few dozen cache lines, and
// what came between two fills may have put them all far away.
void OrderLane::bring_near(std::span<const Order> orders) const noexcept {
  for (const Order& order : orders) {
    const auto& follower = followers_[order->follower.value];
    if (!follower) continue;
    prefetch(*follower);
    prefetch(follower->cells);
    if (order->follower.value < w_.books.size()) prefetch(w_.books[order->follower.value]);
    inflight_.bring_near(order->copy_id);
    legs_.bring_near({order->follower, order->symbol, order->leg});
  }
  for (const Order& order : orders) {
    const auto& follower = followers_[order->follower.value];
    if (!follower || !follower->link) continue;
    const LaneLink& link = *follower->link;
    prefetch(link);
    prefetch(std::as_bytes(std::span(link.credentials.api_key.reveal())));
    if (!link.logs_on) link.credentials.signer.bring_near();
  }
}

void OrderLane::take(const OrderTerms& terms, Mono now) noexcept {
  // An empty Order was never approved.
  ASSERT(terms.qty.sign() > 0);
  LaneFollower& follower = follower_at(terms.follower);
  const std::uint32_t leg = legs_.at({terms.follower, terms.symbol, terms.leg});
  InflightOrder& order = inflight_.open(terms, now);
  order.leg = leg;
  if (w_.books_journal != nullptr) order.books_recorded = w_.books_journal->appended();
  ++legs_[leg].open;
  ++(order.reduces() ? legs_[leg].closings : legs_[leg].openings)[order.zone()];
  ++follower.in_flight;
  ++follower.waiting;
  ++legs_[leg].waiting;
  follower.cells.waiting.set(follower.waiting);
  w_.cells.taken.add();
  order.crosses = !order.reduces() && would_cross(order);
  if (terms.joined == Joined::rides) return ride_on(follower, order, now);
  order.joined = terms.joined;
  order.sent_limit = terms.limit;
  if (w_.journal != nullptr && !is_recorded(order)) w_.journal->want_durable();
  if (resume(follower, order, now)) return;
  if (terms.received.ns != 0 && order.attempt == 0)
    w_.stages[Stage::lane].record(ns_between(terms.received, now) - terms.decided_ns);

  // An earlier order of the leg that still waits goes first.
  const bool first = legs_[leg].waiting == 1;
  const bool sent = first && is_due(follower, order, now) && send(follower, order, now);
  if (!sent) follower.pump = true;
}

// REQUIRES: `terms` lives as long as the request.
venue::PlaceRequest OrderLane::request_of(InflightOrder& order, OrderTerms& terms,
                                          Mono now) noexcept {
  const VenueTime timestamp = venue_clock_.at(now);
  terms = order.terms;
  terms.qty = order.sent_qty;
  terms.limit = order.limit();
  order.deadline = timestamp + std::chrono::milliseconds(recv_window_ms);
  return {
      .id = inflight_.new_request(order),
      .terms = &terms,
      .symbol = w_.symbols[terms.symbol].name,
      .client_order_id = venue::client_order_id(terms.copy_id, order.attempt),
      .timestamp = timestamp,
      .recv_window_ms = recv_window_ms,
  };
}

std::size_t OrderLane::encode(LaneFollower& follower, InflightOrder& order, std::span<char> out,
                              Mono now) noexcept {
  LaneLink& link = *follower.link;
  OrderTerms terms;
  return venue::encode_place(request_of(order, terms, now), link.credentials.api_key.reveal(),
                             link.logs_on ? nullptr : &link.credentials.signer, out);
}

// The key cannot sign, or the symbol's name cannot be written: no retry changes that.
bool OrderLane::cannot_encode(LaneFollower& follower, InflightOrder& order, Mono now) noexcept {
  notice(Level::error, follower.id, "an order could not be encoded or signed");
  finish(order, OrderEnd::refused, now);
  return true;
}

// REQUIRES: is_due. False: nothing left, and the order still waits. Otherwise it was sent, or is
// finished and gone.
bool OrderLane::send(LaneFollower& follower, InflightOrder& order, Mono now) noexcept {
  ASSERT(order.state == OrderState::waiting);
  const LegState& leg = legs_[order.leg];
  order.sent_qty = order.asked() - order.settled;
  // In hedge mode a close beyond the position is refused whole; where the position was read, what
  // is there is closed and the rest is decided again.
  const bool hedge = order.terms.leg != Leg::both;
  if (hedge && order.reduces() && leg.vouched.sign() != 0 && leg.vouched.abs() < order.sent_qty)
    order.sent_qty = leg.vouched.abs();
  if (order.opened_since.sign() > 0) {
    // It is late: what a later order has opened is there already, and is not its to close. What it
    // was to close may still come, by an earlier order whose fate is open.
    if (opens_before(order)) return false;
    order.sent_qty = std::min(order.sent_qty, left_to_close(order));
    order.terms.qty = order.settled + order.sent_qty;
    if (order.sent_qty.is_zero()) {
      finish(order, OrderEnd::executed, now);
      return true;
    }
  }
  if (way_of(follower, now) == Way::rest) return send_by_rest(follower, order, now);
  return write(follower, order, now);
}

bool OrderLane::write(LaneFollower& follower, InflightOrder& order, Mono now) noexcept {
  const bool shares = follower.link->shares;
  const std::span<char> out = shares ? room_for_one() : std::span<char>(text_);
  const std::size_t size = encode(follower, order, out, now);
  if (size == 0) return cannot_encode(follower, order, now);
  const Mono sealed = w_.clock.now();
  const auto when = shares ? Written::with_the_batch : Written::at_once;
  if (!intend(follower, order, when, sealed)) {
    finish(order, OrderEnd::expired, now);
    return true;
  }
  order.early = order.reduces() && awaits_an_opening(order);
  set_state(follower, order, OrderState::staged);
  const OrderSocket& orders = follower.link->orders;
  if (!shares && orders.socket->send({out.data(), size}).has_error()) {
    order.request = 0;
    set_state(follower, order, OrderState::waiting);
    return false;
  }
  order.sealed = sealed;
  left(follower, order, shares ? shared_->serial() : orders.serial);
  follower.by_rest_said = false;
  w_.stages[Stage::sign].record(ns_between(now, sealed));
  if (shares) stage(order, {out.data(), size});
  else written(order);
  return true;
}

// The kernel has it.
void OrderLane::written(InflightOrder& order) noexcept {
  w_.stages[Stage::write].record(ns_between(order.sealed, order.written));
  if (order.terms.received.ns == 0 || order.attempt != 0) return;
  const auto fill_to_wire = ns_between(order.terms.received, order.written);
  w_.stages[Stage::fill_to_wire].record(fill_to_wire);
  FollowerLinkCells& cells = follower_at(order.terms.follower).cells;
  cells.left.add();
  cells.left_ns.add(fill_to_wire);
}

void OrderLane::left(LaneFollower& follower, InflightOrder& order, std::uint32_t carrier) noexcept {
  order.written = w_.clock.now();
  order.timed = false;
  order.carrier = carrier;
  set_state(follower, order, OrderState::written);
  follower.budget.placed(order.written, budget_kind(order));
  LegState& leg = legs_[order.leg];
  leg.touched = order.written;
  leg.vouched = Qty{};
  w_.cells.sent.add();
  if (order.joined == Joined::carries) w_.cells.joined.add();
}

void OrderLane::set_state(LaneFollower& follower, InflightOrder& order, OrderState state) noexcept {
  const auto shown = [](OrderState s) { return s == OrderState::staged ? OrderState::written : s; };
  const auto cell_of = [&](OrderState s) -> Cell* {
    if (s == OrderState::written) return &follower.cells.written;
    return s == OrderState::unknown ? &follower.cells.unknown : nullptr;
  };
  if (order.state == OrderState::unknown && state != OrderState::unknown)
    (state == OrderState::waiting ? w_.cells.absent : w_.cells.found).add();
  const bool waited = order.state == OrderState::waiting;
  const bool waits = state == OrderState::waiting;
  if (waited && !waits) --follower.waiting, --legs_[order.leg].waiting;
  if (!waited && waits) ++follower.waiting, ++legs_[order.leg].waiting;
  LegState& leg = legs_[order.leg];
  if (order.state == OrderState::ended) --follower.ended, --leg.ended, ++leg.closings[order.zone()];
  if (state == OrderState::ended) ++follower.ended, ++leg.ended, --leg.closings[order.zone()];
  if (waited != waits) follower.cells.waiting.set(follower.waiting);
  if (shown(order.state) != shown(state)) {
    if (Cell* cell = cell_of(shown(order.state))) cell->add(-1);
    if (Cell* cell = cell_of(shown(state))) cell->add(1);
  }
  order.state = state;
}

void OrderLane::finish(InflightOrder& order, OrderEnd end, Mono now) noexcept {
  if (order.joined == Joined::carries) {
    if (end == OrderEnd::executed) share_out(order, now);
    else apart(order, now);
  }
  LaneFollower& follower = follower_at(order.terms.follower);
  LegState& leg = legs_[order.leg];
  if (order.reduces()) {
    // A close that brought nothing failed, whatever it was called; a fill has reset the pace.
    const bool nothing = order.filled.is_zero();
    if (nothing && (end == OrderEnd::executed || end == OrderEnd::refused)) leg.pacing.failed(now);
  }
  if (end == OrderEnd::executed && order.written.ns != 0)
    w_.stages[Stage::filled].record(ns_between(order.written, now));
  const OrderDone done{
      .ref = order.terms.ref,
      .follower = order.terms.follower,
      .end = end,
      .filled = order.filled,
      .average = order.average,
      .venue_time = order.traded,
      .venue_code = end == OrderEnd::refused || end == OrderEnd::unprepared ? order.refusal : 0,
  };
  keep_finished(order, done, now);
  set_state(follower, order, OrderState::free);
  --(order.reduces() ? leg.closings : leg.openings)[order.zone()];
  inflight_.close(order);
  --follower.in_flight;
  --leg.open;
  leg.touched = now;
  follower.pump = follower.pump || follower.waiting != 0 || follower.ended != 0;
  report(done);
}

void OrderLane::report(const Report& report) noexcept {
  // The channel has room for every report that the orders in flight can cause.
  const bool pushed = w_.reports.try_push(report);
  ASSERT(pushed);
}

LaneFollower& OrderLane::follower_at(FollowerId id) {
  ASSERT(id.value < followers_.size());
  auto& follower = followers_[id.value];
  if (!follower) {
    const bool limited = id.value < w_.increases_per_10s.size();
    const OrderBudget budget(w_.order_limits, limited ? w_.increases_per_10s[id.value] : 0);
    follower = std::make_unique<LaneFollower>(id, w_.followers[id.value], budget);
    follower->reconcile_at = next_reconcile(id, w_.clock.now());
    mine_.push_back(follower.get());
  }
  return *follower;
}

// Nothing moves, and nothing that waits can leave; a close waits for its connection to come back.
bool OrderLane::is_quiet() noexcept {
  if (!coming_.empty() || w_.reports.size() != 0) return false;
  for (LaneFollower* follower : mine_) {
    const bool held = state_of(follower->id) == FollowerState::halted;
    const bool comes_back = follower->link && !follower->link->session.refused();
    const bool carried = way_of(*follower, w_.clock.now()) != Way::none;
    for (auto* order = inflight_.first(follower->id); order != nullptr;
         order = inflight_.next(*order)) {
      const bool may_leave = carried || (order->reduces() && comes_back);
      if (order->state != OrderState::waiting || (may_leave && !held)) return false;
    }
  }
  return true;
}

void OrderLane::drain(Mono now) noexcept {
  if (drained()) return;
  if (!is_quiet()) quiet_since_ = now;
  if (now - quiet_since_ < drain_quiet) return;
  for (LaneFollower* follower : mine_) remove(follower->id, now);
  drained_.store(true, std::memory_order_release);
}

}  // namespace copyd::exec
