// The whole story of one leader trade, as data.
#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "ops/history_answers.hpp"

namespace copyd::ops::history {
namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;

struct Trade {
  std::int64_t fill = 0;
  std::string name;  // as it may be asked for
  std::string leader;
};

// All trades that the question may mean.
std::vector<Trade> find(Database& database, const ControlRequest& asked) {
  const auto colon = asked.trade.rfind(':');
  const bool with_symbol = colon != std::string::npos;
  const std::string symbol = with_symbol ? asked.trade.substr(0, colon) : asked.symbol;
  const std::string id = with_symbol ? asked.trade.substr(colon + 1) : asked.trade;
  std::int64_t number = 0;
  std::from_chars(id.data(), id.data() + id.size(), number);
  auto rows = database.query(
      "SELECT id, symbol, leader FROM fills WHERE trade=?1 AND (?2='' OR symbol=?2) AND "
      "(?3='' OR leader=?3) ORDER BY id LIMIT 20",
      number, symbol, asked.leader);
  std::vector<Trade> found;
  while (rows.next())
    found.push_back({rows.integer(0), fmt::format("{}:{}", rows.text(1), number), rows.text(2)});
  return found;
}

Failure ambiguous(const std::vector<Trade>& found) {
  std::string names;
  for (const Trade& trade : found)
    names += fmt::format("{}{} of {}", names.empty() ? "" : ", ", trade.name, trade.leader);
  return {.error = "several trades have that id: " + names,
          .remedy = fmt::format("name the symbol, and if need be the leader: copyctl why {} "
                                "--leader {}",
                                found.front().name, found.front().leader)};
}

void write_fill(JsonWriter& out, Database& database, std::int64_t fill) {
  auto row = database.query(
      "SELECT leader, symbol, trade, leg, side, qty, price, order_qty, forced, venue_ms, age_ms, "
      "received_ns, decoded_ns, decided_ns, wall_ns FROM fills WHERE id=?",
      fill);
  if (!row.next()) return;
  out.key("trade")
      .begin_object()
      .member("leader", row.text(0))
      .member("symbol", row.text(1))
      .member("trade", row.integer(2))
      .member("leg", row.text(3))
      .member("side", row.text(4))
      .member("qty", row.amount<Qty>(5))
      .member("price", row.amount<Price>(6))
      .member("order_qty", row.amount<Qty>(7))
      .member("forced", row.integer(8) != 0)
      .member("traded", utc_text(row.integer(9)))
      .member("decided", utc_text(row.integer(14) / ns_per_ms));
  out.key("age_ms").value(row.maybe(10));
  out.key("decode_ns").value(row.maybe(12)).end_object();
}

template <class Amount>
void write_maybe(JsonWriter& out, std::string_view name, const Database::Rows& row, int column) {
  out.key(name);
  if (row.is_null(column)) out.null();
  else out.value(row.amount<Amount>(column));
}

void write_links(JsonWriter& out, Database& database, std::int64_t fill,
                 const std::string& follower) {
  out.key("links").begin_array();
  auto row = database.query(
      "SELECT link, state, sizing, rate, equity, leader_equity, closed, opened, sized, "
      "leader_before, leader_after, target_before, target_moved, target_after, lots_before, "
      "lots_after FROM links WHERE fill=? AND follower=? ORDER BY id",
      fill, follower);
  while (row.next()) {
    out.begin_object()
        .member("link", row.integer(0) + 1)
        .member("state", row.text(1))
        .member("sizing", row.text(2));
    write_maybe<Ratio>(out, "rate", row, 3);
    write_maybe<Usd>(out, "equity", row, 4);
    write_maybe<Usd>(out, "leader_equity", row, 5);
    out.member("closed", row.amount<Qty>(6))
        .member("opened", row.amount<Qty>(7))
        .member("sized", row.amount<Qty>(8))
        .member("leader_before", row.amount<Qty>(9))
        .member("leader_after", row.amount<Qty>(10))
        .member("target_before", row.amount<Qty>(11))
        .member("target_moved", row.amount<Qty>(12))
        .member("target_after", row.amount<Qty>(13))
        .member("lots_before", row.text(14))
        .member("lots_after", row.text(15))
        .end_object();
  }
  out.end_array();
}

void write_legs(JsonWriter& out, Database& database, std::int64_t fill,
                const std::string& follower) {
  out.key("legs").begin_array();
  auto row = database.query(
      "SELECT link, leg, state, wanted, position, effective, in_flight, price, to_do, reducing, "
      "increasing, enters, floor, order_room, position_room, total_room, max_order_qty FROM legs "
      "WHERE fill=? AND follower=? ORDER BY id",
      fill, follower);
  while (row.next()) {
    out.begin_object()
        .member("link", row.integer(0) + 1)
        .member("leg", row.text(1))
        .member("state", row.text(2))
        .member("wanted", row.amount<Qty>(3))
        .member("position", row.amount<Qty>(4))
        .member("effective", row.amount<Qty>(5))
        .member("in_flight", row.integer(6) != 0)
        .member("price", row.amount<Price>(7))
        .member("to_do", row.amount<Qty>(8))
        .member("reducing", row.amount<Qty>(9))
        .member("increasing", row.amount<Qty>(10))
        .member("enters", row.integer(11) != 0)
        .member("floor", row.amount<Qty>(12));
    out.key("room").begin_object();
    write_maybe<Usd>(out, "max_order_notional", row, 13);
    write_maybe<Usd>(out, "max_position_notional", row, 14);
    write_maybe<Usd>(out, "max_total_notional", row, 15);
    write_maybe<Qty>(out, "max_order_qty", row, 16);
    out.end_object().end_object();
  }
  out.end_array();
}

void write_stages(JsonWriter& out, const Database::Rows& row, int first,
                  std::optional<std::int64_t> finished_ns) {
  const CopyStages stages = copy_stages_of(row, first, finished_ns);
  out.key("stages_ns").begin_object();
  for (std::size_t i = 0; i < stages.size(); ++i) out.key(copy_stage_names[i]).value(stages[i]);
  out.end_object();
}

void write_answers(JsonWriter& out, Database& database, std::int64_t order, std::int64_t attempt) {
  out.key("answers").begin_array();
  auto row = database.query(
      "SELECT wall_ns, status, code, filled, average, venue_ms, final FROM answers "
      "WHERE order_id=? AND attempt=? ORDER BY id",
      order, attempt);
  while (row.next()) {
    const std::int64_t status = row.integer(1);
    out.begin_object()
        .member("time", utc_text(row.integer(0) / ns_per_ms))
        .member("by", status == 0 ? "stream" : "answer")
        .member("status", status)
        .member("code", row.integer(2))
        .member("filled", row.amount<Qty>(3))
        .member("average", row.amount<Price>(4))
        .member("final", row.integer(6) != 0)
        .end_object();
  }
  out.end_array();
}

void write_attempts(JsonWriter& out, Database& database, std::int64_t order) {
  std::optional<std::int64_t> finished;
  {
    auto row = database.query("SELECT mono_ns FROM finishes WHERE order_id=?", order);
    if (row.next()) finished = row.maybe(0);
  }
  std::int64_t last = -1;
  {
    auto row = database.query("SELECT max(attempt) FROM attempts WHERE order_id=?", order);
    if (row.next()) last = row.maybe(0).value_or(-1);
  }
  out.key("attempts").begin_array();
  auto row = database.query(
      "SELECT attempt, sent_wall_ns, qty, lost_wall_ns, absent_wall_ns, received_ns, decoded_ns, "
      "decided_ns, taken_ns, signed_ns, written_ns, acknowledged_ns FROM attempts "
      "WHERE order_id=? ORDER BY attempt",
      order);
  while (row.next()) {
    const auto time = [&](std::string_view name, int column) {
      out.key(name);
      if (const auto ns = row.maybe(column)) out.value(utc_text(*ns / ns_per_ms));
      else out.null();
    };
    out.begin_object().member("attempt", row.integer(0));
    time("sent", 1);
    write_maybe<Qty>(out, "qty", row, 2);
    time("lost", 3);
    time("absent", 4);
    write_answers(out, database, order, row.integer(0));
    write_stages(out, row, 5, row.integer(0) == last ? finished : std::nullopt);
    out.end_object();
  }
  out.end_array();
}

// Orders that waited together leave as one, under the id of the first of them.
void write_company(JsonWriter& out, Database& database, std::int64_t order) {
  out.key("left_with");
  auto carrier = database.query(
      "SELECT iif(o.id IS NULL, NULL, hex(o.copy_id)), f.symbol, f.trade FROM rides r "
      "LEFT JOIN orders o ON o.id=r.carrier LEFT JOIN fills f ON f.id=o.fill "
      "WHERE r.order_id=? AND r.carrier<>r.order_id",
      order);
  if (carrier.next()) {
    out.begin_object();
    out.key("id").value(carrier.is_null(0) ? std::nullopt : std::optional(carrier.text(0)));
    out.key("trade").value(carrier.is_null(2) ? std::nullopt
                                              : std::optional(fmt::format("{}:{}", carrier.text(1),
                                                                          carrier.integer(2))));
    out.end_object();
  } else {
    out.null();
  }
  auto riders =
      database.query("SELECT count(*) FROM rides WHERE carrier=? AND order_id<>carrier", order);
  out.member("left_for_others", riders.next() ? riders.integer(0) : 0);
}

struct Compared {
  std::int64_t leader_ms = 0;
  Price leader;
};

void write_orders(JsonWriter& out, Database& database, std::int64_t fill,
                  const std::string& follower, const Compared& with) {
  out.key("orders").begin_array();
  auto row = database.query(
      "SELECT id, leg, side, kind, reduce_only, qty, limit_price, ended, filled, average, "
      "venue_ms, code, unknown, hex(copy_id), symbol FROM orders WHERE fill=? AND follower=? "
      "ORDER BY id",
      fill, follower);
  while (row.next()) {
    Executed own{.qty = Qty::from_units(row.maybe(8).value_or(0)),
                 .average = Price::from_units(row.maybe(9).value_or(0)),
                 .buys = row.text(2) == "BUY",
                 .venue_ms = row.maybe(10),
                 .code = row.maybe(11)};
    if (own.average.is_zero()) own.average = average_of_attempts(database, row.integer(0), own.qty);
    out.begin_object()
        .member("id", row.text(13))
        .member("symbol", row.text(14))
        .member("leg", row.text(1))
        .member("side", row.text(2))
        .member("kind", row.text(3))
        .member("reduce_only", row.integer(4) != 0)
        .member("qty", row.amount<Qty>(5));
    write_maybe<Price>(out, "limit", row, 6);
    out.key("end").value(row.is_null(7) ? std::nullopt : std::optional(row.text(7)));
    out.member("unknown", row.is_null(7) && row.integer(12) != 0).member("filled", own.qty);
    out.key("average").value(own.average.is_zero() ? std::nullopt : std::optional(own.average));
    out.key("venue_code").value(own.code);
    write_comparison(out, own, with.leader_ms, with.leader);
    write_company(out, database, row.integer(0));
    write_attempts(out, database, row.integer(0));
    out.end_object();
  }
  out.end_array();
}

void write_skip_reasons(JsonWriter& out, Database& database, std::int64_t fill,
                        const std::string& follower) {
  out.key("skips").begin_array();
  auto row = database.query(
      "SELECT link, reason FROM skips WHERE fill=? AND follower=? ORDER BY id", fill, follower);
  while (row.next())
    out.begin_object()
        .member("link", row.integer(0) + 1)
        .member("reason", row.text(1))
        .end_object();
  out.end_array();
}

// The followers behind the cursor; the cursor behind the last one, if there may be more.
std::optional<std::string> write_followers(JsonWriter& out, Database& database,
                                           const ControlRequest& asked, std::int64_t fill) {
  Compared with;
  {
    auto row = database.query("SELECT venue_ms, price FROM fills WHERE id=?", fill);
    if (row.next()) with = {.leader_ms = row.integer(0), .leader = row.amount<Price>(1)};
  }
  const int limit = limit_of(asked);
  std::optional<std::string> next;
  int count = 0;
  out.key("followers").begin_array();
  auto rows = database.query(
      "SELECT follower, outcome, reason FROM copies WHERE fill=?1 AND (?2='' OR follower=?2) AND "
      "follower>?3 ORDER BY follower LIMIT ?4",
      fill, asked.follower, asked.cursor, limit);
  for (; rows.next(); ++count) {
    const std::string follower = rows.text(0);
    out.begin_object()
        .member("follower", follower)
        .member("outcome", rows.is_null(1) ? std::string("pending") : rows.text(1));
    out.key("reason").value(rows.is_null(2) ? std::nullopt : std::optional(rows.text(2)));
    write_links(out, database, fill, follower);
    write_legs(out, database, fill, follower);
    write_skip_reasons(out, database, fill, follower);
    write_orders(out, database, fill, follower, with);
    out.end_object();
    next = follower;
  }
  out.end_array();
  return count == limit ? next : std::nullopt;
}

}  // namespace

Outcome<std::string> why(Database& database, const HistoryQuestion& question) {
  const ControlRequest& asked = question.request;
  const auto found = find(database, asked);
  if (found.empty())
    return Failure{.error = fmt::format("the history has no trade {} of {}", asked.trade,
                                        asked.leader.empty() ? "a leader" : asked.leader),
                   .remedy =
                       "copyctl history lists them with their ids; one that is older than "
                       "the history, or that no follower copies, is not in it"};
  if (found.size() > 1) return ambiguous(found);
  JsonWriter out;
  out.begin_object().member("ok", true);
  write_fill(out, database, found.front().fill);
  const auto next = write_followers(out, database, question.request, found.front().fill);
  out.key("next").value(next);
  out.end_object();
  return Outcome<std::string>(boost::system::in_place_value, out.take());
}

}  // namespace copyd::ops::history
