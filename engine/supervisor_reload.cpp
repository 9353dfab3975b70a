// Supervisor: the configuration file as it is now becomes what runs, as far as a running engine can
// take it. It is read, checked and compared; the copy agent gets all that it needs at once and says
// when it goes by it; then the supervisor's own parts and the lanes follow. One at a time: who asks
// meanwhile gets the answer of the next one, which reads the file anew.
#include <fmt/format.h>

#include "config/write.hpp"
#include "engine/configuration.hpp"
#include "engine/operator_words.hpp"
#include "engine/supervisor.hpp"
#include "ops/log.hpp"
#include "ops/notify.hpp"

namespace copyd::engine {
namespace {

namespace log = ops::log;

constexpr std::size_t changes_named_max = 10;

std::string first_of(const std::vector<config::Fault>& faults) {
  std::string text = config::as_text({&faults.front(), 1});
  text.pop_back();  // its line end
  if (faults.size() > 1) text += fmt::format(" (and {} more)", faults.size() - 1);
  return text;
}

std::string said_of(const config::Plan& plan, std::uint32_t generation,
                    const std::string& draining) {
  const auto words = [](const auto& changes) {
    return config::in_words(changes, changes_named_max);
  };
  std::string said = !plan.applied.empty()  ? fmt::format("generation {} is in force: {}",
                                                          generation, words(plan.applied))
                     : plan.waiting.empty() ? "the file says what runs: nothing was changed"
                                            : "nothing was changed";
  if (!draining.empty())
    said += fmt::format(
        ". Not in the file, and drained until flat: {} (copyctl reload --flatten "
        "closes all of it now)",
        draining);
  if (!plan.waiting.empty())
    said +=
        fmt::format(". Only a restart applies: {} (systemctl restart copyd)", words(plan.waiting));
  return said;
}

void write_changes(ops::JsonWriter& out, std::string_view name,
                   const std::vector<config::Change>& changes) {
  out.key(name).begin_array();
  for (std::size_t i = 0; i < changes.size() && i < changes_named_max; ++i)
    out.begin_object()
        .member("path", changes[i].path)
        .member("before", changes[i].before)
        .member("after", changes[i].after)
        .end_object();
  out.end_array();
}

}  // namespace

void Supervisor::reload(ReloadAsker asker) {
  reload_next_.push_back(std::move(asker));
  if (pipeline_ == nullptr || stop_requested_) begin_reload();
}

void Supervisor::keep_reloading() {
  tell_limits();
  hand_over_reload();
  take_reloaded();
  if (!plan_ && !reload_next_.empty()) begin_reload();
}

void Supervisor::begin_reload() {
  reloading_.swap(reload_next_);
  const auto fresh = load_usable(config_file_, credentials_directory_);
  if (!fresh.config)
    return refuse_reload(
        {.error =
             fmt::format("the file is refused, nothing was changed: {}", first_of(fresh.faults)),
         .remedy = fmt::format("copyd check --config {} shows every fault", config_file_)});
  if (pipeline_ == nullptr || stop_requested_)
    return refuse_reload(
        {.error =
             fmt::format("nothing was changed: {}",
                         stop_requested_ ? "copyd is stopping" : "the venue has not answered yet"),
         .remedy = "try again when `copyctl status` shows generation 1 or more; a start reads the "
                   "file anew in any case"});
  config::Plan plan = config::plan_of(config_, *fresh.config);
  if (plan.applied.empty()) {
    flatten_removed();
    return answer_reload(plan);
  }
  if (const std::string conflict = config::conflict_of(plan.next); !conflict.empty())
    return refuse_reload(
        {.error = fmt::format("nothing was changed: what can be applied now does not fit what "
                              "stays until a restart: {}",
                              conflict),
         .remedy = "restart copyd to apply all of it: systemctl restart copyd"});
  if (announced_ready_) ops::notify::reloading();
  auto reload = std::make_unique<risk::Reload>(risk::reload_of(config_, plan.next, symbols_));
  reload->generation = pipeline_->generation() + 1;
  reload->text = config::text_of(plan.next);
  reload->states = states_of_new(plan.next);
  for (std::size_t i = 0; i < config_.followers.size(); ++i)
    if (prepares_otherwise(config_.followers[i], plan.next.followers[i]))
      unheld_.insert(FollowerId{static_cast<std::uint16_t>(i)});
  reload_ = std::move(reload);
  plan_ = std::move(plan);
  hand_over_reload();
}

// Before anything is decided by it each lane has heard what is to be prepared anew.
void Supervisor::hand_over_reload() {
  std::erase_if(unheld_, [&](FollowerId id) { return preparation_->hold(id); });
  if (reload_ != nullptr && unheld_.empty()) pipeline_->reload(std::move(reload_));
}

void Supervisor::take_reloaded() {
  risk::ReloadPtr taken;
  if (!plan_ || !pipeline_->next_reloaded(taken)) return;
  std::vector<FollowerId> changed;
  for (const auto& follower : taken->followers) changed.push_back(follower.id);
  limits_untold_.insert(changed.begin(), changed.end());
  go_on_with(std::move(plan_->next), changed);
  flatten_removed();
  if (announced_ready_) ops::notify::ready(said_status_);
  answer_reload(*plan_);
  plan_.reset();
}

void Supervisor::go_on_with(config::Config next, const std::vector<FollowerId>& changed) {
  config_.metrics = next.metrics;
  if (std::exchange(config_.log, next.log) != next.log)
    log::start(log::Options::from_environment(config_.log.level));
  if (std::exchange(config_.alerts, next.alerts) != next.alerts)
    alerts_->set_channels(alert_channels());
  note_moves(next);
  std::vector<FollowerId> trading;  // and a shadow before
  for (const FollowerId id : changed)
    if (id.value < config_.followers.size() &&
        config_.followers[id.value].state == config::FollowerMode::shadow &&
        next.followers[id.value].state != config::FollowerMode::shadow)
      trading.push_back(id);
  take_places(std::move(next));
  take_accounts(changed);
  for (const FollowerId id : trading) leave_shadow(id);
  equities_->reloaded();
  marks_->reloaded();
  tell_limits();
}

// Those that are gone and hold something still: by who asked for it with the reload.
void Supervisor::flatten_removed() {
  for (const auto& asker : reloading_) {
    if (!asker.flattens) continue;
    for (const auto& follower : config_.followers) {
      const RosterAccount* account = roster_.find(follower.label);
      if (!follower.removed || !account->follower) continue;
      const auto outcome = flatten_follower(*account->follower, *asker.flattens, restrictions_);
      for (const auto& command : outcome.commands) pipeline_->tell_copier(command);
      log::Fields fields{.reason = asker.flattens->reason};
      fields.follower = follower.label;
      log::write(log::Level::warning,
                 fmt::format("{}: what it holds is closed, by uid {}", follower.label,
                             asker.flattens->uid),
                 fields);
    }
  }
}

// A lane whose queue is half full hears of it later.
void Supervisor::tell_limits() {
  std::erase_if(limits_untold_, [&](FollowerId id) {
    const auto limit = config_.followers[id.value].limits.max_orders_per_10s;
    return pipeline_->offer_lane(
        id, exec::LimitIncreases{.follower = id, .per_10s = limit.value_or(0)});
  });
}

void Supervisor::answer_reload(const config::Plan& plan) {
  const std::uint32_t generation = pipeline_->generation();
  const std::string said = said_of(plan, generation, draining());
  log::write(plan.waiting.empty() ? log::Level::info : log::Level::warning, "reload: " + said);
  ops::JsonWriter out;
  out.begin_object().member("ok", true).member("said", said).member("generation", generation);
  write_changes(out, "applied", plan.applied);
  write_changes(out, "waiting", plan.waiting);
  const std::string json = out.end_object().take();
  for (const auto& asker : std::exchange(reloading_, {}))
    if (asker.reply) (*asker.reply)(json);
}

void Supervisor::refuse_reload(const ops::Failure& failure) {
  log::warning(fmt::format("reload: {}; {}", failure.error, failure.remedy));
  for (const auto& asker : std::exchange(reloading_, {}))
    if (asker.reply) asker.reply->fail(failure);
}

}  // namespace copyd::engine
