// Realised profit, of what copyd itself has traded: by follower, symbol and leg at average cost,
// summed up by follower and symbol. Fees are not told with an order's result, so they are not in
// it.
#include <algorithm>
#include <map>
#include <tuple>

#include "ops/history_answers.hpp"

namespace copyd::ops::history {
namespace {

// What is held on one leg, and what it cost.
struct Held {
  Qty qty;      // signed
  int128 cost;  // of all of it, ≥ 0, in units of 1e-16
};

struct Result {
  int128 realised = 0;  // units of 1e-16
  Qty closed;
  std::int64_t orders = 0;
  std::int64_t without_price = 0;  // orders that are not in it
};

using LegKey = std::tuple<std::string, std::string, std::string>;  // follower, symbol, leg
using ResultKey = std::pair<std::string, std::string>;             // follower, symbol

// Money for quantities at a price.
int128 worth(Qty qty, Price price) noexcept {
  return static_cast<int128>(qty.abs().units()) * price.units();
}

// Trades `change` (signed) at `price`. Returns what was closed of the position, and adds its
// profit.
Qty trade(Held& held, Qty change, Price price, int128& realised) noexcept {
  Qty closed;
  if (held.qty.sign() * change.sign() < 0) {
    closed = std::min(held.qty.abs(), change.abs());
    const int128 cost = held.cost * closed.units() / held.qty.abs().units();
    const int128 got = worth(closed, price);
    realised += held.qty.sign() > 0 ? got - cost : cost - got;
    held.cost -= cost;
    held.qty += change.sign() > 0 ? closed : -closed;
  }
  const Qty opened = change.abs() - closed;
  held.qty += change.sign() > 0 ? opened : -opened;
  held.cost += worth(opened, price);
  return closed;
}

Usd money(int128 units) noexcept {
  const int128 whole = units / units_per_whole;
  return Usd::from_units(
      static_cast<std::int64_t>(std::clamp<int128>(whole, INT64_MIN + 1, INT64_MAX)));
}

}  // namespace

std::string pnl(Database& database, const HistoryQuestion& question) {
  const Span span = span_of(question);
  const auto& asked = question.request;
  std::map<LegKey, Held> legs;
  std::map<ResultKey, Result> results;
  {
    auto rows = database.query(
        "SELECT id, follower, symbol, leg, side, filled, average, "
        "coalesce(venue_ms, ended_wall_ns / 1000000) AS at FROM orders "
        "WHERE filled>0 AND (?1 IS NULL OR follower=?1) ORDER BY at, id",
        asked.follower.empty() ? std::nullopt : std::optional(asked.follower));
    while (rows.next()) {
      const std::int64_t at = rows.integer(7);
      if (at >= span.until_ms) break;
      const Qty filled = rows.amount<Qty>(5);
      Price price = Price::from_units(rows.maybe(6).value_or(0));
      if (price.is_zero()) price = average_of_attempts(database, rows.integer(0), filled);
      Result scratch;
      const bool counts = at >= span.from_ms;
      Result& result = counts ? results[{rows.text(1), rows.text(2)}] : scratch;
      ++result.orders;
      if (price.is_zero()) {
        ++result.without_price;
        continue;
      }
      Held& held = legs[{rows.text(1), rows.text(2), rows.text(3)}];
      const Qty change = rows.text(4) == "BUY" ? filled : -filled;
      result.closed += trade(held, change, price, result.realised);
    }
  }
  JsonWriter out;
  out.begin_object().member("ok", true);
  out.key("columns").raw(
      R"(["follower","symbol","realised","closed_qty","orders","orders_without_price","fees"])");
  out.key("rows").begin_array();
  for (const auto& [key, result] : results)
    out.begin_object()
        .member("follower", key.first)
        .member("symbol", key.second)
        .member("realised", money(result.realised))
        .member("closed_qty", result.closed)
        .member("orders", result.orders)
        .member("orders_without_price", result.without_price)
        .member("fees", "not included")
        .end_object();
  out.end_array().key("next").null().end_object();
  return out.take();
}

}  // namespace copyd::ops::history
