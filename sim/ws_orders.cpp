// The WebSocket API: orders and conditional orders. Placing and asking for one stand in ws_api.cpp.
#include "sim/protocol.hpp"

namespace copyd::sim {

Answer<std::string> Protocol::ws_modify_order(WsContext& context) {
  return modify_order(context.caller.account, context.params, false, context.now);
}

Answer<std::string> Protocol::ws_cancel_order(WsContext& context) {
  return cancel_order(context.caller.account, context.params, context.now);
}

Answer<std::string> Protocol::ws_place_algo(WsContext& context) {
  return place_algo(context.caller.account, context.params, context.now);
}

Answer<std::string> Protocol::ws_cancel_algo(WsContext& context) {
  return cancel_algo(context.caller.account, context.params, context.now);
}

}  // namespace copyd::sim
