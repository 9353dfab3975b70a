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

}  // namespace copyd::venue
