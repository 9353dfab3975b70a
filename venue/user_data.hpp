// The user-data stream: one frame in, one UserEvent out.
//
// simdjson On-Demand, one pass over each object in the order the venue sends it; any other order of
// keys is read as well. Unknown events and unknown fields are allowed; what an event must say and
// does not, says twice, or says in the wrong type, is Errc::malformed, and so is a frame that is cut
// short or goes on behind its end. Not shared between threads; no allocation once the decoder has
// seen its largest frame.
// Source: Binance docs, "User Data Streams", and live captures of 2026-09-19.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <variant>

#include "core/flow.hpp"
#include "core/result.hpp"
#include "core/symbols.hpp"

namespace copyd::venue {

enum class Execution : std::uint8_t { new_, trade, calculated, canceled, expired, amendment, other };
enum class OrderStatus : std::uint8_t {
  new_, partially_filled, filled, canceled, expired, expired_in_match, rejected, other
};
constexpr bool is_final(OrderStatus s) noexcept {
  return s == OrderStatus::filled || s == OrderStatus::canceled || s == OrderStatus::expired ||
         s == OrderStatus::expired_in_match || s == OrderStatus::rejected;
}

// ORDER_TRADE_UPDATE. Views live until the next decode.
struct OrderUpdate {
  std::string_view symbol_name;
  SymbolId symbol;
  bool symbol_known = false;      // exchangeInfo lists it
  std::string_view client_order_id;
  Side side = Side::buy;
  Leg leg = Leg::both;
  Execution execution = Execution::other;
  OrderStatus status = OrderStatus::other;
  VenueOrderId order;
  TradeId trade;                  // 0: no trade
  Qty order_qty;
  Qty last_qty;
  Qty cumulative_qty;
  Price last_price;
  Price average_price;            // 0 when nothing filled
  VenueTime trade_time;           // T of the order
  VenueTime event_time;           // E
  bool maker = false;
  bool reduce_only = false;
  bool forced = false;            // liquidation, ADL or settlement: by the client order id, or
                                  // because it is CALCULATED

  // A fill: x TRADE or CALCULATED, with l > 0 and t ≠ 0.
  bool is_fill() const noexcept {
    return (execution == Execution::trade || execution == Execution::calculated) &&
           last_qty.sign() > 0 && trade.value != 0;
  }
};

// ACCOUNT_UPDATE: only what changed is in it.
struct AccountUpdate {
  struct PositionRow {
    std::string_view symbol_name;
    SymbolId symbol;
    bool symbol_known = false;
    Leg leg = Leg::both;
    Qty qty;  // signed
  };
  struct BalanceRow {
    std::string_view asset;
    Usd wallet;
    Usd change;  // other than by trading and fees
  };
  std::string_view reason;
  VenueTime time;  // T
  std::span<const PositionRow> positions;
  std::span<const BalanceRow> balances;
};

struct ListenKeyExpired {
  VenueTime event_time;
};

// TRADE_LITE: recognised. It lacks the position side, so it is not used for copying here.
struct TradeLite {
  SymbolId symbol;
  bool symbol_known = false;
  TradeId trade;
};

// Recognised by name and of no consequence here; or a name we do not know.
struct OtherEvent {
  std::string_view name;
  bool known = false;
};

using UserEvent = std::variant<OrderUpdate, AccountUpdate, TradeLite, ListenKeyExpired, OtherEvent>;

class UserDataDecoder {
 public:
  explicit UserDataDecoder(const SymbolTable& symbols);
  ~UserDataDecoder();
  UserDataDecoder(UserDataDecoder&&) noexcept;

  // REQUIRES: at least 64 readable bytes behind the frame. Accepts the raw event and the combined
  // {"stream":…,"data":…} form. Errors: malformed.
  Result<UserEvent> decode(std::string_view frame);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace copyd::venue
