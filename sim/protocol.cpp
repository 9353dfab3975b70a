// Orders, as both doors take them.
#include "sim/protocol.hpp"

#include "sim/encode.hpp"
#include "sim/order_params.hpp"

namespace copyd::sim {

Protocol::Protocol(Exchange& exchange, Options options)
    : exchange_(exchange), options_(options), streams_(exchange, options.seed + 1) {
  exchange_.set_listener(&streams_);
}

Protocol::Placed Protocol::place_order(AccountIndex account, const Params& params, VenueTime now) {
  streams_.tick(now);
  const auto counts = limits_.add_order(account, now);
  auto& total = counts_[account];
  const auto refuse = [&](ApiError error) {
    ++total.rejected;
    return Placed{.answer = std::move(error), .counts = counts};
  };
  if (options_.order_limits && counts.too_many())
    return refuse({.code = -1015,
                   .message = "Too many new orders; current limit is 300 orders per TEN_SECONDS.",
                   .status = 429});
  auto& faults = faults_[account];
  if (faults.drops > 0 && faults.drop_before) {
    --faults.drops;
    return Placed{.answer = std::string(), .drop = true, .counts = counts};
  }
  if (faults.rejections > 0) {
    --faults.rejections;
    return refuse(faults.rejection);
  }
  const auto order = read_new_order(exchange_, params);
  if (!order.ok()) return refuse(order.error());
  const auto placed = exchange_.place(account, order.value().request, now);
  if (!placed.ok()) return refuse(placed.error());
  ++total.placed;
  const bool drop = faults.drops > 0;
  if (drop) --faults.drops;
  return {.answer = encode::placed_order(exchange_, *placed.value(), order.value().full_result),
          .drop = drop,
          .counts = counts};
}

Answer<std::string> Protocol::query_order(AccountIndex account, const Params& params) const {
  const std::string* symbol = params.find("symbol");
  if (symbol == nullptr) return missing_parameter("symbol");
  const auto index = exchange_.find_symbol(*symbol);
  if (!index) return ApiError{.code = -1121, .message = "Invalid symbol."};
  const auto id = params.integer("orderId");
  if (!id.ok()) return id.error();
  const std::string* client_id = params.find("origClientOrderId");
  if (!id.value() && client_id == nullptr)
    return ApiError{.code = -1102,
                    .message =
                        "Param 'origClientOrderId' or 'orderId' must be sent, but both were "
                        "empty/null!"};
  const auto& orders = exchange_.account(account);
  const Order* order =
      id.value() ? orders.find_order(*index, *id.value()) : orders.find_order(*index, *client_id);
  if (order == nullptr) return ApiError{.code = -2013, .message = "Order does not exist."};
  return encode::queried_order(exchange_, *order);
}

}  // namespace copyd::sim
