#include "venue/rest_orders.hpp"

#include <simdjson.h>
#include <algorithm>
#include <cstring>

#include "venue/order_fields.hpp"
#include "venue/rest.hpp"
#include "venue/words.hpp"

namespace copyd::venue {
namespace {

namespace ondemand = simdjson::ondemand;
using json::for_each_field;
using json::read;
using json::Seen;

std::string text_of(std::string_view text) {
  return std::string(text);
}
template <class Tag>
std::string text_of(Fixed<Tag> value) {
  return std::string(FixedText(value).view());
}
std::string text_of(std::int64_t value) {
  return std::to_string(value);
}

Params params_of(const PlaceRequest& request) {
  const OrderTerms& terms = *request.terms;
  const bool market = terms.limit.is_zero();
  Params params{{"newClientOrderId", text_of(request.client_order_id.view())},
                {"newOrderRespType", "RESULT"},
                {"positionSide", text_of(word_of(terms.leg))}};
  if (!market) params.emplace_back("price", text_of(terms.limit));
  params.emplace_back("quantity", text_of(terms.qty));
  if (terms.reduce_only) params.emplace_back("reduceOnly", "true");
  params.emplace_back("selfTradePreventionMode", "EXPIRE_TAKER");
  params.emplace_back("side", text_of(word_of(terms.side)));
  params.emplace_back("symbol", text_of(request.symbol));
  if (!market) params.emplace_back("timeInForce", "IOC");
  params.emplace_back("type", market ? "MARKET" : "LIMIT");
  return params;
}

Params params_of(const OrderRequest& request) {
  Params params;
  if (request.order.value > 0) params.emplace_back("orderId", text_of(request.order.value));
  else params.emplace_back("origClientOrderId", text_of(request.client_order_id));
  params.emplace_back("symbol", text_of(request.symbol));
  return params;
}

Params params_of(const ModifyRequest& request) {
  Params params = params_of(request.order);
  if (request.modify_id > 0) params.emplace_back("modifyId", text_of(request.modify_id));
  if (request.leg != Leg::both) params.emplace_back("positionSide", text_of(word_of(request.leg)));
  params.emplace_back("price", text_of(request.price));
  params.emplace_back("quantity", text_of(request.qty));
  params.emplace_back("side", text_of(word_of(request.side)));
  return params;
}

std::string target_of(const OrderRequest& request, const Params& params, Signer& signer) {
  return signed_target(path::order, params, request.timestamp, request.recv_window_ms, signer);
}

// The elements of a batch are JSON in which every value is a text. What JSON would have to escape
// cannot stand in a symbol or an id of ours: it is left out, and the venue refuses what remains.
void append_text(std::string& json, std::string_view text) {
  json += '"';
  for (const char c : text)
    if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') json += c;
  json += '"';
}

template <class Request>
std::string json_of(std::span<const Request> requests) {
  std::string json = "[";
  for (const Request& request : requests) {
    json += json.size() > 1 ? ",{" : "{";
    bool first = true;
    for (const auto& [name, value] : params_of(request)) {
      if (!first) json += ',';
      first = false;
      append_text(json, name);
      json += ':';
      append_text(json, value);
    }
    json += '}';
  }
  return json + "]";
}

std::string batch_target(const Params& params, RequestTime time, Signer& signer) {
  return signed_target(path::batch_orders, params, time.timestamp, time.recv_window_ms, signer);
}

}  // namespace

std::string signed_place_target(const PlaceRequest& request, Signer& signer) {
  return signed_target(path::order, params_of(request), request.timestamp, request.recv_window_ms,
                       signer);
}

std::string signed_query_target(const OrderRequest& request, Signer& signer) {
  return target_of(request, params_of(request), signer);
}

std::string signed_cancel_target(const OrderRequest& request, Signer& signer) {
  return target_of(request, params_of(request), signer);
}

std::string signed_modify_target(const ModifyRequest& request, Signer& signer) {
  return target_of(request.order, params_of(request), signer);
}

std::string signed_cancel_all_target(std::string_view symbol, RequestTime time, Signer& signer) {
  return signed_target(path::all_open_orders, {{"symbol", text_of(symbol)}}, time.timestamp,
                       time.recv_window_ms, signer);
}

std::string signed_open_orders_target(std::string_view symbol, RequestTime time, Signer& signer) {
  Params params;
  if (!symbol.empty()) params.emplace_back("symbol", text_of(symbol));
  return signed_target(path::open_orders, params, time.timestamp, time.recv_window_ms, signer);
}

std::string signed_batch_place_target(std::span<const PlaceRequest> requests, Signer& signer) {
  return batch_target({{"batchOrders", json_of(requests)}},
                      {requests.front().timestamp, requests.front().recv_window_ms}, signer);
}

std::string signed_batch_modify_target(std::span<const ModifyRequest> requests, Signer& signer) {
  const OrderRequest& first = requests.front().order;
  return batch_target({{"batchOrders", json_of(requests)}}, {first.timestamp, first.recv_window_ms},
                      signer);
}

std::string signed_batch_cancel_target(std::string_view symbol,
                                       std::span<const std::string_view> client_order_ids,
                                       RequestTime time, Signer& signer) {
  std::string list = "[";
  for (const std::string_view id : client_order_ids) {
    if (list.size() > 1) list += ',';
    append_text(list, id);
  }
  return batch_target({{"origClientOrderIdList", list + "]"}, {"symbol", text_of(symbol)}}, time,
                      signer);
}

std::string signed_batch_cancel_target(std::string_view symbol, std::span<const VenueOrderId> ids,
                                       RequestTime time, Signer& signer) {
  std::string list = "[";
  for (const VenueOrderId id : ids) {
    if (list.size() > 1) list += ',';
    list += text_of(id.value);
  }
  return batch_target({{"orderIdList", list + "]"}, {"symbol", text_of(symbol)}}, time, signer);
}

namespace {

// As much of a gateway's page as classify() needs to see.
constexpr std::size_t page_max = 200;

// The body with the padding that the parser wants, and the way back from there to the body itself.
class PaddedBody {
 public:
  explicit PaddedBody(std::string_view body) : body_(body), copy_(body) {}

  simdjson::padded_string_view padded() const { return copy_; }

  // A text of the copy, as a view of the body.
  bool text(ondemand::value& value, std::string_view& out) const {
    const std::string_view token = value.raw_json_token();
    std::string_view text;
    if (!read(value, text)) return false;
    const auto at = static_cast<std::size_t>(token.data() - copy_.data()) + 1;
    const std::size_t quote = token.rfind('"');
    const bool plain = token.substr(1, text.size()) == text;
    out = body_.substr(at, plain ? text.size() : quote - 1);
    return true;
  }

 private:
  std::string_view body_;
  simdjson::padded_string copy_;
};

// "code" is an integer in errors, and the text "200" in some calls that went well.
bool read_code(ondemand::value& value, std::int32_t& out) {
  ondemand::json_type type;
  if (value.type().get(type)) return false;
  if (type != ondemand::json_type::string) return read_int(value, out);
  std::string_view text;
  if (!read(value, text)) return false;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out);
  return error == std::errc{} && stop == end;
}

enum BodyField : unsigned { body_code, body_message };

// An order or an error; false when it is neither, or both.
bool read_element(ondemand::object& object, const PaddedBody& body, Reply& out) {
  OrderFields fields(out.order, [&](ondemand::value& value, std::string_view& text) {
    return body.text(value, text);
  });
  Seen seen;
  bool sound = true;
  const bool whole = for_each_field(object, [&](std::string_view key, ondemand::value& value) {
    if (key == "code") sound &= seen.first(body_code) && read_code(value, out.code);
    else if (key == "msg") sound &= seen.first(body_message) && body.text(value, out.message);
    else fields.take(key, value);
    return true;
  });
  if (!whole || !sound) return false;
  out.has_order = fields.is_order();
  if (!out.has_order) out.order = {};
  if (out.code == 200) out.code = 0;
  return out.has_order ? fields.complete() && !seen.has(body_code) : seen.has(body_code);
}

bool is_success(int status) noexcept {
  return status >= 200 && status < 300;
}

// What is not JSON, or is no record of the venue's: a gateway speaks.
Reply page(int status, std::string_view body) {
  Reply out;
  out.status = status;
  out.message = body.substr(0, page_max);
  return out;
}

bool read_one(std::string_view text, Reply& out) {
  const PaddedBody body(text);
  ondemand::parser parser;
  ondemand::document document;
  ondemand::object object;
  const char* rest = nullptr;
  return !parser.iterate(body.padded()).get(document) && !document.get_object().get(object) &&
         read_element(object, body, out) &&
         document.current_location().get(rest) == simdjson::OUT_OF_BOUNDS;
}

bool read_many(std::string_view text, std::vector<Reply>& out) {
  const PaddedBody body(text);
  ondemand::parser parser;
  ondemand::document document;
  ondemand::array array;
  if (parser.iterate(body.padded()).get(document) || document.get_array().get(array)) return false;
  for (auto item : array) {
    ondemand::object object;
    Reply& reply = out.emplace_back();
    if (item.get_object().get(object) || !read_element(object, body, reply)) return false;
    reply.status = reply.code == 0 ? 200 : 400;
  }
  const char* rest = nullptr;
  return document.current_location().get(rest) == simdjson::OUT_OF_BOUNDS;
}

}  // namespace

Result<Reply> decode_rest_order(int status, std::string_view body) {
  const auto malformed = make_error_code(Errc::malformed);
  Reply out;
  const bool is_read = read_one(body, out);
  if (is_success(status)) {
    if (!is_read || out.code != 0) return malformed;
    out.status = 200;
    return out;
  }
  if (!is_read) return page(status, body);
  if (out.has_order) return malformed;
  out.status = status;
  return out;
}

Result<BatchReply> decode_rest_batch(int status, std::string_view body) {
  BatchReply out;
  if (is_success(status)) {
    if (read_many(body, out.elements)) return out;
    return make_error_code(Errc::malformed);
  }
  const auto whole = decode_rest_order(status, body);
  if (whole.has_error()) return whole.error();
  out.refused = true;
  out.whole = *whole;
  return out;
}

}  // namespace copyd::venue
