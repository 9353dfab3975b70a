// What the Copier does with reports of the lanes and commands of the supervisor.
#include <cstdarg>
#include <cstdio>

#include "core/assert.hpp"
#include "risk/copier.hpp"

namespace copyd::risk {
namespace {

// The skip of an increase that did not fill whole.
Reject skip_of(OrderEnd end) noexcept {
  if (end == OrderEnd::unprepared) return Reject::unprepared;
  return end == OrderEnd::lane_full ? Reject::lane_full : Reject::missed;
}

template <class T>
std::optional<T> if_known(bool known, T value) noexcept {
  if (!known) return std::nullopt;
  return value;
}

bool all_zero(const FollowerBook::LegRow& row) noexcept {
  return row.target.is_zero() && row.position.is_zero() && row.open_orders == 0;
}

}  // namespace

// ---- reports

void Copier::apply(const OrderDone& done) {
  const OpenOrder* order = orders_.find(done.ref);
  if (order == nullptr) return;  // told before
  const std::uint16_t follower = order->order->follower.value;
  Lane& lane = lanes_[lane_of_[follower]];
  ASSERT(!order->waiting && lane.in_flight > 0);
  --lane.in_flight;
  cells_[follower].in_flight.add(-1);
  finish(done);
  // After a close that found nothing its position comes next, and decides what is left to do.
  if (done.end == OrderEnd::flat) return;
  go_on(follower);
}

// What follows from an event of a follower, once its book is done with it.
void Copier::go_on(std::uint16_t follower) {
  finish_here();
  adopt(follower);
  protect(follower);
  if (refused_mode_[follower]) try_mode(follower);
}

// The order is over: its fill's outcome and its follower's book hear of it.
void Copier::finish(const OrderDone& done) {
  const OpenOrder& order = *orders_.find(done.ref);
  const OrderTerms terms = *order.order;
  const std::uint32_t outcome = order.outcome;
  const bool refused = done.end == OrderEnd::refused;
  const bool quarantined = order.quarantined;
  const std::uint16_t link = order.link;
  if (decisions_ != nullptr) decisions_->on_finished(terms, done, outcome);
  outcomes_.order_finished(outcome, {.was_unknown = order.unknown,
                                     .refused = refused,
                                     .filled = done.filled,
                                     .average = done.average,
                                     .traded = done.venue_time,
                                     .buys = terms.side == Side::buy});

  FollowerBook& book = books_[terms.follower.value];
  BookSink& sink = turn_of(terms.follower.value);
  turn_.outcome = outcome;
  // A close that is tried again still belongs to the fill that asked for it.
  turn_.orders_belong =
      terms.kind == OrderKind::reduce && done.filled < terms.qty && !refused && outcome != no_slot;
  if (done.end == OrderEnd::flat) {
    outcomes_.skip(outcome, Reject::flat);
    if (decisions_ != nullptr)
      decisions_->on_skip(terms.follower, link, terms.symbol, Reject::flat, outcome);
    book.finish(done.ref, done.filled);
    notify(Notice::Level::warning, Notice::Subject::follower, terms.follower.value,
           "%s: a close found nothing to close at the venue", symbols_[terms.symbol].name.c_str());
  } else {
    book.result(done.ref, done.filled, skip_of(done.end), sink);
  }
  if (refused && terms.kind != OrderKind::reduce) book.increase_refused(now_, sink);
  if (quarantined) resolve_quarantine(terms);
  outcomes_.conclude(outcome);
}

void Copier::apply(const FollowerPosition& position) {
  if (position.follower.value >= books_.size()) return;
  if (position.symbol.value >= last_prices_.size()) return;
  // What the account really holds has nothing to do with what is on paper.
  if (books_[position.follower.value].on_paper()) return;
  books_[position.follower.value].follower_position(position);
  go_on(position.follower.value);
}

void Copier::apply(const FollowerLink& link) {
  if (link.follower.value >= books_.size()) return;
  FollowerBook& book = books_[link.follower.value];
  FollowerState state = FollowerState::reduce_only;
  refused_mode_[link.follower.value].reset();
  if (book.on_paper()) {
    // It goes on as it is, and takes over the account's mode when it holds nothing.
    if (link.ready) refused_mode_[link.follower.value] = link.mode;
    state = FollowerState::active;
  } else if (link.ready) {
    if (book.set_mode(link.mode)) {
      state = FollowerState::active;
    } else {
      refused_mode_[link.follower.value] = link.mode;
      notify(Notice::Level::error, Notice::Subject::follower, link.follower.value,
             "the position mode was changed to %s while positions are open: nothing is opened "
             "until they are closed, or it is changed back",
             link.mode == PositionMode::hedge ? "hedge" : "one-way");
    }
  }
  book.served(now_);
  book.set_state(StateCause::connection, state, turn_of(link.follower.value));
  go_on(link.follower.value);
  show_state(link.follower.value);
}

// The lane says the account's mode once; the book can only take it when it holds nothing any more.
void Copier::try_mode(std::uint16_t follower) {
  if (!books_[follower].set_mode(*refused_mode_[follower])) return;
  refused_mode_[follower].reset();
  books_[follower].set_state(StateCause::connection, FollowerState::active, turn_of(follower));
  finish_here();
  show_state(follower);
}

// ---- commands

void Copier::apply(const TimeSample& sample) {
  venue_clock_.set(sample);
}

void Copier::apply(const SetState& command) {
  if (command.follower.value >= books_.size()) return;
  books_[command.follower.value].set_state(command.cause, command.state,
                                           turn_of(command.follower.value));
  go_on(command.follower.value);
  show_state(command.follower.value);
}

void Copier::apply(const SetLeaderEquity& command) {
  if (command.leader.value >= followers_of_.size()) return;
  for (const std::uint16_t follower : followers_of_[command.leader.value])
    books_[follower].leader_equity(command.leader, if_known(command.known, command.equity));
  for (const std::uint16_t follower : followers_of_[command.leader.value]) adopt(follower);
}

void Copier::apply(const SetMark& command) {
  if (command.symbol.value >= last_prices_.size() || command.price.sign() < 0) return;
  marks_[command.symbol.value] = {.price = command.price, .at = now_};
  if (!command.price.is_zero()) last_prices_[command.symbol.value] = command.price;
  paper_moved_ = true;
  for (std::size_t i = 0; i < books_.size(); ++i) adopt(static_cast<std::uint16_t>(i));
}

void Copier::apply(const QueryBook& command) {
  if (queries_.size() < queries_max) {
    queries_.push_back({.number = command.query});
    return;
  }
  notify(Notice::Level::warning, Notice::Subject::none, 0,
         "too many questions about the book at once: one was dropped");
}

// ---- the book query

// A bounded part per pass, so that a long answer never holds a fill up.
int Copier::answer_queries() noexcept {
  int budget = book_rows_per_pass;
  int answered = 0;
  while (!queries_.empty() && budget > 0) {
    Query& query = queries_.front();
    const int before = budget;
    const bool whole = answer_rows(query, budget);
    answered += before - budget;
    if (whole) show_leaders_wanted();
    if (!whole || !answers_.try_push(BookEnd{query.number})) break;
    queries_.erase(queries_.begin());
    ++answered;
  }
  return answered;
}

// Rows of legs on which something is wanted, held or in flight. False: not all fitted.
bool Copier::answer_rows(Query& query, int& budget) noexcept {
  for (; query.follower < books_.size(); ++query.follower, query.row = 0) {
    const FollowerBook& book = books_[query.follower];
    for (; query.row < book.rows(); ++query.row) {
      const auto row = book.row(query.row);
      if (all_zero(row)) continue;
      if (budget == 0) return false;
      const bool pushed = answers_.try_push(BookRow{.query = query.number,
                                                    .follower = book.id(),
                                                    .symbol = row.symbol,
                                                    .leg = row.leg,
                                                    .target = row.target,
                                                    .position = row.position,
                                                    .in_flight = row.in_flight});
      if (!pushed) return false;
      --budget;
    }
  }
  return true;
}

// What a follower without links holds is looked at only as long as it holds anything: nobody closes
// what is on paper, or was given up.
void Copier::show_leaders_wanted() noexcept {
  static_assert(limits::leaders_max <= 64);
  const auto removed = [](const LinkPolicy& link) { return link.removed; };
  std::uint64_t wanted = 0;
  for (const FollowerBook& book : books_) {
    const auto& links = book.links();
    if (std::none_of(links.begin(), links.end(), removed)) continue;
    bool holds = !std::all_of(links.begin(), links.end(), removed);
    for (std::size_t i = 0; i < book.rows() && !holds && !book.on_paper(); ++i)
      holds = !book.row(i).position.is_zero() || !book.row(i).in_flight.is_zero();
    for (std::size_t i = 0; i < book.ledgers() && holds; ++i) {
      const auto ledger = book.ledger_row(i);
      const LinkPolicy& link = links[ledger.link];
      if (link.removed && !ledger.target.is_zero()) wanted |= std::uint64_t{1} << link.leader.value;
    }
  }
  leaders_wanted_.set(static_cast<std::int64_t>(wanted));
}

// ---- what others see

void Copier::show_state(std::size_t follower) noexcept {
  const FollowerBook& book = books_[follower];
  FollowerCells& cells = cells_[follower];
  cells.state.set(static_cast<std::int64_t>(book.state()));
  cells.causes.set(book.restricting_causes());
  // 2: it waits for PositionsTaken.
  cells.flattening.set(book.awaits_positions() ? flattening_takes_positions
                       : book.flattening()     ? 1
                                               : 0);
  cells.quarantined.set(static_cast<std::int64_t>(book.quarantined_symbols()));
  cells.order_limited.set(book.limits_orders() ? 1 : 0);
}

void Copier::show_paper() noexcept {
  paper_moved_ = false;
  for (const std::uint16_t follower : on_paper_) {
    const auto result = books_[follower].paper_result();
    cells_[follower].paper_realised.set(result.realised.units());
    cells_[follower].paper_fees.set(result.fees.units());
    cells_[follower].paper_unrealised.set(result.unrealised.units());
  }
}

void Copier::notify(Notice::Level level, Notice::Subject subject, std::uint16_t account,
                    const char* format, ...) noexcept {
  Notice notice;
  notice.level = level;
  notice.who = Notice::Who::copy;
  notice.subject = subject;
  notice.account = account;
  std::va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(notice.text.data(), notice.text.size(), format, arguments);
  va_end(arguments);
  notices_.try_push(notice);  // full: counted by the channel
}

}  // namespace copyd::risk
