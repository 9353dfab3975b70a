// The parameters of a conditional order.
#include "sim/order_params.hpp"
#include "sim/param_readers.hpp"

namespace copyd::sim {

namespace {

// callbackRate, in per cent.
constexpr Ratio least_callback = Ratio::from_units(units_per_whole / 10);
constexpr Ratio most_callback = Ratio::whole(20);

std::optional<ApiError> read_kind(const Params& params, AlgoRequest& request) {
  const std::string* kind = params.find("algoType");
  if (kind == nullptr) return missing_parameter("algoType");
  if (*kind != "CONDITIONAL") return bad_parameter("algoType");
  const auto side = read_side(params);
  if (!side.ok()) return side.error();
  request.order.side = side.value();
  const auto leg = read_leg(params);
  if (!leg.ok()) return leg.error();
  request.leg = leg.value();
  request.order.leg = leg.value().value_or(Leg::both);
  const std::string* type = params.find("type");
  if (type == nullptr) return missing_parameter("type");
  const auto parsed = parse_algo_type(*type);
  if (!parsed) return ApiError{.code = -1116, .message = "Invalid orderType."};
  request.order.type = *parsed;
  return std::nullopt;
}

// How much: a quantity, or all that the leg holds then.
std::optional<ApiError> read_amount(const Params& params, AlgoRequest& request) {
  auto& order = request.order;
  const auto close = read_flag(params, "closePosition");
  if (!close.ok()) return close.error();
  order.close_position = close.value().value_or(false);
  const auto reduce_only = read_flag(params, "reduceOnly");
  if (!reduce_only.ok()) return reduce_only.error();
  request.reduce_only = reduce_only.value();
  order.reduce_only = reduce_only.value().value_or(false);
  if (!order.close_position) {
    const auto qty = read_decimal<Qty>(params, "quantity");
    if (!qty.ok()) return qty.error();
    order.qty = qty.value();
    return std::nullopt;
  }
  if (order.type != AlgoType::stop_market && order.type != AlgoType::take_profit_market)
    return ApiError{.code = -4136,
                    .message = "Target strategy invalid for orderType '" +
                               std::string(name_of(order.type)) + "',closePosition 'true'."};
  if (params.has("quantity"))
    return ApiError{.code = -4137,
                    .message = "Quantity must be zero with closePosition equals true"};
  if (reduce_only.value()) return not_required("reduceonly");
  return std::nullopt;
}

std::optional<ApiError> read_price(const Params& params, AlgoOrder& order) {
  const auto match = read_price_match(params, order.is_limit());
  if (!match.ok()) return match.error();
  order.price_match = match.value().name;
  order.queue_price = match.value().queue;
  if (!order.is_limit()) {
    if (params.has("price")) return not_required("price");
    return std::nullopt;
  }
  if (match.value().is_set()) return std::nullopt;
  const auto price = read_decimal<Price>(params, "price");
  if (!price.ok()) return price.error();
  order.price = price.value();
  return std::nullopt;
}

std::optional<ApiError> read_condition(const Params& params, AlgoOrder& order) {
  if (const std::string* type = params.find("workingType")) {
    if (*type != "CONTRACT_PRICE" && *type != "MARK_PRICE") return bad_parameter("workingType");
    order.by_mark = *type == "MARK_PRICE";
  }
  const auto protect = read_flag(params, "priceProtect");
  if (!protect.ok()) return protect.error();
  order.price_protect = protect.value().value_or(false);
  if (!order.is_trailing()) {
    const auto trigger = read_decimal<Price>(params, "triggerPrice");
    if (!trigger.ok()) return trigger.error();
    order.trigger = trigger.value();
    return std::nullopt;
  }
  if (params.has("triggerPrice")) return not_required("triggerPrice");
  const auto callback = read_decimal<Ratio>(params, "callbackRate");
  if (!callback.ok()) return callback.error();
  if (callback.value() < least_callback || callback.value() > most_callback)
    return ApiError{.code = -2007, .message = "Invalid callBack rate."};
  order.callback = Ratio::from_units(callback.value().units() / 100);
  if (!params.has("activatePrice")) return std::nullopt;
  const auto activation = read_decimal<Price>(params, "activatePrice");
  if (!activation.ok()) return activation.error();
  order.activation = activation.value();
  return std::nullopt;
}

std::optional<ApiError> read_options(const Params& params, AlgoOrder& order, VenueTime now) {
  if (const std::string* text = params.find("timeInForce")) {
    const auto tif = parse_time_in_force(*text);
    if (!tif) return ApiError{.code = -1115, .message = "Invalid timeInForce."};
    order.tif = *tif;
  }
  const auto good_till = read_good_till(params, order.tif, now);
  if (!good_till.ok()) return good_till.error();
  order.good_till = good_till.value();
  const auto client_id = read_client_id(params, "clientAlgoId");
  if (!client_id.ok()) return client_id.error();
  order.client_id = client_id.value();
  const auto mode = read_self_trade_prevention(params);
  if (!mode.ok()) return mode.error();
  order.self_trade_prevention = mode.value();
  const auto full_result = read_full_result(params);
  if (!full_result.ok()) return full_result.error();
  return std::nullopt;
}

}  // namespace

Answer<AlgoRequest> read_algo_order(const Exchange& exchange, const Params& params, VenueTime now) {
  const auto symbol = read_symbol(exchange, params);
  if (!symbol.ok()) return symbol.error();
  AlgoRequest request;
  request.order.symbol = symbol.value();
  if (auto error = read_kind(params, request)) return *error;
  if (auto error = read_amount(params, request)) return *error;
  if (auto error = read_price(params, request.order)) return *error;
  if (auto error = read_condition(params, request.order)) return *error;
  if (auto error = read_options(params, request.order, now)) return *error;
  return request;
}

}  // namespace copyd::sim
