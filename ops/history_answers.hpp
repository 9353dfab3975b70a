// What copyctl asks of the history, and the answers, as the control protocol has them
// (docs/HISTORY.md says what their members mean). Bounded: one answer has at most as many rows as
// its question's limit, and says where the next one goes on. Pure but for the file; cold.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/units.hpp"
#include "ops/control_protocol.hpp"
#include "ops/database.hpp"
#include "ops/failure.hpp"
#include "ops/json.hpp"

namespace copyd::ops {

struct HistoryQuestion {
  ControlRequest request;
  std::int64_t now_ms = 0;       // since 1970
  bool label_is_known = false;   // the configuration has the follower that is asked for
  bool symbol_is_known = false;  // the venue has the symbol that is asked for
};

// why, history, skips and export; of orders the array of those that have no end, of latency what
// belongs into "copies".
// REQUIRES: a request of one of these, without a fault.
Outcome<std::string> answer_history(Database& database, const HistoryQuestion& question);

// "2026-11-21T09:30:15.250Z"
std::string utc_text(std::int64_t ms);

// ---- of the answers' own parts -----------------------------------------------------------------

namespace history {

Outcome<std::string> why(Database& database, const HistoryQuestion& question);
// Realised profit by follower and symbol, by average cost; `rows` and `columns` of an export.
std::string pnl(Database& database, const HistoryQuestion& question);

// What latency tells of the copies, by follower.
std::string latency(Database& database, const HistoryQuestion& question);

// The stages of one attempt in nanoseconds, each since the one before it; `filled` since it was
// written, `fill_to_wire` from the fill.
inline constexpr std::array<std::string_view, 8> copy_stage_names{
    "decode", "decide", "lane", "sign", "write", "acknowledged", "filled", "fill_to_wire"};
using CopyStages = std::array<std::optional<std::int64_t>, copy_stage_names.size()>;
// Of a row whose columns from `first` on are received_ns to acknowledged_ns.
CopyStages copy_stages_of(const Database::Rows& row, int first,
                          std::optional<std::int64_t> finished_ns);

// What was executed of some orders.
struct Executed {
  Qty qty;
  Price average;  // 0: not known of all of it
  std::int64_t orders = 0;
  std::int64_t open = 0;
  std::int64_t unknown = 0;
  bool buys = false;
  std::optional<std::int64_t> venue_ms;  // the last execution
  std::optional<std::int64_t> code;      // the venue's last error
};
Executed executed(Database& database, std::int64_t fill, std::string_view follower);
// The average price of one order of which the whole has none: of several attempts.
Price average_of_attempts(Database& database, std::int64_t order, Qty filled);

// Delay and difference of price against the leader's execution.
void write_comparison(JsonWriter& out, const Executed& own, std::int64_t leader_ms, Price leader);
// Members `from_ms` and `until_ms` of a question; all there is where none are given.
struct Span {
  std::int64_t from_ms = INT64_MIN;
  std::int64_t until_ms = INT64_MAX;
};
Span span_of(const HistoryQuestion& question);

}  // namespace history
}  // namespace copyd::ops
