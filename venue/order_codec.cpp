#include "venue/order_codec.hpp"

#include <charconv>
#include <cstring>

#include "venue/words.hpp"

namespace copyd::venue {
namespace {

// Appends to a fixed buffer; what does not fit marks it as overfull, and nothing is written behind.
class Text {
 public:
  explicit Text(std::span<char> room) noexcept
      : begin_(room.data()), at_(begin_), end_(begin_ + room.size()) {}

  void put(std::string_view text) noexcept {
    if (static_cast<std::size_t>(end_ - at_) < text.size()) {
      end_ = at_;
      full_ = true;
      return;
    }
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  void put(std::uint64_t number) noexcept {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    put({digits, static_cast<std::size_t>(end - digits)});
  }
  bool full() const noexcept { return full_; }
  std::string_view view() const noexcept {
    return {begin_, static_cast<std::size_t>(at_ - begin_)};
  }

 private:
  char* begin_;
  char* at_;
  char* end_;
  bool full_ = false;
};

// A request under way: each parameter goes into the JSON and, when the request is signed, into the
// payload that is signed. The venue signs raw values in the order of the names.
class Request {
 public:
  Request(std::span<char> out, std::uint64_t id, std::string_view method, bool sign) noexcept
      : json_(out), sign_(sign) {
    json_.put(R"({"id":)");
    json_.put(id);
    json_.put(R"(,"method":")");
    json_.put(method);
    json_.put(R"(","params":{)");
  }

  // REQUIRES: names in ascending order; a value of plain() characters.
  void text(std::string_view name, std::string_view value) noexcept {
    open(name);
    json_.put("\"");
    json_.put(value);
    json_.put("\"");
    if (sign_) payload_.put(value);
  }
  void number(std::string_view name, std::int64_t value) noexcept {
    open(name);
    const auto magnitude = static_cast<std::uint64_t>(value < 0 ? 0 : value);
    json_.put(magnitude);
    if (sign_) payload_.put(magnitude);
  }

  // Returns the length, 0 when there was not enough room or no signature.
  std::size_t finish(Signer* signer) noexcept {
    if (sign_) {
      if (payload_.full()) return 0;
      char signature[Signer::signature_max];
      const std::size_t size = signer->sign(payload_.view(), signature);
      if (size == 0) return 0;
      json_.put(R"(,"signature":")");
      json_.put({signature, size});
      json_.put("\"");
    }
    json_.put("}}");
    return json_.full() ? 0 : json_.view().size();
  }

 private:
  void open(std::string_view name) noexcept {
    if (!first_) json_.put(",");
    json_.put("\"");
    json_.put(name);
    json_.put("\":");
    if (sign_) {
      if (!first_) payload_.put("&");
      payload_.put(name);
      payload_.put("=");
    }
    first_ = false;
  }

  Text json_;
  char room_[1024];
  Text payload_{room_};
  bool sign_;
  bool first_ = true;
};

// True for text that means the same in JSON and in the signed payload, without any escaping.
bool plain(std::string_view text) noexcept {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\' || c == '&' || c == '=')
      return false;
  }
  return !text.empty();
}

constexpr std::int64_t logon_recv_window_ms = 5000;

// An order is named by one of its ids.
bool names_an_order(const OrderRequest& request) noexcept {
  return request.order.value > 0 || plain(request.client_order_id);
}

std::size_t encode_about(std::string_view method, const OrderRequest& request,
                         std::string_view api_key, Signer* signer, std::span<char> out) noexcept {
  if (!plain(request.symbol) || (signer != nullptr && !plain(api_key)) || !names_an_order(request))
    return 0;
  Request json(out, request.id, method, signer != nullptr);
  if (signer != nullptr) json.text("apiKey", api_key);
  if (request.order.value > 0) json.number("orderId", request.order.value);
  else json.text("origClientOrderId", request.client_order_id);
  json.number("recvWindow", request.recv_window_ms);
  json.text("symbol", request.symbol);
  json.number("timestamp", request.timestamp.ms);
  return json.finish(signer);
}

}  // namespace

std::size_t encode_place(const PlaceRequest& request, std::string_view api_key, Signer* signer,
                         std::span<char> out) noexcept {
  const OrderTerms& terms = *request.terms;
  if (!plain(request.symbol) || (signer != nullptr && !plain(api_key))) return 0;
  const bool market = terms.limit.is_zero();
  Request json(out, request.id, "order.place", signer != nullptr);
  if (signer != nullptr) json.text("apiKey", api_key);
  json.text("newClientOrderId", request.client_order_id.view());
  json.text("newOrderRespType", "RESULT");
  json.text("positionSide", word_of(terms.leg));
  if (!market) json.text("price", FixedText(terms.limit).view());
  json.text("quantity", FixedText(terms.qty).view());
  json.number("recvWindow", request.recv_window_ms);
  if (terms.reduce_only) json.text("reduceOnly", "true");
  json.text("selfTradePreventionMode", "EXPIRE_TAKER");
  json.text("side", word_of(terms.side));
  json.text("symbol", request.symbol);
  if (!market) json.text("timeInForce", "IOC");
  json.number("timestamp", request.timestamp.ms);
  json.text("type", market ? "MARKET" : "LIMIT");
  return json.finish(signer);
}

std::size_t encode_logon(std::uint64_t id, std::string_view api_key, VenueTime timestamp,
                         Signer& signer, std::span<char> out) noexcept {
  if (!plain(api_key)) return 0;
  Request json(out, id, "session.logon", true);
  json.text("apiKey", api_key);
  json.number("recvWindow", logon_recv_window_ms);
  json.number("timestamp", timestamp.ms);
  return json.finish(&signer);
}

std::size_t encode_cancel(const OrderRequest& request, std::string_view api_key, Signer* signer,
                          std::span<char> out) noexcept {
  return encode_about("order.cancel", request, api_key, signer, out);
}

std::size_t encode_status(const OrderRequest& request, std::string_view api_key, Signer* signer,
                          std::span<char> out) noexcept {
  return encode_about("order.status", request, api_key, signer, out);
}

std::size_t encode_modify(const ModifyRequest& request, std::string_view api_key, Signer* signer,
                          std::span<char> out) noexcept {
  const OrderRequest& order = request.order;
  if (!plain(order.symbol) || (signer != nullptr && !plain(api_key)) || !names_an_order(order))
    return 0;
  Request json(out, order.id, "order.modify", signer != nullptr);
  if (signer != nullptr) json.text("apiKey", api_key);
  if (request.modify_id > 0) json.number("modifyId", request.modify_id);
  if (order.order.value > 0) json.number("orderId", order.order.value);
  else json.text("origClientOrderId", order.client_order_id);
  if (request.leg != Leg::both) json.text("positionSide", word_of(request.leg));
  json.text("price", FixedText(request.price).view());
  json.text("quantity", FixedText(request.qty).view());
  json.number("recvWindow", order.recv_window_ms);
  json.text("side", word_of(request.side));
  json.text("symbol", order.symbol);
  json.number("timestamp", order.timestamp.ms);
  return json.finish(signer);
}

}  // namespace copyd::venue
