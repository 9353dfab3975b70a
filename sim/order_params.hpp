// The parameters of a new order, a modification and a conditional order, as REST and the WebSocket
// API both send them. Refused is what the venue refuses before it looks at the account. Pure; cold.
#pragma once

#include "sim/exchange.hpp"
#include "sim/params.hpp"

namespace copyd::sim {

struct NewOrder {
  OrderRequest request;
  bool full_result = false;  // newOrderRespType RESULT; else ACK
};

Answer<NewOrder> read_new_order(const Exchange& exchange, const Params& params, VenueTime now);
Answer<Modification> read_modification(const Exchange& exchange, const Params& params);
Answer<AlgoRequest> read_algo_order(const Exchange& exchange, const Params& params, VenueTime now);

}  // namespace copyd::sim
