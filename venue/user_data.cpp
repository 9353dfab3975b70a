#include "venue/user_data.hpp"

#include <simdjson.h>
#include <vector>

#include "venue/event_fields.hpp"
#include "venue/predicted_events.hpp"
#include "venue/rare_events.hpp"

namespace copyd::venue {
namespace {

namespace ondemand = simdjson::ondemand;
using event::bit;
using event::mask;
using json::for_each_field;
using json::for_each_object;
using json::read;
using json::read_cut;
using json::Seen;

enum class Event : std::uint8_t {
  order_trade_update,
  account_update,
  trade_lite,
  listen_key_expired,
  account_config_update,
  margin_call,
  algo_update,
  server_shutdown,
  known,    // by name; of no consequence here
  unknown,  // to us
};

Event event_of(std::string_view name) noexcept {
  if (name == "ORDER_TRADE_UPDATE") return Event::order_trade_update;
  if (name == "ACCOUNT_UPDATE") return Event::account_update;
  if (name == "TRADE_LITE") return Event::trade_lite;
  if (name == "listenKeyExpired") return Event::listen_key_expired;
  if (name == "ACCOUNT_CONFIG_UPDATE") return Event::account_config_update;
  if (name == "MARGIN_CALL") return Event::margin_call;
  if (name == "ALGO_UPDATE") return Event::algo_update;
  if (name == "serverShutdown") return Event::server_shutdown;
  if (name == "STRATEGY_UPDATE" || name == "GRID_UPDATE" ||
      name == "CONDITIONAL_ORDER_TRIGGER_REJECT")
    return Event::known;
  return Event::unknown;
}

// The bits of the fields that are longer than a letter.
constexpr unsigned bit_leg = event::extra_bit(1);
constexpr unsigned bit_average = event::extra_bit(2);

// The fields of "o" that we read; the others are skipped.
bool read_order_field(std::string_view key, ondemand::value& value, Seen& seen, OrderUpdate& out) {
  if (key == "ps") return seen.first(bit_leg) && event::read_leg(value, out.leg);
  if (key == "ap") return seen.first(bit_average) && read_cut(value, out.average_price);
  const unsigned field = event::letter_of(key);
  if (field == event::no_field) return true;
  std::string_view word;
  const auto word_read = [&] { return seen.first(field) && read(value, word); };
  const auto into = [&](auto& target) { return seen.first(field) && read(value, target); };
  switch (key[0]) {
    case 's':
      return into(out.symbol_name);
    case 'c':
      return into(out.client_order_id);
    case 'S':
      return seen.first(field) && event::read_side(value, out.side);
    case 'q':
      return into(out.order_qty);
    case 'x':
      if (!word_read()) return false;
      out.execution = execution_of(word);
      return true;
    case 'X':
      if (!word_read()) return false;
      out.status = status_of(word);
      return true;
    case 'i':
      return into(out.order.value);
    case 'l':
      return into(out.last_qty);
    case 'z':
      return into(out.cumulative_qty);
    case 'L':
      return into(out.last_price);
    case 'T':
      return into(out.trade_time);
    case 't':
      return into(out.trade.value);
    case 'm':
      return into(out.maker);
    case 'R':
      return into(out.reduce_only);
    default:
      return true;
  }
}

bool read_order(ondemand::value& value, const SymbolTable& symbols, OrderUpdate& out) {
  ondemand::object object;
  if (value.get_object().get(object)) return false;
  Seen seen;
  const bool whole = for_each_field(object, [&](std::string_view key, ondemand::value& field) {
    return read_order_field(key, field, seen, out);
  });
  constexpr std::uint64_t required =
      mask({bit('s'), bit('c'), bit('S'), bit('q'), bit('x'), bit('X'), bit('i'), bit('l'),
            bit('z'), bit('L'), bit('T'), bit('t'), bit_leg});
  if (!whole || !seen.all(required)) return false;
  if (out.order_qty.sign() < 0 || out.last_qty.sign() < 0 || out.cumulative_qty.sign() < 0 ||
      out.last_price.sign() < 0)
    return false;
  event::conclude(symbols, out);
  return true;
}

}  // namespace

struct UserDataDecoder::State {
  explicit State(const SymbolTable& table) : symbols(table) {}

  const SymbolTable& symbols;
  ondemand::parser parser;
  std::vector<AccountUpdate::PositionRow> positions;
  std::vector<AccountUpdate::BalanceRow> balances;
  std::vector<MarginCall::Row> margin_rows;
  std::string_view wrapper;  // the field of the root that holds the event; "": the root is it
  std::string_view stream;   // of the combined form
  Event event = Event::unknown;

  bool find_event(ondemand::object& root);
  bool find_wrapped(ondemand::object& root, ondemand::value& name);
  bool read_wrapped(ondemand::object& root, UserEvent& out);
  bool read_event(ondemand::object& object, UserEvent& out);
  bool read_order_event(ondemand::object& object, OrderUpdate& out);
  bool read_account_event(ondemand::object& object, AccountUpdate& out);
  bool read_account(ondemand::value& value, AccountUpdate& out);
  bool read_trade_lite(ondemand::object& object, TradeLite& out);
  bool read_other(ondemand::object& object, OtherEvent& out);
};

// Tells which event it is before its body is read. The venue sends "e" first, so this is one look;
// some recorders and proxies sort the keys, and then it is a search. The name is compared where it
// stands: unescaped strings have room for one reading each.
bool UserDataDecoder::State::find_event(ondemand::object& root) {
  ondemand::value value;
  wrapper = {};
  stream = {};
  const auto error = root.find_field_unordered("e").get(value);
  if (error == simdjson::NO_SUCH_FIELD ? !find_wrapped(root, value) : error != simdjson::SUCCESS)
    return false;
  ondemand::raw_json_string raw;
  if (value.get_raw_json_string().get(raw)) return false;
  const char* end = raw.raw();
  while (*end != '"') ++end;
  event = event_of({raw.raw(), static_cast<std::size_t>(end - raw.raw())});
  return !root.reset().error();
}

// The combined form, and the one in which the venue speaks about a connection.
bool UserDataDecoder::State::find_wrapped(ondemand::object& root, ondemand::value& name) {
  for (const std::string_view key : {"data", "event"}) {
    ondemand::object inner;
    if (root.reset().error()) return false;
    const auto error = root.find_field_unordered(key).get_object().get(inner);
    if (error == simdjson::NO_SUCH_FIELD) continue;
    wrapper = key;
    return !error && !inner.find_field_unordered("e").get(name);
  }
  return false;
}

bool UserDataDecoder::State::read_wrapped(ondemand::object& root, UserEvent& out) {
  Seen seen;
  return for_each_field(root, [&](std::string_view key, ondemand::value& value) {
    if (key == "stream") return seen.first(bit('s')) && read(value, stream);
    if (key != wrapper) return true;
    ondemand::object inner;
    return seen.first(bit('d')) && !value.get_object().get(inner) && read_event(inner, out);
  });
}

bool UserDataDecoder::State::read_order_event(ondemand::object& object, OrderUpdate& out) {
  Seen seen;
  const bool whole = for_each_field(object, [&](std::string_view key, ondemand::value& value) {
    if (key == "e") return seen.first(bit('e'));
    if (key == "E") return seen.first(bit('E')) && read(value, out.event_time);
    if (key == "o") return seen.first(bit('o')) && read_order(value, symbols, out);
    return true;
  });
  return whole && seen.all(mask({bit('E'), bit('o')}));
}

bool UserDataDecoder::State::read_account(ondemand::value& value, AccountUpdate& out) {
  ondemand::object object;
  if (value.get_object().get(object)) return false;
  Seen seen;
  const bool whole = for_each_field(object, [&](std::string_view key, ondemand::value& field) {
    if (key == "m") return seen.first(bit('m')) && read(field, out.reason);
    if (key == "S") return seen.first(bit('S')) && read(field, out.symbol_name);
    if (key == "P") {
      return seen.first(bit('P')) && for_each_object(field, [&](ondemand::object& row) {
               return event::read_position(row, symbols, positions.emplace_back());
             });
    }
    if (key == "B") {
      return seen.first(bit('B')) && for_each_object(field, [&](ondemand::object& row) {
               return event::read_balance(row, balances.emplace_back());
             });
    }
    return true;
  });
  return whole && seen.has(bit('m'));
}

bool UserDataDecoder::State::read_account_event(ondemand::object& object, AccountUpdate& out) {
  positions.clear();
  balances.clear();
  Seen seen;
  const bool whole = for_each_field(object, [&](std::string_view key, ondemand::value& value) {
    if (key == "e") return seen.first(bit('e'));
    if (key == "T") return seen.first(bit('T')) && read(value, out.time);
    if (key == "E") return seen.first(bit('E')) && read(value, out.event_time);
    if (key == "a") return seen.first(bit('a')) && read_account(value, out);
    return true;
  });
  out.positions = positions;
  out.balances = balances;
  return whole && seen.all(mask({bit('T'), bit('a')}));
}

// All its fields have names of one letter.
bool UserDataDecoder::State::read_trade_lite(ondemand::object& object, TradeLite& out) {
  Seen seen;
  const bool whole = for_each_field(object, [&](std::string_view key, ondemand::value& value) {
    const unsigned field = event::letter_of(key);
    if (field == event::no_field) return true;
    const auto into = [&](auto& target) { return seen.first(field) && read(value, target); };
    switch (key[0]) {
      case 'e':
        return seen.first(field);
      case 'E':
        return into(out.event_time);
      case 'T':
        return into(out.trade_time);
      case 's':
        return into(out.symbol_name);
      case 'q':
        return into(out.order_qty);
      case 'p':
        return into(out.order_price);
      case 'm':
        return into(out.maker);
      case 'c':
        return into(out.client_order_id);
      case 'S':
        return seen.first(field) && event::read_side(value, out.side);
      case 'L':
        return into(out.last_price);
      case 'l':
        return into(out.last_qty);
      case 't':
        return into(out.trade.value);
      case 'i':
        return into(out.order.value);
      default:
        return true;
    }
  });
  constexpr std::uint64_t required = mask({bit('E'), bit('T'), bit('s'), bit('q'), bit('c'),
                                           bit('S'), bit('L'), bit('l'), bit('t'), bit('i')});
  if (!whole || !seen.all(required)) return false;
  if (out.order_qty.sign() < 0 || out.last_qty.sign() < 0 || out.last_price.sign() < 0)
    return false;
  event::conclude(symbols, out);
  return true;
}

bool UserDataDecoder::State::read_other(ondemand::object& object, OtherEvent& out) {
  Seen seen;
  out.known = event == Event::known;
  return for_each_field(object, [&](std::string_view key, ondemand::value& value) {
    return key != "e" || (seen.first(bit('e')) && read(value, out.name));
  });
}

bool UserDataDecoder::State::read_event(ondemand::object& object, UserEvent& out) {
  switch (event) {
    case Event::order_trade_update:
      return read_order_event(object, out.emplace<OrderUpdate>());
    case Event::account_update:
      return read_account_event(object, out.emplace<AccountUpdate>());
    case Event::trade_lite:
      return read_trade_lite(object, out.emplace<TradeLite>());
    case Event::listen_key_expired:
      return event::read_expired(object, out.emplace<ListenKeyExpired>());
    case Event::account_config_update:
      return event::read_account_config(object, symbols, out.emplace<AccountConfigUpdate>());
    case Event::margin_call:
      return event::read_margin_call(object, symbols, margin_rows, out.emplace<MarginCall>());
    case Event::algo_update:
      return event::read_algo(object, symbols, out.emplace<AlgoUpdate>());
    case Event::server_shutdown:
      return event::read_shutdown(object, out.emplace<ServerShutdown>());
    case Event::known:
    case Event::unknown:
      break;
  }
  return read_other(object, out.emplace<OtherEvent>());
}

UserDataDecoder::UserDataDecoder(const SymbolTable& symbols)
    : state_(std::make_unique<State>(symbols)) {}
UserDataDecoder::~UserDataDecoder() = default;
UserDataDecoder::UserDataDecoder(UserDataDecoder&&) noexcept = default;

std::string_view UserDataDecoder::listen_key() const noexcept {
  return state_->stream.substr(0, state_->stream.find('@'));
}

Result<UserEvent> UserDataDecoder::decode(std::string_view frame) {
  UserEvent out;
  if (read_predicted(frame, state_->symbols, out, state_->stream)) return out;
  return decode_in_any_form(frame);
}

Result<UserEvent> UserDataDecoder::decode_in_any_form(std::string_view frame) {
  State& state = *state_;
  state.stream = {};
  const auto malformed = make_error_code(Errc::malformed);
  ondemand::document document;
  ondemand::object root;
  const simdjson::padded_string_view padded(frame.data(), frame.size(),
                                            frame.size() + simdjson::SIMDJSON_PADDING);
  if (state.parser.iterate(padded).get(document) || document.get_object().get(root) ||
      !state.find_event(root))
    return malformed;

  UserEvent out;
  if (state.wrapper.empty() ? !state.read_event(root, out) : !state.read_wrapped(root, out))
    return malformed;
  // The root object has ended: so must the frame have.
  const char* rest = nullptr;
  if (document.current_location().get(rest) != simdjson::OUT_OF_BOUNDS) return malformed;
  return out;
}

}  // namespace copyd::venue
