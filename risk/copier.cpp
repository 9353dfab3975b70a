#include "risk/copier.hpp"

#include <algorithm>
#include <utility>

#include "core/assert.hpp"
#include "core/limits.hpp"
#include "core/prefetch.hpp"
#include "risk/quantity.hpp"

namespace copyd::risk {
namespace {

// Reductions that wait for room have a place too; beyond it the tables grow.
std::size_t order_slots(const CopierSetup& setup) {
  return setup.lanes.size() * limits::inflight_per_lane_max + 4 * setup.followers.size() + 64;
}

std::vector<NameKey> keys_of(const SymbolTable& symbols) {
  std::vector<NameKey> keys;
  for (std::size_t i = 0; i < symbols.size(); ++i)
    keys.push_back(name_key(symbols[SymbolId{static_cast<std::uint16_t>(i)}].name));
  return keys;
}

// There is room for as many leaders as there may be: a reload brings them, and moves nothing.
std::size_t leader_places(const CopierSetup& setup) {
  return std::max(setup.leaders.size(), limits::leaders_max);
}

std::vector<NameKey> leader_keys(const CopierSetup& setup) {
  std::vector<NameKey> keys;
  for (const auto& leader : setup.leaders) keys.push_back(name_key(leader.label));
  keys.resize(leader_places(setup));
  return keys;
}

}  // namespace

Copier::Copier(const CopierSetup& setup)
    : symbols_(setup.symbols),
      clock_(setup.clock),
      leader_events_(setup.leader_events),
      commands_(setup.commands),
      answers_(setup.answers),
      notices_(setup.notices),
      cells_(setup.cells),
      stages_(setup.stages),
      last_prices_(setup.symbols.size()),
      marks_(setup.symbols.size()),
      symbol_keys_(keys_of(setup.symbols)),
      leader_keys_(leader_keys(setup)),
      settle_number_(setup.settle_start),
      generation_(setup.generation),
      orders_(order_slots(setup)),
      outcomes_(order_slots(setup) + 1, setup.decisions),
      gate_(setup.clock),
      shared_{symbols_, last_prices_, symbol_keys_, leader_keys_,    orders_,    settle_number_,
              gate_,    doubts_,      marks_,       setup.decisions, generation_},
      followers_of_(leader_places(setup)),
      held_by_leader_(leader_places(setup), std::vector<Qty>(setup.symbols.size() * leg_kinds)),
      followers_per_pass_(setup.followers_per_pass),
      journal_(setup.journal),
      replaying_(setup.replays),
      doubt_until_(setup.doubt_until.value_or(VenueTime())),
      decisions_(setup.decisions),
      reloads_(setup.reloads) {
  ASSERT(cells_.size() >= setup.followers.size());
  for (const auto& lane : setup.lanes) lanes_.push_back({lane.orders, lane.reports});
  // A reload may bring more of them, and moves nothing.
  const std::size_t places = std::max(setup.followers.size(), limits::followers_max);
  books_.reserve(places);
  lane_of_.reserve(places);
  on_paper_.reserve(places);
  for (auto& followers : followers_of_) followers.reserve(places);
  refused_mode_.reserve(places);
  last_increases_.reserve(places);
  refused_mode_.resize(setup.followers.size());
  last_increases_.resize(setup.followers.size());
  for (std::size_t i = 0; i < setup.followers.size(); ++i) {
    ASSERT(setup.followers[i].lane < lanes_.size());
    lane_of_.push_back(static_cast<std::uint16_t>(setup.followers[i].lane));
    const config::Follower& config = setup.followers[i].config;
    FollowerPolicy policy = resolve(config, setup.leaders, setup.symbols);
    const FollowerState state = policy.state;
    FollowerBook& book = books_.emplace_back(
        setup_of(config, FollowerId{static_cast<std::uint16_t>(i)}, std::move(policy)), shared_);
    book.set_state(StateCause::configuration, state, turn_of(i));
    for (std::size_t leader = 0; leader < followers_of_.size(); ++leader)
      if (book.follows(LeaderId{static_cast<std::uint16_t>(leader)}))
        followers_of_[leader].push_back(static_cast<std::uint16_t>(i));
    if (book.on_paper()) on_paper_.push_back(static_cast<std::uint16_t>(i));
    cells_[i].is_shadow.set(book.on_paper() ? 1 : 0);
    show_state(i);
  }
  finish_here_.reserve(1024);
  queries_.reserve(queries_max);
  shown_generation_.set(generation_);
}

int Copier::do_work() noexcept {
  check_journal();
  int work = fill_ ? go_on_deciding() : take_inputs();
  if (!fill_) {
    if (paper_moved_) show_paper();
    work += answer_queries();
  }
  in_flight_.set(static_cast<std::int64_t>(orders_.size()));
  return work;
}

int Copier::take_inputs() noexcept {
  int work = go_on_reloading();
  CopyCommand command;
  for (int i = 0; i < commands_per_pass && commands_.try_pop(command); ++i, ++work)
    std::visit([this](const auto& c) { take(c); }, command);
  Report report;
  for (Lane& lane : lanes_)
    for (int i = 0; i < limits::reports_per_pass && lane.reports.try_pop(report); ++i, ++work)
      std::visit([this](const auto& r) { take(r); }, report);
  for (Lane& lane : lanes_) hand_over_waiting(lane);
  LeaderEvent event;
  for (int i = 0; i < limits::fills_per_pass && !fill_ && leader_events_.try_pop(event);
       ++i, ++work)
    std::visit([this](const auto& e) { take(e); }, event);
  return work;
}

// ---- leader events

void Copier::apply(const LeaderFill& fill) {
  if (fill.leader.value >= followers_of_.size() || fill.symbol.value >= last_prices_.size()) return;
  if (fill.qty.sign() <= 0) return;
  Moment moment{.age = std::nullopt, .now = now_};
  if (venue_clock_.known()) moment.age = venue_clock_.at(moment.now) - fill.time;
  const bool doubtful = fill.time <= doubt_until_;
  doubts_ = doubtful ? lost_attempts(OrderKind::increase) : std::uint8_t{0};
  append(journal::Fill{.fill = fill,
                       .age_ms = moment.age ? moment.age->count() : journal::unknown_age,
                       .doubts = doubts_});
  check_journal();
  begin_deciding(fill, moment);
  go_on_deciding();
}

// The lanes of the same thread send what a pass has decided before the next pass goes on; until
// then nothing else is applied, so that the books come out as if all had been decided at once.
void Copier::begin_deciding(const LeaderFill& fill, const Moment& moment) {
  if (fill.price.sign() > 0) last_prices_[fill.symbol.value] = fill.price;
  held_by_leader(fill.leader, fill.symbol, fill.leg) += with_sign(fill.qty, sign_of(fill.side));
  out_of_sync_ = false;
  paper_moved_ = true;
  if (decisions_ != nullptr) decisions_->on_fill(fill, moment.age);

  const auto& followers = followers_of_[fill.leader.value];
  fill_ = {.fill = fill,
           .moment = moment,
           .first = followers.empty() ? 0 : first_follower_++ % followers.size()};
}

// How many followers had their turn.
int Copier::go_on_deciding() {
  const auto& [fill, moment, first, done] = *fill_;
  const auto& followers = followers_of_[fill.leader.value];
  const auto follower_at = [&](std::size_t i) {
    return followers[first + i < followers.size() ? first + i : first + i - followers.size()];
  };
  const std::size_t left = followers.size() - done;
  const std::size_t end =
      done + (followers_per_pass_ == 0 ? left : std::min(left, followers_per_pass_));
  for (std::size_t i = done; i < end; ++i) {
    if ((i - done) % limits::near_group == 0)
      for (std::size_t j = i; j < std::min(i + limits::near_group, end); ++j) {
        books_[follower_at(j)].bring_near(fill.symbol);
        prefetch(cells_[follower_at(j)]);
      }
    const std::uint16_t follower = follower_at(i);
    BookSink& sink = turn_of(follower);
    turn_.outcome = outcomes_.begin(cells_[follower], {.time = fill.time, .price = fill.price});
    turn_.orders_belong = true;
    turn_.trade = fill.trade;
    turn_.leader = fill.leader;
    const std::uint32_t outcome = turn_.outcome;
    if (decisions_ != nullptr) decisions_->on_copy(FollowerId{follower}, outcome);
    books_[follower].fill({.fill = fill, .age = moment.age, .now = moment.now}, sink);
    finish_here();
    outcomes_.end(outcome);
    go_on(follower);
  }
  const auto turns = static_cast<int>(end - done);
  fill_->done = end;
  if (end == followers.size()) end_deciding();
  return turns;
}

void Copier::end_deciding() {
  const LeaderFill fill = fill_->fill;
  fill_.reset();
  doubts_ = 0;
  if (out_of_sync_)
    notify(Notice::Level::warning, Notice::Subject::leader, fill.leader.value,
           "%s: a hedge leg was closed beyond what we knew; nothing opens on it until the leader's "
           "position is read again",
           symbols_[fill.symbol].name.c_str());
}

void Copier::apply(const LeaderPosition& position) {
  if (position.leader.value >= followers_of_.size()) return;
  if (position.symbol.value >= last_prices_.size()) return;
  held_by_leader(position.leader, position.symbol, position.leg) = position.qty;
  for (const std::uint16_t follower : followers_of_[position.leader.value]) {
    books_[follower].leader_position(position, turn_of(follower));
    go_on(follower);
  }
}

void Copier::apply(const LeaderSynced& synced) {
  if (synced.leader.value >= followers_of_.size()) return;
  for (const std::uint16_t follower : followers_of_[synced.leader.value]) {
    books_[follower].leader_synced(synced.leader);
    if (books_[follower].adopting())
      notify(Notice::Level::info, Notice::Subject::follower, follower,
             "what its leader holds is adopted as soon as it is connected and the mark, and the "
             "equity where it sizes, are known");
  }
}

// What a leader held when a link to it first appeared, where all is known by now.
void Copier::adopt(std::uint16_t follower) {
  if (!books_[follower].adopting()) return;
  BookSink& sink = turn_of(follower);
  turn_.adopts = true;
  books_[follower].adopt(now_, sink);
  finish_here();
}

// ---- what a book decides

BookSink& Copier::turn_of(std::size_t follower) noexcept {
  turn_ = {.follower = static_cast<std::uint16_t>(follower)};
  return *this;
}

void Copier::on_order(const Order& order) noexcept {
  const std::uint32_t slot = order->ref.slot;
  if (replaying_) replayed_orders_.emplace(order->copy_id, order->ref);
  else if (order->received.ns != 0)
    stages_[Stage::decide].record(std::int64_t{order->decided_ns} - order->decoded_ns);
  if (turn_.orders_belong) {
    orders_.at(slot).outcome = turn_.outcome;
    outcomes_.order(turn_.outcome);
  }
  if (decisions_ != nullptr)
    decisions_->on_order(*order, turn_.orders_belong ? turn_.outcome : no_slot);
  if (turn_.adopts)
    notify(Notice::Level::info, Notice::Subject::follower, turn_.follower,
           "%s: what the leader holds is adopted", symbols_[order->symbol].name.c_str());
  if (books_[turn_.follower].on_paper()) {
    finish_here_.push_back(order->ref);
    return;
  }
  Lane& lane = lanes_[lane_of_[turn_.follower]];
  hand_over_waiting(lane);
  if (order->kind != OrderKind::reduce) {
    watch_for_twin(*order);
    // The book must not change under its own hands: it is told when it is done with this event.
    if (!hand_over(lane, slot)) finish_here_.push_back(order->ref);
    return;
  }
  if (!hand_over(lane, slot)) wait_for_room(lane, slot);
}

void Copier::on_skip(const Skip& skip) noexcept {
  outcomes_.skip(turn_.outcome, skip.reason);
  if (decisions_ != nullptr)
    decisions_->on_skip(FollowerId{turn_.follower}, skip.link, skip.symbol, skip.reason,
                        turn_.outcome);
  if (skip.reason == Reject::out_of_sync) out_of_sync_ = true;
  if (!turn_.adopts) return;
  const std::string_view reason = name_of(skip.reason);
  notify(Notice::Level::warning, Notice::Subject::follower, turn_.follower,
         "%s: what the leader holds is not adopted, or not whole: %.*s",
         symbols_[skip.symbol].name.c_str(), static_cast<int>(reason.size()), reason.data());
}

void Copier::on_link_done(bool moved) noexcept {
  outcomes_.link_done(turn_.outcome, moved);
}

// ---- lanes

bool Copier::hand_over(Lane& lane, std::uint32_t slot) noexcept {
  if (lane.in_flight >= limits::inflight_per_lane_max) return false;
  const Order& order = orders_.at(slot).order;
  ASSERT(!books_[order->follower.value].on_paper());
  FollowerCells& cells = cells_[order->follower.value];
  if (!replaying_ && !lane.orders.try_push(order)) return false;
  ++lane.in_flight;
  cells.orders.add();
  cells.in_flight.add();
  return true;
}

void Copier::wait_for_room(Lane& lane, std::uint32_t slot) noexcept {
  OpenOrder& order = orders_.at(slot);
  order.waiting = true;
  order.next_waiting = no_slot;
  (lane.last_waiting == no_slot ? lane.first_waiting : orders_.at(lane.last_waiting).next_waiting) =
      slot;
  lane.last_waiting = slot;
}

void Copier::hand_over_waiting(Lane& lane) noexcept {
  std::uint32_t before = no_slot;
  std::uint32_t slot = lane.first_waiting;
  while (slot != no_slot) {
    OpenOrder& order = orders_.at(slot);
    const std::uint32_t next = order.next_waiting;
    const bool held = books_[order.order->follower.value].state() == FollowerState::halted;
    if (!held && !hand_over(lane, slot)) return;
    if (held) {
      before = slot;
    } else {
      order.waiting = false;
      (before == no_slot ? lane.first_waiting : orders_.at(before).next_waiting) = next;
      if (lane.last_waiting == slot) lane.last_waiting = before;
    }
    slot = next;
  }
}

// Orders on paper finish at the mark; increases for which the lane had no room finish unfilled, as
// if the lane had said so. What follows from one of them is behind them in the list.
void Copier::finish_here() {
  for (std::size_t i = 0; i < finish_here_.size(); ++i) {
    OrderDone done;
    done.ref = finish_here_[i];
    done.follower = orders_.at(done.ref.slot).order->follower;
    FollowerBook& book = books_[done.follower.value];
    if (book.on_paper()) {
      book.fill_on_paper(done, now_);
      paper_moved_ = true;
    } else {
      done.end = OrderEnd::lane_full;
    }
    finish(done);
  }
  finish_here_.clear();
}

}  // namespace copyd::risk
