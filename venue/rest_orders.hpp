// Orders over REST: the way that stands in when the WebSocket API cannot be used. Requests are
// targets with everything in the query, so that no body has to be sent or signed; answers come as
// the same Reply that the WebSocket API gives. Cold: allocates. A target holds a signature and is
// never logged. Any thread that owns the signer.
//
// Methods: POST places, PUT modifies, DELETE cancels, GET asks. Symbols and ids are percent-encoded
// before they are signed. RSA signatures are percent-encoded base64.
// Source: Binance docs, "New Order", "Modify Order", "Cancel Order", "Query Order", "Place Multiple
// Orders"; the answers as of 2026-09-19.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "venue/order_codec.hpp"
#include "venue/signer.hpp"

namespace copyd::venue {

// At most this many orders in one batch; at most this many ids in one batch of cancellations.
inline constexpr std::size_t batch_orders_max = 5;
inline constexpr std::size_t batch_cancel_max = 10;

// POST /fapi/v1/order, with the parameters of encode_place. `request.id` does not enter it.
std::string signed_place_target(const PlaceRequest& request, Signer& signer);
// GET /fapi/v1/order.
std::string signed_query_target(const OrderRequest& request, Signer& signer);
// DELETE /fapi/v1/order.
std::string signed_cancel_target(const OrderRequest& request, Signer& signer);
// PUT /fapi/v1/order: LIMIT orders only; quantity and price are both sent, changed or not.
std::string signed_modify_target(const ModifyRequest& request, Signer& signer);

// The time of a request that names no single order.
struct RequestTime {
  VenueTime timestamp;
  int recv_window_ms = 2000;
};

// DELETE /fapi/v1/allOpenOrders: every open order of a symbol; conditional orders stay.
std::string signed_cancel_all_target(std::string_view symbol, RequestTime time, Signer& signer);
// GET /fapi/v1/openOrders; "" asks for all symbols, at forty times the weight.
std::string signed_open_orders_target(std::string_view symbol, RequestTime time, Signer& signer);

// POST and PUT /fapi/v1/batchOrders. The venue matches the elements in no promised order. The time
// of the first counts. REQUIRES: 1 to batch_orders_max elements.
std::string signed_batch_place_target(std::span<const PlaceRequest> requests, Signer& signer);
std::string signed_batch_modify_target(std::span<const ModifyRequest> requests, Signer& signer);
// DELETE /fapi/v1/batchOrders by client order ids, or by the venue's. REQUIRES: 1 to
// batch_cancel_max ids of plain characters.
std::string signed_batch_cancel_target(std::string_view symbol,
                                       std::span<const std::string_view> client_order_ids,
                                       RequestTime time, Signer& signer);
std::string signed_batch_cancel_target(std::string_view symbol, std::span<const VenueOrderId> ids,
                                       RequestTime time, Signer& signer);

// The answer to one of the calls about one order, or to cancel-all ("code":200: no order, code 0).
// A body of an error that is no JSON (a gateway's page) gives code 0 and its beginning as the
// message, so that classify() sees the text. Views point into `body`; a text with escapes stands
// there as it was sent. Reply::id is 0; Reply::used is left to who has the headers.
// Errors: malformed: a success that carries neither an order nor a plain "done", or an answer that
// says yes and no at once. Nothing is known of the order then.
Result<Reply> decode_rest_order(int status, std::string_view body);

// The answer to a batch: one Reply per element, in the order of the request; each is an order or
// an error, with the status that its single call would have had (200 or 400). A batch refused as a
// whole is one error in an object: `whole` is filled in instead. Views as above.
struct BatchReply {
  std::vector<Reply> elements;
  bool refused = false;  // as a whole: `whole` says why, and `elements` is empty
  Reply whole;
};
Result<BatchReply> decode_rest_batch(int status, std::string_view body);

}  // namespace copyd::venue
