#include "sim/param_readers.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace copyd::sim {

namespace {

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& names) {
  return std::find(names.begin(), names.end(), text) != names.end();
}

constexpr std::array<std::string_view, 4> prevention_modes{"EXPIRE_TAKER", "EXPIRE_MAKER",
                                                           "EXPIRE_BOTH", "NONE"};
constexpr std::array<std::string_view, 8> price_matches{"OPPONENT",    "OPPONENT_5", "OPPONENT_10",
                                                        "OPPONENT_20", "QUEUE",      "QUEUE_5",
                                                        "QUEUE_10",    "QUEUE_20"};
constexpr std::int64_t shortest_good_till_ms = 600'000;
constexpr std::int64_t latest_good_till_ms = 253'402'300'799'000;

bool valid_client_id(std::string_view id) {
  return !id.empty() && id.size() <= 36 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == ':' || c == '/' || c == '_' || c == '-';
  });
}

}  // namespace

ApiError not_required(std::string_view name) {
  return {.code = -1106,
          .message = "Parameter '" + std::string(name) + "' sent when not required."};
}

ApiError bad_precision() {
  return {.code = -1111, .message = "Precision is over the maximum defined for this asset."};
}

Answer<SymbolIndex> read_symbol(const Exchange& exchange, const Params& params) {
  const std::string* symbol = params.find("symbol");
  if (symbol == nullptr) return missing_parameter("symbol");
  const auto index = exchange.find_symbol(*symbol);
  if (!index) return ApiError{.code = -1121, .message = "Invalid symbol."};
  return *index;
}

Answer<Side> read_side(const Params& params) {
  const std::string* side = params.find("side");
  if (side == nullptr) return missing_parameter("side");
  const auto parsed = parse_side(*side);
  if (!parsed) return ApiError{.code = -1117, .message = "Invalid side."};
  return *parsed;
}

Answer<std::optional<Leg>> read_leg(const Params& params) {
  const std::string* text = params.find("positionSide");
  if (text == nullptr) return std::optional<Leg>();
  const auto leg = parse_leg(*text);
  if (!leg) return bad_parameter("positionSide");
  return leg;
}

Answer<std::optional<bool>> read_flag(const Params& params, std::string_view name) {
  const std::string* text = params.find(name);
  if (text == nullptr) return std::optional<bool>();
  if (*text == "true" || *text == "TRUE") return std::optional(true);
  if (*text == "false" || *text == "FALSE") return std::optional(false);
  return bad_parameter(name);
}

Answer<std::string> read_client_id(const Params& params, std::string_view name) {
  const std::string* id = params.find(name);
  if (id == nullptr) return std::string();
  if (!valid_client_id(*id))
    return ApiError{.code = -4015, .message = "Client order id is not valid."};
  return *id;
}

Answer<std::string> read_self_trade_prevention(const Params& params) {
  const std::string* mode = params.find("selfTradePreventionMode");
  if (mode == nullptr) return std::string("EXPIRE_MAKER");
  if (!is_one_of(*mode, prevention_modes)) return bad_parameter("selfTradePreventionMode");
  return *mode;
}

Answer<bool> read_full_result(const Params& params) {
  const std::string* type = params.find("newOrderRespType");
  if (type == nullptr || *type == "ACK") return false;
  if (*type != "RESULT") return bad_parameter("newOrderRespType");
  return true;
}

Answer<PriceMatch> read_price_match(const Params& params, bool may_match) {
  const std::string* text = params.find("priceMatch");
  if (text == nullptr || *text == "NONE") return PriceMatch{};
  if (!is_one_of(*text, price_matches))
    return ApiError{.code = -5037, .message = "Invalid price match"};
  if (!may_match)
    return ApiError{.code = -5038,
                    .message = "Price match only supports order type: LIMIT, STOP AND TAKE_PROFIT"};
  if (params.has("price")) return not_required("price");
  return PriceMatch{.name = *text, .queue = text->starts_with("QUEUE")};
}

Answer<VenueTime> read_good_till(const Params& params, TimeInForce tif, VenueTime now) {
  const auto date = params.integer("goodTillDate");
  if (!date.ok()) return date.error();
  const std::int64_t ms = date.value().value_or(0);
  if (tif != TimeInForce::gtd) {
    if (ms != 0) return not_required("goodTillDate");
    return VenueTime{};
  }
  if (!date.value()) return missing_parameter("goodTillDate");
  if (ms <= now.ms + shortest_good_till_ms || ms >= latest_good_till_ms)
    return ApiError{.code = -5040,
                    .message = fmt::format(
                        "The goodTillDate timestamp must be greater than the current time plus 600 "
                        "seconds and smaller than {} (UTC 9999-12-31 23:59:59)",
                        latest_good_till_ms)};
  return VenueTime{ms / 1000 * 1000};
}

Answer<OrderRef> read_order_ref(const Params& params, const RefNames& names) {
  const auto id = params.integer(names.id);
  if (!id.ok()) return id.error();
  const std::string* client_id = params.find(names.client_id);
  if (!id.value() && client_id == nullptr)
    return ApiError{
        .code = -1102,
        .message = fmt::format("Param '{}' or '{}' must be sent, but both were empty/null!",
                               names.client_id, names.id)};
  return OrderRef{.id = id.value(), .client_id = client_id == nullptr ? "" : *client_id};
}

}  // namespace copyd::sim
