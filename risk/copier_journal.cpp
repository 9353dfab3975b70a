// What the Copier writes to the journal, and how its books come back.
#include <algorithm>

#include "core/assert.hpp"
#include "risk/copier.hpp"

namespace copyd::risk {

// ---- what is applied is written first ----------------------------------------------------------

void Copier::note(const LeaderPosition& position) noexcept {
  append(journal::Position{position});
}
void Copier::note(const LeaderSynced& synced) noexcept {
  append(journal::Synced{synced});
}
// Told before, or never ours: it changes nothing, and is not written.
void Copier::note(const OrderDone& done) noexcept {
  const OpenOrder* order = orders_.find(done.ref);
  if (order != nullptr) append(journal::Done{.copy_id = order->order->copy_id, .done = done});
}
void Copier::note(const OrderUnknown& unknown) noexcept {
  const OpenOrder* order = orders_.find(unknown.ref);
  if (order != nullptr)
    append(journal::Unknown{.copy_id = order->order->copy_id,
                            .follower = unknown.follower,
                            .quarantined = unknown.quarantined});
}
void Copier::note(const FollowerPosition& position) noexcept {
  append(journal::Held{position});
}
void Copier::note(const PositionsTaken& taken) noexcept {
  append(journal::Taken{taken});
}
void Copier::note(const FollowerLink& link) noexcept {
  append(journal::Link{link});
}
void Copier::note(const SetState& command) noexcept {
  append(journal::State{command});
}
void Copier::note(const SetLeaderEquity& command) noexcept {
  append(journal::LeaderEquity{command});
}
void Copier::note(const SetFollowerEquity& command) noexcept {
  append(journal::FollowerEquity{command});
}
void Copier::note(const SetMark& command) noexcept {
  append(journal::Mark{command});
}
void Copier::note(const Flatten& command) noexcept {
  append(journal::FlattenAll{command});
}
void Copier::note(const OperatorWord& command) noexcept {
  append(journal::Operator{command});
}

// What is not in the journal would be forgotten by a restart: nothing opens any more.
void Copier::check_journal() noexcept {
  if (journal_lost_ || journal_ == nullptr || !journal_->failed()) return;
  journal_lost_ = true;
  for (FollowerBook& book : books_) {
    book.set_state(StateCause::journal, FollowerState::reduce_only, turn_of(book.id().value));
    show_state(book.id().value);
  }
  notify(Notice::Level::error, Notice::Subject::none, 0,
         "the journal cannot be written: no follower opens anything until copyd is started again; "
         "closes go on");
}

// ---- replay ------------------------------------------------------------------------------------

// An order that a replayed decision made; one that is over when it is not there.
OrderRef Copier::in_replay(const CopyId& id) const {
  const auto at = replayed_orders_.find(id);
  return at == replayed_orders_.end() ? OrderRef{.slot = no_slot} : at->second;
}

void Copier::replay(const journal::Record& record) {
  ASSERT(replaying_);
  now_ = Mono{record.mono_ns};
  switch (static_cast<journal::Type>(record.type)) {
    case journal::Type::leader_fill: {
      const auto input = record.as<journal::Fill>();
      Moment moment{.age = std::nullopt, .now = now_};
      if (input.age_ms != journal::unknown_age)
        moment.age = std::chrono::milliseconds(input.age_ms);
      doubts_ = static_cast<std::uint8_t>(input.doubts);
      begin_deciding(input.fill, moment);
      while (fill_) go_on_deciding();
      break;
    }
    case journal::Type::leader_position:
      apply(record.as<journal::Position>().position);
      break;
    case journal::Type::leader_synced:
      apply(record.as<journal::Synced>().synced);
      break;
    case journal::Type::order_done: {
      auto input = record.as<journal::Done>();
      input.done.ref = in_replay(input.copy_id);
      apply(input.done);
      replayed_orders_.erase(input.copy_id);
      break;
    }
    case journal::Type::order_unknown: {
      const auto input = record.as<journal::Unknown>();
      apply(OrderUnknown{.ref = in_replay(input.copy_id),
                         .follower = input.follower,
                         .quarantined = input.quarantined != 0});
      break;
    }
    case journal::Type::follower_position:
      apply(record.as<journal::Held>().position);
      break;
    case journal::Type::positions_taken:
      apply(record.as<journal::Taken>().taken);
      break;
    case journal::Type::flatten:
      apply(record.as<journal::FlattenAll>().flatten);
      break;
    case journal::Type::operator_word:
      apply(record.as<journal::Operator>().word);
      break;
    case journal::Type::follower_link:
      apply(record.as<journal::Link>().link);
      break;
    case journal::Type::set_state:
      apply(record.as<journal::State>().state);
      break;
    case journal::Type::leader_equity:
      apply(record.as<journal::LeaderEquity>().equity);
      break;
    case journal::Type::follower_equity:
      apply(record.as<journal::FollowerEquity>().equity);
      break;
    case journal::Type::mark:
      apply(record.as<journal::Mark>().mark);
      break;
    default:
      break;
  }
  for (Lane& lane : lanes_) hand_over_waiting(lane);
}

// ---- as rows -----------------------------------------------------------------------------------

void Copier::save(journal::RowSink& sink) const {
  sink.put(journal::Books{.settle_number = settle_number_,
                          .first_follower = first_follower_,
                          .doubt_until_ms = doubt_until_.ms});
  for (std::size_t i = 0; i < last_prices_.size(); ++i)
    if (!last_prices_[i].is_zero())
      sink.put(journal::LastPrice{.symbol = SymbolId{static_cast<std::uint16_t>(i)},
                                  .price = last_prices_[i],
                                  .mark = marks_[i].price,
                                  .mark_ns = marks_[i].at.ns});
  std::uint32_t outcomes = 0;
  for (std::size_t i = 0; i < books_.size(); ++i) {
    books_[i].save(sink, refused_mode_[i]);
    save_orders(books_[i], outcomes, sink);
    save_counts(i, sink);
  }
  save_wishes(sink);
}

// Each outcome before the orders that belong to it; `outcomes` numbers them.
void Copier::save_orders(const FollowerBook& book, std::uint32_t& outcomes,
                         journal::RowSink& sink) const {
  std::map<std::uint32_t, std::uint32_t> numbers;  // by slot
  book.each_open_order([&](std::uint32_t slot) {
    const std::uint32_t outcome = orders_.at(slot).outcome;
    if (outcome == no_slot || !numbers.emplace(outcome, outcomes).second) return;
    const auto row = outcomes_.row(outcome);
    sink.put(journal::Outcome{.follower = book.id(),
                              .skipped = row.first_skip.has_value(),
                              .skip = static_cast<std::uint8_t>(row.first_skip.value_or(Reject{})),
                              .number = outcomes++,
                              .failed = row.failed,
                              .carried = row.carried,
                              .filled = row.filled,
                              .moved = row.moved});
  });
  CopyId carrier{};  // of those that ride, which come behind it
  book.each_open_order([&](std::uint32_t slot) {
    const OpenOrder& order = orders_.at(slot);
    const auto asking = book.asking_leg(order);
    journal::OpenOrder row(*order.order);
    if (order.outcome != no_slot) row.outcome = numbers.at(order.outcome);
    row.link = order.link;
    if (order.link < book.links().size()) row.leader = book.links()[order.link].leader;
    if (asking) row.ledger_leg = static_cast<std::uint8_t>(*asking);
    row.unknown = order.quarantined ? journal::OpenOrder::quarantined : order.unknown;
    if (order.order->generation != 0)
      sink.put(journal::Generation{.copy_id = row.copy_id, .generation = order.order->generation});
    if (order.order->joined == Joined::carries) carrier = row.copy_id;
    if (order.order->joined != Joined::no)
      sink.put(journal::JoinedOrder{.copy_id = row.copy_id, .carrier = carrier});
    sink.put(row);
  });
}

// Outcomes that still stand as unknown are counted again by their orders.
void Copier::save_counts(std::size_t follower, journal::RowSink& sink) const {
  const FollowerCells& cells = cells_[follower];
  const auto put = [&](bool is_skip, std::size_t index, std::int64_t count) {
    if (count != 0)
      sink.put(journal::Count{.follower = books_[follower].id(),
                              .is_skip = is_skip,
                              .index = static_cast<std::uint8_t>(index),
                              .count = count});
  };
  for (std::size_t i = 0; i < outcome_count; ++i)
    if (static_cast<Outcome>(i) != Outcome::unknown) put(false, i, cells.outcomes[i].get());
  for (std::size_t i = 0; i < reject_count; ++i) put(true, i, cells.skipped[i].get());
}

bool Copier::restore(const journal::Record& row) {
  const auto book = [&](FollowerId id) {
    return id.value < books_.size() ? &books_[id.value] : nullptr;
  };
  const auto into_book = [&](const auto& payload) {
    FollowerBook* const of = book(payload.follower);
    return of != nullptr && of->restore(payload);
  };
  switch (static_cast<journal::Type>(row.type)) {
    case journal::Type::books: {
      const auto books = row.as<journal::Books>();
      settle_number_ = std::max(settle_number_, books.settle_number);
      first_follower_ = books.first_follower;
      doubt_until_ = std::max(doubt_until_, VenueTime{books.doubt_until_ms});
      return true;
    }
    case journal::Type::last_price: {
      const auto last = row.as<journal::LastPrice>();
      if (last.symbol.value >= last_prices_.size()) return false;
      last_prices_[last.symbol.value] = last.price;
      if (last.same_run != 0)
        marks_[last.symbol.value] = {.price = last.mark, .at = Mono{last.mark_ns}};
      return true;
    }
    case journal::Type::follower: {
      const auto payload = row.as<journal::Follower>();
      FollowerBook* const of = book(payload.id);
      restoring_ = of;
      if (of != nullptr && payload.same_run != 0 && payload.refused_mode != 0)
        refused_mode_[payload.id.value] = static_cast<PositionMode>(payload.refused_mode - 1);
      return of != nullptr && of->restore(payload);
    }
    case journal::Type::loss_base:
      return into_book(row.as<journal::LossBase>());
    case journal::Type::wish: {
      const auto wished = row.as<journal::Wish>();
      return wish(wished.about, wished.account, wished.state);
    }
    case journal::Type::link_equity:
      return into_book(row.as<journal::LinkEquity>());
    case journal::Type::ledger:
      restoring_ = book(row.as<journal::Ledger>().follower);
      return into_book(row.as<journal::Ledger>());
    case journal::Type::paper:
      return into_book(row.as<journal::Paper>());
    case journal::Type::adopting:
      return into_book(row.as<journal::Adopting>());
    case journal::Type::lot:
      return restoring_ != nullptr && restoring_->restore(row.as<journal::Lot>());
    case journal::Type::held_leg:
      return into_book(row.as<journal::HeldLeg>());
    case journal::Type::outcome:
      return restore_outcome(row.as<journal::Outcome>());
    case journal::Type::leader_leg: {
      const auto held = row.as<journal::LeaderLeg>();
      if (held.leader.value >= followers_of_.size()) return false;
      if (held.symbol.value >= last_prices_.size()) return false;
      held_by_leader(held.leader, held.symbol, held.leg) = held.qty;
      return true;
    }
    case journal::Type::generation:
      restored_generation_ = row.as<journal::Generation>();
      return true;
    case journal::Type::joined:
      restored_joined_ = row.as<journal::JoinedOrder>();
      return true;
    case journal::Type::open_order:
      return restore_order(row.as<journal::OpenOrder>());
    case journal::Type::count:
      return restore_count(row.as<journal::Count>());
    default:
      return true;
  }
}

bool Copier::restore_outcome(const journal::Outcome& row) {
  if (row.follower.value >= books_.size()) return false;
  OutcomeTable::Row outcome{.first_skip = std::nullopt,
                            .failed = row.failed != 0,
                            .carried = row.carried != 0,
                            .filled = row.filled != 0,
                            .moved = row.moved != 0};
  if (row.skipped != 0) outcome.first_skip = static_cast<Reject>(row.skip);
  restored_outcomes_[row.number] = outcomes_.restore(cells_[row.follower.value], outcome);
  return true;
}

bool Copier::restore_order(const journal::OpenOrder& row) {
  const std::uint16_t follower = row.follower.value;
  if (follower >= books_.size()) return false;
  const bool known = restored_generation_.copy_id == row.copy_id;
  auto joined = Joined::no;
  if (restored_joined_.copy_id == row.copy_id)
    joined = restored_joined_.carrier == row.copy_id ? Joined::carries : Joined::rides;
  const auto ref =
      books_[follower].restore(row, known ? restored_generation_.generation : 0, joined);
  if (!ref) return false;
  OpenOrder& order = orders_.at(ref->slot);
  if (const auto at = restored_outcomes_.find(row.outcome); at != restored_outcomes_.end()) {
    order.outcome = at->second;
    outcomes_.restore_order(order.outcome, order.unknown);
  }
  if (decisions_ != nullptr) decisions_->on_restored(row, order.outcome);
  if (replaying_) replayed_orders_.emplace(row.copy_id, *ref);
  Lane& lane = lanes_[lane_of_[follower]];
  if (hand_over(lane, ref->slot)) return true;
  if (row.kind == OrderKind::reduce) wait_for_room(lane, ref->slot);
  else finish_here_.push_back(*ref);
  return true;
}

bool Copier::restore_count(const journal::Count& row) noexcept {
  const std::size_t count = row.is_skip != 0 ? reject_count : outcome_count;
  if (row.follower.value >= cells_.size() || row.index >= count) return false;
  FollowerCells& cells = cells_[row.follower.value];
  (row.is_skip != 0 ? cells.skipped[row.index] : cells.outcomes[row.index]).add(row.count);
  return true;
}

void Copier::restored() {
  restoring_ = nullptr;
  // A fill whose orders were all dropped with their follower's leg is over.
  for (const auto& [number, slot] : restored_outcomes_) outcomes_.conclude(slot);
  restored_outcomes_.clear();
  finish_here();
  // A flatten goes on when the follower's link is there.
  for (std::size_t i = 0; i < books_.size(); ++i) show_state(i);
  in_flight_.set(static_cast<std::int64_t>(orders_.size()));
}

}  // namespace copyd::risk
