// Orders, as both doors take them.
#include "sim/encode.hpp"
#include "sim/order_history.hpp"
#include "sim/order_params.hpp"
#include "sim/param_readers.hpp"
#include "sim/protocol.hpp"

namespace copyd::sim {

namespace {

constexpr RefNames order_names{.id = "orderId", .client_id = "origClientOrderId"};
constexpr RefNames algo_names{.id = "algoId", .client_id = "clientAlgoId"};

}  // namespace

Answer<std::string> Protocol::place_order(AccountIndex account, const Params& params,
                                          VenueTime now) {
  const auto order = read_new_order(exchange_, params, now);
  if (!order.ok()) return order.error();
  const auto placed = exchange_.place(account, order.value().request, now);
  if (!placed.ok()) return placed.error();
  return encode::placed_order(exchange_, *placed.value(), order.value().full_result);
}

Answer<std::string> Protocol::modify_order(AccountIndex account, const Params& params,
                                           bool show_pair, VenueTime now) {
  const auto change = read_modification(exchange_, params);
  if (!change.ok()) return change.error();
  const auto modified = exchange_.modify(account, change.value(), now);
  if (!modified.ok()) return modified.error();
  return encode::answered_order(exchange_, *modified.value(),
                                {.pair = show_pair, .modify_id = true});
}

Answer<std::string> Protocol::cancel_order(AccountIndex account, const Params& params,
                                           VenueTime now) {
  const auto symbol = read_symbol(exchange_, params);
  if (!symbol.ok()) return symbol.error();
  const auto order = read_order_ref(params, order_names);
  if (!order.ok()) return order.error();
  const auto canceled = exchange_.cancel(account, symbol.value(), order.value(), now);
  if (!canceled.ok()) return canceled.error();
  return encode::answered_order(exchange_, *canceled.value(), {});
}

Answer<const Order*> Protocol::find_order(AccountIndex index, const Params& params) const {
  const auto symbol = read_symbol(exchange_, params);
  if (!symbol.ok()) return symbol.error();
  const auto wanted = read_order_ref(params, order_names);
  if (!wanted.ok()) return wanted.error();
  const auto& account = exchange_.account(index);
  const Order* order = wanted.value().id
                           ? account.find_order(symbol.value(), *wanted.value().id)
                           : account.find_order(symbol.value(), wanted.value().client_id);
  if (order == nullptr) return no_such_order();
  return order;
}

Answer<std::string> Protocol::query_order(AccountIndex account, const Params& params,
                                          VenueTime now) const {
  const auto order = find_order(account, params);
  if (!order.ok()) return order.error();
  if (is_forgotten(*order.value(), now)) return no_such_order();
  return encode::queried_order(exchange_, *order.value());
}

Answer<std::string> Protocol::place_algo(AccountIndex account, const Params& params,
                                         VenueTime now) {
  const auto request = read_algo_order(exchange_, params, now);
  if (!request.ok()) return request.error();
  const auto placed = exchange_.place_algo(account, request.value(), now);
  if (!placed.ok()) return placed.error();
  return encode::placed_algo(exchange_, *placed.value());
}

Answer<std::string> Protocol::cancel_algo(AccountIndex account, const Params& params,
                                          VenueTime now) {
  const auto algo = read_order_ref(params, algo_names);
  if (!algo.ok()) return algo.error();
  const auto canceled = exchange_.cancel_algo(account, algo.value(), now);
  if (!canceled.ok()) return canceled.error();
  return encode::canceled_algo(*canceled.value());
}

}  // namespace copyd::sim
