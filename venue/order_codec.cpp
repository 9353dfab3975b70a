#include "venue/order_codec.hpp"

#include <simdjson.h>
#include <charconv>
#include <cstring>

#include "venue/json.hpp"
#include "venue/words.hpp"

namespace copyd::venue {
namespace {

namespace ondemand = simdjson::ondemand;
using json::for_each_field;
using json::read;
using json::read_cut;
using json::Seen;

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

namespace {

// The bits of Seen.
enum ReplyField : unsigned { reply_id, reply_status, reply_error, reply_result };
enum ErrorField : unsigned { error_code, error_message };
enum OrderField : unsigned {
  order_id,
  order_client_id,
  order_status,
  order_qty,
  order_executed,
  order_average,
  order_update
};

// Ours are integers; the venue says null for a request that it could not read. A text that is no
// number names no request of ours either.
bool read_id(ondemand::value& value, std::uint64_t& out) {
  ondemand::json_type type;
  if (value.type().get(type)) return false;
  if (type == ondemand::json_type::null) return !value.is_null().error();
  if (type == ondemand::json_type::number) return !value.get_uint64().get(out);
  std::string_view text;
  if (!read(value, text)) return false;
  const char* const end = text.data() + text.size();
  std::uint64_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc{} && stop == end) out = number;
  return true;
}

bool read_int(ondemand::value& value, int& out) {
  std::int64_t number = 0;
  if (!read(value, number) || number < INT32_MIN || number > INT32_MAX) return false;
  out = static_cast<int>(number);
  return true;
}

bool read_error(ondemand::value& value, Reply& out) {
  ondemand::object object;
  if (value.get_object().get(object)) return false;
  Seen seen;
  const bool whole = for_each_field(object, [&](std::string_view key, ondemand::value& field) {
    if (key == "code") return seen.first(error_code) && read_int(field, out.code);
    if (key == "msg") return seen.first(error_message) && read(field, out.message);
    return true;
  });
  return whole && seen.has(error_code);
}

// A result with an "orderId" is an order, and must say all that an order says. Of any other result
// (a logon, the time) nothing is read, so a field of another kind under one of these names is fine.
bool read_result(ondemand::value& value, Reply& out) {
  ondemand::json_type type;
  if (value.type().get(type)) return false;
  if (type != ondemand::json_type::object) return true;
  ondemand::object object;
  if (value.get_object().get(object)) return false;
  Seen seen;
  bool sound = true;
  OrderState& order = out.order;
  const auto into = [&](OrderField field, ondemand::value& from, auto& target) {
    if (!seen.first(field) || !read(from, target)) sound = false;
  };
  const bool whole = for_each_field(object, [&](std::string_view key, ondemand::value& field) {
    std::string_view word;
    if (key == "orderId") {
      into(order_id, field, order.order.value);
    } else if (key == "clientOrderId") {
      into(order_client_id, field, order.client_order_id);
    } else if (key == "status") {
      into(order_status, field, word);
      order.status = status_of(word);
    } else if (key == "origQty") {
      into(order_qty, field, order.order_qty);
    } else if (key == "executedQty") {
      into(order_executed, field, order.executed_qty);
    } else if (key == "avgPrice") {
      if (!seen.first(order_average) || !read_cut(field, order.average_price)) sound = false;
    } else if (key == "updateTime") {
      into(order_update, field, order.update_time);
    }
    return true;
  });
  if (!whole) return false;
  out.has_order = seen.has(order_id);
  if (!out.has_order) {
    order = {};
    return true;
  }
  return sound && seen.has(order_client_id) && seen.has(order_status) && seen.has(order_qty) &&
         seen.has(order_executed) && order.order_qty.sign() >= 0 && order.executed_qty.sign() >= 0;
}

}  // namespace

struct ReplyDecoder::State {
  ondemand::parser parser;
};

ReplyDecoder::ReplyDecoder() : state_(std::make_unique<State>()) {}
ReplyDecoder::~ReplyDecoder() = default;
ReplyDecoder::ReplyDecoder(ReplyDecoder&&) noexcept = default;

Result<Reply> ReplyDecoder::decode(std::string_view frame) {
  const auto malformed = make_error_code(Errc::malformed);
  ondemand::document document;
  ondemand::object root;
  const simdjson::padded_string_view padded(frame.data(), frame.size(),
                                            frame.size() + simdjson::SIMDJSON_PADDING);
  if (state_->parser.iterate(padded).get(document) || document.get_object().get(root))
    return malformed;
  Reply out;
  Seen seen;
  const bool whole = for_each_field(root, [&](std::string_view key, ondemand::value& value) {
    if (key == "id") return seen.first(reply_id) && read_id(value, out.id);
    if (key == "status") return seen.first(reply_status) && read_int(value, out.status);
    if (key == "result") return seen.first(reply_result) && read_result(value, out);
    if (key == "error") return seen.first(reply_error) && read_error(value, out);
    return true;
  });
  const char* rest = nullptr;
  if (!whole || !seen.has(reply_status) ||
      document.current_location().get(rest) != simdjson::OUT_OF_BOUNDS)
    return malformed;
  // An answer that says yes and no at once cannot be relied on.
  if (out.status == 200 ? seen.has(reply_error) : out.has_order) return malformed;
  return out;
}

}  // namespace copyd::venue
