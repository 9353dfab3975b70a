// Conditional orders, which the venue keeps in a store of their own until they trigger: invisible
// among the open orders, without a margin check, never modified. Read only. Cold: owned values.
// Every function gives Errc::malformed for a body that does not say what it must.
// Source: Binance docs, "New Algo Order", "Query Algo Order", "Current All Algo Open Orders".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/flow.hpp"
#include "core/result.hpp"
#include "venue/user_data.hpp"

namespace copyd::venue {

struct AlgoOrder {
  std::string symbol_name;
  std::int64_t algo = 0;
  std::string client_algo_id;    // the triggered order has it as its client order id
  Side side = Side::buy;
  Leg leg = Leg::both;
  OrderType type = OrderType::other;
  TimeInForce time_in_force = TimeInForce::other;
  AlgoStatus status = AlgoStatus::other;
  bool reduce_only = false;
  bool close_all = false;
  bool activated = false;        // a trailing order has begun to trail
  Qty qty;                       // 0 for one that closes all
  Price trigger_price;
  Price price;                   // 0: market
  VenueOrderId order;            // the triggered order; 0 before
  OrderType actual_type = OrderType::other;
  Price average_price;           // of the triggered order
  Qty executed_qty;
  VenueTime create_time;
  VenueTime update_time;
  VenueTime trigger_time;        // 0 before
};
// The answer to placing one, or to asking for one.
Result<AlgoOrder> decode_algo_order(std::string_view body);
// openAlgoOrders, allAlgoOrders.
Result<std::vector<AlgoOrder>> decode_algo_orders(std::string_view body);

// The answer to cancelling one: which it was.
struct AlgoCancelled {
  std::int64_t algo = 0;
  std::string client_algo_id;
};
Result<AlgoCancelled> decode_algo_cancelled(std::string_view body);

}  // namespace copyd::venue
