#include "sim/faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace copyd::sim {

namespace {

struct Call {
  std::string_view name;
  Action action;
};
constexpr std::array<Call, 24> calls{{
    {"POST /fapi/v1/order", Action::place},
    {"POST /fapi/v1/batchOrders", Action::place},
    {"POST /fapi/v1/algoOrder", Action::place},
    {"order.place", Action::place},
    {"algoOrder.place", Action::place},
    {"PUT /fapi/v1/order", Action::modify},
    {"PUT /fapi/v1/batchOrders", Action::modify},
    {"order.modify", Action::modify},
    {"DELETE /fapi/v1/order", Action::cancel},
    {"DELETE /fapi/v1/batchOrders", Action::cancel},
    {"DELETE /fapi/v1/allOpenOrders", Action::cancel},
    {"DELETE /fapi/v1/algoOrder", Action::cancel},
    {"DELETE /fapi/v1/algoOpenOrders", Action::cancel},
    {"POST /fapi/v1/countdownCancelAll", Action::cancel},
    {"order.cancel", Action::cancel},
    {"algoOrder.cancel", Action::cancel},
    {"GET /fapi/v1/order", Action::query},
    {"GET /fapi/v1/openOrder", Action::query},
    {"GET /fapi/v1/algoOrder", Action::query},
    {"order.status", Action::query},
    {"GET /fapi/v1/orderAmendment", Action::query},
    {"algoOrder.status", Action::query},
    {"POST /fapi/v1/leverage", Action::setup},
    {"POST /fapi/v1/marginType", Action::setup},
}};

constexpr std::array<std::string_view, 5> history_calls{
    "GET /fapi/v1/allOrders", "GET /fapi/v1/userTrades", "GET /fapi/v1/openOrders",
    "GET /fapi/v1/openAlgoOrders", "GET /fapi/v1/allAlgoOrders"};
constexpr std::array<std::string_view, 12> state_calls{
    "GET /fapi/v3/account", "GET /fapi/v2/account",      "GET /fapi/v3/balance",
    "GET /fapi/v2/balance", "GET /fapi/v3/positionRisk", "GET /fapi/v2/positionRisk",
    "v2/account.position",  "account.position",          "v2/account.status",
    "account.status",       "v2/account.balance",        "account.balance"};

constexpr std::array<AnswerKind, 10> kinds{{
    {.name = "unknown_503",
     .status = 503,
     .code = -1000,
     .message = "Unknown error, please check your request or try again later."},
    {.name = "unavailable_503",
     .status = 503,
     .code = -1000,
     .message = "Service Unavailable.",
     .definite = true,
     .counted = false},
    {.name = "internal_503",
     .status = 503,
     .code = -1001,
     .message = "Internal error; unable to process your request. Please try again.",
     .definite = true},
    {.name = "maintenance_503",
     .status = 503,
     .code = -1016,
     .message = "Service is under maintenance.",
     .definite = true,
     .counted = false},
    {.name = "throttled_1008",
     .status = 503,
     .code = -1008,
     .message = "Request throttled by system-level protection. Reduce-only/close-position orders "
                "are exempt. Please try again.",
     .definite = true,
     .throttles = true,
     .counted = false},
    {.name = "timeout_1007",
     .status = 408,
     .code = -1007,
     .message = "Timeout waiting for response from backend server. Send status unknown; execution "
                "status unknown."},
    {.name = "unexpected_1006",
     .status = 500,
     .code = -1006,
     .message = "An unexpected response was received from the message bus. Execution status "
                "unknown."},
    {.name = "disconnected_1001",
     .status = 500,
     .code = -1001,
     .message = "Internal error; unable to process your request. Please try again."},
    {.name = "bad_gateway_502", .status = 502, .message = "Bad Gateway"},
    {.name = "timeout_408", .status = 408, .message = "Request Time-out"},
}};

template <std::size_t size>
bool holds(const std::array<std::string_view, size>& names, std::string_view name) noexcept {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is(const Params& params, std::string_view name, std::string_view value) noexcept {
  const std::string* found = params.find(name);
  return found != nullptr && *found == value;
}

}  // namespace

Action action_of(std::string_view call) noexcept {
  const auto at = std::find_if(calls.begin(), calls.end(),
                               [&](const Call& candidate) { return candidate.name == call; });
  return at == calls.end() ? Action::other : at->action;
}

bool is_history(std::string_view call) noexcept {
  return holds(history_calls, call);
}

bool is_state(std::string_view call) noexcept {
  return holds(state_calls, call);
}

std::optional<ActionFilter> parse_actions(std::string_view name) noexcept {
  if (name == "any") return ActionFilter();
  if (name == "place") return ActionFilter(Action::place);
  if (name == "query") return ActionFilter(Action::query);
  if (name == "modify") return ActionFilter(Action::modify);
  if (name == "cancel") return ActionFilter(Action::cancel);
  if (name == "setup") return ActionFilter(Action::setup);
  return std::nullopt;
}

const AnswerKind* find_answer_kind(std::string_view name) noexcept {
  const auto at = std::find_if(kinds.begin(), kinds.end(),
                               [&](const AnswerKind& kind) { return kind.name == name; });
  return at == kinds.end() ? nullptr : &*at;
}

std::optional<PlannedAnswer> OrderFaults::take_answer(Action action, const Params& params) {
  for (auto planned = answers.begin(); planned != answers.end(); ++planned) {
    if (!strikes(planned->actions, action)) continue;
    if (planned->kind->throttles &&
        (action == Action::cancel || (action == Action::place && is_closing_order(params))))
      continue;
    const PlannedAnswer taken = *planned;
    if (--planned->left == 0) answers.erase(planned);
    return taken;
  }
  return std::nullopt;
}

bool OrderFaults::hides_order(const Params& params, VenueTime now) {
  std::erase_if(hidden, [&](const HiddenOrder& order) { return order.until <= now; });
  return std::any_of(hidden.begin(), hidden.end(), [&](const HiddenOrder& order) {
    return is(params, "symbol", order.symbol) &&
           (is(params, "orderId", order.id) ||
            (!params.has("orderId") && is(params, "origClientOrderId", order.client_id)));
  });
}

void OrderFaults::note_placed(std::string_view result, VenueTime now) {
  if (hides == 0) return;
  const auto order = JsonObject::parse(result);
  const JsonValue* id = order ? order->find("orderId") : nullptr;
  const JsonValue* symbol = order ? order->find("symbol") : nullptr;
  const JsonValue* client_id = order ? order->find("clientOrderId") : nullptr;
  if (id == nullptr || symbol == nullptr || client_id == nullptr) return;
  --hides;
  hidden.push_back({.symbol = symbol->text,
                    .id = id->text,
                    .client_id = client_id->text,
                    .until = now + hide_for});
}

bool is_closing_order(const Params& params) noexcept {
  if (is(params, "reduceOnly", "true") || is(params, "closePosition", "true")) return true;
  return (is(params, "positionSide", "LONG") && is(params, "side", "SELL")) ||
         (is(params, "positionSide", "SHORT") && is(params, "side", "BUY"));
}

std::string without_younger(std::string_view rows, VenueTime newest) {
  const auto list = parse_array(rows);
  if (!list) return std::string(rows);
  JsonWriter out;
  out.array();
  for (const auto& row : *list) {
    const auto object = JsonObject::parse(row.text);
    const JsonValue* time = object ? object->find("time") : nullptr;
    if (time == nullptr && object) time = object->find("createTime");
    std::int64_t ms = 0;
    if (time != nullptr)
      std::from_chars(time->text.data(), time->text.data() + time->text.size(), ms);
    if (ms <= newest.ms) out.raw(row.text);
  }
  out.end_array();
  return out.take();
}

std::string gateway_page(int status, std::string_view reason) {
  return fmt::format(
      "<html>\r\n<head><title>{0} {1}</title></head>\r\n<body>\r\n<center><h1>{0} {1}</h1>"
      "</center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
      status, reason);
}

}  // namespace copyd::sim
