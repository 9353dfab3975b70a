// The words of the simulated venue: sides, legs, states, and the error a request is answered with.
// Plain values, any thread. Their names on the wire are as Binance USD-M Futures spells them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "core/units.hpp"

namespace copyd::sim {

enum class Side : std::uint8_t { buy, sell };
enum class Leg : std::uint8_t { both, long_, short_ };
enum class PositionMode : std::uint8_t { one_way, hedge };
enum class OrderType : std::uint8_t { market, limit, liquidation };
enum class TimeInForce : std::uint8_t { gtc, ioc, fok, gtx, gtd, rpi };
enum class OrderStatus : std::uint8_t {
  new_,
  partially_filled,
  filled,
  canceled,
  expired,
  expired_in_match
};
enum class Execution : std::uint8_t { new_, trade, calculated, canceled, expired, amendment };
// What the venue itself does to an account; such orders carry client ids of the venue's own.
enum class Forced : std::uint8_t { none, liquidation, adl, settlement };
// Why a wallet changed.
enum class IncomeType : std::uint8_t {
  transfer,
  realized_pnl,
  commission,
  funding_fee,
  insurance_clear
};

// Why an order ended without being asked to, as ORDER_TRADE_UPDATE numbers it.
namespace expiry {
inline constexpr int self_trade = 1;
inline constexpr int ioc_remainder = 2;
inline constexpr int ioc_self_trade = 3;
inline constexpr int would_reverse = 4;
inline constexpr int liquidated = 5;
inline constexpr int delisted = 7;
inline constexpr int market_remainder = 9;
}  // namespace expiry

std::string_view name_of(Side side) noexcept;
std::string_view name_of(Leg leg) noexcept;
std::string_view name_of(PositionMode mode) noexcept;
std::string_view name_of(OrderType type) noexcept;
std::string_view name_of(TimeInForce tif) noexcept;
std::string_view name_of(OrderStatus status) noexcept;
std::string_view name_of(Execution execution) noexcept;
std::string_view name_of(IncomeType type) noexcept;

std::optional<Side> parse_side(std::string_view text) noexcept;
std::optional<TimeInForce> parse_time_in_force(std::string_view text) noexcept;
std::optional<Leg> parse_leg(std::string_view text) noexcept;
std::optional<PositionMode> parse_position_mode(std::string_view text) noexcept;
std::optional<Forced> parse_forced(std::string_view text) noexcept;

// A refusal in the venue's words. `status` is the HTTP status, and that of a WebSocket answer.
struct ApiError {
  int code = 0;
  std::string message;
  int status = 400;
};

// A value, or the venue's refusal.
template <class T>
class Answer {
 public:
  Answer(T value) : content_(std::move(value)) {}
  Answer(ApiError error) : content_(std::move(error)) {}
  bool ok() const noexcept { return content_.index() == 0; }
  // REQUIRES: ok() for value, !ok() for error.
  const T& value() const { return *std::get_if<0>(&content_); }
  T& value() { return *std::get_if<0>(&content_); }
  const ApiError& error() const { return *std::get_if<1>(&content_); }

 private:
  std::variant<T, ApiError> content_;
};

// What the simulator does not do: HTTP 501, so that nobody mistakes it for the venue's own refusal.
ApiError not_simulated(std::string_view what);

}  // namespace copyd::sim
