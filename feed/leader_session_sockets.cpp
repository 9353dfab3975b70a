// LeaderSession, fourth part: the second socket: the next one, or one that races the first.
#include <algorithm>
#include <utility>

#include "feed/leader_session.hpp"
#include "feed/notice_text.hpp"

namespace copyd::feed {
namespace {

constexpr std::size_t held_reserved = 4096;  // of the successor: while live nothing is to allocate

Failure silence() {
  return Failure{.error = make_error_code(Errc::timeout)};
}

}  // namespace

void LeaderSession::renew(Mono now) {
  switch (successor_) {
    case Successor::none:
      if (!(races_ ? spare_renewal_ : renewal_).due(now)) return;
      successor_ = Successor::opening;
      successor_due_ = now + opening_max;
      actions_.emplace_back(OpenSuccessor{.listen_key = listen_key_});
      return;
    case Successor::opening:
      if (now < successor_due_) return;
      return drop_successor(silence(), now);
    case Successor::standing:
      if (now < successor_due_) return;
      return stood_long_enough(now);
    case Successor::racing:
      // The other one serves while the next is opened.
      if (renewal_.due(now)) return retire(stream_connection_, now);
      if (spare_renewal_.due(now)) return retire(other(stream_connection_), now);
  }
}

void LeaderSession::successor_opened(Mono now) {
  if (successor_ != Successor::opening) return;
  successor_ = Successor::standing;
  successor_opened_ = now;
  held_.reserve(held_reserved);
  successor_due_ = now + overlap;
  proven_ = false;
}

void LeaderSession::successor_closed(const boost::system::error_code& why, Mono now) {
  if (successor_ == Successor::none) return;
  if (successor_ == Successor::racing)
    return lose(other(stream_connection_), Failure{.error = why}, now);
  drop_successor(Failure{.error = why}, now);
}

// Of one that does not race.
void LeaderSession::successor_event(const venue::UserEvent& event, Arrival at) {
  if (successor_ == Successor::none) return;
  const auto* update = std::get_if<venue::OrderUpdate>(&event);
  const auto* lite = std::get_if<venue::TradeLite>(&event);
  if (update || lite) {
    const auto fill = update ? told_fill(*update, at) : told_fill(*lite, at);
    if (!fill) return;
    if (!book_.seen(fill->symbol, fill->trade)) hold(*fill);
    else if (update) cells_.duplicates.add();
  } else if (std::holds_alternative<venue::ListenKeyExpired>(event)) {
    fail(Failure{.error = make_error_code(Errc::closed)}, "the listen key expired", at.decoded);
  } else if (std::holds_alternative<venue::ServerShutdown>(event)) {
    drop_successor(Failure{.error = make_error_code(Errc::closed)}, at.decoded);
  }
}

// The stream is none the worse for it.
void LeaderSession::drop_successor(const Failure& failure, Mono now) {
  complain(failure, races_ ? "a second private stream" : "renewing the private stream");
  close_successor();
  (races_ ? spare_renewal_ : renewal_).failed(now);
}

void LeaderSession::close_successor() {
  successor_ = Successor::none;
  held_.clear();
  actions_.emplace_back(CloseSuccessor{});
}

void LeaderSession::stood_long_enough(Mono now) {
  const bool silent = std::any_of(held_.begin(), held_.end(), [&](const LeaderFill& fill) {
    return !book_.seen(fill.symbol, fill.trade) && now > fill.received + behind_max;
  });
  if (silent) {
    complain(silence(), "the private stream says less than its successor");
    return succeed(now);
  }
  const Connection by = other(stream_connection_);
  if (races_) {
    begin_race();
  } else {
    adopt();
    cells_.renewals.add();
  }
  // Whether the old one was silent before the successor stood is seen by the positions.
  probe_at_ = std::min(probe_at_, now + second_look);
  for (const LeaderFill& fill : std::exchange(held_, {}))
    if (step_ == Step::live) take_live(fill, by, now);
}

void LeaderSession::adopt() {
  successor_ = Successor::none;
  stream_connection_ = other(stream_connection_);
  actions_.emplace_back(AdoptSuccessor{});
  renewal_.started(successor_opened_);
}

// The stream ended, or was silent, while its successor stood. What it had not brought is missing,
// but the fills from the successor's first moment on are held: the gap is filled without connecting
// anew.
void LeaderSession::succeed(Mono now) {
  adopt();
  // Should the venue end one for the sake of the other, it is not asked for the other all the time.
  if (races_) spare_renewal_.failed(now);
  cells_.reconnects.add();
  probe_ticket_ = again_ticket_ = 0;
  suspicious_ = steady_ = false;
  said_once_.clear();
  set_state(SessionState::reconnecting);
  begin_back_fill(now);
}

// ---- two that race -----------------------------------------------------------------------------

// From now on both say everything, in the same order of each symbol, and the first to say a thing
// is believed.
void LeaderSession::begin_race() {
  successor_ = Successor::racing;
  spare_renewal_.started(successor_opened_);
  last_complaint_.clear();
  count_connections();
}

// Of the two: all that it has said is handed over, and all that it has not the other says.
void LeaderSession::part_with(Connection which, Mono now) {
  said_once_.gone(which);
  if (which == stream_connection_) {
    if (!proven_) look_behind(now);
    std::swap(renewal_, spare_renewal_);
    successor_ = Successor::none;
    stream_connection_ = other(stream_connection_);
    actions_.emplace_back(AdoptSuccessor{});
  } else {
    close_successor();
  }
  count_connections();
  // Whether the one that is left was silent all the while is seen by the positions.
  probe_at_ = std::min(probe_at_, now + second_look);
}

// It was not heard since the other stood. Should it have been deaf before that, what it missed is
// found as what was listed late is, or by the positions.
void LeaderSession::look_behind(Mono now) {
  lost_since_ = looks_left_ > 0 ? std::min(lost_since_, since_) : since_;
  lost_until_ = venue_clock_.at(now);
  looks_left_ = second_looks_max;
  look_at_ = now;
  again_ticket_ = 0;
}

void LeaderSession::lose(Connection which, const Failure& failure, Mono now) {
  complain(failure, "one of two private streams");
  cells_.connections_lost.add();
  part_with(which, now);
  spare_renewal_.failed(now);
}

void LeaderSession::retire(Connection which, Mono now) {
  cells_.renewals.add();
  part_with(which, now);
  spare_renewal_.wanted(now);
}

// It has not said what the other one did.
void LeaderSession::found_silent(Connection which, Mono now) {
  if (successor_ == Successor::racing) return lose(which, silence(), now);
  // The other one has ended since, and this one is all there is.
  constexpr std::string_view what = "the private stream says less than one that has ended";
  if (successor_ != Successor::standing) return fail(silence(), what, now);
  complain(silence(), what);
  succeed(now);
}

}  // namespace copyd::feed
