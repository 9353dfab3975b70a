// What stands between a request and its handler, alike for both doors: the order limits, and what
// goes wrong on purpose.
#include <algorithm>

#include "sim/encode.hpp"
#include "sim/protocol.hpp"

namespace copyd::sim {

namespace {

using std::chrono::milliseconds;

constexpr std::int64_t default_window_ms = 5000;
constexpr std::size_t past_states_max = 10'000;

// Placing and modifying count, refused or not; cancelling does not.
std::optional<RateLimits::OrderCost> order_cost(std::string_view call, Action action) {
  if (call.ends_with("order/test")) return RateLimits::OrderCost{};
  if (action != Action::place && action != Action::modify) return std::nullopt;
  if (call.ends_with("batchOrders")) return RateLimits::OrderCost{.ten_seconds = 5, .minute = 1};
  return RateLimits::OrderCost{};
}

bool reaches_engine(Action action) noexcept {
  return action == Action::place || action == Action::modify || action == Action::cancel;
}

ApiError error_of(const AnswerKind& kind) {
  return {.code = kind.code, .message = std::string(kind.message), .status = kind.status};
}

}  // namespace

Protocol::Outcome Protocol::dispatch(const Dispatch& request, const Run& run) {
  auto& faults = faults_[request.account];
  const Action action = action_of(request.call);
  Outcome outcome;
  const auto planned = faults.take_answer(action, request.params);
  const auto cost = order_cost(request.call, action);
  if (cost && !(planned && !planned->kind->counted)) {
    outcome.counts = limits_.add_orders(request.account, *cost, request.now);
    if (auto error = limits_.check(*outcome.counts)) {
      outcome.answer = *error;
      ++counts_[request.account].rejected;
      ++counts_[request.account].rate_limited;
      return outcome;
    }
  }
  if (faults.late_answers > 0 && strikes(faults.late_actions, action)) {
    --faults.late_answers;
    outcome.delay += faults.answer_delay;
  }
  if (!planned || planned->executed) outcome.answer = execute(request, outcome, run);
  else if (action == Action::place) ++counts_[request.account].rejected;
  if (!planned || outcome.drop) return outcome;
  if (planned->kind->code == 0)
    outcome.page = gateway_page(planned->kind->status, planned->kind->message);
  outcome.answer = error_of(*planned->kind);
  return outcome;
}

Answer<std::string> Protocol::execute(const Dispatch& request, Outcome& outcome, const Run& run) {
  auto& faults = faults_[request.account];
  auto& total = counts_[request.account];
  const Action action = action_of(request.call);
  const bool drops = faults.drops > 0 && strikes(faults.drop_actions, action);
  if (drops && faults.drop_before) {
    --faults.drops;
    outcome.drop = true;
    return std::string();
  }
  if (faults.rejections > 0 && strikes(faults.rejection_actions, action)) {
    --faults.rejections;
    if (action == Action::place) ++total.rejected;
    return faults.rejection;
  }
  if (action == Action::query && faults.hides_order(request.params, request.now))
    return ApiError{.code = -2013, .message = "Order does not exist."};
  auto answer = [&]() -> Answer<std::string> {
    if (auto late = check_engine_time(request)) return *late;
    return run();
  }();
  if (action == Action::place) ++(answer.ok() ? total.placed : total.rejected);
  if (reaches_engine(action)) outcome.delay += faults.engine_delay;
  if (!answer.ok()) return answer;
  if (action == Action::place) faults.note_placed(answer.value(), request.now);
  if (faults.history_lag.count() > 0) {
    if (is_history(request.call))
      answer = without_younger(answer.value(), request.now + -faults.history_lag);
    else if (is_state(request.call)) answer = remembered(request, answer.value());
  }
  if (drops) --faults.drops;
  outcome.drop = drops;
  return answer;
}

// The matching engine looks at the window once more, when an order has come through to it.
std::optional<ApiError> Protocol::check_engine_time(const Dispatch& request) const {
  const auto faults = faults_.find(request.account);
  if (faults == faults_.end() || faults->second.engine_delay.count() == 0 ||
      !reaches_engine(action_of(request.call)))
    return std::nullopt;
  const auto timestamp = request.params.integer("timestamp");
  const auto window = request.params.integer("recvWindow");
  if (!timestamp.ok() || !timestamp.value() || !window.ok()) return std::nullopt;
  const auto there = request.now + faults->second.engine_delay;
  if (there.ms - *timestamp.value() <= window.value().value_or(default_window_ms))
    return std::nullopt;
  return ApiError{.code = -5028,
                  .message = "Timestamp for this request is outside of the ME recvWindow."};
}

void Protocol::set_history_lag(AccountIndex account, milliseconds lag) {
  faults_[account].history_lag = lag;
  past_.erase(account);
  if (lag.count() == 0) return;
  past_[account];
  remember_state(account, now_);
}

// The account's positions and balances as they are, under every call that shows them.
void Protocol::remember_state(AccountIndex account, VenueTime now) {
  const auto past = past_.find(account);
  if (past == past_.end()) return;
  PastState state{.time = now, .answers = {}};
  for (const auto& [call, route] : routes()) {
    if (!is_state(call)) continue;
    RestContext context{.params = {}, .caller = {.key = nullptr, .account = account}, .now = now};
    const auto answer = (this->*route.handler)(context);
    if (answer.ok()) state.answers.emplace(call, answer.value());
  }
  WsSession nobody;
  for (const auto& [call, method] : methods()) {
    if (!is_state(call)) continue;
    WsContext context{.session = nobody,
                      .params = {},
                      .caller = {.key = nullptr, .account = account},
                      .now = now};
    const auto answer = (this->*method.handler)(context);
    if (answer.ok()) state.answers.emplace(call, answer.value());
  }
  past->second.push_back(std::move(state));
  if (past->second.size() > past_states_max) past->second.pop_front();
}

// `current` where nothing older is known.
std::string Protocol::remembered(const Dispatch& request, const std::string& current) const {
  const auto past = past_.find(request.account);
  const auto faults = faults_.find(request.account);
  if (past == past_.end() || faults == faults_.end()) return current;
  const VenueTime then = request.now + -faults->second.history_lag;
  const PastState* seen = nullptr;
  for (const auto& state : past->second)
    if (seen == nullptr || state.time <= then) seen = &state;
  if (seen == nullptr) return current;
  const auto answer = seen->answers.find(request.call);
  if (answer == seen->answers.end()) return current;
  const std::string* symbol = request.params.find("symbol");
  const auto rows = symbol == nullptr ? std::nullopt : parse_array(answer->second);
  if (!rows) return answer->second;
  JsonWriter out;
  out.array();
  for (const auto& row : *rows) {
    const auto object = JsonObject::parse(row.text);
    const JsonValue* name = object ? object->find("symbol") : nullptr;
    if (name == nullptr || name->text == *symbol) out.raw(row.text);
  }
  out.end_array();
  return out.take();
}

}  // namespace copyd::sim
