// The user-data stream: one frame in, one UserEvent out.
//
// The fills of today's layout are read as predicted (predicted_events.hpp), all else by simdjson
// On-Demand: one pass over each object in the order the venue sends it; any other order of keys is
// read as well. Unknown events and unknown fields are allowed; what an event must say and
// does not, says twice, or says in the wrong type, is Errc::malformed, and so is a frame that is cut
// short or goes on behind its end. Keys and event names that are written with escapes are not
// recognised, as the venue writes none; what is not read is passed over by its brackets and strings,
// so that a frame which is broken only there may be read.
//
// Not shared between threads; no allocation once the decoder has seen its largest frame.
// Source: Binance docs, "User Data Streams", and live captures of 2026-09-19.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
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

// ORDER_TRADE_UPDATE: what copying needs of it; the rest is for order_details.hpp to read. Views of
// all events live until the next decode, and no longer than the frame.
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

// How an order is matched and how long it stays; the venue adds words from time to time.
enum class OrderType : std::uint8_t {
  limit, market, stop, stop_market, take_profit, take_profit_market, trailing_stop_market,
  liquidation, other
};
enum class TimeInForce : std::uint8_t { gtc, ioc, fok, gtx, gtd, rpi, gte_gtc, other };
enum class MarginType : std::uint8_t { unknown, cross, isolated };

// ACCOUNT_UPDATE: only what changed is in it.
struct AccountUpdate {
  struct PositionRow {
    std::string_view symbol_name;
    SymbolId symbol;
    bool symbol_known = false;
    Leg leg = Leg::both;
    MarginType margin = MarginType::unknown;
    Qty qty;                         // signed
    Price entry;                     // 0 when flat or not said
    Price break_even;
    Usd realised;                    // since the position was opened, before fees
    Usd unrealised;
    Usd isolated_wallet;
    std::string_view margin_asset;
  };
  struct BalanceRow {
    std::string_view asset;
    Usd wallet;
    Usd cross_wallet;
    Usd change;  // other than by trading and fees
  };
  std::string_view reason;
  std::string_view symbol_name;      // of a funding fee; "" otherwise
  VenueTime time;                    // T
  VenueTime event_time;              // E
  std::span<const PositionRow> positions;
  std::span<const BalanceRow> balances;
};

// TRADE_LITE: a fill, told first and shortly. It lacks the position side, the cumulative quantity
// and whether the order only reduces; (symbol, trade) joins it with the ORDER_TRADE_UPDATE behind.
struct TradeLite {
  std::string_view symbol_name;
  SymbolId symbol;
  bool symbol_known = false;
  Side side = Side::buy;
  bool maker = false;
  bool forced = false;               // by the client order id
  std::string_view client_order_id;
  TradeId trade;
  VenueOrderId order;
  Qty order_qty;
  Price order_price;                 // 0: market
  Qty last_qty;
  Price last_price;
  VenueTime trade_time;              // T
  VenueTime event_time;              // E
};

struct ListenKeyExpired {
  VenueTime event_time;              // 0 when not said
  std::string_view listen_key;       // "" when not said; never logged
};

// ACCOUNT_CONFIG_UPDATE: the leverage of a symbol, or the multi-assets mode.
struct AccountConfigUpdate {
  std::string_view symbol_name;      // "" when it is not about leverage
  SymbolId symbol;
  bool symbol_known = false;
  int leverage = 0;                  // > 0 with a symbol
  std::optional<bool> multi_assets;
  VenueTime time;
  VenueTime event_time;
};

// MARGIN_CALL: positions close to liquidation. Guidance only, says the venue.
struct MarginCall {
  struct Row {
    std::string_view symbol_name;
    SymbolId symbol;
    bool symbol_known = false;
    Leg leg = Leg::both;
    MarginType margin = MarginType::unknown;
    Qty qty;  // signed
    Usd isolated_wallet;
    Price mark;
    Usd unrealised;
    Usd maintenance_margin;
  };
  std::optional<Usd> cross_wallet;
  VenueTime event_time;
  std::span<const Row> rows;
};

// ALGO_UPDATE: a conditional order, which lives apart from the orders until it triggers.
enum class AlgoStatus : std::uint8_t {
  new_, canceled, triggering, triggered, finished, rejected, expired, other
};
struct AlgoUpdate {
  std::string_view client_algo_id;   // the triggered order has it as its client order id
  std::int64_t algo = 0;
  std::string_view symbol_name;
  SymbolId symbol;
  bool symbol_known = false;
  Side side = Side::buy;
  Leg leg = Leg::both;
  OrderType type = OrderType::other;
  OrderType actual_type = OrderType::other;  // of the triggered order
  TimeInForce time_in_force = TimeInForce::other;
  AlgoStatus status = AlgoStatus::other;
  bool reduce_only = false;
  bool close_all = false;
  bool activated = false;            // a trailing order has begun to trail
  VenueOrderId order;                // the triggered order; 0 before
  Qty qty;
  Qty executed_qty;                  // of the triggered order
  Price average_price;               // of the triggered order
  Price trigger_price;
  Price price;                       // 0: market
  VenueTime trigger_time;            // 0 before
  std::string_view reason;           // why it failed; "" otherwise
  VenueTime time;
  VenueTime event_time;
};

// The venue is about to close the connection: a new one is wanted now.
struct ServerShutdown {
  VenueTime event_time;              // 0 when not said
};

// Recognised by name and of no consequence here (STRATEGY_UPDATE, GRID_UPDATE,
// CONDITIONAL_ORDER_TRIGGER_REJECT); or a name we do not know.
struct OtherEvent {
  std::string_view name;
  bool known = false;
};

using UserEvent = std::variant<OrderUpdate, AccountUpdate, TradeLite, ListenKeyExpired,
                               AccountConfigUpdate, MarginCall, AlgoUpdate, ServerShutdown,
                               OtherEvent>;

class UserDataDecoder {
 public:
  explicit UserDataDecoder(const SymbolTable& symbols);
  ~UserDataDecoder();
  UserDataDecoder(UserDataDecoder&&) noexcept;

  // REQUIRES: at least 64 readable bytes behind the frame. Accepts the raw event, the combined
  // {"stream":…,"data":…} form, and {"event":…}. Errors: malformed.
  Result<UserEvent> decode(std::string_view frame);
  // The same, without a look at what is predicted: what decode() answers is what this one answers.
  Result<UserEvent> decode_in_any_form(std::string_view frame);

  // Whose event the last frame carried, in the combined form: what stands before any '@' in its
  // "stream", which on a private connection is a listen key. "" for a raw event. Never logged.
  // A view that lives until the next decode, and no longer than the frame.
  std::string_view listen_key() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace copyd::venue
