#include "engine/key_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ops/log.hpp"

namespace copyd::engine {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
namespace log = ops::log;

constexpr nanoseconds look_period = 24h;
constexpr nanoseconds retry_time = 5min;
constexpr nanoseconds banned_time = 120s;  // when the venue does not say how long
constexpr nanoseconds look_spacing = 100ms;
constexpr int look_burst = 20;

}  // namespace

KeyWatch::KeyWatch(Parts parts) : parts_(std::move(parts)), bucket_(look_burst, look_spacing) {}

void KeyWatch::connected(RosterAccount& account) {
  Entry& entry = entries_[&account];
  entry = {.key = entry.key + 1, .warned = std::nullopt, .complaint = {}};
  if (!account.permissions) {
    entry.due = parts_.clock.now();
    return;
  }
  // `connect` has said what there is to warn of.
  entry.warned = expiry_warning(*account.permissions, parts_.venue.now());
  entry.due = next_look(account);
}

void KeyWatch::look(RosterAccount& account) {
  entries_[&account].due = parts_.clock.now();
}

void KeyWatch::poll() {
  if (!parts_.venue.clock_known() || !parts_.venue.has_permission_record()) return;
  const Mono now = parts_.clock.now();
  if (now < held_until_) return;
  for (auto& account : parts_.roster.accounts()) {
    if (!account.connected()) continue;
    Entry& entry = entries_[&account];
    if (entry.asking || now < entry.due) continue;
    if (!bucket_.take(now)) return;
    ask(account, entry);
  }
}

void KeyWatch::ask(RosterAccount& account, Entry& entry) {
  entry.asking = true;
  const auto handler = [this, &account, &entry, key = entry.key](const VenueAnswer& answer) {
    if (key != entry.key || !account.connected()) return;
    entry.asking = false;
    take(account, entry, answer);
  };
  parts_.venue.permissions(*account.credentials, handler);
}

void KeyWatch::take(RosterAccount& account, Entry& entry, const VenueAnswer& answer) {
  const Mono now = parts_.clock.now();
  entry.due = now + retry_time;
  if (answer.status == 429 || answer.status == 418)
    held_until_ = now + (answer.retry_after ? nanoseconds(*answer.retry_after) : banned_time);
  if (!answer.ok()) return complain(account, entry, answer.words());
  const auto permissions = venue::decode_key_permissions(answer.body);
  if (!permissions) return complain(account, entry, permissions.error().message());
  entry.complaint.clear();
  account.permissions = *permissions;
  entry.due = next_look(account);
  auto verdict = judge(*permissions, account.role(), parts_.venue.now());
  if (account.role() == Role::none) verdict.warnings.emplace_back(unused_label);
  warn(account, entry, verdict.warnings);
  account.warnings = verdict.warnings;
  parts_.judged(account, verdict);
}

// Once, not with every attempt.
void KeyWatch::complain(const RosterAccount& account, Entry& entry, const std::string& words) {
  if (entry.complaint == words) return;
  entry.complaint = words;
  log::warning(fmt::format("{}: its permission record cannot be read: {}; trying again",
                           account.label, words));
}

// What is new: the end of the trading permission at each of its days, anything else when it
// appears.
void KeyWatch::warn(const RosterAccount& account, Entry& entry,
                    const std::vector<std::string>& warnings) {
  const VenueTime now = parts_.venue.now();
  const auto days = expiry_warning(*account.permissions, now);
  const bool said = std::exchange(entry.warned, days) == days;
  const std::string expiry = days ? expiry_words(*account.permissions, now) : std::string();
  for (const auto& warning : warnings) {
    const bool known = warning == expiry
                           ? said
                           : std::find(account.warnings.begin(), account.warnings.end(), warning) !=
                                 account.warnings.end();
    if (!known) log::warning(fmt::format("{}: {}", account.label, warning));
  }
}

Mono KeyWatch::next_look(const RosterAccount& account) const {
  nanoseconds wait = look_period;
  if (account.permissions->trading_expires) {
    const nanoseconds left = *account.permissions->trading_expires - parts_.venue.now();
    for (const int days : {30, 7, 1, 0})
      if (const nanoseconds until = left - std::chrono::days(days); until > 0s)
        wait = std::min(wait, until + 1s);
  }
  return parts_.clock.now() + wait;
}

}  // namespace copyd::engine
