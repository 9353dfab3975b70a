#include "venue/algo_codec.hpp"

#include <simdjson.h>

#include "venue/records.hpp"

namespace copyd::venue {
namespace {

namespace dom = simdjson::dom;
using namespace records;

// In quotes, and empty before the order has triggered.
bool actual_order(const dom::object& object, VenueOrderId& out) {
  std::string_view text;
  if (absent(object, "actualOrderId")) return true;
  return field(object, "actualOrderId", text) &&
         (text.empty() || event::parse_integer(text, out.value)) && out.value >= 0;
}

bool read_algo_order(const dom::object& object, AlgoOrder& out) {
  return text_field(object, "symbol", out.symbol_name) && field(object, "algoId", out.algo) &&
         text_field(object, "clientAlgoId", out.client_algo_id) && side_field(object, out.side) &&
         leg_field(object, out.leg) && word_field(object, "orderType", out.type, type_of) &&
         word_if_present(object, "timeInForce", out.time_in_force, time_in_force_of) &&
         word_field(object, "algoStatus", out.status, algo_status_of) &&
         field_if_present(object, "reduceOnly", out.reduce_only) &&
         field_if_present(object, "closePosition", out.close_all) &&
         field_if_present(object, "isActivated", out.activated) &&
         field_if_present(object, "quantity", out.qty) &&
         cut_if_present(object, "triggerPrice", out.trigger_price) &&
         cut_if_present(object, "price", out.price) && actual_order(object, out.order) &&
         word_if_present(object, "actualType", out.actual_type, type_of) &&
         cut_if_present(object, "actualPrice", out.average_price) &&
         field_if_present(object, "actualQty", out.executed_qty) &&
         field_if_present(object, "createTime", out.create_time) &&
         field_if_present(object, "updateTime", out.update_time) &&
         field_if_present(object, "triggerTime", out.trigger_time) && out.qty.sign() >= 0 &&
         out.executed_qty.sign() >= 0;
}

}  // namespace

Result<AlgoOrder> decode_algo_order(std::string_view body) {
  return one_row<AlgoOrder, dom::parser>(body, read_algo_order);
}

Result<std::vector<AlgoOrder>> decode_algo_orders(std::string_view body) {
  return rows<AlgoOrder, dom::parser>(body, read_algo_order);
}

Result<AlgoCancelled> decode_algo_cancelled(std::string_view body) {
  return one_row<AlgoCancelled, dom::parser>(
      body, [](const dom::object& object, AlgoCancelled& out) {
        int code = 0;
        return field(object, "algoId", out.algo) &&
               text_field(object, "clientAlgoId", out.client_algo_id) &&
               int_or_text(object, "code", code) && code == 200;
      });
}

}  // namespace copyd::venue
