// What a symbol's filters say of an order, in the venue's codes.
#include <fmt/format.h>

#include "sim/exchange.hpp"
#include "sim/json.hpp"

namespace copyd::sim {

namespace {

std::int64_t power_of_ten(int exponent) {
  std::int64_t value = 1;
  for (int i = 0; i < exponent; ++i) value *= 10;
  return value;
}

// True when the value has more decimals than the symbol shows.
bool too_precise(std::int64_t units, int decimals) {
  return decimals < 8 && units % power_of_ten(8 - decimals) != 0;
}

ApiError refusal(int code, std::string message) {
  return {.code = code, .message = std::move(message)};
}

ApiError over_precise() {
  return refusal(-1111, "Precision is over the maximum defined for this asset.");
}

}  // namespace

std::optional<ApiError> Exchange::check_quantity(const SymbolSpec& spec, OrderType type, Qty qty) {
  if (qty.sign() <= 0) return refusal(-4003, "Quantity less than zero.");
  if (too_precise(qty.units(), spec.quantity_precision)) return over_precise();
  const bool market = type == OrderType::market;
  const Qty least = market ? spec.market_min_qty : spec.min_qty;
  const Qty step = market ? spec.market_step : spec.step;
  const Qty most = market ? spec.max_qty_market : spec.max_qty_limit;
  if (qty < least) return refusal(-4004, "Quantity less than min quantity.");
  if (qty > most) return refusal(-4005, "Quantity greater than max quantity.");
  if ((qty - least).units() % step.units() != 0)
    return refusal(-4023, "Qty not increased by step size.");
  return std::nullopt;
}

std::optional<ApiError> Exchange::check_steps(const SymbolSpec& spec, Price price) {
  if (price.sign() <= 0) return refusal(-4001, "Price less than 0.");
  if (too_precise(price.units(), spec.price_precision)) return over_precise();
  if (price > spec.max_price) return refusal(-4002, "Price greater than max price.");
  if (price < spec.min_price)
    return refusal(-4013,
                   fmt::format("Price less than min price: {}.", FixedText(spec.min_price).view()));
  if ((price - spec.min_price).units() % spec.tick.units() != 0)
    return refusal(-4014, "Price not increased by tick size.");
  return std::nullopt;
}

std::optional<ApiError> Exchange::check_band(const SymbolSpec& spec, Side side, Price price,
                                             Price reference) {
  const auto bound = [&](Ratio multiplier) {
    return Price::from_units(muldiv(reference.units(), multiplier.units(), units_per_whole));
  };
  if (side == Side::buy && price > bound(spec.multiplier_up))
    return refusal(-4016, "Price is higher than mark price multiplier cap.");
  if (side == Side::sell && price < bound(spec.multiplier_down))
    return refusal(-4024, "Price is lower than mark price multiplier floor.");
  return std::nullopt;
}

std::optional<ApiError> Exchange::check_min_notional(const OrderRequest& request) const {
  const auto& spec = symbols_[request.symbol];
  const Price price =
      request.type == OrderType::limit ? request.price : markets_[request.symbol].mark;
  if (notional(price, request.qty) >= spec.min_notional) return std::nullopt;
  return refusal(-4164, fmt::format("Order's notional must be no smaller than {} (unless you "
                                    "choose reduce only)",
                                    padded(spec.min_notional, 1)));
}

std::optional<ApiError> Exchange::check_filters(const OrderRequest& request, bool closing) const {
  const auto& spec = symbols_[request.symbol];
  const auto& market = markets_[request.symbol];
  if (spec.status != "TRADING")
    return refusal(-4140, "Invalid symbol status for opening position.");
  if (auto error = check_quantity(spec, request.type, request.qty)) return error;
  if (request.type == OrderType::limit) {
    if (auto error = check_steps(spec, request.price)) return error;
    if (auto error = check_band(spec, request.side, request.price, market.mark)) return error;
  } else {
    const Price away = (market.last - market.mark).abs();
    const Price bound =
        Price::from_units(muldiv(market.mark.units(), spec.take_bound.units(), units_per_whole));
    if (away > bound)
      return refusal(-4131,
                     "The counterparty's best price does not meet the PERCENT_PRICE filter limit");
  }
  return closing ? std::nullopt : check_min_notional(request);
}

}  // namespace copyd::sim
