// Modifying a resting order: refused and left as it was, amended, or by its own terms cancelled.
#include <fmt/format.h>

#include "sim/exchange.hpp"
#include "sim/json.hpp"
#include "sim/position_math.hpp"

namespace copyd::sim {

namespace {

constexpr int most_modifications = 10'000;

ApiError refusal(int code, std::string message) {
  return {.code = code, .message = std::move(message)};
}

}  // namespace

std::optional<ApiError> Exchange::check_change(AccountIndex index, const Order& order,
                                               const Modification& change) {
  const auto& spec = symbols_[order.symbol];
  if (spec.status != "TRADING")
    return refusal(-5024, "Symbol is not in trading status. Order amendment is not permitted.");
  if (change.side != order.side) return refusal(-1117, "Invalid side.");
  if (change.reduce_only && !order.reduce_only)
    return refusal(-5047, "The original order is not a reduce-only order");
  if (order.modifications >= most_modifications)
    return refusal(-5026, "Exceed maximum modify order limit.");
  if (change.qty == order.qty && change.price == order.price)
    return refusal(-5027, "No need to modify the order.");
  if (auto error = check_quantity(spec, order.type, change.qty)) return error;
  if (auto error = check_steps(spec, change.price)) return error;
  if (auto error = check_band(spec, order.side, change.price, markets_[order.symbol].mark))
    return error;
  if (notional(change.price, change.qty) < spec.min_notional &&
      !(change.reduce_only && order.reduce_only))
    return refusal(-5029, fmt::format("Order's notional must be no smaller than {}",
                                      padded(spec.min_notional, 1)));
  if (change.qty <= order.executed) return std::nullopt;
  const OrderRequest anew{.symbol = order.symbol,
                          .side = order.side,
                          .leg = order.leg,
                          .type = order.type,
                          .tif = order.tif,
                          .qty = change.qty - order.executed,
                          .price = change.price};
  // The margin and the room that it takes itself are free for what it becomes.
  const auto& account = accounts_[index];
  auto& open = accounts_[index].open_orders[order.symbol];
  const auto place = static_cast<std::size_t>(&order - account.orders.data());
  open.erase(place);
  auto error = order.reduce_only ? check_closing(account, anew) : check_margin(index, anew);
  open.insert(place);
  return error;
}

void Exchange::amend(AccountIndex index, std::size_t place, const Modification& change,
                     VenueTime now) {
  auto& account = accounts_[index];
  unrest(index, place);
  Order& order = account.orders[place];
  account.amendments.push_back({.id = next_amendment_id_++,
                                .order_id = order.id,
                                .symbol = order.symbol,
                                .client_id = order.client_id,
                                .price_before = order.price,
                                .price_after = change.price,
                                .qty_before = order.qty,
                                .qty_after = change.qty,
                                .count = ++order.modifications,
                                .time = now});
  order.qty = change.qty;
  order.price = change.price;
  order.price_match = change.price_match;
  order.modify_id = change.modify_id;
  order.updated = now;
  // The end of the queue.
  order.queue = ++queue_;
  account.open_orders[order.symbol].insert(place);
  books_[order.symbol].add(index, place, order);
  tell_order(index, order, Execution::amendment);
}

// An order whose new price reaches the market takes.
void Exchange::take_after_amend(AccountIndex index, std::size_t place, bool queue_price,
                                VenueTime now) {
  auto& account = accounts_[index];
  const auto& market = markets_[account.orders[place].symbol];
  Order& order = account.orders[place];
  const bool crosses = !queue_price && (order.side == Side::buy ? order.price >= market.last
                                                                : order.price <= market.last);
  if (crosses) {
    Qty qty = std::min(order.remaining(), market.liquidity.value_or(order.remaining()));
    if (order.reduce_only)
      qty = closable(account.position(order.symbol, order.leg).qty, signed_qty(order.side, qty));
    order.maker = false;
    for (const auto& fill : cut(order.symbol, qty, market.last)) {
      const Trade trade = apply_fill(account, order, fill, true, now);
      tell_fill(index, nullptr, order, trade, Execution::trade);
    }
    order.maker = true;
  }
  if (order.is_done()) {
    unrest(index, place);
    if (order.algo) set_algo(index, *order.algo, AlgoStatus::finished, now);
  } else if (prevent_self_trade(index, order, now)) {
    close(index, place, OrderStatus::expired_in_match, expiry::self_trade, now);
  }
  settle_reducing(index, order.symbol, order.leg, now);
}

Answer<const Order*> Exchange::modify(AccountIndex index, const Modification& change,
                                      VenueTime now) {
  tick(now);
  const auto place = open_place(accounts_[index], change.symbol, change.order);
  if (!place) return refusal(-2013, "Order does not exist.");
  const Order& order = accounts_[index].orders[*place];
  if (auto error = check_change(index, order, change)) return *error;
  const Price last = markets_[order.symbol].last;
  const bool would_take = (order.tif == TimeInForce::gtx || order.tif == TimeInForce::rpi) &&
                          !change.queue_price &&
                          (order.side == Side::buy ? change.price >= last : change.price <= last);
  const bool done_already = !order.executed.is_zero() && change.qty <= order.executed;
  if (would_take || done_already) {
    close(index, *place, OrderStatus::canceled, 0, now);
  } else {
    amend(index, *place, change, now);
    take_after_amend(index, *place, change.queue_price, now);
  }
  return &accounts_[index].orders[*place];
}

}  // namespace copyd::sim
