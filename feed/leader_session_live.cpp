// LeaderSession, third part: while fills flow.
#include <algorithm>
#include <utility>

#include "core/assert.hpp"
#include "feed/leader_session.hpp"
#include "feed/notice_text.hpp"

namespace copyd::feed {
namespace {

constexpr std::int32_t listen_key_gone = -1125;
constexpr std::int32_t no_such_order = -2013;

}  // namespace

void LeaderSession::watch(Mono now) {
  if (!steady_ && now >= live_since_ + steady_after) {
    steady_ = true;
    backoff_.reset();
  }
  const bool stood_still = now > std::exchange(watched_, now) + behind_max;
  if (front() || stood_still) reading_since_ = now;
  if (front()) {
    // Not quiet: we are not reading.
    probe_at_ = std::max(probe_at_, now + second_look);
    if (successor_ != Successor::none) successor_due_ = std::max(successor_due_, now + overlap);
    return;
  }
  if (now >= probe_at_) {
    probe_at_ = now + quiet_max;
    positions_asked_ = venue_clock_.at(now);
    probe_ticket_ = ask({.call = Call::positions});
  }
  if (looks_left_ > 0 && again_ticket_ == 0 && now >= look_at_) look_again(now);
  if (const auto silent = said_once_.silent(now, reading_since_)) return found_silent(*silent, now);
  renew(now);
}

// ---- the key and the silence -------------------------------------------------------------------

void LeaderSession::extended(const Answer& answer, Mono now) {
  const auto* failure = std::get_if<Failure>(&answer);
  if (!failure) return key_timer_.extended(now);
  if (failure->code == listen_key_gone) {
    Failure gone = *failure;
    gone.retry = venue::RetryClass::retry;  // a new key heals it
    return fail(gone, "the listen key", now);
  }
  complain(*failure, "extending the listen key");
  key_timer_.failed(now);
}

void LeaderSession::probed(const Answer& answer, Mono now) {
  const auto* positions = std::get_if<std::vector<venue::PositionRisk>>(&answer);
  if (step_ != Step::live || !positions) return;  // asked again when it has been quiet as long
  const auto snapshot = Snapshot::of(positions_asked_, *positions);
  if (differing_symbols(book_, {}, {}, snapshot).empty()) {
    suspicious_ = false;
    return;
  }
  if (!std::exchange(suspicious_, true)) {
    probe_at_ = now + second_look;
    return;
  }
  fail(Failure{.error = make_error_code(Errc::timeout)},
       "the private stream is silent while positions change", now);
}

// ---- the trades of the last loss once more -----------------------------------------------------

void LeaderSession::look_again(Mono now) {
  back_fill_.begin(lost_since_, venue_clock_.at(now));
  // What is traded since comes by the stream.
  back_fill_.end_at(lost_until_);
  for (const SymbolId symbol : book_.working_symbols()) back_fill_.need(symbol);
  again_ticket_ = ask(*back_fill_.next());
}

// Copying goes on meanwhile.
void LeaderSession::looked_again(const Answer& answer, Mono now) {
  if (step_ != Step::live) return;
  if (const auto* failure = std::get_if<Failure>(&answer)) {
    const bool absent = back_fill_.next()->call == Call::order && failure->code == no_such_order;
    if (absent && ++order_asks_ >= order_asks_max) back_fill_.order_absent();
    else if (!back_fill_skips(*failure)) return look_failed(*failure, now);
  } else if (!back_fill_answered(answer)) {
    return look_failed(Failure{.error = make_error_code(Errc::malformed)}, now);
  }
  const auto question = back_fill_.next();
  if (!question) return looked_through(now);
  again_ticket_ = ask(*question);
}

void LeaderSession::look_failed(const Failure& failure, Mono now) {
  look_at_ = now + std::max<std::chrono::seconds>(history_late,
                                                  failure.retry_after.value_or(history_late));
  if (--looks_left_ > 0) return;
  back_fill_.finish();
  complain(failure, "whether fills were listed late is not known");
}

void LeaderSession::looked_through(Mono now) {
  looks_left_ = 0;
  order_asks_ = 0;
  const LateFills late = hand_over_late(back_fill_.found(now), book_, out_);
  back_fill_.finish();
  cells_.back_filled.add(late.handed);
  cells_.contained.add(late.contained);
  if (late.handed + late.contained == 0) return;
  NoticeText text(Notice::Level::warning, leader_);
  text << late.handed + late.contained << " fills were listed late by the venue";
  if (late.contained > 0)
    text << "; " << late.contained << " of them sum to nothing and are not copied any more";
  notices_.push_back(text.notice());
  for (const LegName leg : book_.open_legs())
    if (book_.overdrawn(leg)) return overdrawn(leg.symbol, now);
}

}  // namespace copyd::feed
