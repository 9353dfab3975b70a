// Placing, filling, and what a fill does to positions and money.
#include <algorithm>

#include <fmt/format.h>

#include "sim/exchange.hpp"

namespace copyd::sim {

namespace {

constexpr std::int64_t taker_fee_divisor = 2000;  // 0.05 %

enum ExpiryReason : int { none = 0, ioc_remainder = 2, would_reverse = 4, market_remainder = 9 };

Qty signed_qty(Side side, Qty qty) {
  return side == Side::buy ? qty : -qty;
}

// How much of an order of this size would bring the position nearer to flat.
Qty closable(Qty position, Qty order) {
  if (position.sign() == 0 || position.sign() == order.sign()) return {};
  return std::min(position.abs(), order.abs());
}

ApiError reduce_only_rejected() {
  return {.code = -2022, .message = "ReduceOnly Order is rejected."};
}

// Cuts a fill into `pieces` multiples of `step`, the last one taking what is left.
std::vector<Fill> cut(Qty qty, Price price, int pieces, Qty step) {
  std::vector<Fill> fills;
  const Qty part = trunc_to(Qty::from_units(qty.units() / std::max(pieces, 1)), step);
  Qty left = qty;
  for (int i = 1; i < pieces && part.sign() > 0; ++i) {
    fills.push_back({part, price});
    left -= part;
  }
  if (left.sign() > 0) fills.push_back({left, price});
  return fills;
}

}  // namespace

std::optional<ApiError> Exchange::check_leg(const Account& account,
                                            const OrderRequest& request) const {
  const Leg leg = request.leg.value_or(Leg::both);
  if ((account.mode == PositionMode::one_way) != (leg == Leg::both))
    return ApiError{.code = -4061,
                    .message = "Order's position side does not match user's setting."};
  if (account.mode == PositionMode::hedge && request.reduce_only) {
    if (*request.reduce_only)
      return ApiError{.code = -4062, .message = "Invalid or improper reduceOnly value."};
    return ApiError{.code = -1106, .message = "Parameter 'reduceOnly' sent when not required."};
  }
  return std::nullopt;
}

// A reduce-only order, or in hedge mode one against its leg.
bool Exchange::is_closing(const Account& account, const OrderRequest& request) const noexcept {
  if (account.mode == PositionMode::one_way) return request.reduce_only.value_or(false);
  return (request.leg == Leg::long_) == (request.side == Side::sell);
}

std::optional<ApiError> Exchange::check_closing(const Account& account,
                                                const OrderRequest& request) const {
  const Qty held = account.position(request.symbol, request.leg.value_or(Leg::both)).qty;
  const Qty most = closable(held, signed_qty(request.side, request.qty));
  if (most.is_zero()) return reduce_only_rejected();
  // One-way, the surplus of a reduce-only order expires; a hedge leg cannot be oversold at all.
  if (account.mode == PositionMode::hedge && request.qty > most) return reduce_only_rejected();
  return std::nullopt;
}

std::optional<ApiError> Exchange::check_margin(AccountIndex index,
                                               const OrderRequest& request) const {
  const auto& spec = symbols_[request.symbol];
  const Position held = accounts_[index].position(request.symbol, request.leg.value_or(Leg::both));
  const Qty order = signed_qty(request.side, request.qty);
  const Qty closing = closable(held.qty, order);
  const Qty opening = request.qty - closing;
  if (opening.is_zero()) return std::nullopt;
  const Usd after = position_notional(request.symbol, held.qty + order);
  if (after > spec.max_notional)
    return ApiError{.code = -2027,
                    .message = "Exceeded the maximum allowable position at current leverage."};
  const auto share = [](Usd value) { return Usd::from_units(value.units() / default_leverage); };
  const Usd needed = share(position_notional(request.symbol, opening));
  const Usd released = share(position_notional(request.symbol, closing));
  const Usd fee =
      Usd::from_units(position_notional(request.symbol, request.qty).units() / taker_fee_divisor);
  if (needed + fee > asset_state(index, spec.quote).available() + released)
    return ApiError{.code = -2019, .message = "Margin is insufficient."};
  return std::nullopt;
}

Exchange::Plan Exchange::plan(const Account& account, const OrderRequest& request) const {
  const auto& market = markets_[request.symbol];
  const Leg leg = request.leg.value_or(Leg::both);
  const bool closing = is_closing(account, request);
  Plan plan{.order = {.symbol = request.symbol,
                      .client_id = request.client_id,
                      .side = request.side,
                      .leg = leg,
                      .type = request.type,
                      .tif = request.tif,
                      .qty = request.qty,
                      .price = request.price,
                      .reduce_only = closing,
                      .self_trade_prevention = request.self_trade_prevention},
            .fills = {}};
  plan.expiry_reason = request.type == OrderType::market ? ExpiryReason::market_remainder
                                                         : ExpiryReason::ioc_remainder;
  Qty fillable = request.qty;
  if (market.liquidity) fillable = std::min(fillable, *market.liquidity);
  if (request.type == OrderType::limit) {
    const bool crosses =
        request.side == Side::buy ? request.price >= market.last : request.price <= market.last;
    if (!crosses) fillable = Qty{};
  }
  if (closing) {
    const Qty held = account.position(request.symbol, leg).qty.abs();
    if (held < fillable) plan.expiry_reason = ExpiryReason::would_reverse;
    fillable = std::min(fillable, held);
  }
  plan.fills = cut(fillable, market.last, market.pieces, symbols_[request.symbol].step);
  return plan;
}

Answer<const Order*> Exchange::place(AccountIndex index, const OrderRequest& request,
                                     VenueTime now) {
  const auto& account = accounts_[index];
  if (auto error = check_leg(account, request)) return *error;
  const bool closing = is_closing(account, request);
  if (auto error = check_filters(request, closing)) return *error;
  if (closing) {
    if (auto error = check_closing(account, request)) return *error;
  } else if (auto error = check_margin(index, request)) {
    return *error;
  }
  return execute(index, plan(account, request), now);
}

Answer<const Order*> Exchange::trade(AccountIndex index, const ScriptedTrade& trade,
                                     VenueTime now) {
  const auto& account = accounts_[index];
  const OrderRequest request{.symbol = trade.symbol,
                             .side = trade.side,
                             .leg = trade.leg,
                             .qty = trade.qty,
                             .price = {},
                             .reduce_only = trade.reduce_only,
                             .client_id = trade.client_id};
  if (auto error = check_leg(account, request)) return *error;
  if (trade.qty.sign() <= 0 || trade.qty.units() % symbols_[trade.symbol].step.units() != 0)
    return ApiError{.code = -4023, .message = "Qty not increased by step size."};
  const bool forced = trade.forced != Forced::none;
  // A forced execution only ever closes; so does what says that it closes.
  if (forced || is_closing(account, request)) {
    if (auto error = check_closing(account, request)) return *error;
    const Qty held = account.position(trade.symbol, trade.leg.value_or(Leg::both)).qty.abs();
    if (trade.qty > held) return reduce_only_rejected();
  } else if (auto error = check_margin(index, request)) {
    return *error;
  }
  Plan plan = this->plan(account, request);
  plan.fills = trade.fills;
  plan.expiry_reason = ExpiryReason::market_remainder;
  if (forced) {
    plan.charge_fee = false;
    plan.order.client_id = forced_client_id(trade.forced, now);
    plan.order.reduce_only = false;
    plan.execution = trade.forced == Forced::liquidation ? Execution::trade : Execution::calculated;
    plan.order.maker = trade.forced == Forced::adl;
  }
  if (trade.forced == Forced::liquidation) plan.order.type = OrderType::liquidation;
  if (trade.forced == Forced::adl) plan.order.type = OrderType::limit;
  if (trade.forced == Forced::liquidation || trade.forced == Forced::adl) {
    plan.order.tif = TimeInForce::ioc;
    plan.order.price = trade.fills.back().price;
  }
  const Price after = trade.price_after.is_zero() ? trade.fills.back().price : trade.price_after;
  set_price(trade.symbol, after, after);
  return execute(index, std::move(plan), now);
}

std::string Exchange::forced_client_id(Forced forced, VenueTime now) {
  ++forced_orders_;
  switch (forced) {
    case Forced::liquidation:
      return fmt::format("autoclose-{}{:06}", now.ms, forced_orders_);
    case Forced::settlement:
      return fmt::format("settlement_autoclose-{}{:06}", now.ms, forced_orders_);
    case Forced::adl:
      return "adl_autoclose";
    case Forced::none:
      break;
  }
  return "";
}

const Order* Exchange::execute(AccountIndex index, Plan plan, VenueTime now) {
  auto& account = accounts_[index];
  Order order = std::move(plan.order);
  order.id = markets_[order.symbol].next_order_id++;
  if (order.client_id.empty()) order.client_id = random_.alphanumeric(22);
  order.created = order.updated = now;
  const Order before = order;
  const bool lite = plan.execution == Execution::trade;
  if (listener_ != nullptr && (plan.fills.empty() || !lite))
    listener_->on_order(index, before, Execution::new_, nullptr);
  for (const auto& fill : plan.fills) {
    const Trade trade = apply_fill(account, order, fill, plan.charge_fee, now);
    tell_fill(index, before, order, trade, plan.execution);
  }
  if (order.executed < order.qty) {
    order.status = OrderStatus::expired;
    order.expiry_reason = plan.expiry_reason;
    if (listener_ != nullptr) listener_->on_order(index, order, Execution::expired, nullptr);
  }
  account.newest_by_client_id[order.client_id] = account.orders.size();
  account.orders.push_back(std::move(order));
  return &account.orders.back();
}

// The order of one fill's events is the venue's own: the light one first, then (with the first
// fill) the order's birth, the account, and the fill.
void Exchange::tell_fill(AccountIndex index, const Order& before, Order& order, const Trade& trade,
                         Execution execution) {
  const bool first = order.executed.is_zero();
  order.executed += trade.qty;
  order.quote += notional(trade.price, trade.qty);
  order.status = order.executed == order.qty ? OrderStatus::filled : OrderStatus::partially_filled;
  accounts_[index].trades.push_back(trade);
  if (listener_ == nullptr) return;
  if (execution == Execution::trade) {
    listener_->on_trade_lite(index, order, trade);
    if (first) listener_->on_order(index, before, Execution::new_, nullptr);
  }
  listener_->on_account(index, order.symbol, order.leg, trade.time);
  listener_->on_order(index, order, execution, &trade);
}

Trade Exchange::apply_fill(Account& account, const Order& order, const Fill& fill, bool charge_fee,
                           VenueTime now) {
  const auto& spec = symbols_[order.symbol];
  auto& position = account.positions[{order.symbol, order.leg}];
  const Qty change = signed_qty(order.side, fill.qty);
  const Qty closing = closable(position.qty, change);
  const Qty opening = fill.qty - closing;
  Trade trade{.id = markets_[order.symbol].next_trade_id++,
              .order_id = order.id,
              .symbol = order.symbol,
              .client_id = order.client_id,
              .side = order.side,
              .leg = order.leg,
              .qty = fill.qty,
              .price = fill.price,
              .maker = order.maker,
              .time = now};
  if (!closing.is_zero()) {
    const Price gain =
        position.qty.sign() > 0 ? fill.price - position.entry : position.entry - fill.price;
    trade.realized = Usd::from_units(muldiv(gain.units(), closing.units(), units_per_whole));
  }
  if (charge_fee)
    trade.fee = Usd::from_units(notional(fill.price, fill.qty).units() / taker_fee_divisor);
  const bool grows = closing.is_zero() && !position.qty.is_zero();
  const Qty held = position.qty.abs();
  position.qty += change;
  if (position.qty.is_zero()) {
    position.entry = Price{};
  } else if (grows) {
    const int128 cost = static_cast<int128>(position.entry.units()) * held.units() +
                        static_cast<int128>(fill.price.units()) * fill.qty.units();
    position.entry = Price::from_units(static_cast<std::int64_t>(
        (cost + (held + fill.qty).units() / 2) / (held + fill.qty).units()));
  } else if (!opening.is_zero()) {
    position.entry = fill.price;
  }
  position.realized += trade.realized;
  position.updated = now;
  account.wallets[spec.quote] += trade.realized - trade.fee;
  account.wallets_updated = now;
  return trade;
}

}  // namespace copyd::sim
