#include "venue/order_codec.hpp"

#include <charconv>
#include <cstring>

#include "venue/eight_bytes.hpp"
#include "venue/words.hpp"

namespace copyd::venue {
namespace {

// Appends to a fixed buffer; what does not fit marks it as overfull, and nothing is written behind.
class Text {
 public:
  explicit Text(std::span<char> room) noexcept
      : begin_(room.data()), at_(begin_), end_(begin_ + room.size()) {}

  // One piece after the other, all of them or none. The length of a literal is known when this is
  // compiled, so that it becomes a store or two instead of a call.
  template <class... Pieces>
  [[gnu::always_inline]] void put(const Pieces&... pieces) noexcept {
    if (static_cast<std::size_t>(end_ - at_) < (size_of(pieces) + ...)) {
      end_ = at_;
      full_ = true;
      return;
    }
    (copy(pieces), ...);
  }
  bool full() const noexcept { return full_; }
  std::string_view view() const noexcept {
    return {begin_, static_cast<std::size_t>(at_ - begin_)};
  }

 private:
  template <std::size_t size>
  static constexpr std::size_t size_of(const char (&)[size]) noexcept {
    return size - 1;
  }
  static constexpr std::size_t size_of(std::string_view text) noexcept { return text.size(); }

  template <std::size_t size>
  void copy(const char (&text)[size]) noexcept {
    std::memcpy(at_, text, size - 1);
    at_ += size - 1;
  }
  void copy(std::string_view text) noexcept {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }

  char* begin_;
  char* at_;
  char* end_;
  bool full_ = false;
};

class Digits {
 public:
  explicit Digits(std::uint64_t number) noexcept
      : end_(std::to_chars(text_, text_ + sizeof text_, number).ptr) {}
  std::string_view view() const noexcept { return {text_, static_cast<std::size_t>(end_ - text_)}; }

 private:
  char text_[20];
  const char* end_;
};

constexpr std::uint64_t not_negative(std::int64_t value) noexcept {
  return static_cast<std::uint64_t>(value < 0 ? 0 : value);
}

constexpr std::size_t payload_max = 1024;

// False when there was not enough room for the payload, or no signature.
bool put_signature(Text& json, const Text& payload, Signer& signer) noexcept {
  char signature[Signer::signature_max];
  const std::size_t size = payload.full() ? 0 : signer.sign(payload.view(), signature);
  if (size == 0) return false;
  json.put(R"(,"signature":")", std::string_view(signature, size), "\"");
  return true;
}

// A request under way: each parameter goes into the JSON and, when the request is signed, into the
// payload that is signed. The venue signs raw values in the order of the names.
class Request {
 public:
  Request(std::span<char> out, std::uint64_t id, std::string_view method, bool sign) noexcept
      : json_(out), sign_(sign) {
    json_.put(R"({"id":)", Digits(id).view(), R"(,"method":")", method, R"(","params":{)");
  }

  // REQUIRES: names in ascending order; a value of plain() characters.
  void text(std::string_view name, std::string_view value) noexcept {
    json_.put(separator(","), "\"", name, "\":\"", value, "\"");
    sign_also(name, value);
  }
  void number(std::string_view name, std::int64_t value) noexcept {
    const Digits digits(not_negative(value));
    json_.put(separator(","), "\"", name, "\":", digits.view());
    sign_also(name, digits.view());
  }

  // Returns the length, 0 when there was not enough room or no signature.
  std::size_t finish(Signer* signer) noexcept {
    if (sign_ && !put_signature(json_, payload_, *signer)) return 0;
    json_.put("}}");
    return json_.full() ? 0 : json_.view().size();
  }

 private:
  std::string_view separator(std::string_view mark) const noexcept {
    return first_ ? "" : mark;
  }
  void sign_also(std::string_view name, std::string_view value) noexcept {
    if (sign_) payload_.put(separator("&"), name, "=", value);
    first_ = false;
  }

  Text json_;
  char room_[payload_max];
  Text payload_{room_};
  bool sign_;
  bool first_ = true;
};

// True for text that means the same in JSON and in the signed payload, without any escaping.
bool plain(std::string_view text) noexcept {
  const char* at = text.data();
  const char* const end = at + text.size();
  std::uint64_t special = 0;
  for (; end - at >= 8; at += 8) {
    const std::uint64_t eight = eight_at(at);
    special |= below(eight, ' ') | equal(eight, '"') | equal(eight, '\\') | equal(eight, '&') |
               equal(eight, '=');
  }
  for (; at < end; ++at) {
    if (static_cast<unsigned char>(*at) < ' ' || *at == '"' || *at == '\\' || *at == '&' ||
        *at == '=')
      return false;
  }
  return high_bits(special) == 0 && !text.empty();
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

// A new order's values as text, and the two texts that they stand in: the request, and what of it
// is signed. Written out, and not parameter by parameter as the rarer requests are, because then
// all that is constant between two values is one piece: this is on the path of a fill.
class PlaceText {
 public:
  explicit PlaceText(const PlaceRequest& request) noexcept
      : terms_(*request.terms),
        market_(terms_.limit.is_zero()),
        client_order_id_(request.client_order_id.view()),
        symbol_(request.symbol),
        id_(request.id),
        recv_window_(not_negative(request.recv_window_ms)),
        timestamp_(not_negative(request.timestamp.ms)),
        qty_(terms_.qty),
        limit_(terms_.limit) {}

  // Without a key there is no signature either.
  void put_json(Text& out, std::string_view api_key) const noexcept {
    out.put(R"({"id":)", id_.view(), R"(,"method":"order.place","params":{)");
    if (!api_key.empty()) out.put(R"("apiKey":")", api_key, R"(",)");
    out.put(R"("newClientOrderId":")", client_order_id_,
            R"(","newOrderRespType":"RESULT","positionSide":")", word_of(terms_.leg), R"(",)");
    if (!market_) out.put(R"("price":")", limit_.view(), R"(",)");
    out.put(R"("quantity":")", qty_.view(), R"(","recvWindow":)", recv_window_.view());
    if (terms_.reduce_only) out.put(R"(,"reduceOnly":"true")");
    out.put(R"(,"selfTradePreventionMode":"EXPIRE_TAKER","side":")", word_of(terms_.side),
            R"(","symbol":")", symbol_);
    if (market_) out.put(R"(","timestamp":)", timestamp_.view(), R"(,"type":"MARKET")");
    else out.put(R"(","timeInForce":"IOC","timestamp":)", timestamp_.view(), R"(,"type":"LIMIT")");
  }

  void put_payload(Text& out, std::string_view api_key) const noexcept {
    out.put("apiKey=", api_key, "&newClientOrderId=", client_order_id_,
            "&newOrderRespType=RESULT&positionSide=", word_of(terms_.leg));
    if (!market_) out.put("&price=", limit_.view());
    out.put("&quantity=", qty_.view(), "&recvWindow=", recv_window_.view());
    if (terms_.reduce_only) out.put("&reduceOnly=true");
    out.put("&selfTradePreventionMode=EXPIRE_TAKER&side=", word_of(terms_.side),
            "&symbol=", symbol_);
    if (market_) out.put("&timestamp=", timestamp_.view(), "&type=MARKET");
    else out.put("&timeInForce=IOC&timestamp=", timestamp_.view(), "&type=LIMIT");
  }

 private:
  const OrderTerms& terms_;
  bool market_;
  std::string_view client_order_id_;
  std::string_view symbol_;
  Digits id_;
  Digits recv_window_;
  Digits timestamp_;
  FixedText qty_;
  FixedText limit_;
};

}  // namespace

std::size_t encode_place(const PlaceRequest& request, std::string_view api_key, Signer* signer,
                         std::span<char> out) noexcept {
  if (!plain(request.symbol) || (signer != nullptr && !plain(api_key))) return 0;
  const PlaceText text(request);
  Text json(out);
  text.put_json(json, signer != nullptr ? api_key : std::string_view());
  if (signer != nullptr) {
    char room[payload_max];
    Text payload(room);
    text.put_payload(payload, api_key);
    if (!put_signature(json, payload, *signer)) return 0;
  }
  json.put("}}");
  return json.full() ? 0 : json.view().size();
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
