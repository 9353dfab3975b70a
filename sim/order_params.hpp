// The parameters of a new order, as REST and the WebSocket API both send them.
#pragma once

#include "sim/exchange.hpp"
#include "sim/params.hpp"

namespace copyd::sim {

struct NewOrder {
  OrderRequest request;
  bool full_result = false;  // newOrderRespType RESULT; else ACK
};

// Refuses what the venue refuses before it looks at the account, and (as not simulated) what this
// venue cannot do.
Answer<NewOrder> read_new_order(const Exchange& exchange, const Params& params);

}  // namespace copyd::sim
