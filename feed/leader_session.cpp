#include "feed/leader_session.hpp"

#include <algorithm>
#include <utility>

#include "feed/notice_text.hpp"

namespace copyd::feed {
namespace {

// Events of one frame are at most one; a hand-over grows the buffer once.
constexpr std::size_t out_reserved = 256;
constexpr std::size_t unknown_names_max = 64;
// A second's burst, of which one connection is behind.
constexpr std::size_t said_once_max = 4096;
// The two sockets are not renewed together.
constexpr std::uint64_t spare_seed = 0x5350415245000000U;

Failure malformed_answer() {
  return Failure{.error = make_error_code(Errc::malformed)};
}

}  // namespace

LeaderSession::LeaderSession(const Setup& setup)
    : leader_(setup.leader),
      symbols_(setup.symbols),
      cells_(setup.cells),
      races_(setup.connections > 1),
      renewal_(setup.seed),
      spare_renewal_(setup.seed ^ spare_seed),
      backoff_(setup.seed),
      book_(setup.symbols.size(), setup.seen_max),
      said_once_(races_ ? said_once_max : 0),
      back_fill_(setup.leader, setup.symbols) {
  out_.reserve(out_reserved);
}

// ---- connecting --------------------------------------------------------------------------------

void LeaderSession::start(Mono now) {
  disconnect();
  last_complaint_.clear();
  set_state(begun_ ? SessionState::reconnecting : SessionState::connecting);
  restart(now);
}

void LeaderSession::resume(const LeaderResume& resume) {
  book_.resume(resume);
  begun_ = true;
  since_ = resume.since;
  for (const auto& held : resume.legs) resumed_.push_back(held.leg.symbol);
  for (const auto& seen : resume.seen) resumed_.push_back(seen.leg.symbol);
  std::sort(resumed_.begin(), resumed_.end());
  resumed_.erase(std::unique(resumed_.begin(), resumed_.end()), resumed_.end());
}

void LeaderSession::stop() {
  disconnect();
  step_ = Step::idle;
  set_state(SessionState::not_connected);
}

void LeaderSession::restart(Mono now) {
  step_ = Step::waiting_for_time;
  if (venue_clock_.known()) begin(now);
}

void LeaderSession::begin(Mono) {
  step_ = Step::config;
  ticket_ = ask({.call = Call::account_config});
}

void LeaderSession::disconnect() {
  // What is to be closed or to change places still is.
  std::erase_if(actions_, [](const Action& action) {
    return std::holds_alternative<Ask>(action) || std::holds_alternative<OpenStream>(action) ||
           std::holds_alternative<OpenSuccessor>(action);
  });
  if (std::exchange(stream_wanted_, false)) actions_.emplace_back(CloseStream{});
  if (std::exchange(successor_, Successor::none) != Successor::none)
    actions_.emplace_back(CloseSuccessor{});
  key_timer_.forget();
  renewal_.forget();
  spare_renewal_.forget();
  said_once_.clear();
  ticket_ = extend_ticket_ = probe_ticket_ = again_ticket_ = 0;
  // What was held is found again by the back-fill, which starts from what was handed over.
  held_.clear();
  starting_.clear();
  suspicious_ = steady_ = false;
}

void LeaderSession::tick(Mono now) {
  switch (step_) {
    case Step::waiting_for_time:
      if (venue_clock_.known()) begin(now);
      return;
    case Step::pausing:
      if (now >= deadline_) restart(now);
      return;
    case Step::opening:
      if (now >= deadline_) {
        fail(Failure{.error = make_error_code(Errc::timeout)}, "the private stream", now);
      }
      return;
    case Step::settling:
      if (now >= deadline_) settled(now);
      break;
    case Step::pausing_in_back_fill:
      if (now >= deadline_) go_on_back_filling(now);
      break;
    case Step::live:
      watch(now);
      break;
    default:
      break;
  }
  if (key_timer_.take_due(now)) extend_ticket_ = ask({.call = Call::extend_listen_key});
}

void LeaderSession::answered(std::uint32_t ticket, const Answer& answer, Mono now) {
  // Answers to what a closed attempt asked find no ticket.
  if (ticket == 0) return;
  if (ticket == std::exchange(extend_ticket_, ticket == extend_ticket_ ? 0 : extend_ticket_)) {
    return extended(answer, now);
  }
  if (ticket == std::exchange(probe_ticket_, ticket == probe_ticket_ ? 0 : probe_ticket_)) {
    return probed(answer, now);
  }
  if (ticket == std::exchange(again_ticket_, ticket == again_ticket_ ? 0 : again_ticket_)) {
    return looked_again(answer, now);
  }
  if (ticket != ticket_) return;
  ticket_ = 0;
  const auto* failure = std::get_if<Failure>(&answer);
  switch (step_) {
    case Step::config:
      if (const auto* config = std::get_if<venue::AccountConfig>(&answer)) {
        return config_read(*config, now);
      }
      return fail(failure ? *failure : malformed_answer(), "the account configuration", now);
    case Step::listen_key:
      if (const auto* key = std::get_if<ListenKey>(&answer)) {
        key_timer_.created(now);
        step_ = Step::opening;
        deadline_ = now + opening_max;
        stream_wanted_ = true;
        listen_key_ = key->value;
        actions_.emplace_back(OpenStream{.listen_key = listen_key_});
        return;
      }
      return fail(failure ? *failure : malformed_answer(), "the listen key", now);
    default:
      return sync_answered(answer, now);
  }
}

void LeaderSession::config_read(const venue::AccountConfig& config, Mono) {
  one_way_ = config.mode == PositionMode::one_way;
  cells_.position_mode.set(static_cast<std::int64_t>(config.mode));
  cells_.multi_assets.set(config.multi_assets ? 1 : 0);
  step_ = Step::listen_key;
  ticket_ = ask({.call = Call::create_listen_key});
}

void LeaderSession::stream_opened(Mono now) {
  if (step_ != Step::opening) return;
  renewal_.started(now);
  if (!begun_) {
    set_state(SessionState::syncing);
    return ask_positions(Step::first_positions, now);
  }
  cells_.config_changes.add();
  begin_back_fill(now);
}

void LeaderSession::stream_closed(const boost::system::error_code& why, Mono now) {
  if (!stream_wanted_) return;
  if (successor_ == Successor::racing) return lose(stream_connection_, Failure{.error = why}, now);
  if (successor_ == Successor::standing) {
    complain(Failure{.error = why}, "the private stream");
    return succeed(now);
  }
  stream_wanted_ = false;
  fail(Failure{.error = why}, "the private stream", now);
}

void LeaderSession::fail(const Failure& failure, std::string_view what, Mono now) {
  complain(failure, what);
  begin_again(failure, now);
}

void LeaderSession::begin_again(const Failure& failure, Mono now) {
  if (step_ == Step::live) cells_.reconnects.add();
  disconnect();

  std::chrono::milliseconds pause = backoff_.next();
  const bool refused =
      failure.retry == venue::RetryClass::pause || failure.retry == venue::RetryClass::final_;
  if (refused) pause = refused_pause;
  if (failure.retry == venue::RetryClass::backoff) {
    pause = std::max<std::chrono::milliseconds>(pause, rate_limited_pause);
  }
  if (failure.retry_after) {
    pause = std::max<std::chrono::milliseconds>(pause, *failure.retry_after);
  }
  set_state(refused ? SessionState::refused
                    : (begun_ ? SessionState::reconnecting : SessionState::connecting));
  step_ = Step::pausing;
  deadline_ = now + pause;
}

// Says it once, not with every attempt.
void LeaderSession::complain(const Failure& failure, std::string_view what) {
  NoticeText text(Notice::Level::warning, leader_);
  text << what << ": ";
  if (failure.error) {
    text << std::string_view(failure.error.message());
  } else {
    text << "HTTP " << failure.status << ", code " << failure.code << ", "
         << std::string_view(failure.message);
  }
  if (last_complaint_ == text.notice().message()) return;
  last_complaint_ = text.notice().message();
  notices_.push_back(text.notice());
}

void LeaderSession::set_state(SessionState state) noexcept {
  state_ = state;
  cells_.state.set(static_cast<std::int64_t>(state));
  count_connections();
}

void LeaderSession::count_connections() noexcept {
  const int serving = successor_ == Successor::racing ? 2 : 1;
  cells_.connections.set(state_ == SessionState::live ? serving : 0);
}

// ---- events ------------------------------------------------------------------------------------

bool LeaderSession::event(const venue::UserEvent& event, Arrival at) {
  if (!stream_wanted_) return false;
  count_config_change(event);
  if (at.by_successor && successor_ != Successor::racing) {
    successor_event(event, at);
    return false;
  }
  if (!at.by_successor) proven_ = true;
  probe_at_ = at.decoded + quiet_max;
  probe_ticket_ = 0;
  suspicious_ = false;
  if (const auto* lite = std::get_if<venue::TradeLite>(&event)) return trade_lite(*lite, at);
  if (const auto* update = std::get_if<venue::OrderUpdate>(&event)) {
    return order_update(*update, at);
  } else if (const auto* account = std::get_if<venue::AccountUpdate>(&event)) {
    handed_over_until(account->time, at);
  } else if (std::holds_alternative<venue::ListenKeyExpired>(event)) {
    fail(Failure{.error = make_error_code(Errc::closed)}, "the listen key expired", at.decoded);
  } else if (std::holds_alternative<venue::ServerShutdown>(event)) {
    (at.by_successor ? spare_renewal_ : renewal_).hasten(at.decoded);
    if (successor_ == Successor::none) spare_renewal_.hasten(at.decoded);
  } else if (const auto* other = std::get_if<venue::OtherEvent>(&event)) {
    if (!other->known) cells_.unknown_events.add();
  }
  // Margin and conditional orders are the leader's own affair until they become a fill.
  static_assert(std::variant_size_v<venue::UserEvent> == 9, "what is to be done with a new one?");
  return false;
}

// Of a margin type only the account's positions tell. Heard twice it costs a reading more.
void LeaderSession::count_config_change(const venue::UserEvent& event) noexcept {
  if (const auto* config = std::get_if<venue::AccountConfigUpdate>(&event)) {
    if (config->multi_assets) cells_.multi_assets.set(*config->multi_assets ? 1 : 0);
    if (config->leverage > 0) cells_.config_changes.add();
  } else if (const auto* account = std::get_if<venue::AccountUpdate>(&event)) {
    if (account->reason == "MARGIN_TYPE_CHANGE") cells_.config_changes.add();
  }
}

bool LeaderSession::order_update(const venue::OrderUpdate& update, Arrival at) {
  if (!update.symbol_known) {
    if (update.is_fill()) unknown_symbol(update.symbol_name);
    return false;
  }
  book_.follow(update);
  bool fresh = false;
  if (const auto fill = told_fill(update, at)) {
    if (one_way_ && fill->leg != Leg::both && mode_changed(*fill, at.decoded)) return false;
    if (step_ == Step::live) {
      const Connection by = connection_of(at);
      const auto whole = short_fills_.told_whole(fill->symbol, fill->trade, by, at.decoded);
      fresh = take_live(*fill, by, at.decoded, whole.expected);
      if (whole.behind) cells_.lite_lead.record(whole.behind->count());
    } else {
      hold(*fill);
    }
  }
  handed_over_until(update.event_time, at);
  return fresh;
}

// How far all was handed over the updates tell: a fill that has no TRADE_LITE may come behind this.
bool LeaderSession::trade_lite(const venue::TradeLite& lite, Arrival at) {
  const auto fill = told_fill(lite, at);
  if (!fill) return false;
  if (step_ != Step::live) {
    hold(*fill);
    return false;
  }
  const Connection by = connection_of(at);
  const bool fresh = take_live(*fill, by, at.decoded);
  short_fills_.told(fill->symbol, fill->trade, by, at.decoded, fresh);
  if (fresh) cells_.lite_fills.add();
  return fresh;
}

// It is told twice, by TRADE_LITE and by an update, and counts once.
void LeaderSession::hold(const LeaderFill& fill) {
  constexpr std::ptrdiff_t apart_max = 256;  // the second word comes soon after the first
  const auto from = held_.rbegin();
  const auto until = from + std::min<std::ptrdiff_t>(apart_max, std::ssize(held_));
  const bool held = std::any_of(from, until, [&](const LeaderFill& other) {
    return other.trade == fill.trade && other.symbol == fill.symbol;
  });
  if (!held) held_.push_back(fill);
}

// From here on TRADE_LITE is not believed. True: what it has told of this fill was of another leg,
// and all is read again.
bool LeaderSession::mode_changed(const LeaderFill& fill, Mono now) {
  one_way_ = false;
  cells_.position_mode.set(static_cast<std::int64_t>(PositionMode::hedge));
  if (step_ == Step::live && !book_.seen(fill.symbol, fill.trade)) return false;
  notices_.push_back((NoticeText(Notice::Level::error, leader_)
                      << "the position mode was changed: what the leader holds is read again")
                         .notice());
  begin_again(Failure{}, now);
  return true;
}

void LeaderSession::handed_over_until(VenueTime time, Arrival at) noexcept {
  if (step_ == Step::live && (!at.by_successor || proven_)) since_ = std::max(since_, time);
}

template <class Event>
LeaderFill LeaderSession::fill_of(const Event& event, Arrival at) const noexcept {
  LeaderFill fill;
  fill.trade = event.trade;
  fill.price = event.last_price;
  fill.qty = event.last_qty;
  fill.order_qty = std::max(event.order_qty, event.last_qty);
  fill.time = event.trade_time;
  fill.received = at.received;
  fill.decoded_ns = static_cast<std::uint32_t>(
      std::clamp<std::int64_t>((at.decoded - at.received).count(), 0, UINT32_MAX));
  fill.symbol = event.symbol;
  fill.leader = leader_;
  fill.side = event.side;
  fill.forced = event.forced;
  return fill;
}

// Empty: none, or on a symbol that we do not know.
std::optional<LeaderFill> LeaderSession::told_fill(const venue::OrderUpdate& update,
                                                   Arrival at) const noexcept {
  if (!update.symbol_known || !update.is_fill()) return std::nullopt;
  LeaderFill fill = fill_of(update, at);
  fill.leg = update.leg;
  return fill;
}

// Empty as well where its leg is not known.
std::optional<LeaderFill> LeaderSession::told_fill(const venue::TradeLite& lite,
                                                   Arrival at) const noexcept {
  if (!one_way_ || !lite.symbol_known) return std::nullopt;
  return fill_of(lite, at);
}

bool LeaderSession::take_live(const LeaderFill& fill, Connection by, Mono now, bool expected) {
  switch (book_.take(fill)) {
    case LeaderBook::Taken::fresh:
      out_.emplace_back(fill);
      if (successor_ == Successor::racing) {
        cells_.said_first[static_cast<std::size_t>(by)].add();
        said_once_.said(fill.symbol, fill.trade, by, now);
      }
      if (book_.overdrawn({.symbol = fill.symbol, .leg = fill.leg})) overdrawn(fill.symbol, now);
      return true;
    case LeaderBook::Taken::duplicate:
      if (const auto ahead = said_once_.confirmed(fill.symbol, fill.trade, by, now))
        cells_.said_first_lead[static_cast<std::size_t>(other(by))].record(ahead->count());
      else if (!expected) cells_.duplicates.add();
      return false;
    case LeaderBook::Taken::contained:
      cells_.contained.add();
      return false;
  }
  return false;
}

// The copy agent opens nothing on such a leg before it is told the leader's position. The way back
// after a loss finds what was missed and ends with the positions.
void LeaderSession::overdrawn(SymbolId symbol, Mono now) {
  NoticeText text(Notice::Level::warning, leader_);
  text << symbols_[symbol].name
       << ": a hedge leg was closed beyond what we knew of; reading it again";
  notices_.push_back(text.notice());
  begin_again(Failure{}, now);
}

void LeaderSession::unknown_symbol(std::string_view name) {
  cells_.unknown_symbols.add();
  const bool said =
      std::find(unknown_names_.begin(), unknown_names_.end(), name) != unknown_names_.end();
  if (said || unknown_names_.size() >= unknown_names_max) return;
  unknown_names_.emplace_back(name);
  NoticeText text(Notice::Level::warning, leader_);
  text << "a fill on " << name << " is not copied: the venue's exchangeInfo did not list it";
  notices_.push_back(text.notice());
}

void LeaderSession::malformed(Mono now) {
  cells_.malformed.add();
  if (!stream_wanted_) return;
  // It may have been a fill: look soon whether one is missing.
  probe_at_ = std::min(probe_at_, now + second_look);
  if (cells_.malformed.get() != 1) return;
  notices_.push_back(
      (NoticeText(Notice::Level::error, leader_) << "a frame of the private stream is malformed")
          .notice());
}

// ---- to the outside ----------------------------------------------------------------------------

std::uint32_t LeaderSession::ask(Ask question) {
  if (++tickets_ == 0) ++tickets_;
  question.ticket = tickets_;
  actions_.emplace_back(question);
  return tickets_;
}

std::optional<Action> LeaderSession::next_action() {
  if (actions_.empty()) return std::nullopt;
  Action action = std::move(actions_.front());
  actions_.pop_front();
  return action;
}

std::optional<Notice> LeaderSession::next_notice() {
  if (notices_.empty()) return std::nullopt;
  const Notice notice = notices_.front();
  notices_.pop_front();
  return notice;
}

void LeaderSession::pop() noexcept {
  if (++out_next_ < out_.size()) return;
  out_.clear();
  out_next_ = 0;
}

}  // namespace copyd::feed
