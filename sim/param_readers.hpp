// The parameters that several kinds of orders share, read and judged as the venue does before it
// looks at the account. Pure; cold.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "sim/exchange.hpp"
#include "sim/params.hpp"

namespace copyd::sim {

ApiError not_required(std::string_view name);
ApiError bad_precision();

template <class T>
Answer<T> read_decimal(const Params& params, std::string_view name) {
  const std::string* text = params.find(name);
  if (text == nullptr) return missing_parameter(name);
  if (const auto value = T::parse(*text)) return *value;
  const bool numeric = text->find_first_not_of("0123456789.-") == std::string::npos;
  return numeric ? bad_precision() : missing_parameter(name);
}

Answer<SymbolIndex> read_symbol(const Exchange& exchange, const Params& params);
Answer<Side> read_side(const Params& params);
Answer<std::optional<Leg>> read_leg(const Params& params);
// Absent: nothing.
Answer<std::optional<bool>> read_flag(const Params& params, std::string_view name);
// Absent: "".
Answer<std::string> read_client_id(const Params& params, std::string_view name);
// Absent: the venue's default.
Answer<std::string> read_self_trade_prevention(const Params& params);
// True for RESULT.
Answer<bool> read_full_result(const Params& params);

struct PriceMatch {
  std::string name = "NONE";
  bool queue = false;
  bool is_set() const noexcept { return name != "NONE"; }
};
// `may_match`: the kind of order has a price that can be matched.
Answer<PriceMatch> read_price_match(const Params& params, bool may_match);

// Of GTD mandatory, of others not wanted. Cut to whole seconds.
Answer<VenueTime> read_good_till(const Params& params, TimeInForce tif, VenueTime now);

struct RefNames {
  std::string_view id;
  std::string_view client_id;
};
// One of the two is mandatory; the number prevails.
Answer<OrderRef> read_order_ref(const Params& params, const RefNames& names);

}  // namespace copyd::sim
