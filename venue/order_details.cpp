#include "venue/order_details.hpp"

#include <simdjson.h>

#include "venue/event_fields.hpp"

namespace copyd::venue {
namespace {

namespace ondemand = simdjson::ondemand;
using json::for_each_field;
using json::read;
using json::read_cut;
using json::Seen;

enum Field : unsigned {
  field_type,
  field_original_type,
  field_tif,
  field_expiry,
  field_close_all,
  field_price,
  field_stop,
  field_fee,
  field_fee_asset,
  field_realised,
  field_prevention,
  field_match,
  field_modify_id,
  field_good_till
};

// A number in quotes; one that is not in our list may come with the next release.
ExpiryReason expiry_of(std::string_view word) noexcept {
  const bool listed = word.size() == 1 && word[0] >= '0' && word[0] <= '9';
  return listed ? static_cast<ExpiryReason>(word[0] - '0') : ExpiryReason::other;
}

bool read_detail(std::string_view key, ondemand::value& value, Seen& seen, OrderDetails& out) {
  // Null says as little as an absent field.
  const auto into = [&](Field field, auto& target) {
    return seen.first(field) && (json::is_null(value) || read(value, target));
  };
  const auto cut = [&](Field field, auto& target) {
    return seen.first(field) && (json::is_null(value) || read_cut(value, target));
  };
  const auto word = [&](Field field, auto& target, auto word_of) {
    return seen.first(field) && (json::is_null(value) || event::read_word(value, target, word_of));
  };
  if (key == "o") return word(field_type, out.type, type_of);
  if (key == "ot") return word(field_original_type, out.original_type, type_of);
  if (key == "f") return word(field_tif, out.time_in_force, time_in_force_of);
  if (key == "er") return word(field_expiry, out.expiry, expiry_of);
  if (key == "cp") return into(field_close_all, out.close_all);
  if (key == "p") return cut(field_price, out.price);
  if (key == "sp") return cut(field_stop, out.stop_price);
  if (key == "rp") return cut(field_realised, out.realised);
  if (key == "V") return into(field_prevention, out.self_trade_prevention);
  if (key == "pm") return into(field_match, out.price_match);
  if (key == "M") return into(field_modify_id, out.modify_id);
  if (key == "gtd") return into(field_good_till, out.good_till);
  if (key == "n") return cut(field_fee, out.fee);
  if (key == "N") return into(field_fee_asset, out.fee_asset);
  return true;
}

bool read_order(ondemand::value& value, OrderDetails& out) {
  ondemand::object object;
  if (value.get_object().get(object)) return false;
  Seen seen;
  const bool whole = for_each_field(object, [&](std::string_view key, ondemand::value& field) {
    return read_detail(key, field, seen, out);
  });
  return whole && seen.all(event::mask({field_type, field_price}));
}

bool read_event(ondemand::object& object, OrderDetails& out) {
  Seen seen;
  const bool whole = for_each_field(object, [&](std::string_view key, ondemand::value& value) {
    std::string_view name;
    if (key == "e")
      return seen.first(event::bit('e')) && read(value, name) && name == "ORDER_TRADE_UPDATE";
    return key != "o" || (seen.first(event::bit('o')) && read_order(value, out));
  });
  return whole && seen.all(event::mask({event::bit('e'), event::bit('o')}));
}

}  // namespace

struct OrderDetailsDecoder::State {
  ondemand::parser parser;
};

OrderDetailsDecoder::OrderDetailsDecoder() : state_(std::make_unique<State>()) {}
OrderDetailsDecoder::~OrderDetailsDecoder() = default;
OrderDetailsDecoder::OrderDetailsDecoder(OrderDetailsDecoder&&) noexcept = default;

Result<OrderDetails> OrderDetailsDecoder::decode(std::string_view frame) {
  const auto malformed = make_error_code(Errc::malformed);
  ondemand::document document;
  ondemand::object root;
  const simdjson::padded_string_view padded(frame.data(), frame.size(),
                                            frame.size() + simdjson::SIMDJSON_PADDING);
  if (state_->parser.iterate(padded).get(document) || document.get_object().get(root))
    return malformed;
  ondemand::object data;
  const auto error = root.find_field_unordered("data").get_object().get(data);
  if (error && error != simdjson::NO_SUCH_FIELD) return malformed;
  const bool combined = !error;
  if (root.reset().error()) return malformed;
  OrderDetails out;
  Seen seen;
  const bool whole =
      combined ? for_each_field(root,
                                [&](std::string_view key, ondemand::value& value) {
                                  ondemand::object inner;
                                  return key != "data" ||
                                         (seen.first(event::bit('d')) &&
                                          !value.get_object().get(inner) && read_event(inner, out));
                                })
               : read_event(root, out);
  const char* rest = nullptr;
  if (!whole || document.current_location().get(rest) != simdjson::OUT_OF_BOUNDS) return malformed;
  return out;
}

}  // namespace copyd::venue
