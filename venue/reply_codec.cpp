// The answers of the WebSocket API.
#include <simdjson.h>
#include <charconv>

#include "venue/order_codec.hpp"
#include "venue/order_fields.hpp"

namespace copyd::venue {
namespace {

namespace ondemand = simdjson::ondemand;
using json::for_each_field;
using json::read;
using json::Seen;

// The bits of Seen.
enum ReplyField : unsigned {
  reply_id,
  reply_status,
  reply_error,
  reply_result,
  reply_limits,
  reply_event
};
enum ErrorField : unsigned { error_code, error_message };
enum LimitField : unsigned { limit_type, limit_interval, limit_number, limit_count };

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
  OrderFields fields(
      out.order, [](ondemand::value& text, std::string_view& into) { return read(text, into); });
  const bool whole = for_each_field(object, [&](std::string_view key, ondemand::value& field) {
    fields.take(key, field);
    return true;
  });
  if (!whole) return false;
  out.has_order = fields.is_order();
  if (!out.has_order) out.order = {};
  return !out.has_order || fields.complete();
}

// One row of "rateLimits". A row that we do not know, or cannot read, tells nothing.
bool read_limit(ondemand::object& row, UsedLimits& out) {
  std::string_view type;
  std::string_view interval;
  int number = 0;
  int count = -1;
  bool sound = true;
  Seen seen;
  const auto into = [&](LimitField field, bool is_read) { sound &= seen.first(field) && is_read; };
  const bool whole = for_each_field(row, [&](std::string_view key, ondemand::value& value) {
    if (key == "rateLimitType") into(limit_type, read(value, type));
    else if (key == "interval") into(limit_interval, read(value, interval));
    else if (key == "intervalNum") into(limit_number, read_int(value, number));
    else if (key == "count") into(limit_count, read_int(value, count));
    return true;
  });
  if (!whole || !sound || count < 0) return whole;
  const bool minute = interval == "MINUTE" && number == 1;
  if (type == "REQUEST_WEIGHT" && minute) out.weight_1m = count;
  if (type == "ORDERS" && minute) out.orders_1m = count;
  if (type == "ORDERS" && interval == "SECOND" && number == 10) out.orders_10s = count;
  return true;
}

// Counts are advice: rows of another kind do not spoil the answer that they stand in.
bool read_limits(ondemand::value& value, UsedLimits& out) {
  ondemand::json_type type;
  if (value.type().get(type)) return false;
  if (type != ondemand::json_type::array) return true;
  ondemand::array array;
  if (value.get_array().get(array)) return false;
  for (auto item : array) {
    ondemand::value element;
    ondemand::object row;
    if (item.get(element) || element.type().get(type)) return false;
    if (type != ondemand::json_type::object) continue;
    if (element.get_object().get(row) || !read_limit(row, out)) return false;
  }
  return true;
}

bool read_name(ondemand::value& value, bool& shutdown) {
  std::string_view name;
  if (!read(value, name)) return false;
  shutdown = name == "serverShutdown";
  return true;
}

// What the venue says unasked: {"e":…} or {"event":{"e":…}}.
bool read_event(ondemand::value& value, bool& shutdown) {
  ondemand::object object;
  if (value.get_object().get(object)) return false;
  return for_each_field(object, [&](std::string_view key, ondemand::value& field) {
    return key != "e" || read_name(field, shutdown);
  });
}

}  // namespace

VenueTime banned_until(std::string_view message) noexcept {
  constexpr std::string_view words = "banned until ";
  const auto at = message.find(words);
  VenueTime until{};
  if (at == message.npos) return until;
  std::from_chars(message.data() + at + words.size(), message.data() + message.size(), until.ms);
  return until.ms > 0 ? until : VenueTime{};
}

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
    if (key == "rateLimits") return seen.first(reply_limits) && read_limits(value, out.used);
    if (key == "e") return seen.first(reply_event) && read_name(value, out.shutdown);
    if (key == "event") return seen.first(reply_event) && read_event(value, out.shutdown);
    return true;
  });
  const char* rest = nullptr;
  if (!whole || seen.has(reply_status) == out.shutdown ||
      document.current_location().get(rest) != simdjson::OUT_OF_BOUNDS)
    return malformed;
  if (out.shutdown) return out;
  // An answer that says yes and no at once cannot be relied on.
  if (out.status == 200 ? seen.has(reply_error) : out.has_order) return malformed;
  return out;
}

}  // namespace copyd::venue
