// What the Copier does to protect followers: loss limits, the breaker, quarantine, flatten; and
// what it tells a person about it. What the operator wants is kept here too.
#include <algorithm>
#include <iterator>

#include "risk/copier.hpp"

namespace copyd::risk {
namespace {

// Two equal orders for two fills within this time may be one thing copied twice.
constexpr std::chrono::seconds twin_window{1};
constexpr std::chrono::seconds twin_told_every{60};

FollowerState wanted_by(OperatorWord::Word word) noexcept {
  switch (word) {
    case OperatorWord::Word::resume:
      return FollowerState::active;
    case OperatorWord::Word::pause:
      return FollowerState::reduce_only;
    case OperatorWord::Word::halt:
    case OperatorWord::Word::flatten:
      return FollowerState::halted;
  }
  return FollowerState::halted;
}

}  // namespace

// ---- commands

void Copier::apply(const SetFollowerEquity& command) {
  if (command.follower.value >= books_.size()) return;
  books_[command.follower.value].equity_seen(command, now_, turn_of(command.follower.value));
  adopt(command.follower.value);
  protect(command.follower.value);
}

void Copier::apply(const Flatten& command) {
  if (command.follower.value >= books_.size()) return;
  FollowerBook& book = books_[command.follower.value];
  book.flatten(command.everything && !book.on_paper());
  show_state(command.follower.value);
  protect(command.follower.value);
}

void Copier::apply(const OperatorWord& word) {
  wish(word.about, word.account, wanted_by(word.word));
}

// False: there is no such account.
bool Copier::wish(OperatorWord::About about, std::uint16_t account, FollowerState state) {
  using About = OperatorWord::About;
  const bool known = about == About::all ? account == 0
                     : about == About::leader
                         ? account < leader_keys_.size() && leader_keys_[account] != 0
                         : account < books_.size();
  if (!known) return false;
  wishes_[{about, account}] = state;
  return true;
}

// ---- reports

void Copier::apply(const PositionsTaken& taken) {
  if (taken.follower.value >= books_.size()) return;
  books_[taken.follower.value].positions_taken();
  show_state(taken.follower.value);
  protect(taken.follower.value);
}

void Copier::apply(const OrderUnknown& unknown) {
  OpenOrder* const order = orders_.find(unknown.ref);
  if (order == nullptr) return;
  if (!order->unknown) {
    order->unknown = true;
    outcomes_.order_unknown(order->outcome);
  }
  if (decisions_ != nullptr)
    decisions_->on_unknown(*order->order, order->outcome, unknown.quarantined);
  if (!unknown.quarantined || order->quarantined) return;
  const std::uint16_t follower = order->order->follower.value;
  books_[follower].quarantine(unknown.ref);
  show_state(follower);
  notify(Notice::Level::error, Notice::Subject::follower, follower,
         "%s: the fate of an order cannot be found out: nothing opens on the symbol until it is "
         "resolved; closes go on",
         symbols_[order->order->symbol].name.c_str());
}

void Copier::resolve_quarantine(const OrderTerms& terms) noexcept {
  show_state(terms.follower.value);
  notify(Notice::Level::info, Notice::Subject::follower, terms.follower.value,
         "%s: the order whose fate could not be found out is resolved",
         symbols_[terms.symbol].name.c_str());
}

// ---- after each event of a follower

void Copier::protect(std::uint16_t follower) {
  // Shown first: a lane that still sees `halted` would keep the closes back.
  show_alarmed(follower);
  FollowerBook& book = books_[follower];
  if (!book.flattening()) return;
  book.go_on_flattening(turn_of(follower));
  if (book.on_paper() && !finish_here_.empty()) {
    finish_here();
    book.go_on_flattening(turn_of(follower));
  }
  show_alarmed(follower);
}

void Copier::show_alarmed(std::uint16_t follower) noexcept {
  if (!alarmed_) return;
  alarmed_ = false;
  show_state(follower);
}

void Copier::on_alarm(const Alarm& alarm) noexcept {
  alarmed_ = true;
  const FixedText equity(alarm.equity);
  const FixedText base(alarm.base);
  const auto width = [](const FixedText& text) { return static_cast<int>(text.view().size()); };
  const auto tell = [&](Notice::Level level, const char* format) {
    notify(level, Notice::Subject::follower, turn_.follower, format, width(equity),
           equity.view().data(), width(base), base.view().data());
  };
  switch (alarm.kind) {
    case Alarm::Kind::daily_loss:
      return tell(
          Notice::Level::error,
          "max_daily_loss: net equity is %.*s, %.*s when the day began: nothing opens until "
          "it is resumed; closes go on");
    case Alarm::Kind::equity_floor:
      return tell(Notice::Level::error,
                  "equity_floor: equity is %.*s, below %.*s: nothing opens until it is resumed; "
                  "closes go on");
    case Alarm::Kind::drawdown:
      return tell(Notice::Level::error,
                  "max_drawdown: net equity is %.*s, at its highest it was %.*s: everything is "
                  "closed, then it is halted until it is resumed");
    case Alarm::Kind::breaker:
      return notify(Notice::Level::error, Notice::Subject::follower, turn_.follower,
                    "the venue refused three opening orders within a minute: nothing opens until "
                    "it is resumed; closes go on");
    case Alarm::Kind::no_equity:
      return notify(Notice::Level::error, Notice::Subject::follower, turn_.follower,
                    "its equity is not known for 10 minutes: nothing opens until it is; closes go "
                    "on");
    case Alarm::Kind::flattened:
      return notify(Notice::Level::warning, Notice::Subject::follower, turn_.follower,
                    "all that was held is closed; it is halted until it is resumed");
    case Alarm::Kind::flatten_not_whole:
      return notify(Notice::Level::error, Notice::Subject::follower, turn_.follower,
                    "all that the venue takes an order for is closed, a rest is held on; it is "
                    "halted until it is resumed");
  }
}

// The same order for another fill, right after the last one, is told and never blocked.
void Copier::watch_for_twin(const OrderTerms& terms) noexcept {
  LastIncrease& last = last_increases_[turn_.follower];
  const bool twin = last.qty == terms.qty && last.symbol == terms.symbol &&
                    last.side == terms.side && now_ - last.at <= twin_window &&
                    (last.trade != turn_.trade || last.leader != turn_.leader);
  if (twin && (!last.told || now_ - *last.told >= twin_told_every)) {
    last.told = now_;
    notify(Notice::Level::warning, Notice::Subject::follower, turn_.follower,
           "%s: two fills within a second made the same order; both are copied",
           symbols_[terms.symbol].name.c_str());
  }
  last.qty = terms.qty;
  last.symbol = terms.symbol;
  last.side = terms.side;
  last.at = now_;
  last.trade = turn_.trade;
  last.leader = turn_.leader;
}

// ---- what the operator wants, as rows

void Copier::save_wishes(journal::RowSink& sink) const {
  for (const auto& [whose, state] : wishes_)
    sink.put(journal::Wish{.about = whose.first, .state = state, .account = whose.second});
}

}  // namespace copyd::risk
