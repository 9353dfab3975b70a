#include "sim/types.hpp"

namespace copyd::sim {

std::string_view name_of(Side side) noexcept {
  return side == Side::buy ? "BUY" : "SELL";
}

std::string_view name_of(Leg leg) noexcept {
  switch (leg) {
    case Leg::both:
      return "BOTH";
    case Leg::long_:
      return "LONG";
    case Leg::short_:
      return "SHORT";
  }
  return "BOTH";
}

std::string_view name_of(PositionMode mode) noexcept {
  return mode == PositionMode::one_way ? "one_way" : "hedge";
}

std::string_view name_of(OrderType type) noexcept {
  switch (type) {
    case OrderType::market:
      return "MARKET";
    case OrderType::limit:
      return "LIMIT";
    case OrderType::liquidation:
      return "LIQUIDATION";
  }
  return "MARKET";
}

std::string_view name_of(TimeInForce tif) noexcept {
  switch (tif) {
    case TimeInForce::gtc:
      return "GTC";
    case TimeInForce::ioc:
      return "IOC";
    case TimeInForce::fok:
      return "FOK";
    case TimeInForce::gtx:
      return "GTX";
    case TimeInForce::gtd:
      return "GTD";
    case TimeInForce::rpi:
      return "RPI";
  }
  return "GTC";
}

std::string_view name_of(OrderStatus status) noexcept {
  switch (status) {
    case OrderStatus::new_:
      return "NEW";
    case OrderStatus::partially_filled:
      return "PARTIALLY_FILLED";
    case OrderStatus::filled:
      return "FILLED";
    case OrderStatus::canceled:
      return "CANCELED";
    case OrderStatus::expired:
      return "EXPIRED";
    case OrderStatus::expired_in_match:
      return "EXPIRED_IN_MATCH";
  }
  return "NEW";
}

std::string_view name_of(Execution execution) noexcept {
  switch (execution) {
    case Execution::new_:
      return "NEW";
    case Execution::trade:
      return "TRADE";
    case Execution::calculated:
      return "CALCULATED";
    case Execution::canceled:
      return "CANCELED";
    case Execution::expired:
      return "EXPIRED";
    case Execution::amendment:
      return "AMENDMENT";
  }
  return "NEW";
}

std::string_view name_of(IncomeType type) noexcept {
  switch (type) {
    case IncomeType::transfer:
      return "TRANSFER";
    case IncomeType::realized_pnl:
      return "REALIZED_PNL";
    case IncomeType::commission:
      return "COMMISSION";
    case IncomeType::funding_fee:
      return "FUNDING_FEE";
    case IncomeType::insurance_clear:
      return "INSURANCE_CLEAR";
  }
  return "TRANSFER";
}

std::optional<Side> parse_side(std::string_view text) noexcept {
  if (text == "BUY") return Side::buy;
  if (text == "SELL") return Side::sell;
  return std::nullopt;
}

std::optional<TimeInForce> parse_time_in_force(std::string_view text) noexcept {
  for (const auto tif : {TimeInForce::gtc, TimeInForce::ioc, TimeInForce::fok, TimeInForce::gtx,
                         TimeInForce::gtd, TimeInForce::rpi})
    if (text == name_of(tif)) return tif;
  return std::nullopt;
}

std::optional<Leg> parse_leg(std::string_view text) noexcept {
  if (text == "BOTH") return Leg::both;
  if (text == "LONG") return Leg::long_;
  if (text == "SHORT") return Leg::short_;
  return std::nullopt;
}

std::optional<PositionMode> parse_position_mode(std::string_view text) noexcept {
  if (text == "one_way") return PositionMode::one_way;
  if (text == "hedge") return PositionMode::hedge;
  return std::nullopt;
}

std::optional<Forced> parse_forced(std::string_view text) noexcept {
  if (text == "liquidation") return Forced::liquidation;
  if (text == "adl") return Forced::adl;
  if (text == "settlement") return Forced::settlement;
  return std::nullopt;
}

ApiError not_simulated(std::string_view what) {
  return {.code = -1000, .message = "Not simulated: " + std::string(what), .status = 501};
}

}  // namespace copyd::sim
