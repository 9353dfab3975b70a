// Supervisor: the health of the accounts, and who is told when something is wrong.
#include "engine/supervisor.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "engine/version.hpp"
#include "ops/alert_targets.hpp"

namespace copyd::engine {
namespace {

using namespace std::chrono_literals;

constexpr auto incidents_period = 1s;

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

}  // namespace

void Supervisor::make_health() {
  health_.emplace(Health::Parts{
      .roster = roster_,
      .venue = venue_,
      .clock = clock_,
      .tell = [this](const CopyCommand& command) { pipeline_->tell_copier(command); },
      .agent_answered =
          [this](const RosterAccount& account) {
            if (!account.follower) return Mono{};
            const auto& link = pipeline_->link(*account.follower);
            return Mono{std::max(link.answered.get(), link.last_read.get())};
          },
      .agent_refused =
          [this](const RosterAccount& account) {
            const auto leader = [&](LeaderId id) {
              return static_cast<feed::SessionState>(pipeline_->leader(id).state.get()) ==
                     feed::SessionState::refused;
            };
            const auto follower = [&](FollowerId id) {
              return static_cast<exec::LinkState>(pipeline_->link(id).link.get()) ==
                     exec::LinkState::refused;
            };
            return (account.leader && leader(*account.leader)) ||
                   (account.follower && follower(*account.follower));
          },
      .held_until = [this] { return pipeline_->address_holds().rest.until(); },
      .look_at_rights = [this](RosterAccount& account) { key_watch_->look(account); }});
  constexpr auto of_health = 1U << static_cast<unsigned>(StateCause::health);
  for (const auto& account : roster_.accounts())
    if (account.follower &&
        (static_cast<unsigned>(pipeline_->follower(*account.follower).causes.get()) & of_health) !=
            0)
      health_->was_failing(account);
  const auto judged = [this](RosterAccount& account, const PermissionVerdict& verdict) {
    if (verdict.refusal.empty()) health_->rights_are_good(account);
    else health_->refuse(account, verdict.refusal, verdict.remedy);
  };
  key_watch_.emplace(
      KeyWatch::Parts{.roster = roster_, .venue = venue_, .clock = clock_, .judged = judged});
}

// What the operator resumes is also believed to have a key that works, and asked.
void Supervisor::resume_keys(const ops::ControlRequest& request) {
  for (auto& account : roster_.accounts())
    if (request.all || request.label.empty() || account.label == request.label)
      health_->resume(account);
}

void Supervisor::open_alerts() {
  alerts_.emplace(
      ops::Alerts::Parts{.clock = clock_, .host = host_name(), .version = std::string(version)},
      alert_channels());
}

// Where they go to by the configuration that runs.
std::vector<std::unique_ptr<ops::AlertChannel>> Supervisor::alert_channels() {
  auto reading = ops::read_alert_targets(config_.alerts, credentials_directory_);
  return ops::open_alert_channels(std::move(reading.targets), io_, tls_, clock_);
}

void Supervisor::keep_alerts() {
  const Mono now = clock_.now();
  if (now < incidents_due_) return;
  incidents_due_ = now + incidents_period;
  const auto change = incidents_.look(suspects(sight_of(status_parts())), now);
  for (const auto& alert : change.firing) alerts_->raise(alert);
  for (const auto& [key, text] : change.resolved) alerts_->resolve(key, text);
}

}  // namespace copyd::engine
