#include "engine/health.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ops/log.hpp"

namespace copyd::engine {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using Standing = AccountHealth::Standing;
namespace log = ops::log;

constexpr nanoseconds period_min = 60s;
constexpr nanoseconds share_of_account = 120ms;  // 500 accounts in 60 s, 1,000 in 120 s
constexpr nanoseconds check_spacing = nanoseconds(60s) / venue::weight_share::health_max;
constexpr int check_burst = 4;
constexpr nanoseconds retry_time = 15s;
constexpr nanoseconds unanswered_retry = 5s;
constexpr nanoseconds unanswered_max = 20s;
constexpr nanoseconds between_refusals = 60s;
constexpr nanoseconds banned_time = 120s;  // when the venue does not say how long
constexpr std::int32_t key_refused = -2015;

bool limits_address(int status) noexcept {
  return status == 429 || status == 418 || status == 403;
}

// The venue was not reached, or could not say.
bool says_nothing(int status) noexcept {
  return status == 0 || status >= 500;
}

}  // namespace

nanoseconds health_period(std::size_t accounts) noexcept {
  return std::max(period_min, share_of_account * static_cast<std::int64_t>(accounts));
}

Health::Health(Parts parts) : parts_(std::move(parts)), bucket_(check_burst, check_spacing) {}

void Health::connected(RosterAccount& account) {
  Entry& entry = entries_[&account];
  const Mono now = parts_.clock.now();
  // A key that takes the place of one that failed is asked at once; the restriction ends with its
  // answer.
  entry = {.key = entry.key + 1,
           .due = entry.restricts ? now : now + health_period(parts_.roster.accounts().size()),
           .proven = now,
           .first_refused = std::nullopt,
           .unanswered_since = std::nullopt,
           .restricts = entry.restricts};
  account.health = {};
}

void Health::disconnected(RosterAccount& account) {
  Entry& entry = entries_[&account];
  restrict(account, entry, false);
  entry = {.key = entry.key + 1, .first_refused = std::nullopt, .unanswered_since = std::nullopt};
  account.health = {};
}

void Health::poll() {
  if (!parts_.venue.clock_known()) return;
  auto& accounts = parts_.roster.accounts();
  if (accounts.empty()) return;
  const Mono now = parts_.clock.now();
  // Each in its turn is the first to find the bucket full.
  first_ = (first_ + 1) % accounts.size();
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    RosterAccount& account = accounts[(first_ + i) % accounts.size()];
    if (!account.connected()) continue;
    Entry& entry = entries_[&account];
    look_at_agent(account, entry, now);
    if (account.health.standing == Standing::refused && (!entry.once_more || entry.bad_rights))
      continue;
    if (entry.asking || now < entry.due) continue;
    if (now < held_until()) {
      if (now - entry.proven >= health_period(accounts.size()))
        fail(account, entry, Standing::failing,
             held_words_.empty() ? "the venue limits this address" : held_words_);
    } else if (bucket_.take(now)) {
      ask(account, entry);
    }
  }
}

// What the agents met themselves.
void Health::look_at_agent(RosterAccount& account, Entry& entry, Mono now) {
  const Mono answered = parts_.agent_answered(account);
  // What failed after that is not proven by it.
  const bool good = account.health.standing == Standing::good;
  if (answered > entry.proven && (good || answered > account.health.failed))
    prove(account, entry, answered);
  const bool refused = parts_.agent_refused(account);
  if (refused && !entry.agent_refused) entry.due = now;
  entry.agent_refused = refused;
}

void Health::ask(RosterAccount& account, Entry& entry) {
  entry.asking = true;
  const auto handler = [this, &account, &entry, key = entry.key](const VenueAnswer& answer) {
    if (key != entry.key || !account.connected()) return;
    entry.asking = false;
    take(account, entry, answer);
  };
  parts_.venue.signed_get(venue::path::order_limits, *account.credentials, handler);
}

void Health::take(RosterAccount& account, Entry& entry, const VenueAnswer& answer) {
  const Mono now = parts_.clock.now();
  if (answer.ok()) {
    account.last_sync = now;
    return prove(account, entry, now);
  }
  const bool for_good = count_refusal(entry, answer, now);
  hold(answer, now);
  // Refused already, and asked once more: only another loss of the answer leaves it open.
  const bool refused_again = account.health.standing == Standing::refused &&
                             venue::decode_error(answer.body).code == key_refused;
  if (refused_again) entry.once_more = false;
  if (says_nothing(answer.status) && account.health.standing == Standing::good) {
    if (!entry.unanswered_since) entry.unanswered_since = now;
    entry.due = now + unanswered_retry;
    if (now - *entry.unanswered_since < unanswered_max) return;
  }
  entry.due = now + retry_time;
  fail(account, entry, for_good || refused_again ? Standing::refused : Standing::failing,
       answer.words());
}

void Health::heard(RosterAccount& account, const VenueAnswer& answer) {
  Entry& entry = entries_[&account];
  const Mono now = parts_.clock.now();
  if (answer.ok()) return prove(account, entry, now);
  hold(answer, now);
  if (count_refusal(entry, answer, now) && account.health.standing == Standing::failing)
    return fail(account, entry, Standing::refused, answer.words());
  if (account.health.standing == Standing::good) entry.due = std::min(entry.due, now);
}

// Whether this is the refusal that is believed.
bool Health::count_refusal(Entry& entry, const VenueAnswer& answer, Mono now) const {
  if (answer.status == 0 || limits_address(answer.status) || now < held_until() ||
      venue::decode_error(answer.body).code != key_refused)
    return false;
  if (!entry.first_refused) entry.first_refused = now;
  return now - *entry.first_refused >= between_refusals;
}

void Health::prove(RosterAccount& account, Entry& entry, Mono at) {
  if (account.health.standing == Standing::refused && (!entry.once_more || entry.bad_rights))
    return;
  entry.proven = at;
  entry.due = at + health_period(parts_.roster.accounts().size());
  entry.first_refused.reset();
  entry.unanswered_since.reset();
  entry.once_more = false;
  if (account.health.standing != Standing::good)
    log::info(fmt::format("{}: its key works again", account.label));
  account.health = {};
  restrict(account, entry, false);
}

void Health::fail(RosterAccount& account, Entry& entry, Standing standing,
                  const std::string& words) {
  const Mono now = parts_.clock.now();
  AccountHealth& health = account.health;
  health.failed = now;
  if (health.standing == Standing::good) health.since = now;
  // What is refused stays so.
  const Standing worse = std::max(health.standing, standing);
  if (worse != health.standing || health.words.empty()) {
    const bool final = worse == Standing::refused;
    log::write(final ? log::Level::error : log::Level::warning,
               fmt::format("{}: its key {}: {}{}", account.label,
                           final ? "is refused" : "failed its check", words,
                           !account.follower ? ""
                           : final           ? "; nothing opens before `copyctl rotate` or `resume`"
                                             : "; nothing opens until it passes"));
  }
  if (health.standing != Standing::refused) health.words = words;
  health.standing = worse;
  restrict(account, entry, true);
}

void Health::restrict(RosterAccount& account, Entry& entry, bool on) {
  if (entry.restricts == on) return;
  entry.restricts = on;
  if (!account.follower) return;
  parts_.tell(SetState{.follower = *account.follower,
                       .cause = StateCause::health,
                       .state = on ? FollowerState::reduce_only : FollowerState::active});
}

void Health::refuse(RosterAccount& account, const std::string& words, const std::string& remedy) {
  Entry& entry = entries_[&account];
  entry.bad_rights = true;
  entry.once_more = false;
  fail(account, entry, Standing::refused, words);
  account.health.words = remedy.empty() ? words : words + ": " + remedy;
}

void Health::rights_are_good(RosterAccount& account) {
  Entry& entry = entries_[&account];
  if (!entry.bad_rights || !entry.once_more) return;
  entry.bad_rights = false;
  entry.due = parts_.clock.now();
}

void Health::resume(RosterAccount& account) {
  Entry& entry = entries_[&account];
  if (!account.connected() || account.health.standing != Standing::refused) return;
  entry.once_more = true;
  entry.due = parts_.clock.now();
  if (entry.bad_rights && parts_.look_at_rights) parts_.look_at_rights(account);
}

void Health::hold(const VenueAnswer& answer, Mono now) {
  if (!limits_address(answer.status)) return;
  held_words_ = answer.words();
  held_ =
      std::max(held_, now + (answer.retry_after ? nanoseconds(*answer.retry_after) : banned_time));
}

Mono Health::held_until() const {
  return std::max(held_, parts_.held_until());
}

}  // namespace copyd::engine
