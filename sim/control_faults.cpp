// Control: what goes wrong with requests: answers, bans.
#include "sim/control_fields.hpp"

namespace copyd::sim {

namespace {

using std::chrono::milliseconds;

constexpr std::int64_t day_ms = 24 * 3'600'000LL;
constexpr std::int64_t many = 1'000'000;

int as_int(std::int64_t value) {
  return static_cast<int>(value);
}

}  // namespace

Answer<ActionFilter> Control::read_actions(const Fields& fields) {
  if (fields.find("methods") == nullptr) return ActionFilter(Action::place);
  const auto name = fields.text("methods");
  if (!name.ok()) return name.error();
  const auto actions = parse_actions(name.value());
  if (!actions) return control_fault("methods is not place, query, modify, cancel, setup or any");
  return *actions;
}

Answer<std::string> Control::ban(const Fields& fields, VenueTime now) {
  const auto time = fields.number("ms", std::nullopt, {.least = 0, .most = 30 * day_ms});
  if (!time.ok()) return time.error();
  const auto status = fields.integer("status", 418);
  if (!status.ok()) return status.error();
  if (status.value() != 418 && status.value() != 429 && status.value() != 403)
    return control_fault("status is not 418, 429 or 403");
  const auto address = fields.find("ip") != nullptr ? fields.text("ip") : Answer<std::string>("");
  if (!address.ok()) return address.error();
  const auto pool =
      fields.find("pool") != nullptr ? fields.text("pool") : Answer<std::string>("rest");
  if (!pool.ok()) return pool.error();
  const bool all = pool.value() == "all";
  if (!all && pool.value() != "rest" && pool.value() != "ws_api")
    return control_fault("pool is not rest, ws_api or all");
  auto& limits = world_.protocol().limits();
  const VenueTime until = now + milliseconds(time.value());
  if (all || pool.value() == "rest")
    limits.ban(WeightPool::rest, address.value(), as_int(status.value()), until);
  if (all || pool.value() == "ws_api")
    limits.ban(WeightPool::ws_api, address.value(), as_int(status.value()), until);
  return "\"until\":" + std::to_string(until.ms);
}

Answer<std::string> Control::delete_listen_key(const Fields& fields, VenueTime) {
  const auto account = fields.account();
  if (!account.ok()) return account.error();
  auto& streams = world_.protocol().streams();
  if (!streams.has_key(account.value())) return control_fault("the account has no listen key");
  streams.remove(account.value());
  return std::string();
}

Answer<std::string> Control::shutdown_notice(const Fields&, VenueTime now) {
  JsonWriter out;
  out.object().key("event").object().text("e", "serverShutdown").number("E", now.ms);
  const std::string text = out.end_object().end_object().take();
  const auto told = door_.tell_sessions([&](WsSession&) { return std::optional(text); });
  return "\"connections\":" + std::to_string(told);
}

Answer<std::string> Control::answer_next(const Fields& fields, VenueTime) {
  const auto account = fields.account();
  if (!account.ok()) return account.error();
  const auto name = fields.text("kind");
  if (!name.ok()) return name.error();
  const auto* kind = find_answer_kind(name.value());
  if (kind == nullptr) return control_fault("unknown kind " + name.value());
  const auto executed = fields.flag("executed", false);
  if (!executed.ok()) return executed.error();
  if (kind->definite && executed.value())
    return control_fault(name.value() + " says that nothing was executed");
  const auto actions = read_actions(fields);
  if (!actions.ok()) return actions.error();
  const auto count = fields.number("count", 1, {.least = 1, .most = many});
  if (!count.ok()) return count.error();
  world_.protocol()
      .faults(account.value())
      .answers.push_back({.kind = kind,
                          .actions = actions.value(),
                          .executed = executed.value(),
                          .left = as_int(count.value())});
  return std::string();
}

Answer<std::string> Control::hide_order(const Fields& fields, VenueTime) {
  const auto account = fields.account();
  if (!account.ok()) return account.error();
  const auto time = fields.number("ms", std::nullopt, {.least = 0, .most = day_ms});
  if (!time.ok()) return time.error();
  const auto count = fields.number("count", 1, {.least = 0, .most = many});
  if (!count.ok()) return count.error();
  auto& faults = world_.protocol().faults(account.value());
  faults.hides = as_int(count.value());
  faults.hide_for = milliseconds(time.value());
  return std::string();
}

Answer<std::string> Control::delay_next(const Fields& fields, VenueTime) {
  const auto account = fields.account();
  if (!account.ok()) return account.error();
  const auto what = fields.text("what");
  if (!what.ok()) return what.error();
  const auto time = fields.number("ms", std::nullopt, {.least = 0, .most = day_ms});
  if (!time.ok()) return time.error();
  const auto count = fields.number("count", 1, {.least = 1, .most = many});
  if (!count.ok()) return count.error();
  const auto actions = read_actions(fields);
  if (!actions.ok()) return actions.error();
  if (what.value() == "answer") {
    auto& faults = world_.protocol().faults(account.value());
    faults.late_answers = as_int(count.value());
    faults.late_actions = actions.value();
    faults.answer_delay = milliseconds(time.value());
  } else if (what.value() == "stream") {
    auto& plan = world_.protocol().streams().faults().plan(account.value());
    if (fields.find("event") != nullptr) {
      const auto event = fields.text("event");
      if (!event.ok()) return event.error();
      plan.overtaken.push_back({.what = event.value(),
                                .left = as_int(count.value()),
                                .delay = milliseconds(time.value())});
    } else {
      plan.late = as_int(count.value());
      plan.delay = milliseconds(time.value());
    }
  } else {
    return control_fault("what is not answer or stream");
  }
  return std::string();
}

Answer<std::string> Control::engine_delay(const Fields& fields, VenueTime) {
  const auto account = fields.account();
  if (!account.ok()) return account.error();
  const auto time = fields.number("ms", std::nullopt, {.least = 0, .most = day_ms});
  if (!time.ok()) return time.error();
  world_.protocol().faults(account.value()).engine_delay = milliseconds(time.value());
  return std::string();
}

Answer<std::string> Control::lag_history(const Fields& fields, VenueTime) {
  const auto account = fields.account();
  if (!account.ok()) return account.error();
  const auto time = fields.number("ms", std::nullopt, {.least = 0, .most = day_ms});
  if (!time.ok()) return time.error();
  world_.protocol().set_history_lag(account.value(), milliseconds(time.value()));
  return std::string();
}

Answer<std::string> Control::clear_faults(const Fields& fields, VenueTime) {
  const auto account = fields.optional_account();
  if (!account.ok()) return account.error();
  auto& protocol = world_.protocol();
  for (AccountIndex index = 0; index < world_.exchange().accounts().size(); ++index) {
    if (account.value() && *account.value() != index) continue;
    protocol.faults(index) = {};
    protocol.streams().faults().plan(index) = {};
    protocol.set_history_lag(index, milliseconds(0));
  }
  return std::string();
}

}  // namespace copyd::sim
