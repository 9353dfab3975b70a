// Faults: what the simulated venue does wrong on purpose to one account's requests: answers lost,
// late, replaced or untrue. What it does to events is sim/event_faults.hpp's.
//
// Each fault counts down by the requests it struck; 0 is healthy. Set by the control commands or
// directly by tests. One thread.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "sim/account.hpp"
#include "sim/params.hpp"

namespace copyd::sim {

// Calls back once, that much later. Given by the front door.
using Later = std::function<void(std::chrono::milliseconds, std::function<void()>)>;

// What a request does, whichever door it came through.
enum class Action : std::uint8_t { other, place, query, modify, cancel, setup };

// "GET /fapi/v1/order" or "order.status".
Action action_of(std::string_view call) noexcept;
// Lists of the account that a lagging history shows late: orders, trades.
bool is_history(std::string_view call) noexcept;
// Positions and balances.
bool is_state(std::string_view call) noexcept;

// Which actions a fault strikes; nothing: every request.
using ActionFilter = std::optional<Action>;
std::optional<ActionFilter> parse_actions(std::string_view name) noexcept;  // "place", …, "any"
inline bool strikes(const ActionFilter& filter, Action action) noexcept {
  return !filter || *filter == action;
}

// A wrong answer in the venue's words.
struct AnswerKind {
  std::string_view name;
  int status = 0;
  int code = 0;  // 0: no JSON, but a page of the gateway
  std::string_view message;
  bool definite = false;   // the venue says that nothing was executed: so it must be
  bool throttles = false;  // closing orders and cancels are exempt
  bool counted = true;     // against the order limits
};
// Null when there is none of that name.
const AnswerKind* find_answer_kind(std::string_view name) noexcept;

struct PlannedAnswer {
  const AnswerKind* kind = nullptr;
  ActionFilter actions = Action::place;
  bool executed = false;
  int left = 1;
};

// An order that exists, and yet is not found.
struct HiddenOrder {
  std::string symbol{};
  std::string id{};
  std::string client_id{};
  VenueTime until{};
};

struct OrderFaults {
  ApiError rejection{};
  int rejections = 0;
  ActionFilter rejection_actions = Action::place;
  int drops = 0;
  bool drop_before = false;  // true: it is not executed either
  ActionFilter drop_actions = Action::place;
  std::deque<PlannedAnswer> answers{};
  int late_answers = 0;
  ActionFilter late_actions = Action::place;
  std::chrono::milliseconds answer_delay{0};
  int hides = 0;  // placements to come
  std::chrono::milliseconds hide_for{0};
  std::vector<HiddenOrder> hidden{};
  std::chrono::milliseconds history_lag{0};
  std::chrono::milliseconds engine_delay{0};

  // The planned answer for this request, counted down; nothing when it goes its normal way.
  std::optional<PlannedAnswer> take_answer(Action action, const Params& params);
  // Whether this query's order is hidden at present.
  bool hides_order(const Params& params, VenueTime now);
  // Remembers the order of a successful placement, `result` being the venue's answer.
  void note_placed(std::string_view result, VenueTime now);
};

// Reduce-only, close-all, and in hedge mode whatever reduces its leg.
bool is_closing_order(const Params& params) noexcept;

// A list of orders or trades without the rows younger than `newest`.
std::string without_younger(std::string_view rows, VenueTime newest);

// The page a gateway answers with.
std::string gateway_page(int status, std::string_view reason);

}  // namespace copyd::sim
