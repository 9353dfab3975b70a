// The WebSocket API's language of orders: order.place, order.cancel, order.modify, order.status,
// session.logon, and their answers.
// Encoding writes into the caller's buffer and allocates nothing (with HMAC or after a logon).
// Source: Binance docs, "WebSocket API general info", "New Order", "Modify Order", "Cancel Order",
// "Query Order"; answers as of 2026-09-19.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/flow.hpp"
#include "core/result.hpp"
#include "core/symbols.hpp"
#include "venue/client_order_id.hpp"
#include "venue/errors.hpp"
#include "venue/signer.hpp"
#include "venue/user_data.hpp"

namespace copyd::venue {

struct PlaceRequest {
  std::uint64_t id = 0;            // echoed in the answer
  const OrderTerms* terms = nullptr;
  std::string_view symbol;
  ClientOrderId client_order_id;
  VenueTime timestamp;
  int recv_window_ms = 2000;
};

// A request about one order that exists: to cancel it, or to ask how it stands.
struct OrderRequest {
  std::uint64_t id = 0;
  std::string_view symbol;
  VenueOrderId order;                 // wins over the client order id, unless 0
  std::string_view client_order_id;
  VenueTime timestamp;
  int recv_window_ms = 2000;
};

// New price and quantity for an open LIMIT order. It loses its place in the queue; it is cancelled
// when the new quantity is not above what has been executed. The stream says what became of it.
struct ModifyRequest {
  OrderRequest order;
  Side side = Side::buy;              // of the order; cannot be changed
  Leg leg = Leg::both;                // of the order; left out for both
  Qty qty;
  Price price;
  std::int64_t modify_id = 0;         // echoed as M in the stream, unless 0
};

// An order.place request. `signer` null: the session is logged on, apiKey and signature are left
// out. Copies carry selfTradePreventionMode=EXPIRE_TAKER and newOrderRespType=RESULT.
// Parameters are signed sorted by name. Returns the length; 0 when `out` is too small (800
// characters do for HMAC and Ed25519, 1,400 for RSA), or when the symbol or the key holds characters
// that JSON or the signed payload would have to escape.
std::size_t encode_place(const PlaceRequest& request, std::string_view api_key, Signer* signer,
                         std::span<char> out) noexcept;

// order.cancel, order.status, order.modify; lengths and refusals as above.
std::size_t encode_cancel(const OrderRequest& request, std::string_view api_key, Signer* signer,
                          std::span<char> out) noexcept;
std::size_t encode_status(const OrderRequest& request, std::string_view api_key, Signer* signer,
                          std::span<char> out) noexcept;
std::size_t encode_modify(const ModifyRequest& request, std::string_view api_key, Signer* signer,
                          std::span<char> out) noexcept;

// session.logon, Ed25519 only, valid for 5 s. Returns the length, 0 as above.
std::size_t encode_logon(std::uint64_t id, std::string_view api_key, VenueTime timestamp,
                         Signer& signer, std::span<char> out) noexcept;

// What the venue says of one order, in an answer or a query.
struct OrderState {
  std::string_view client_order_id;
  VenueOrderId order;
  OrderStatus status = OrderStatus::other;
  Qty order_qty;
  Qty executed_qty;
  Price average_price;   // 0 when absent: the venue no longer sends it with answers to placing
  VenueTime update_time;
};

// What has been used of the venue's limits, as an answer tells it; -1: not told. The weight is the
// address's, the orders are the account's; an order that was refused counts as well.
struct UsedLimits {
  int weight_1m = -1;
  int orders_10s = -1;
  int orders_1m = -1;
};

struct Reply {
  std::uint64_t id = 0;        // 0: the venue named no request
  int status = 0;              // 200 or the error's
  std::int32_t code = 0;       // the venue's error code, 0 on success
  std::string_view message;    // of the error
  bool has_order = false;      // `order` is filled in
  OrderState order;
  UsedLimits used;
  bool shutdown = false;       // no answer: the venue is about to close the connection
};

// The end of a ban, from the text of an error: "… banned until <ms>". 0: none is named.
VenueTime banned_until(std::string_view message) noexcept;

class ReplyDecoder {
 public:
  ReplyDecoder();
  ~ReplyDecoder();
  ReplyDecoder(ReplyDecoder&&) noexcept;
  // REQUIRES: at least 64 readable bytes behind the frame. Views live until the next decode.
  // Errors: malformed. A result that carries an orderId must say all that an order says (but for
  // the average price and the update time); any other result is not looked into.
  Result<Reply> decode(std::string_view frame);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace copyd::venue
