#include "sim/order_params.hpp"

#include "sim/param_readers.hpp"

namespace copyd::sim {

namespace {

std::optional<ApiError> read_kind(const Params& params, OrderRequest& request) {
  const auto side = read_side(params);
  if (!side.ok()) return side.error();
  request.side = side.value();
  const auto leg = read_leg(params);
  if (!leg.ok()) return leg.error();
  request.leg = leg.value();
  const std::string* type = params.find("type");
  if (type == nullptr) return missing_parameter("type");
  if (parse_algo_type(*type))
    return ApiError{.code = -4120,
                    .message =
                        "Order type not supported for this endpoint. Please use the Algo "
                        "Order API endpoints instead."};
  if (*type != "MARKET" && *type != "LIMIT")
    return ApiError{.code = -1116, .message = "Invalid orderType."};
  request.type = *type == "MARKET" ? OrderType::market : OrderType::limit;
  const auto close = read_flag(params, "closePosition");
  if (!close.ok()) return close.error();
  if (close.value().value_or(false))
    return ApiError{
        .code = -4136,
        .message = "Target strategy invalid for orderType '" + *type + "',closePosition 'true'."};
  return std::nullopt;
}

std::optional<ApiError> read_price(const Exchange& exchange, const Params& params,
                                   OrderRequest& request) {
  const bool market = request.type == OrderType::market;
  const auto match = read_price_match(params, !market);
  if (!match.ok()) return match.error();
  if (market) return params.has("price") ? std::optional(not_required("price")) : std::nullopt;
  request.price_match = match.value().name;
  request.queue_price = match.value().queue;
  if (match.value().is_set()) {
    request.price = exchange.matched_price(request.symbol, request.side);
    return std::nullopt;
  }
  const auto price = read_decimal<Price>(params, "price");
  if (!price.ok()) return price.error();
  request.price = price.value();
  return std::nullopt;
}

std::optional<ApiError> read_time_in_force(const Params& params, OrderRequest& request,
                                           VenueTime now) {
  const std::string* text = params.find("timeInForce");
  if (request.type == OrderType::market) {
    if (text != nullptr) return not_required("timeInForce");
    return std::nullopt;
  }
  if (text == nullptr) return missing_parameter("timeInForce");
  const auto tif = parse_time_in_force(*text);
  if (!tif) return ApiError{.code = -1115, .message = "Invalid timeInForce."};
  request.tif = *tif;
  const auto good_till = read_good_till(params, *tif, now);
  if (!good_till.ok()) return good_till.error();
  request.good_till = good_till.value();
  return std::nullopt;
}

std::optional<ApiError> read_options(const Params& params, NewOrder& order) {
  const auto reduce_only = read_flag(params, "reduceOnly");
  if (!reduce_only.ok()) return reduce_only.error();
  order.request.reduce_only = reduce_only.value();
  const auto client_id = read_client_id(params, "newClientOrderId");
  if (!client_id.ok()) return client_id.error();
  order.request.client_id = client_id.value();
  const auto full_result = read_full_result(params);
  if (!full_result.ok()) return full_result.error();
  order.full_result = full_result.value();
  const auto mode = read_self_trade_prevention(params);
  if (!mode.ok()) return mode.error();
  order.request.self_trade_prevention = mode.value();
  return std::nullopt;
}

}  // namespace

Answer<NewOrder> read_new_order(const Exchange& exchange, const Params& params, VenueTime now) {
  const auto symbol = read_symbol(exchange, params);
  if (!symbol.ok()) return symbol.error();
  NewOrder order;
  order.request.symbol = symbol.value();
  if (auto error = read_kind(params, order.request)) return *error;
  const auto qty = read_decimal<Qty>(params, "quantity");
  if (!qty.ok()) return qty.error();
  order.request.qty = qty.value();
  if (auto error = read_time_in_force(params, order.request, now)) return *error;
  if (auto error = read_price(exchange, params, order.request)) return *error;
  if (auto error = read_options(params, order)) return *error;
  return order;
}

Answer<Modification> read_modification(const Exchange& exchange, const Params& params) {
  const auto symbol = read_symbol(exchange, params);
  if (!symbol.ok()) return symbol.error();
  Modification change{.symbol = symbol.value()};
  const auto order = read_order_ref(params, {.id = "orderId", .client_id = "origClientOrderId"});
  if (!order.ok()) return order.error();
  change.order = order.value();
  const auto side = read_side(params);
  if (!side.ok()) return side.error();
  change.side = side.value();
  const auto qty = read_decimal<Qty>(params, "quantity");
  if (!qty.ok()) return qty.error();
  change.qty = qty.value();
  const auto match = read_price_match(params, true);
  if (!match.ok()) return match.error();
  change.price_match = match.value().name;
  change.queue_price = match.value().queue;
  const auto price = match.value().is_set()
                         ? Answer<Price>(exchange.matched_price(change.symbol, change.side))
                         : read_decimal<Price>(params, "price");
  if (!price.ok()) return price.error();
  change.price = price.value();
  const auto reduce_only = read_flag(params, "reduceOnly");
  if (!reduce_only.ok()) return reduce_only.error();
  change.reduce_only = reduce_only.value().value_or(false);
  const auto modify_id = params.integer("modifyId");
  if (!modify_id.ok()) return modify_id.error();
  change.modify_id = modify_id.value();
  return change;
}

}  // namespace copyd::sim
