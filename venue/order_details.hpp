// What an ORDER_TRADE_UPDATE says beyond what copying needs: fee, realised profit, why an order
// expired, how it was placed. Read in a pass of its own, by those who want it, so that the path
// from a fill to its copies does not pay for it. Not shared between threads; no allocation once
// the decoder has seen its largest frame.
// Source: Binance docs, "Event: Order Update".
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "core/result.hpp"
#include "venue/user_data.hpp"

namespace copyd::venue {

// The venue's own numbers, in their order.
enum class ExpiryReason : std::uint8_t {
  none,
  self_trade,               // prevented
  ioc_remainder,
  ioc_and_self_trade,
  reduce_only,              // knocked out by a better one, or would have turned the position
  liquidation,
  gte_unsatisfied,
  delisted,
  triggered,                // the stop order's first half, once it has triggered
  market_unfilled,
  other
};

// Views live until the next decode. What the event does not say is 0, empty or `other`.
struct OrderDetails {
  OrderType type = OrderType::other;           // as it is now
  OrderType original_type = OrderType::other;
  TimeInForce time_in_force = TimeInForce::other;
  ExpiryReason expiry = ExpiryReason::none;
  bool close_all = false;
  Price price;                                 // of the order; 0: market
  Price stop_price;
  Qty fee;                                     // of fee_asset; negative: a rebate
  std::string_view fee_asset;                  // "" when no fee is said
  Usd realised;                                // profit of this trade, before its fee
  std::string_view self_trade_prevention;      // NONE, EXPIRE_TAKER, EXPIRE_MAKER, EXPIRE_BOTH
  std::string_view price_match;
  std::string_view modify_id;                  // of an amendment that carried one; "" otherwise
  VenueTime good_till;                         // 0 unless GTD
};

class OrderDetailsDecoder {
 public:
  OrderDetailsDecoder();
  ~OrderDetailsDecoder();
  OrderDetailsDecoder(OrderDetailsDecoder&&) noexcept;

  // REQUIRES: at least 64 readable bytes behind the frame; the raw event or the combined form.
  // Errors: malformed, also for any other event, and for an order without type and price.
  Result<OrderDetails> decode(std::string_view frame);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace copyd::venue
