// What a leader's session asks the venue over REST, and what it is answered. Plain values: the
// session knows neither requests nor bodies; feed/venue_calls.hpp translates.
#pragma once

#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "venue/account_codec.hpp"
#include "venue/errors.hpp"

namespace copyd::feed {

enum class Call : std::uint8_t {
  account_config,
  create_listen_key,  // gives the living key of the account, or a new one
  extend_listen_key,
  all_orders,   // start, end: the newest `page_rows` orders of all symbols
  user_trades,  // symbol and start, or symbol and from_trade: the oldest `page_rows` trades
  order,        // symbol, order
  positions,
};

// The venue's largest page.
inline constexpr std::size_t page_rows = 1000;

struct Ask {
  Call call = Call::account_config;
  std::uint32_t ticket = 0;  // comes back with the answer
  SymbolId symbol{};
  VenueOrderId order{};
  TradeId from_trade{};  // 0: not used
  VenueTime start{};     // 0: not used
  VenueTime end{};       // 0: not used
};

// No usable answer.
struct Failure {
  boost::system::error_code error{};  // set when nothing, or nothing readable, came back
  int status = 0;                     // HTTP
  std::int32_t code = 0;              // the venue's
  std::string message{};              // the venue's words
  venue::RetryClass retry = venue::RetryClass::query;
  std::optional<std::chrono::seconds> retry_after{};
};

struct ListenKey {
  std::string value;
};
struct ListenKeyExtended {};

using Answer = std::variant<Failure, venue::AccountConfig, ListenKey, ListenKeyExtended,
                            std::vector<venue::OrderRecord>, std::vector<venue::UserTrade>,
                            venue::OrderRecord, std::vector<venue::PositionRisk>>;

}  // namespace copyd::feed
