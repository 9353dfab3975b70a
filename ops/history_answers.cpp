#include "ops/history_answers.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>

#include <fmt/format.h>

#include "core/reject.hpp"

namespace copyd::ops {
namespace {

using history::Executed;
using history::Span;

constexpr std::int64_t ns_per_ms = 1'000'000;

// A place between two rows: their fill and follower, or the number of a skip.
struct Cursor {
  std::int64_t number = 0;
  std::string follower;
};

std::optional<Cursor> cursor_of(const std::string& text) {
  Cursor cursor;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), cursor.number);
  if (read.ec != std::errc()) return std::nullopt;
  if (read.ptr == text.data() + text.size()) return cursor;
  if (*read.ptr != '.') return std::nullopt;
  cursor.follower.assign(read.ptr + 1, text.data() + text.size());
  return cursor;
}

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

// ---- trades ------------------------------------------------------------------------------------

constexpr std::string_view trade_columns =
    R"(["time","leader","symbol","trade","leg","side","qty","price","follower","outcome","reason",)"
    R"("copied_side","copied_qty","copied_price","orders","venue_code","delay_ms","worse_bps"])";

#define COPYD_TRADES                                                                             \
  "SELECT c.fill, c.follower, c.outcome, c.reason, f.leader, f.symbol, f.trade, f.leg, f.side, " \
  "f.qty, f.price, f.venue_ms FROM copies c JOIN fills f ON f.id=c.fill WHERE "                  \
  "f.venue_ms>=?1 AND f.venue_ms<?2 AND (?3 IS NULL OR f.symbol=?3) AND "                        \
  "(?4 IS NULL OR c.follower=?4) AND "
constexpr std::string_view newest_trades = COPYD_TRADES
    "(c.fill<?5 OR (c.fill=?5 AND c.follower>?6)) ORDER BY c.fill DESC, c.follower LIMIT ?7";
constexpr std::string_view oldest_trades = COPYD_TRADES
    "(c.fill>?5 OR (c.fill=?5 AND c.follower>?6)) ORDER BY c.fill, c.follower LIMIT ?7";
#undef COPYD_TRADES

void write_trade(JsonWriter& out, Database& database, const Database::Rows& row) {
  const Executed own = history::executed(database, row.integer(0), row.text(1));
  const bool outcome_known = !row.is_null(2);
  out.begin_object()
      .member("time", utc_text(row.integer(11)))
      .member("leader", row.text(4))
      .member("symbol", row.text(5))
      .member("trade", row.integer(6))
      .member("leg", row.text(7))
      .member("side", row.text(8))
      .member("qty", row.amount<Qty>(9))
      .member("price", row.amount<Price>(10))
      .member("follower", row.text(1))
      .member("outcome", outcome_known ? row.text(2) : std::string("pending"));
  out.key("reason");
  if (row.is_null(3)) out.null();
  else out.value(row.text(3));
  out.key("copied_side");
  if (own.qty.is_zero()) out.null();
  else out.value(own.buys ? "BUY" : "SELL");
  out.member("copied_qty", own.qty).key("copied_price");
  if (own.average.is_zero()) out.null();
  else out.value(own.average);
  out.member("orders", own.orders).key("venue_code").value(own.code);
  history::write_comparison(out, own, row.integer(11), row.amount<Price>(10));
  out.end_object();
}

// Writes the array of rows; the cursor behind the last one, if there may be more.
std::optional<std::string> write_trades(JsonWriter& out, Database& database,
                                        const HistoryQuestion& question, bool newest_first) {
  const auto& asked = question.request;
  const Span span = history::span_of(question);
  const auto from = asked.cursor.empty()
                        ? Cursor{newest_first ? std::numeric_limits<std::int64_t>::max() : 0, ""}
                        : cursor_of(asked.cursor).value_or(Cursor{});
  const int limit = limit_of(asked);
  std::optional<std::string> next;
  int count = 0;
  out.begin_array();
  {
    auto rows = database.query(newest_first ? newest_trades : oldest_trades, span.from_ms,
                               span.until_ms, unless_empty(asked.symbol),
                               unless_empty(asked.follower), from.number, from.follower, limit);
    while (rows.next()) {
      write_trade(out, database, rows);
      next = fmt::format("{}.{}", rows.integer(0), rows.text(1));
      ++count;
    }
  }
  out.end_array();
  return count == limit ? next : std::nullopt;
}

// ---- skips -------------------------------------------------------------------------------------

constexpr std::string_view skip_columns =
    R"(["time","follower","symbol","reason","link","leader","trade","side","qty","price"])";

#define COPYD_SKIPS                                                                             \
  "SELECT s.id, s.wall_ns, s.follower, s.symbol, s.reason, s.link, f.leader, f.trade, f.side, " \
  "f.qty, f.price FROM skips s LEFT JOIN fills f ON f.id=s.fill WHERE s.wall_ns>=?1 AND "       \
  "s.wall_ns<?2 AND (?3 IS NULL OR s.reason=?3) AND (?4 IS NULL OR s.follower=?4) AND "
constexpr std::string_view newest_skips = COPYD_SKIPS "s.id<?5 ORDER BY s.id DESC LIMIT ?6";
constexpr std::string_view oldest_skips = COPYD_SKIPS "s.id>?5 ORDER BY s.id LIMIT ?6";
#undef COPYD_SKIPS

void write_skip(JsonWriter& out, const Database::Rows& row) {
  out.begin_object()
      .member("time", utc_text(row.integer(1) / ns_per_ms))
      .member("follower", row.text(2))
      .member("symbol", row.text(3))
      .member("reason", row.text(4))
      .member("link", row.integer(5) + 1);
  const bool of_fill = !row.is_null(7);
  out.key("leader").value(of_fill ? std::optional(row.text(6)) : std::nullopt);
  out.key("trade").value(row.maybe(7));
  out.key("side").value(of_fill ? std::optional(row.text(8)) : std::nullopt);
  out.key("qty").value(of_fill ? std::optional(row.amount<Qty>(9)) : std::nullopt);
  out.key("price").value(of_fill ? std::optional(row.amount<Price>(10)) : std::nullopt);
  out.end_object();
}

std::optional<std::string> write_skips(JsonWriter& out, Database& database,
                                       const HistoryQuestion& question, bool newest_first) {
  const auto& asked = question.request;
  const Span span = history::span_of(question);
  const auto in_ns = [](std::int64_t ms) {
    constexpr std::int64_t bound = INT64_MAX / ns_per_ms;
    return std::clamp(ms, -bound, bound) * ns_per_ms;
  };
  const std::int64_t from = asked.cursor.empty()
                                ? (newest_first ? INT64_MAX : 0)
                                : cursor_of(asked.cursor).value_or(Cursor{}).number;
  const int limit = limit_of(asked);
  std::optional<std::string> next;
  int count = 0;
  out.begin_array();
  auto rows = database.query(newest_first ? newest_skips : oldest_skips, in_ns(span.from_ms),
                             in_ns(span.until_ms), unless_empty(asked.reason),
                             unless_empty(asked.follower), from, limit);
  for (; rows.next(); ++count) {
    write_skip(out, rows);
    next = std::to_string(rows.integer(0));
  }
  out.end_array();
  return count == limit ? next : std::nullopt;
}

// ---- orders ------------------------------------------------------------------------------------

std::string open_orders(Database& database, const HistoryQuestion& question) {
  JsonWriter out;
  out.begin_array();
  auto rows = database.query(
      "SELECT o.follower, o.symbol, o.leg, o.side, o.kind, o.qty, o.limit_price, "
      "o.decided_wall_ns, o.unknown, f.leader, f.trade, "
      "(SELECT count(*) FROM attempts a WHERE a.order_id=o.id AND a.sent_wall_ns IS NOT NULL), "
      "(SELECT max(filled) FROM answers n WHERE n.order_id=o.id), hex(o.copy_id) "
      "FROM orders o LEFT JOIN fills f ON f.id=o.fill WHERE o.ended IS NULL AND "
      "(?1 IS NULL OR o.follower=?1) ORDER BY o.decided_wall_ns, o.id LIMIT ?2",
      unless_empty(question.request.label), control_limit_max);
  while (rows.next()) {
    const bool sent = rows.integer(11) > 0;
    out.begin_object()
        .member("follower", rows.text(0))
        .member("symbol", rows.text(1))
        .member("leg", rows.text(2))
        .member("side", rows.text(3))
        .member("kind", rows.text(4))
        .member("qty", rows.amount<Qty>(5))
        .member("filled", Qty::from_units(rows.maybe(12).value_or(0)));
    out.key("limit").value(rows.is_null(6) ? std::nullopt : std::optional(rows.amount<Price>(6)));
    out.member("decided", utc_text(rows.integer(7) / ns_per_ms))
        .member("state", rows.integer(8) != 0 ? "unknown"
                         : sent               ? "written"
                                              : "waiting")
        .member("attempts", rows.integer(11));
    out.key("leader").value(rows.is_null(9) ? std::nullopt : std::optional(rows.text(9)));
    out.key("trade").value(rows.maybe(10));
    out.member("id", rows.text(13)).end_object();
  }
  out.end_array();
  return out.take();
}

// ---- questions ---------------------------------------------------------------------------------

bool is_reason(std::string_view text) {
  for (std::size_t i = 0; i < reject_count; ++i)
    if (name_of(static_cast<Reject>(i)) == text) return true;
  return false;
}

std::optional<Failure> fault_of_question(Database& database, const HistoryQuestion& question) {
  const auto& asked = question.request;
  if (asked.verb == Verb::skips && !asked.reason.empty() && !is_reason(asked.reason)) {
    std::string known;
    for (std::size_t i = 0; i < reject_count; ++i)
      known += ' ' + std::string(name_of(static_cast<Reject>(i)));
    return Failure{.error = "nothing is skipped for that reason",
                   .remedy = "the reasons are" + known};
  }
  const bool by_name = asked.verb == Verb::why || asked.verb == Verb::latency;
  if (!asked.cursor.empty() && !by_name && !cursor_of(asked.cursor))
    return Failure{.error = "the cursor is not one of an answer",
                   .remedy = "leave it out, or give what \"next\" said"};
  const Span span = history::span_of(question);
  if (span.from_ms >= span.until_ms)
    return Failure{.error = "--until is not behind --since", .remedy = "exchange them"};
  // A mistyped name must not look like a quiet day; one that is gone has its history still.
  const auto was_seen = [&](std::string_view query, const std::string& name) {
    return database.query(query, name).next();
  };
  if (!asked.follower.empty() && !question.label_is_known &&
      !was_seen("SELECT 1 FROM followers WHERE label=?", asked.follower))
    return Failure{.error = fmt::format("no follower is, or was, called \"{}\"", asked.follower),
                   .remedy = "copyctl status lists them"};
  if (!asked.symbol.empty() && !question.symbol_is_known &&
      !was_seen("SELECT 1 FROM fills WHERE symbol=? LIMIT 1", asked.symbol))
    return Failure{.error = fmt::format(
                       "the venue has no symbol \"{}\", and no trade of it was seen", asked.symbol),
                   .remedy = "write it as the venue does, in capital letters: BTCUSDT"};
  return std::nullopt;
}

std::string export_of(Database& database, const HistoryQuestion& question) {
  const auto& what = question.request.what;
  if (what == "pnl") return history::pnl(database, question);
  JsonWriter out;
  out.begin_object().member("ok", true);
  out.key("columns").raw(what == "trades" ? trade_columns : skip_columns);
  out.key("rows");
  const auto next = what == "trades" ? write_trades(out, database, question, false)
                                     : write_skips(out, database, question, false);
  out.key("next").value(next);
  out.end_object();
  return out.take();
}

}  // namespace

std::string utc_text(std::int64_t ms) {
  namespace chrono = std::chrono;
  const chrono::sys_time<chrono::milliseconds> time{chrono::milliseconds(ms)};
  const auto day = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

Outcome<std::string> answer_history(Database& database, const HistoryQuestion& question) {
  if (auto fault = fault_of_question(database, question)) return *fault;
  const auto said = [](std::string text) {
    return Outcome<std::string>(boost::system::in_place_value, std::move(text));
  };
  const Verb verb = question.request.verb;
  if (verb == Verb::why) return history::why(database, question);
  if (verb == Verb::orders) return said(open_orders(database, question));
  if (verb == Verb::export_) return said(export_of(database, question));
  if (verb == Verb::latency) return said(history::latency(database, question));
  JsonWriter out;
  out.begin_object().member("ok", true).key(verb == Verb::skips ? "skips" : "trades");
  const auto next = verb == Verb::skips ? write_skips(out, database, question, true)
                                        : write_trades(out, database, question, true);
  out.key("next").value(next);
  out.end_object();
  return said(out.take());
}

}  // namespace copyd::ops
