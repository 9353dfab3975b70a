// AlgoOrder: a conditional order. It waits in a store of its own, unseen by the lists of orders,
// until its trigger is reached; then it becomes a plain order whose client id is its own.
// Plain values, changed only by Exchange.
// Source: Binance USD-M Futures algo service (since 2025-12-09), captures of 2026-09.
#pragma once

#include <optional>
#include <string>

#include "core/clock.hpp"
#include "core/units.hpp"
#include "sim/types.hpp"

namespace copyd::sim {

enum class AlgoType : std::uint8_t {
  stop,
  stop_market,
  take_profit,
  take_profit_market,
  trailing_stop_market
};
enum class AlgoStatus : std::uint8_t {
  new_,
  triggering,
  triggered,
  finished,
  canceled,
  expired,
  rejected
};

std::string_view name_of(AlgoType type) noexcept;
std::string_view name_of(AlgoStatus status) noexcept;
std::optional<AlgoType> parse_algo_type(std::string_view text) noexcept;

// What is asked for, and after that what is kept.
struct AlgoOrder {
  std::int64_t id = 0;
  std::size_t symbol = 0;
  std::string client_id{};
  Side side = Side::buy;
  Leg leg = Leg::both;
  AlgoType type = AlgoType::stop_market;
  TimeInForce tif = TimeInForce::gtc;
  Qty qty{};        // 0 with close_position
  Price price{};    // 0 for those that become market orders
  Price trigger{};  // 0 for a trailing stop
  Price activation{};
  Ratio callback{};  // a hundredth of callbackRate
  bool by_mark = false;
  bool queue_price = false;  // priceMatch QUEUE…: joins the queue instead of taking
  std::string price_match = "NONE";
  std::string self_trade_prevention = "EXPIRE_MAKER";
  bool close_position = false;
  bool price_protect = false;
  bool reduce_only = false;
  VenueTime good_till{};  // 0: for ever

  AlgoStatus status = AlgoStatus::new_;
  bool activated = false;            // a trailing stop follows the price
  Price extreme{};                   // the best price since then
  std::int64_t actual_order_id = 0;  // 0: none yet
  std::string reject_reason{};
  VenueTime created{};
  VenueTime updated{};
  VenueTime triggered{};

  bool is_limit() const noexcept { return type == AlgoType::stop || type == AlgoType::take_profit; }
  bool is_stop() const noexcept { return type == AlgoType::stop || type == AlgoType::stop_market; }
  bool is_trailing() const noexcept { return type == AlgoType::trailing_stop_market; }
  OrderType order_type() const noexcept {
    return is_limit() ? OrderType::limit : OrderType::market;
  }
};

}  // namespace copyd::sim
