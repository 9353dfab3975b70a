// LeaderSession, second half: from an open stream to a live one.
#include <algorithm>
#include <utility>

#include "core/assert.hpp"
#include "feed/leader_session.hpp"
#include "feed/notice_text.hpp"

namespace copyd::feed {
namespace {

constexpr std::int32_t no_such_order = -2013;

}  // namespace

void LeaderSession::sync_answered(const Answer& answer, Mono now) {
  if (const auto* failure = std::get_if<Failure>(&answer)) return sync_failed(*failure, now);
  if (const auto* positions = std::get_if<std::vector<venue::PositionRisk>>(&answer)) {
    const auto snapshot = Snapshot::of(positions_asked_, *positions);
    if (step_ == Step::first_positions) return first_positions_read(snapshot, now);
    if (step_ == Step::positions) return positions_read(snapshot, now);
  }
  if (step_ == Step::back_filling && back_fill_answered(answer)) {
    order_asks_ = 0;
    return go_on_back_filling(now);
  }
  fail(Failure{.error = make_error_code(Errc::malformed)}, "synchronising", now);
}

// False: it does not answer what the back-fill asked.
bool LeaderSession::back_fill_answered(const Answer& answer) {
  const auto question = back_fill_.next();
  ASSERT(question.has_value());
  const auto* orders = std::get_if<std::vector<venue::OrderRecord>>(&answer);
  const auto* trades = std::get_if<std::vector<venue::UserTrade>>(&answer);
  const auto* order = std::get_if<venue::OrderRecord>(&answer);
  if (question->call == Call::all_orders && orders) back_fill_.orders(*orders);
  else if (question->call == Call::user_trades && trades) back_fill_.trades(*trades, book_);
  else if (question->call == Call::order && order) back_fill_.order(*order);
  else return false;
  return true;
}

void LeaderSession::sync_failed(const Failure& failure, Mono now) {
  if (step_ != Step::back_filling) return fail(failure, "the positions", now);
  const auto question = back_fill_.next();
  ASSERT(question.has_value());
  switch (question->call) {
    case Call::order:
      if (failure.code != no_such_order) return fail(failure, "an order of the leader", now);
      // The venue's history lags behind its trades: asked again before it is believed.
      if (++order_asks_ < order_asks_max) {
        step_ = Step::pausing_in_back_fill;
        deadline_ = now + order_pause;
        return;
      }
      order_asks_ = 0;
      complain(failure, "an order of the leader");
      back_fill_.order_absent();
      return go_on_back_filling(now);
    case Call::user_trades:
      if (!back_fill_skips(failure)) return fail(failure, "the leader's trades", now);
      return go_on_back_filling(now);
    default:
      if (!back_fill_skips(failure)) return fail(failure, "the leader's orders", now);
      return go_on_back_filling(now);
  }
}

// True: what cannot be had is left out. A symbol that the venue has dropped must not keep the
// others from being copied.
bool LeaderSession::back_fill_skips(const Failure& failure) {
  const auto question = back_fill_.next();
  ASSERT(question.has_value());
  if (question->call == Call::order || failure.retry != venue::RetryClass::final_) return false;
  const bool trades = question->call == Call::user_trades;
  complain(failure, trades ? "the leader's trades" : "the leader's orders");
  if (trades) back_fill_.trades_refused();
  else back_fill_.orders_refused();
  return true;
}

void LeaderSession::ask_positions(Step step, Mono now) {
  step_ = step;
  positions_asked_ = venue_clock_.at(now);
  ticket_ = ask({.call = Call::positions});
}

// ---- the first time ----------------------------------------------------------------------------

void LeaderSession::first_positions_read(const Snapshot& snapshot, Mono now) {
  if (starting_.empty()) reads_ = 0;
  ++reads_;
  starting_.read(snapshot, held_);
  // The stream may be slower than the answer. Fills that the answer holds are to be known before
  // it is decided which ones it does not hold.
  step_ = Step::settling;
  deadline_ = now + late_events;
}

void LeaderSession::settled(Mono now) {
  if (starting_.doubtful(held_) && reads_ < rereads_max) {
    return ask_positions(Step::first_positions, now);
  }
  starting_.hand_over(leader_, held_, book_, out_);
  go_live(positions_asked_, 0, now);
}

// ---- after a loss ------------------------------------------------------------------------------

void LeaderSession::begin_back_fill(Mono now) {
  lost_since_ = looks_left_ > 0 ? std::min(lost_since_, since_) : since_;
  looks_left_ = second_looks_max;
  back_fill_.begin(lost_since_, venue_clock_.at(now));
  // An order that rested before the loss may have filled; it is listed by the time it was placed.
  for (const SymbolId symbol : book_.working_symbols()) back_fill_.need(symbol);
  for (const SymbolId symbol : resumed_) back_fill_.need(symbol);
  if (!resumed_.empty()) back_fill_.list_orders_from(lost_since_ + -rested_max);
  reads_ = 0;
  order_asks_ = 0;
  go_on_back_filling(now);
}

void LeaderSession::go_on_back_filling(Mono now) {
  const auto question = back_fill_.next();
  if (!question) return ask_positions(Step::positions, now);
  step_ = Step::back_filling;
  ticket_ = ask(*question);
}

void LeaderSession::positions_read(const Snapshot& snapshot, Mono now) {
  auto found = back_fill_.found(now);
  const auto differing = differing_symbols(book_, found, held_, snapshot);
  if (!differing.empty() && ++reads_ <= history_rereads_max) {
    for (const SymbolId symbol : differing) back_fill_.need(symbol);
    if (reads_ == 1) return go_on_back_filling(now);
    // Trades reach the venue's history later than its positions.
    step_ = Step::pausing_in_back_fill;
    deadline_ = now + reread_pause;
    return;
  }
  if (!differing.empty()) {
    NoticeText text(Notice::Level::warning, leader_);
    text << "the position of " << symbols_[differing.front()].name
         << " differs from the trades the venue lists; the position is taken";
    notices_.push_back(text.notice());
  }
  const int fresh = hand_over_again(leader_, std::move(found), held_, snapshot, book_, out_);
  cells_.back_filled.add(fresh);
  back_fill_.finish();
  look_at_ = now + history_late;
  lost_until_ = venue_clock_.at(now);
  go_live(snapshot.asked, fresh, now);
}

void LeaderSession::go_live(VenueTime as_of, int back_filled, Mono now) {
  for (const LeaderFill& fill : held_) since_ = std::max(since_, fill.time);
  held_.clear();
  starting_.clear();
  since_ = std::max(since_, as_of);
  begun_ = true;
  resumed_.clear();
  out_.emplace_back(LeaderSynced{.leader = leader_, .begun = book_.begun(), .until = since_});
  step_ = Step::live;
  set_state(SessionState::live);
  live_since_ = watched_ = reading_since_ = now;
  if (races_) spare_renewal_.wanted(now);
  steady_ = suspicious_ = false;
  probe_at_ = now + quiet_max;
  probe_ticket_ = 0;
  last_complaint_.clear();
  NoticeText text(Notice::Level::info, leader_);
  text << "live, " << back_filled << " fills found by asking";
  notices_.push_back(text.notice());
  // A fill that was held may close more than the position that went before it.
  for (const LegName leg : book_.open_legs())
    if (book_.overdrawn(leg)) return overdrawn(leg.symbol, now);
}

}  // namespace copyd::feed
