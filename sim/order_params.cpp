#include "sim/order_params.hpp"

#include <algorithm>
#include <array>

namespace copyd::sim {

namespace {

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& names) {
  return std::find(names.begin(), names.end(), text) != names.end();
}

constexpr std::array<std::string_view, 5> conditional_types{
    "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"};
constexpr std::array<std::string_view, 5> resting_times{"GTC", "FOK", "GTX", "GTD", "RPI"};
constexpr std::array<std::string_view, 4> prevention_modes{"EXPIRE_TAKER", "EXPIRE_MAKER",
                                                           "EXPIRE_BOTH", "NONE"};

ApiError not_required(std::string_view name) {
  return {.code = -1106,
          .message = "Parameter '" + std::string(name) + "' sent when not required."};
}

bool valid_client_id(std::string_view id) {
  return !id.empty() && id.size() <= 36 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == ':' || c == '/' || c == '_' || c == '-';
  });
}

template <class T>
Answer<T> read_decimal(const Params& params, std::string_view name) {
  const std::string* text = params.find(name);
  if (text == nullptr) return missing_parameter(name);
  if (const auto value = T::parse(*text)) return *value;
  const bool numeric = text->find_first_not_of("0123456789.-") == std::string::npos;
  if (numeric)
    return ApiError{.code = -1111,
                    .message = "Precision is over the maximum defined for this asset."};
  return missing_parameter(name);
}

std::optional<ApiError> read_kind(const Params& params, OrderRequest& request) {
  const std::string* side = params.find("side");
  if (side == nullptr) return missing_parameter("side");
  const auto parsed = parse_side(*side);
  if (!parsed) return ApiError{.code = -1117, .message = "Invalid side."};
  request.side = *parsed;
  if (const std::string* leg = params.find("positionSide")) {
    request.leg = parse_leg(*leg);
    if (!request.leg) return bad_parameter("positionSide");
  }
  const std::string* type = params.find("type");
  if (type == nullptr) return missing_parameter("type");
  if (is_one_of(*type, conditional_types))
    return ApiError{.code = -4120,
                    .message =
                        "Order type not supported for this endpoint. Please use the Algo "
                        "Order API endpoints instead."};
  if (*type != "MARKET" && *type != "LIMIT")
    return ApiError{.code = -1116, .message = "Invalid orderType."};
  request.type = *type == "MARKET" ? OrderType::market : OrderType::limit;
  return std::nullopt;
}

std::optional<ApiError> read_price(const Params& params, OrderRequest& request) {
  const std::string* tif = params.find("timeInForce");
  if (request.type == OrderType::market) {
    if (tif != nullptr) return not_required("timeInForce");
    if (params.has("price")) return not_required("price");
    return std::nullopt;
  }
  if (tif == nullptr) return missing_parameter("timeInForce");
  if (is_one_of(*tif, resting_times)) return not_simulated("timeInForce " + *tif);
  if (*tif != "IOC") return ApiError{.code = -1115, .message = "Invalid timeInForce."};
  request.tif = TimeInForce::ioc;
  const auto price = read_decimal<Price>(params, "price");
  if (!price.ok()) return price.error();
  request.price = price.value();
  return std::nullopt;
}

std::optional<ApiError> read_options(const Params& params, NewOrder& order) {
  auto& request = order.request;
  if (const std::string* reduce = params.find("reduceOnly")) {
    if (*reduce != "true" && *reduce != "false") return bad_parameter("reduceOnly");
    request.reduce_only = *reduce == "true";
  }
  if (const std::string* id = params.find("newClientOrderId")) {
    if (!valid_client_id(*id))
      return ApiError{.code = -4015, .message = "Client order id is not valid."};
    request.client_id = *id;
  }
  if (const std::string* type = params.find("newOrderRespType")) {
    if (*type != "ACK" && *type != "RESULT") return bad_parameter("newOrderRespType");
    order.full_result = *type == "RESULT";
  }
  if (const std::string* mode = params.find("selfTradePreventionMode")) {
    if (!is_one_of(*mode, prevention_modes)) return bad_parameter("selfTradePreventionMode");
    request.self_trade_prevention = *mode;
  }
  const std::string* match = params.find("priceMatch");
  if (match != nullptr && *match != "NONE") return not_simulated("priceMatch");
  const std::string* close = params.find("closePosition");
  if (close != nullptr && *close == "true") return not_simulated("closePosition");
  return std::nullopt;
}

}  // namespace

Answer<NewOrder> read_new_order(const Exchange& exchange, const Params& params) {
  const std::string* symbol = params.find("symbol");
  if (symbol == nullptr) return missing_parameter("symbol");
  const auto index = exchange.find_symbol(*symbol);
  if (!index) return ApiError{.code = -1121, .message = "Invalid symbol."};
  NewOrder order;
  order.request.symbol = *index;
  if (auto error = read_kind(params, order.request)) return *error;
  const auto qty = read_decimal<Qty>(params, "quantity");
  if (!qty.ok()) return qty.error();
  order.request.qty = qty.value();
  if (auto error = read_price(params, order.request)) return *error;
  if (auto error = read_options(params, order)) return *error;
  return order;
}

}  // namespace copyd::sim
