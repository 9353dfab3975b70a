// The venue's words for our enumerators, both ways. Internal to venue/.
#pragma once

#include <optional>
#include <string_view>

#include "core/flow.hpp"
#include "venue/user_data.hpp"

namespace copyd::venue {

constexpr std::string_view word_of(Side side) noexcept {
  return side == Side::buy ? "BUY" : "SELL";
}

constexpr std::string_view word_of(Leg leg) noexcept {
  switch (leg) {
    case Leg::long_:
      return "LONG";
    case Leg::short_:
      return "SHORT";
    case Leg::both:
      break;
  }
  return "BOTH";
}

// A side or a leg that we do not know cannot be guessed: empty.
constexpr std::optional<Side> side_of(std::string_view word) noexcept {
  if (word == "BUY") return Side::buy;
  if (word == "SELL") return Side::sell;
  return std::nullopt;
}

constexpr std::optional<Leg> leg_of(std::string_view word) noexcept {
  if (word == "BOTH") return Leg::both;
  if (word == "LONG") return Leg::long_;
  if (word == "SHORT") return Leg::short_;
  return std::nullopt;
}

// The venue adds statuses from time to time: one that we do not know is `other`.
constexpr OrderStatus status_of(std::string_view word) noexcept {
  if (word == "FILLED") return OrderStatus::filled;
  if (word == "PARTIALLY_FILLED") return OrderStatus::partially_filled;
  if (word == "NEW") return OrderStatus::new_;
  if (word == "CANCELED") return OrderStatus::canceled;
  if (word == "EXPIRED") return OrderStatus::expired;
  if (word == "EXPIRED_IN_MATCH") return OrderStatus::expired_in_match;
  if (word == "REJECTED") return OrderStatus::rejected;
  return OrderStatus::other;
}

constexpr Execution execution_of(std::string_view word) noexcept {
  if (word == "TRADE") return Execution::trade;
  if (word == "NEW") return Execution::new_;
  if (word == "CALCULATED") return Execution::calculated;
  if (word == "CANCELED") return Execution::canceled;
  if (word == "EXPIRED") return Execution::expired;
  if (word == "AMENDMENT") return Execution::amendment;
  return Execution::other;
}

constexpr OrderType type_of(std::string_view word) noexcept {
  if (word == "LIMIT") return OrderType::limit;
  if (word == "MARKET") return OrderType::market;
  if (word == "STOP") return OrderType::stop;
  if (word == "STOP_MARKET") return OrderType::stop_market;
  if (word == "TAKE_PROFIT") return OrderType::take_profit;
  if (word == "TAKE_PROFIT_MARKET") return OrderType::take_profit_market;
  if (word == "TRAILING_STOP_MARKET") return OrderType::trailing_stop_market;
  if (word == "LIQUIDATION") return OrderType::liquidation;
  return OrderType::other;
}

constexpr TimeInForce time_in_force_of(std::string_view word) noexcept {
  if (word == "GTC") return TimeInForce::gtc;
  if (word == "IOC") return TimeInForce::ioc;
  if (word == "FOK") return TimeInForce::fok;
  if (word == "GTX") return TimeInForce::gtx;
  if (word == "GTD") return TimeInForce::gtd;
  if (word == "RPI") return TimeInForce::rpi;
  if (word == "GTE_GTC") return TimeInForce::gte_gtc;
  return TimeInForce::other;
}

constexpr AlgoStatus algo_status_of(std::string_view word) noexcept {
  if (word == "NEW") return AlgoStatus::new_;
  if (word == "CANCELED") return AlgoStatus::canceled;
  if (word == "TRIGGERING") return AlgoStatus::triggering;
  if (word == "TRIGGERED") return AlgoStatus::triggered;
  if (word == "FINISHED") return AlgoStatus::finished;
  if (word == "REJECTED") return AlgoStatus::rejected;
  if (word == "EXPIRED") return AlgoStatus::expired;
  return AlgoStatus::other;
}

// "cross" in streams and older records, "CROSSED" in newer ones.
constexpr MarginType margin_of(std::string_view word) noexcept {
  if (word == "cross" || word == "CROSSED") return MarginType::cross;
  if (word == "isolated" || word == "ISOLATED") return MarginType::isolated;
  return MarginType::unknown;
}

}  // namespace copyd::venue
