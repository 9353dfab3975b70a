#include "engine/equities.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ops/log.hpp"
#include "venue/account_codec.hpp"

namespace copyd::engine {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
namespace log = ops::log;

constexpr nanoseconds equity_period = 10s;
constexpr int equity_burst = 20;
// The first read of each account: without an equity some followers open nothing.
constexpr nanoseconds first_spacing = 1s;
constexpr int first_burst = 40;
constexpr nanoseconds income_spacing = 3s;
constexpr int income_burst = 10;
constexpr int income_rows = 1000;  // of a page, the venue's most
constexpr int pages_max = 20;
// The history may be behind the stream. Money moved between wallets of one account is announced
// too, and never shows: after this it is no longer waited for.
constexpr nanoseconds await_time = 15s;
constexpr nanoseconds await_pace = 3s;
constexpr nanoseconds settle_time = 250ms;  // of an equity, before it is told
constexpr nanoseconds retry_time = 10s;
constexpr nanoseconds move_period = 1s;
constexpr std::int64_t move_part = 1000;   // of the equity told last: less is not told
constexpr nanoseconds banned_time = 120s;  // when the venue does not say how long
constexpr std::int64_t late_rows_ms = 3'600'000;
constexpr std::int64_t day_ms = 86'400'000;

int share_of(std::size_t accounts) noexcept {
  return venue::weight_share::equities(static_cast<int>(accounts));
}

bool limits_losses(const config::Limits& limits) {
  return limits.max_daily_loss.has_value() || limits.max_drawdown.has_value();
}

}  // namespace

// ---- TransferSum ------------------------------------------------------------------------------

void TransferSum::begin(Usd total, std::int64_t counted_ms) noexcept {
  total_ = total;
  counted_ms_ = counted_ms;
  floor_ms_ = counted_ms;
  seen_.clear();
}

std::int64_t TransferSum::read_from_ms() const noexcept {
  return std::max(floor_ms_ + 1, counted_ms_ - late_rows_ms);
}

int TransferSum::add(const std::vector<venue::Income>& rows, std::vector<std::string>& strange) {
  int found = 0;
  for (const auto& row : rows) {
    if (row.time.ms <= floor_ms_ || !seen_.emplace(row.tran, row.time.ms).second) continue;
    ++found;
    counted_ms_ = std::max(counted_ms_, row.time.ms);
    if (venue::dollar_index(row.asset)) total_ += row.amount;
    else strange.push_back(row.asset);
  }
  std::erase_if(seen_,
                [&](const auto& one) { return one.second < counted_ms_ - 2 * late_rows_ms; });
  return found;
}

// ---- Equities ---------------------------------------------------------------------------------

Equities::Equities(Parts parts)
    : config_(parts.config),
      roster_(parts.roster),
      venue_(parts.venue),
      clock_(parts.clock),
      tell_(std::move(parts.tell)),
      link_of_(std::move(parts.link_of)),
      symbols_(parts.symbols),
      mark_of_(std::move(parts.mark_of)),
      next_news_(std::move(parts.next_news)),
      news_lost_(std::move(parts.news_lost)),
      gaps_of_(std::move(parts.gaps_of)),
      heard_(std::move(parts.heard)),
      share_(share_of(roster_.accounts().size())),
      spacing_(nanoseconds(venue::WeightMinute::span) * venue::call_weight::account_read / share_),
      equities_(equity_burst, spacing_),
      firsts_(first_burst, first_spacing),
      incomes_(income_burst, income_spacing) {
  for (auto& account : roster_.accounts()) {
    Reading& reading = readings_[&account];
    reading.counts_transfers =
        account.follower && limits_losses(config_.followers[account.follower->value].limits);
  }
}

void Equities::reloaded() {
  const Mono now = clock_.now();
  for (auto& account : roster_.accounts()) {
    if (!account.follower) continue;
    Reading& reading = readings_[&account];
    const bool counts = limits_losses(config_.followers[account.follower->value].limits);
    if (counts == std::exchange(reading.counts_transfers, counts) || !counts) continue;
    // What was moved since it last counted comes first.
    reading.transfers_due = reading.begun;
    reading.transfers_at = now;
    reading.held.reset();
  }
}

void Equities::recover(FollowerId follower, Usd transfers, std::int64_t counted_ms) {
  for (auto& [account, reading] : readings_) {
    if (account->follower != follower || counted_ms <= 0) continue;
    reading.transfers.begin(transfers, counted_ms);
    reading.begun = true;
  }
}

std::optional<Usd> Equities::transfers(const RosterAccount& account) const {
  const auto at = readings_.find(&account);
  if (at == readings_.end() || !at->second.begun) return std::nullopt;
  return at->second.transfers.total();
}

void Equities::connected(RosterAccount& account) {
  Reading& reading = readings_[&account];
  using Owner = venue::AccountNews::Owner;
  if (account.leader) hearing_[{Owner::leader, account.leader->value}] = &reading;
  if (account.follower) hearing_[{Owner::follower, account.follower->value}] = &reading;
  reading.moved.end();
  reading.gaps_seen = gaps_of_(account);
  ++reading.key;
  account.asking = false;
  account.equity_due = clock_.now();
  reading.first = true;
  reading.held.reset();
  reading.transfers_due = reading.counts_transfers;
  reading.transfers_at = clock_.now();
  reading.awaited = 0;
  reading.transfers_seen = moved(account);
}

void Equities::disconnected(RosterAccount& account) {
  Reading& reading = readings_[&account];
  ++reading.key;
  account.asking = false;
  reading.held.reset();
  reading.moved.end();
}

void Equities::poll() {
  const Mono now = clock_.now();
  if (!venue_.clock_known()) return;
  auto& accounts = roster_.accounts();
  if (accounts.empty()) return;
  hear_news();
  // Each in its turn is the first to find the bucket full.
  first_ = (first_ + 1) % accounts.size();
  firsts_wait_ = false;
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    RosterAccount& account = accounts[(first_ + i) % accounts.size()];
    if (!account.connected()) continue;
    Reading& reading = readings_[&account];
    look_at_link(account, reading, now);
    release(account, reading, now);
    move(account, reading, now);
    if (!account.asking && now >= held_off_until_) read(account, reading, now);
  }
  firsts_waiting_ = firsts_wait_;
}

std::int64_t Equities::moved(const RosterAccount& account) const {
  return account.follower ? link_of_(*account.follower).transfers.get() : 0;
}

void Equities::look_at_link(RosterAccount& account, Reading& reading, Mono now) {
  const std::int64_t transfers = moved(account);
  const std::int64_t gaps = gaps_of_(account);
  const std::int64_t more = transfers - reading.transfers_seen;
  if (more == 0 && gaps == reading.gaps_seen) return;
  reading.transfers_seen = transfers;
  reading.gaps_seen = gaps;
  reading.moved.end();
  account.equity_due = now;
  // What was read before belongs to another sum.
  reading.held.reset();
  if (!reading.counts_transfers) return;
  reading.transfers_due = true;
  reading.transfers_at = now;
  if (more <= 0) return;
  reading.awaited += more;
  reading.await_until = now + await_time;
}

void Equities::hear_news() {
  venue::AccountNews news;
  while (next_news_(news)) {
    const auto at = hearing_.find({news.owner, news.account});
    if (at != hearing_.end()) at->second->moved.hear(news, symbols_);
  }
  const std::uint64_t lost = news_lost_();
  if (std::exchange(lost_seen_, lost) == lost) return;
  for (auto& [account, reading] : readings_) reading.moved.end();
}

// REQUIRES: look_at_link has ended what money moved in or out has made unknown.
void Equities::move(RosterAccount& account, Reading& reading, Mono now) {
  if (now < reading.move_due || reading.held || reading.transfers_due || !account.equity) return;
  reading.move_due = now + move_period;
  const auto equity = reading.moved.now(mark_of_);
  if (!equity) return;
  const std::int64_t by = (*equity - *account.equity).abs().units();
  if (by == 0 || by < account.equity->abs().units() / move_part) return;
  tell(account, reading, equity);
}

// Tells an equity that nothing has spoken against for a moment.
void Equities::release(RosterAccount& account, Reading& reading, Mono now) {
  if (!reading.held || now < reading.held_until) return;
  const auto equity = std::exchange(reading.held, std::nullopt);
  tell(account, reading, equity);
}

void Equities::read(RosterAccount& account, Reading& reading, Mono now) {
  if (reading.counts_transfers && !reading.begun) {
    // The first sight of it: what is there is there, and what comes is counted.
    reading.transfers.begin(Usd(), venue_.now().ms);
    reading.begun = true;
    reading.transfers_due = false;
  }
  if (reading.counts_transfers && now >= account.equity_due && !reading.held) {
    const auto link = static_cast<exec::LinkState>(link_of_(*account.follower).link.get());
    if (link != exec::LinkState::ready && now >= reading.transfers_at) reading.transfers_due = true;
  }
  if (reading.transfers_due) {
    if (now < reading.transfers_at || !venue_.has_room() || !incomes_.take(now)) return;
    read_transfers(account, reading, 1);
  } else if (now >= account.equity_due && may_read_equity(reading, now)) {
    read_equity(account, reading, now);
  }
}

// Accounts without any equity come first. They too keep to the share.
bool Equities::may_read_equity(Reading& reading, Mono now) {
  if (!reading.first) return !firsts_waiting_ && may_spend(now) && equities_.take(now);
  reading.first = !may_spend(now) || !firsts_.take(now);
  firsts_wait_ = firsts_wait_ || reading.first;
  return !reading.first;
}

bool Equities::may_spend(Mono now) const {
  return venue_.has_room() && spent_.sum(now) + venue::call_weight::account_read <= share_;
}

void Equities::read_transfers(RosterAccount& account, Reading& reading, int page) {
  account.asking = true;
  const auto handler = [this, &account, &reading, page,
                        key = reading.key](const VenueAnswer& answer) {
    if (key == reading.key && account.connected()) take_transfers(account, reading, page, answer);
  };
  venue_.signed_get(venue::path::income,
                    {{"incomeType", "TRANSFER"},
                     {"startTime", std::to_string(reading.transfers.read_from_ms())},
                     {"limit", std::to_string(income_rows)},
                     {"page", std::to_string(page)}},
                    *account.credentials, handler);
}

void Equities::take_transfers(RosterAccount& account, Reading& reading, int page,
                              const VenueAnswer& answer) {
  const Mono now = clock_.now();
  account.asking = false;
  reading.transfers_at = now + retry_time;
  if (!took(account, answer, "its transfers")) return;
  const auto rows = venue::decode_incomes(answer.body);
  if (!rows) {
    account.error = rows.error().message();
    return;
  }
  std::vector<std::string> strange;
  reading.awaited -= reading.transfers.add(*rows, strange);
  for (const auto& asset : strange)
    if (reading.named.insert(asset).second)
      log::warning(fmt::format(
          "{}: {} was moved in or out. Only dollars are left out of gains and losses: this counts "
          "as one",
          account.label, asset));
  if (static_cast<int>(rows->size()) == income_rows && page < pages_max)
    return read_transfers(account, reading, page + 1);
  if (reading.awaited > 0 && now < reading.await_until) {
    reading.transfers_at = now + await_pace;
    return;
  }
  reading.awaited = 0;
  // Money may have been moved while this was asked for: then it is due again at the next look.
  reading.transfers_due = false;
  account.equity_due = now;
}

void Equities::read_equity(RosterAccount& account, Reading& reading, Mono now) {
  const auto count = static_cast<std::int64_t>(roster_.accounts().size());
  account.equity_due = now + std::max(equity_period, spacing_ * count);
  account.asking = true;
  spent_.add(now, venue::call_weight::account_read);
  const auto handler = [this, &account, &reading, key = reading.key,
                        then = moved(account)](const VenueAnswer& answer) {
    if (key == reading.key && account.connected()) take_equity(account, reading, then, answer);
  };
  venue_.signed_get(venue::path::account, *account.credentials, handler);
}

void Equities::take_equity(RosterAccount& account, Reading& reading, std::int64_t transfers_then,
                           const VenueAnswer& answer) {
  account.asking = false;
  if (moved(account) != transfers_then) {
    account.equity_due = clock_.now();
    return;
  }
  // Not known, or not positive: it sizes nothing.
  std::optional<Usd> equity;
  reading.moved.end();
  if (took(account, answer, "its equity")) {
    const auto read = venue::decode_margin_balance(answer.body);
    if (read && read->sign() > 0) equity = *read;
    // A row that cannot be read costs no more than the moves.
    if (const auto whole = venue::decode_account(answer.body, symbols_); equity && whole)
      reading.moved.begin(*whole, symbols_);
    if (account.alias.empty() && !firsts_waiting_ && may_spend(clock_.now()))
      read_alias(account, reading);
  }
  if (!equity || !reading.counts_transfers) return tell(account, reading, equity);
  reading.held = equity;
  reading.held_until = clock_.now() + settle_time;
}

// Which account a stored key is of; `connect` reads it itself. One account under two labels would
// be traded twice.
void Equities::read_alias(RosterAccount& account, Reading& reading) {
  const auto handler = [this, &account, &reading, key = reading.key](const VenueAnswer& answer) {
    if (!answer.ok() || key != reading.key || !account.connected()) return;
    auto alias = venue::decode_account_alias(answer.body);
    if (!alias) return;
    account.alias = std::move(alias).value();
    if (const auto* other = roster_.same_account(account, account.alias))
      log::error(
          fmt::format("\"{}\" and \"{}\" are the same account, which is traded twice: "
                      "copyctl disconnect one of them",
                      account.label, other->label));
  };
  spent_.add(clock_.now(), venue::call_weight::account_read);
  venue_.signed_get(venue::path::balance, *account.credentials, handler);
}

// Whether the venue has answered, with its failure said when it changes.
bool Equities::took(RosterAccount& account, const VenueAnswer& answer, const char* what) {
  const std::string error = answer.ok() ? "" : answer.words();
  if (!error.empty() && error != account.error)
    log::warning(fmt::format("{}: {} cannot be read: {}", account.label, what, error));
  account.error = error;
  // Every request that a limited address makes makes it worse.
  if (answer.status == 429 || answer.status == 418)
    held_off_until_ = std::max(
        held_off_until_,
        clock_.now() + (answer.retry_after ? nanoseconds(*answer.retry_after) : banned_time));
  if (answer.ok()) account.last_sync = clock_.now();
  if (heard_) heard_(account, answer);
  return answer.ok();
}

void Equities::tell(RosterAccount& account, Reading& reading, std::optional<Usd> equity) {
  account.equity = equity;
  const bool known = equity.has_value();
  const Usd value = equity.value_or(Usd());
  if (account.leader)
    tell_(SetLeaderEquity{.leader = *account.leader, .equity = value, .known = known});
  if (account.follower)
    tell_(SetFollowerEquity{.follower = *account.follower,
                            .equity = value,
                            .transfers = reading.transfers.total(),
                            .transfers_ms = reading.transfers.counted_ms(),
                            .day = static_cast<std::int32_t>(venue_.now().ms / day_ms),
                            .known = known});
}

}  // namespace copyd::engine
