// REST: several orders in one request. Each succeeds or fails for itself; the answer is 200.
#include "sim/encode.hpp"
#include "sim/param_readers.hpp"
#include "sim/protocol.hpp"

namespace copyd::sim {

namespace {

constexpr std::size_t most_orders = 5;
constexpr std::size_t most_cancels = 10;

// The orders of a batch, each as if it had been sent alone.
Answer<std::vector<Params>> read_batch(const Params& params) {
  const std::string* text = params.find("batchOrders");
  if (text == nullptr) return missing_parameter("batchOrders");
  const auto rows = parse_array(*text);
  if (!rows) return bad_parameter("batchOrders");
  if (rows->empty() || rows->size() > most_orders)
    return ApiError{.code = -4082, .message = "Invalid number of batch place orders."};
  std::vector<Params> orders;
  for (const auto& row : *rows) {
    const auto object = JsonObject::parse(row.text);
    if (!object) return bad_parameter("batchOrders");
    orders.push_back(Params::from_json(*object));
  }
  return orders;
}

void add_element(JsonWriter& out, const Answer<std::string>& answer) {
  out.raw(answer.ok() ? answer.value() : encode::error(answer.error()));
}

}  // namespace

Answer<std::string> Protocol::rest_place_batch(RestContext& context) {
  const auto orders = read_batch(context.params);
  if (!orders.ok()) return orders.error();
  JsonWriter out;
  out.array();
  for (const auto& order : orders.value())
    add_element(out, place_order(context.caller.account, order, context.now));
  out.end_array();
  return out.take();
}

Answer<std::string> Protocol::rest_modify_batch(RestContext& context) {
  const auto orders = read_batch(context.params);
  if (!orders.ok()) return orders.error();
  JsonWriter out;
  out.array();
  for (const auto& order : orders.value())
    add_element(out, modify_order(context.caller.account, order, true, context.now));
  out.end_array();
  return out.take();
}

Answer<std::string> Protocol::rest_cancel_batch(RestContext& context) {
  const auto symbol = read_symbol(exchange_, context.params);
  if (!symbol.ok()) return symbol.error();
  // The names of the lists are taken in small letters too: public clients send them so.
  const auto either = [&](std::string_view name, std::string_view small) {
    const std::string* text = context.params.find(name);
    return text != nullptr ? text : context.params.find(small);
  };
  const std::string* ids = either("orderIdList", "orderidlist");
  const bool by_id = ids != nullptr;
  const std::string_view name = by_id ? "orderIdList" : "origClientOrderIdList";
  const std::string* text = by_id ? ids : either(name, "origclientorderidlist");
  if (text == nullptr) return missing_parameter("orderIdList");
  const auto rows = parse_array(*text);
  if (!rows || rows->empty() || rows->size() > most_cancels) return bad_parameter(name);
  JsonWriter out;
  out.array();
  for (const auto& row : *rows) {
    Params one;
    one.add("symbol", exchange_.symbol(symbol.value()).name);
    one.add(by_id ? "orderId" : "origClientOrderId", row.text);
    add_element(out, cancel_order(context.caller.account, one, context.now));
  }
  out.end_array();
  return out.take();
}

}  // namespace copyd::sim
