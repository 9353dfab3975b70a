#include "engine/incidents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace copyd::engine {
namespace {

using namespace std::chrono_literals;
using ops::Severity;
using Standing = AccountHealth::Standing;

constexpr std::chrono::nanoseconds failing_allowed = 5min;
constexpr std::chrono::nanoseconds venue_allowed = 5min;
constexpr std::chrono::nanoseconds leader_allowed = 30s;
constexpr std::chrono::nanoseconds follower_allowed = 60s;
constexpr std::size_t class_max = 60;  // of a notice's text

bool has(std::int64_t causes, StateCause cause) {
  return (causes >> static_cast<std::size_t>(cause) & 1) != 0;
}

void add(std::vector<Suspect>& found, Severity severity, std::string_view kind,
         const std::string& label, std::string text, std::string over,
         std::chrono::nanoseconds after = {}) {
  found.push_back({.alert = {.severity = severity,
                             .key = fmt::format("{}/{}", kind, label),
                             .subject = label,
                             .text = std::move(text)},
                   .after = after,
                   .over = std::move(over)});
}

void look_at(const Sight::Account& account, std::vector<Suspect>& found) {
  const auto& health = account.health;
  if (health.standing == Standing::refused)
    add(found, Severity::page, "reauth", account.label,
        fmt::format("the venue refuses its key: {}. {}; copyctl rotate {}, or copyctl resume when "
                    "the key works again",
                    health.words,
                    account.leads ? "Its trades are copied only as long as its stream still stands"
                                  : "Nothing opens for it; closes are tried",
                    account.label),
        "its key works again");
  if (health.standing == Standing::failing)
    add(found, Severity::page, "failing", account.label,
        fmt::format("its key has failed its check for more than five minutes: {}. {}It heals by "
                    "itself",
                    health.words, account.leads ? "" : "Nothing opens for it meanwhile. "),
        "its key works again", failing_allowed);
}

void look_at(const Sight::Follower& follower, std::vector<Suspect>& found) {
  const auto& label = follower.label;
  if (has(follower.causes, StateCause::breach))
    add(found, Severity::page, "breach", label,
        fmt::format("a limit on its losses is reached: nothing opens until copyctl resume {}",
                    label),
        "it is resumed");
  if (has(follower.causes, StateCause::breaker))
    add(found, Severity::page, "breaker", label,
        fmt::format("the venue refused three opening orders within a minute: nothing opens until "
                    "copyctl resume {}",
                    label),
        "it is resumed");
  if (follower.quarantined > 0)
    add(found, Severity::page, "quarantine", label,
        fmt::format("the fate of an order cannot be found out, on {} symbols: nothing opens there; "
                    "look at its orders at the venue",
                    follower.quarantined),
        "every order's fate is known again");
  if (follower.drift > 0)
    add(found, Severity::warning, "drift", label,
        fmt::format(
            "on {} legs the venue holds more than copyd does: somebody else trades on the "
            "account, or an order was lost. copyctl status shows them; copyd leaves them alone",
            follower.drift),
        "the positions agree again");
  // A key that fails is told as such.
  if (has(follower.causes, StateCause::connection) && !has(follower.causes, StateCause::health))
    add(found, Severity::warning, "not_ready", label,
        "its connections do not stand, or its position mode does not fit: nothing opens meanwhile; "
        "the log says why",
        "it is ready again", follower_allowed);
}

// What concerns everybody is told once.
void look_at_all(const Sight& sight, std::vector<Suspect>& found) {
  struct Row {
    StateCause cause;
    Severity severity;
    const char* key;
    const char* text;
    const char* over;
  };
  static constexpr std::array rows{
      Row{StateCause::recovery, Severity::page, "journal_damaged",
          "the journal was damaged at the start: nothing opens. Compare the positions with the "
          "venue's, then copyctl resume --all",
          "everybody is resumed"},
      Row{StateCause::journal, Severity::page, "journal_lost",
          "the journal cannot be written: nothing opens, closes go on. Make room on the disk or "
          "repair it, then restart copyd",
          "the journal is written again"},
      Row{StateCause::kill, Severity::page, "kill_file",
          "the kill file holds everybody back; the log says where it is. Delete it to go on",
          "the kill file is gone"},
  };
  for (const auto& row : rows) {
    const auto held = std::count_if(
        sight.followers.begin(), sight.followers.end(),
        [&](const Sight::Follower& follower) { return has(follower.causes, row.cause); });
    if (held == 0) continue;
    found.push_back({.alert = {.severity = row.severity,
                               .key = row.key,
                               .subject = "copyd",
                               .text = fmt::format("{} ({} followers)", row.text, held)},
                     .over = row.over});
  }
}

// Notices that tell what a suspect tells, with more words; by how their text begins.
struct Told {
  std::string_view begins;
  std::string_view kind;  // "": told when it lasts, by others
};
constexpr std::array told{
    Told{"max_daily_loss: ", "breach"},
    Told{"equity_floor: ", "breach"},
    Told{"max_drawdown: ", "breach"},
    Told{"the venue refused three opening", "breaker"},
    Told{"the journal cannot be written", "journal_lost"},
    Told{"the position mode was changed", "not_ready"},
    Told{"the venue refuses the key", ""},
};

// What notices of one class have in common: their text without its amounts, up to its first colon.
std::string class_of(std::string_view text) {
  std::string made;
  for (const char c : text.substr(0, text.find(':'))) {
    const bool letter = std::isalpha(static_cast<unsigned char>(c)) != 0;
    if (letter) made += c;
    else if (!made.empty() && made.back() != '_') made += '_';
    if (made.size() == class_max) break;
  }
  while (!made.empty() && made.back() == '_') made.pop_back();
  return made;
}

}  // namespace

Sight sight_of(const StatusParts& parts) {
  Sight sight;
  sight.waiting_for = parts.waiting_for;
  if (parts.pipeline == nullptr) return sight;
  for (const auto& account : parts.roster.accounts()) {
    if (!account.connected()) continue;
    sight.accounts.push_back({.label = account.label,
                              .leads = account.leader.has_value() && !account.follower,
                              .health = account.health});
    if (account.leader) {
      const auto state = parts.pipeline->leader(*account.leader).state.get();
      sight.leaders.push_back(
          {.label = account.label,
           .live = static_cast<feed::SessionState>(state) == feed::SessionState::live});
    }
    if (!account.follower) continue;
    const auto& cells = parts.pipeline->follower(*account.follower);
    sight.followers.push_back({.label = account.label,
                               .causes = cells.causes.get(),
                               .quarantined = cells.quarantined.get(),
                               .drift = parts.pipeline->link(*account.follower).drift.get()});
  }
  return sight;
}

std::vector<Suspect> suspects(const Sight& sight) {
  std::vector<Suspect> found;
  if (!sight.waiting_for.empty())
    found.push_back({.alert = {.severity = Severity::page,
                               .key = "venue_silent",
                               .subject = "copyd",
                               .text = fmt::format("nothing is copied since the start, which waits "
                                                   "for {}. Check the network, venue.rest and "
                                                   "venue.ca_file",
                                                   sight.waiting_for)},
                     .after = venue_allowed,
                     .over = "the venue answers"});
  for (const auto& account : sight.accounts) look_at(account, found);
  for (const auto& leader : sight.leaders)
    if (!leader.live)
      add(found, Severity::page, "leader_stale", leader.label,
          "its stream is not live: what it trades is copied late, and opens that are too old are "
          "not copied; the log says why",
          "its stream is live again", leader_allowed);
  for (const auto& follower : sight.followers) look_at(follower, found);
  look_at_all(sight, found);
  return found;
}

Incidents::Change Incidents::look(const std::vector<Suspect>& suspects, Mono now) {
  Change change;
  std::map<std::string, Seen> still;
  for (const auto& suspect : suspects) {
    const auto& key = suspect.alert.key;
    const auto known = seen_.find(key);
    Seen seen = known != seen_.end() ? known->second : Seen{.since = now, .over = suspect.over};
    seen.fired = seen.fired || now - seen.since >= suspect.after;
    if (seen.fired) change.firing.push_back(suspect.alert);
    still.emplace(key, std::move(seen));
  }
  for (const auto& [key, seen] : seen_)
    if (seen.fired && still.find(key) == still.end()) change.resolved.emplace_back(key, seen.over);
  seen_ = std::move(still);
  return change;
}

ops::Alert alert_of(const Notice& notice, std::string_view label) {
  const std::string_view text = notice.message();
  ops::Alert alert{.severity = Severity::page,
                   .key = {},
                   .subject = label.empty() ? "copyd" : std::string(label),
                   .text = std::string(text)};
  const auto row = std::find_if(told.begin(), told.end(), [&](const Told& one) {
    return text.substr(0, one.begins.size()) == one.begins;
  });
  if (row != told.end() && row->kind.empty()) return alert;
  const bool quarantine = text.find("the fate of an order cannot be found out") != text.npos;
  const std::string kind = row != told.end() ? std::string(row->kind)
                           : quarantine      ? "quarantine"
                                             : "notice/" + class_of(text);
  alert.key = label.empty() ? kind : fmt::format("{}/{}", kind, label);
  return alert;
}

}  // namespace copyd::engine
