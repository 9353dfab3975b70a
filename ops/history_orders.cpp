// What the history's answers have in common: what was executed, and how it compares.
#include <algorithm>

#include <fmt/format.h>

#include "core/price_difference.hpp"
#include "ops/history_answers.hpp"

namespace copyd::ops::history {
namespace {

// An average over quantities, exact until it is asked for.
struct Average {
  int128 money = 0;  // units of 1e-16
  Qty qty;
  bool whole = true;

  void add(Qty of, Price at) noexcept {
    if (of.is_zero()) return;
    if (at.is_zero()) whole = false;
    money += static_cast<int128>(of.units()) * at.units();
    qty += of;
  }
  Price price() const noexcept {
    if (!whole || qty.is_zero()) return Price();
    return Price::from_units(static_cast<std::int64_t>(money / qty.units()));
  }
};

}  // namespace

Span span_of(const HistoryQuestion& question) {
  Span span;
  const auto& asked = question.request;
  if (const auto from = when_ms(asked.since, question.now_ms)) span.from_ms = *from;
  if (const auto until = when_ms(asked.until, question.now_ms)) span.until_ms = *until;
  return span;
}

Price average_of_attempts(Database& database, std::int64_t order, Qty filled) {
  Average average;
  auto rows = database.query(
      "SELECT max(filled), average FROM answers WHERE order_id=? AND filled>0 AND average>0 "
      "GROUP BY attempt",
      order);
  while (rows.next()) average.add(rows.amount<Qty>(0), rows.amount<Price>(1));
  return average.qty == filled ? average.price() : Price();
}

Executed executed(Database& database, std::int64_t fill, std::string_view follower) {
  Executed all;
  Average average;
  auto rows = database.query(
      "SELECT id, side, ended, filled, average, venue_ms, code, unknown FROM orders "
      "WHERE fill=? AND follower=? ORDER BY id",
      fill, follower);
  while (rows.next()) {
    ++all.orders;
    if (rows.is_null(2)) {
      ++all.open;
      if (rows.integer(7) != 0) ++all.unknown;
      continue;
    }
    if (const auto code = rows.maybe(6)) all.code = code;
    const Qty filled = Qty::from_units(rows.maybe(3).value_or(0));
    if (filled.is_zero()) continue;
    all.buys = rows.text(1) == "BUY";
    Price price = Price::from_units(rows.maybe(4).value_or(0));
    if (price.is_zero()) price = average_of_attempts(database, rows.integer(0), filled);
    average.add(filled, price);
    if (const auto at = rows.maybe(5)) all.venue_ms = std::max(all.venue_ms.value_or(0), *at);
  }
  all.qty = average.qty;
  all.average = average.price();
  return all;
}

CopyStages copy_stages_of(const Database::Rows& row, int first,
                          std::optional<std::int64_t> finished_ns) {
  const auto between = [](std::optional<std::int64_t> from, std::optional<std::int64_t> to) {
    return from && to ? std::optional(*to - *from) : std::nullopt;
  };
  constexpr int since_the_one_before = 6;
  const auto received = row.maybe(first);
  const auto written = row.maybe(first + 5);
  CopyStages stages;
  for (int i = 0; i < since_the_one_before; ++i)
    stages[static_cast<std::size_t>(i)] = between(row.maybe(first + i), row.maybe(first + i + 1));
  stages[6] = between(written, finished_ns);
  stages[7] = between(received, written);
  return stages;
}

void write_comparison(JsonWriter& out, const Executed& own, std::int64_t leader_ms, Price leader) {
  std::optional<std::int64_t> delay;
  if (own.venue_ms && !own.qty.is_zero()) delay = *own.venue_ms - leader_ms;
  out.key("delay_ms").value(delay);
  out.key("worse_bps");
  const auto worse = worse_bps_hundredths(leader, own.average, own.buys);
  if (!worse || own.qty.is_zero()) {
    out.null();
    return;
  }
  out.value(Ratio::from_units(*worse * (units_per_whole / 100)));
}

}  // namespace copyd::ops::history
