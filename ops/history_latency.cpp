// How long the stages of each follower's copies took, how far behind the leader's execution theirs
// was on the venue's clock, and how much worse its price: percentiles over the newest orders.
#include <algorithm>
#include <map>
#include <vector>

#include "core/price_difference.hpp"
#include "ops/history_answers.hpp"

namespace copyd::ops::history {
namespace {

// Of so many orders at most, so that the history is not held up for long.
constexpr std::int64_t orders_max = 20'000;

using Values = std::vector<std::int64_t>;

struct Copies {
  std::int64_t orders = 0;
  std::array<Values, copy_stage_names.size()> stages;
  Values delay_ms;
  Values worse;  // hundredths of a basis point
};

// Of an order's attempts the last one that left: the one that led to its end.
#define COPYD_COPIES                                                                          \
  "SELECT o.follower, f.venue_ms, f.price, o.side, o.filled, o.average, o.venue_ms, o.id, "   \
  "a.received_ns, a.decoded_ns, a.decided_ns, a.taken_ns, a.signed_ns, a.written_ns, "        \
  "a.acknowledged_ns, n.mono_ns FROM fills f CROSS JOIN orders o ON o.fill=f.id "             \
  "LEFT JOIN attempts a ON a.order_id=o.id AND a.attempt=(SELECT max(attempt) FROM attempts " \
  "WHERE order_id=o.id AND written_ns IS NOT NULL) "                                          \
  "LEFT JOIN finishes n ON n.order_id=o.id WHERE f.venue_ms>=?1 AND f.venue_ms<?2 "
constexpr std::string_view copies_of_all = COPYD_COPIES "ORDER BY f.venue_ms DESC LIMIT ?3";
constexpr std::string_view copies_of_one =
    COPYD_COPIES "AND o.follower=?4 ORDER BY f.venue_ms DESC LIMIT ?3";
#undef COPYD_COPIES

// A time between two boots of the machine is none.
void add(Values& values, std::optional<std::int64_t> value) {
  if (value && *value >= 0) values.push_back(*value);
}

void take(Database& database, const Database::Rows& row, Copies& copies) {
  ++copies.orders;
  const CopyStages stages = copy_stages_of(row, 8, row.maybe(15));
  for (std::size_t i = 0; i < stages.size(); ++i) add(copies.stages[i], stages[i]);
  const Qty filled = Qty::from_units(row.maybe(4).value_or(0));
  if (filled.is_zero()) return;
  if (const auto at = row.maybe(6)) copies.delay_ms.push_back(*at - row.integer(1));
  Price own = Price::from_units(row.maybe(5).value_or(0));
  if (own.is_zero()) own = average_of_attempts(database, row.integer(7), filled);
  const auto worse = worse_bps_hundredths(row.amount<Price>(2), own, row.text(3) == "BUY");
  if (worse) copies.worse.push_back(*worse);
}

std::map<std::string, Copies> read(Database& database, const HistoryQuestion& question) {
  std::map<std::string, Copies> all;
  const Span span = span_of(question);
  const auto& follower = question.request.follower;
  const auto take_all = [&](Database::Rows rows) {
    while (rows.next()) take(database, rows, all[rows.text(0)]);
  };
  if (follower.empty())
    take_all(database.query(copies_of_all, span.from_ms, span.until_ms, orders_max));
  else take_all(database.query(copies_of_one, span.from_ms, span.until_ms, orders_max, follower));
  return all;
}

// The value that so many parts of 10,000 are not above.
std::int64_t percentile(const Values& sorted, std::size_t parts_of_10000) {
  const std::size_t rank = (sorted.size() * parts_of_10000 + 9999) / 10000;
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

template <class Shown>
void write_percentiles(JsonWriter& out, std::string_view name, Values& values, Shown shown) {
  std::sort(values.begin(), values.end());
  out.key(name).begin_object();
  const auto write = [&](std::string_view what, std::size_t parts) {
    out.key(what);
    if (values.empty()) out.null();
    else out.value(shown(percentile(values, parts)));
  };
  write("p50", 5000);
  write("p99", 9900);
  write("p999", 9990);
  out.member("n", values.size()).end_object();
}

void write_copies(JsonWriter& out, const std::string& follower, Copies& copies) {
  const auto as_it_is = [](std::int64_t value) { return value; };
  out.begin_object().member("follower", follower).member("orders", copies.orders);
  out.key("stages_ns").begin_object();
  for (std::size_t i = 0; i < copies.stages.size(); ++i)
    write_percentiles(out, copy_stage_names[i], copies.stages[i], as_it_is);
  out.end_object();
  write_percentiles(out, "delay_ms", copies.delay_ms, as_it_is);
  write_percentiles(out, "worse_bps", copies.worse, [](std::int64_t hundredths) {
    return Ratio::from_units(hundredths * (units_per_whole / 100));
  });
  out.end_object();
}

}  // namespace

std::string latency(Database& database, const HistoryQuestion& question) {
  auto all = read(database, question);
  std::int64_t orders = 0;
  for (const auto& [follower, copies] : all) orders += copies.orders;
  const int limit = limit_of(question.request);
  int count = 0;
  std::optional<std::string> next;
  JsonWriter out;
  out.begin_object().member("orders", orders).member("newest_only", orders == orders_max);
  out.key("followers").begin_array();
  auto at = all.upper_bound(question.request.cursor);
  for (; at != all.end() && count < limit; ++at, ++count) {
    write_copies(out, at->first, at->second);
    next = at->first;
  }
  out.end_array().key("next").value(at == all.end() ? std::nullopt : next).end_object();
  return out.take();
}

}  // namespace copyd::ops::history
