// Placing, filling at once, and the trades of the control port.
#include <fmt/format.h>

#include <algorithm>

#include "sim/exchange.hpp"
#include "sim/position_math.hpp"

namespace copyd::sim {

namespace {

ApiError reduce_only_rejected() {
  return {.code = -2022, .message = "ReduceOnly Order is rejected."};
}

ApiError duplicate_client_id() {
  return {.code = -4116, .message = "ClientOrderId is duplicated."};
}

bool may_rest(const OrderRequest& request) noexcept {
  return request.type == OrderType::limit && request.tif != TimeInForce::ioc &&
         request.tif != TimeInForce::fok;
}

// Only ever a maker.
bool is_post_only(TimeInForce tif) noexcept {
  return tif == TimeInForce::gtx || tif == TimeInForce::rpi;
}

Order order_of(const OrderRequest& request, bool closing) {
  return {.symbol = request.symbol,
          .client_id = request.client_id,
          .side = request.side,
          .leg = request.leg.value_or(Leg::both),
          .type = request.type,
          .tif = request.tif,
          .qty = request.qty,
          .price = request.price,
          .reduce_only = closing,
          .self_trade_prevention = request.self_trade_prevention,
          .good_till = request.tif == TimeInForce::gtd ? request.good_till : VenueTime{},
          .price_match = request.price_match,
          .close_position = request.close_position,
          .algo = request.algo};
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
  const Leg leg = request.leg.value_or(Leg::both);
  const Qty held = account.position(request.symbol, leg).qty;
  const Qty most = closable(held, signed_qty(request.side, request.qty));
  if (most.is_zero()) return reduce_only_rejected();
  if (account.mode == PositionMode::one_way) return std::nullopt;
  // One-way, the surplus of a reduce-only order expires; a hedge leg cannot be oversold at all.
  // What fills at once goes before what rests, so only another resting order must leave room for
  // those.
  Qty wanted = request.qty;
  if (may_rest(request))
    if (const auto open = account.open_orders.find(request.symbol);
        open != account.open_orders.end())
      for (const auto place : open->second)
        if (account.orders[place].leg == leg && account.orders[place].reduce_only)
          wanted += account.orders[place].remaining();
  if (wanted > held.abs()) return reduce_only_rejected();
  return std::nullopt;
}

// A client id is one open order's at a time, and the symbol takes only so many.
std::optional<ApiError> Exchange::check_open_orders(const Account& account,
                                                    const OrderRequest& request) const {
  const auto same = account.newest_by_client_id.find(request.client_id);
  if (same != account.newest_by_client_id.end() && !account.orders[same->second].is_done())
    return duplicate_client_id();
  if (may_rest(request) && account.open_count(request.symbol) >= max_open_orders)
    return ApiError{.code = -2025, .message = "Reach max open order limit."};
  return std::nullopt;
}

std::optional<ApiError> Exchange::check_time_in_force(const Plan& plan) {
  if (is_post_only(plan.order.tif) && plan.crosses)
    return ApiError{.code = -5022,
                    .message =
                        "Due to the order could not be executed as maker, the Post Only order will "
                        "be rejected. The order will not be recorded in the order history"};
  if (plan.order.tif != TimeInForce::fok) return std::nullopt;
  Qty filled;
  for (const auto& fill : plan.fills) filled += fill.qty;
  if (filled == plan.order.qty) return std::nullopt;
  return ApiError{.code = -5021,
                  .message =
                      "Due to the order could not be filled immediately, the FOK order has been "
                      "rejected. The order will not be recorded in the order history"};
}

// Cuts a fill into the market's pieces, multiples of the step, the last one taking what is left.
std::vector<Fill> Exchange::cut(SymbolIndex symbol, Qty qty, Price price) const {
  const int pieces = std::max(markets_[symbol].pieces, 1);
  const Qty part = trunc_to(Qty::from_units(qty.units() / pieces), symbols_[symbol].step);
  std::vector<Fill> fills;
  Qty left = qty;
  for (int i = 1; i < pieces && part.sign() > 0; ++i) {
    fills.push_back({part, price});
    left -= part;
  }
  if (left.sign() > 0) fills.push_back({left, price});
  return fills;
}

Exchange::Plan Exchange::plan(const Account& account, const OrderRequest& request) const {
  const auto& market = markets_[request.symbol];
  const bool closing = is_closing(account, request);
  Plan plan{.order = order_of(request, closing), .fills = {}};
  plan.rests = may_rest(request);
  plan.expiry_reason =
      request.type == OrderType::market ? expiry::market_remainder : expiry::ioc_remainder;
  Qty fillable = request.qty;
  if (market.liquidity) fillable = std::min(fillable, *market.liquidity);
  if (request.type == OrderType::limit) {
    plan.crosses =
        !request.queue_price &&
        (request.side == Side::buy ? request.price >= market.last : request.price <= market.last);
    if (!plan.crosses) fillable = Qty{};
  }
  if (closing) {
    const Qty held = account.position(request.symbol, plan.order.leg).qty.abs();
    if (held < fillable) plan.expiry_reason = expiry::would_reverse;
    fillable = std::min(fillable, held);
  }
  plan.fills = cut(request.symbol, fillable, market.last);
  return plan;
}

std::optional<ApiError> Exchange::check(AccountIndex index, const OrderRequest& request) const {
  const auto& account = accounts_[index];
  if (auto error = check_leg(account, request)) return error;
  const bool closing = is_closing(account, request);
  if (auto error = check_filters(request, closing)) return error;
  if (auto error = check_open_orders(account, request)) return error;
  if (auto error = closing ? check_closing(account, request) : check_margin(index, request))
    return error;
  return check_time_in_force(plan(account, request));
}

Answer<const Order*> Exchange::place(AccountIndex index, const OrderRequest& request,
                                     VenueTime now) {
  tick(now);
  if (auto error = check(index, request)) return *error;
  const std::size_t place = execute(index, plan(accounts_[index], request), now);
  return &accounts_[index].orders[place];
}

Answer<ScriptedTrade> Exchange::check_trade(AccountIndex index, const ScriptedTrade& trade) const {
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
  if (auto error = check_open_orders(account, request)) return *error;
  // A forced execution only ever closes; so does what says that it closes.
  if (trade.forced != Forced::none || is_closing(account, request)) {
    if (auto error = check_closing(account, request)) return *error;
    const Qty held = account.position(trade.symbol, trade.leg.value_or(Leg::both)).qty.abs();
    if (trade.qty > held) return reduce_only_rejected();
  } else if (auto error = check_margin(index, request)) {
    return *error;
  }
  return trade;
}

void Exchange::mark_forced(Plan& plan, const ScriptedTrade& trade, VenueTime now) {
  plan.order.forced = trade.forced;
  if (trade.forced == Forced::none) return;
  plan.charge_fee = false;
  plan.order.client_id = forced_client_id(trade.forced, now);
  plan.order.reduce_only = false;
  plan.execution = trade.forced == Forced::liquidation ? Execution::trade : Execution::calculated;
  plan.order.maker = trade.forced == Forced::adl;
  if (trade.forced == Forced::settlement) return;
  plan.order.type = trade.forced == Forced::liquidation ? OrderType::liquidation : OrderType::limit;
  plan.order.tif = TimeInForce::ioc;
  plan.order.price = trade.fills.back().price;
}

Answer<const Order*> Exchange::trade(AccountIndex index, const ScriptedTrade& trade,
                                     VenueTime now) {
  tick(now);
  const auto checked = check_trade(index, trade);
  if (!checked.ok()) return checked.error();
  Plan plan = this->plan(accounts_[index], {.symbol = trade.symbol,
                                            .side = trade.side,
                                            .leg = trade.leg,
                                            .qty = trade.qty,
                                            .price = {},
                                            .reduce_only = trade.reduce_only,
                                            .client_id = trade.client_id});
  plan.fills = trade.fills;
  plan.expiry_reason = expiry::market_remainder;
  mark_forced(plan, trade, now);
  if (trade.forced == Forced::liquidation) {
    // A liquidation begins with the end of everything that is open beside the position.
    const auto open = accounts_[index].open_orders;
    const bool isolated = accounts_[index].setup(trade.symbol).isolated;
    for (const auto& [symbol, places] : open)
      if (!isolated || symbol == trade.symbol)
        for (const auto place : places)
          close(index, place, OrderStatus::expired, expiry::liquidated, now);
  }
  const Price after = trade.price_after.is_zero() ? trade.fills.back().price : trade.price_after;
  auto& market = markets_[trade.symbol];
  // What the venue takes over by itself leaves the market as it is.
  if (trade.forced == Forced::none || after != market.last) market.mark = after;
  market.last = after;
  const std::size_t place = execute(index, std::move(plan), now);
  run_book(trade.symbol, now);
  return &accounts_[index].orders[place];
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

void Exchange::tell_order(AccountIndex index, const Order& order, Execution execution) {
  if (listener_ != nullptr) listener_->on_order(index, order, execution, nullptr);
}

std::size_t Exchange::execute(AccountIndex index, Plan plan, VenueTime now) {
  auto& account = accounts_[index];
  Order order = std::move(plan.order);
  order.id = markets_[order.symbol].next_order_id++;
  if (order.client_id.empty()) order.client_id = random_.alphanumeric(22);
  order.created = order.updated = now;
  if (order.algo) {
    account.algos[*order.algo].actual_order_id = order.id;
    set_algo(index, *order.algo, AlgoStatus::triggered, now);
  }
  const Order birth = order;
  const bool told = plan.fills.empty() || plan.execution != Execution::trade;
  if (told) tell_order(index, birth, Execution::new_);
  for (const auto& fill : plan.fills) {
    const Trade trade = apply_fill(account, order, fill, plan.charge_fee, now);
    tell_fill(index, told || !order.executed.is_zero() ? nullptr : &birth, order, trade,
              plan.execution);
  }
  if (!order.is_done() && plan.expiry_reason != expiry::would_reverse &&
      order.forced == Forced::none && prevent_self_trade(index, order, now)) {
    order.status = OrderStatus::expired_in_match;
    order.expiry_reason =
        order.tif == TimeInForce::ioc ? expiry::ioc_self_trade : expiry::self_trade;
  } else if (!order.is_done() && !plan.rests) {
    order.status = OrderStatus::expired;
    order.expiry_reason = plan.expiry_reason;
  }
  if (order.is_done() && order.executed < order.qty) tell_order(index, order, Execution::expired);
  const auto [symbol, leg] = std::pair(order.symbol, order.leg);
  const std::size_t place = account.add_order(std::move(order));
  const Order& added = account.orders[place];
  if (!added.is_done()) rest(index, place);
  else if (added.algo) set_algo(index, *added.algo, AlgoStatus::finished, now);
  settle_reducing(index, symbol, leg, now);
  return place;
}

// The order of one fill's events is the venue's own: the light one first, then (with a taker's
// first fill) the order's birth, the account, and the fill.
void Exchange::tell_fill(AccountIndex index, const Order* birth, Order& order, const Trade& trade,
                         Execution execution) {
  order.executed += trade.qty;
  order.quote += notional(trade.price, trade.qty);
  order.status = order.executed == order.qty ? OrderStatus::filled : OrderStatus::partially_filled;
  accounts_[index].trades.push_back(trade);
  if (listener_ == nullptr) return;
  if (execution == Execution::trade) {
    listener_->on_trade_lite(index, order, trade);
    if (birth != nullptr) listener_->on_order(index, *birth, Execution::new_, nullptr);
  }
  listener_->on_account(index, order.symbol, order.leg, trade.time);
  listener_->on_order(index, order, execution, &trade);
}

}  // namespace copyd::sim
