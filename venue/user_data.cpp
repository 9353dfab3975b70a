#include "venue/user_data.hpp"

#include <simdjson.h>
#include <charconv>
#include <vector>

#include "venue/account_codec.hpp"
#include "venue/json.hpp"
#include "venue/words.hpp"

namespace copyd::venue {
namespace {

namespace ondemand = simdjson::ondemand;
using json::for_each_field;
using json::read;
using json::read_cut;
using json::Seen;

enum class Event : std::uint8_t {
  order_trade_update,
  account_update,
  trade_lite,
  listen_key_expired,
  known,    // by name; of no consequence here
  unknown,  // to us
};

Event event_of(std::string_view name) noexcept {
  if (name == "ORDER_TRADE_UPDATE") return Event::order_trade_update;
  if (name == "ACCOUNT_UPDATE") return Event::account_update;
  if (name == "TRADE_LITE") return Event::trade_lite;
  if (name == "listenKeyExpired") return Event::listen_key_expired;
  for (const std::string_view known :
       {"ACCOUNT_CONFIG_UPDATE", "ALGO_UPDATE", "MARGIN_CALL", "STRATEGY_UPDATE", "GRID_UPDATE",
        "CONDITIONAL_ORDER_TRIGGER_REJECT"}) {
    if (name == known) return Event::known;
  }
  return Event::unknown;
}

// The bits of Seen: a field of one letter has its own; the few longer ones follow them.
constexpr unsigned bit(char letter) noexcept {
  return static_cast<unsigned>(letter - 'A');
}
constexpr unsigned bit_leg = bit('z') + 1;
constexpr unsigned bit_average = bit('z') + 2;
constexpr unsigned bit_wallet = bit('z') + 3;
constexpr unsigned bit_change = bit('z') + 4;
constexpr unsigned bit_amount = bit('z') + 5;
constexpr unsigned no_field = 63;
static_assert(bit_amount < no_field);

constexpr std::uint64_t mask(std::initializer_list<unsigned> fields) noexcept {
  std::uint64_t bits = 0;
  for (const unsigned field : fields) bits |= std::uint64_t{1} << field;
  return bits;
}

constexpr unsigned letter_of(std::string_view key) noexcept {
  const char c = key.size() == 1 ? key[0] : '\0';
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ? bit(c) : no_field;
}

template <class OnObject>
bool for_each_object(ondemand::value& value, OnObject&& on_object) {
  ondemand::array array;
  if (value.get_array().get(array)) return false;
  for (auto item : array) {
    ondemand::object object;
    if (item.get_object().get(object)) return false;
    if (!on_object(object)) return false;
  }
  return true;
}

bool read_side(ondemand::value& value, Side& out) {
  std::string_view word;
  if (!read(value, word)) return false;
  const auto side = side_of(word);
  if (side) out = *side;
  return side.has_value();
}

bool read_leg(ondemand::value& value, Leg& out) {
  std::string_view word;
  if (!read(value, word)) return false;
  const auto leg = leg_of(word);
  if (leg) out = *leg;
  return leg.has_value();
}

// An integer, or (older revisions of listenKeyExpired) the same in quotes.
bool read_time_or_text(ondemand::value& value, VenueTime& out) {
  ondemand::json_type type;
  if (value.type().get(type)) return false;
  if (type != ondemand::json_type::string) return read(value, out);
  std::string_view text;
  if (!read(value, text)) return false;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out.ms);
  return error == std::errc{} && stop == end;
}

// The fields of "o" that we read; the others are skipped.
bool read_order_field(std::string_view key, ondemand::value& value, Seen& seen, OrderUpdate& out) {
  if (key == "ps") return seen.first(bit_leg) && read_leg(value, out.leg);
  if (key == "ap") return seen.first(bit_average) && read_cut(value, out.average_price);
  const unsigned field = letter_of(key);
  if (field == no_field) return true;
  std::string_view word;
  const auto word_read = [&] { return seen.first(field) && read(value, word); };
  const auto into = [&](auto& target) { return seen.first(field) && read(value, target); };
  switch (key[0]) {
    case 's':
      return into(out.symbol_name);
    case 'c':
      return into(out.client_order_id);
    case 'S':
      return seen.first(field) && read_side(value, out.side);
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
  if (const auto symbol = symbols.find(out.symbol_name)) {
    out.symbol = *symbol;
    out.symbol_known = true;
  }
  // CALCULATED is by definition the venue's own doing, whatever id it gave.
  out.forced = out.execution == Execution::calculated || is_forced_order(out.client_order_id);
  return true;
}

bool read_position(ondemand::object& object, const SymbolTable& symbols,
                   AccountUpdate::PositionRow& out) {
  Seen seen;
  const bool whole = for_each_field(object, [&](std::string_view key, ondemand::value& value) {
    if (key == "s") return seen.first(bit('s')) && read(value, out.symbol_name);
    if (key == "pa") return seen.first(bit_amount) && read(value, out.qty);
    if (key == "ps") return seen.first(bit_leg) && read_leg(value, out.leg);
    return true;
  });
  if (!whole || !seen.all(mask({bit('s'), bit_amount, bit_leg}))) return false;
  if (const auto symbol = symbols.find(out.symbol_name)) {
    out.symbol = *symbol;
    out.symbol_known = true;
  }
  return true;
}

bool read_balance(ondemand::object& object, AccountUpdate::BalanceRow& out) {
  Seen seen;
  const bool whole = for_each_field(object, [&](std::string_view key, ondemand::value& value) {
    if (key == "a") return seen.first(bit('a')) && read(value, out.asset);
    if (key == "wb") return seen.first(bit_wallet) && read_cut(value, out.wallet);
    // Absent before 2022.
    if (key == "bc") return seen.first(bit_change) && read_cut(value, out.change);
    return true;
  });
  return whole && seen.all(mask({bit('a'), bit_wallet}));
}

}  // namespace

struct UserDataDecoder::State {
  explicit State(const SymbolTable& table) : symbols(table) {}

  const SymbolTable& symbols;
  ondemand::parser parser;
  std::vector<AccountUpdate::PositionRow> positions;
  std::vector<AccountUpdate::BalanceRow> balances;
  bool combined = false;
  Event event = Event::unknown;

  bool find_event(ondemand::object& root);
  bool read_event(ondemand::object& object, UserEvent& out);
  bool read_order_event(ondemand::object& object, OrderUpdate& out);
  bool read_account_event(ondemand::object& object, AccountUpdate& out);
  bool read_account(ondemand::value& value, AccountUpdate& out);
  bool read_trade_lite(ondemand::object& object, TradeLite& out);
  bool read_expired(ondemand::object& object, ListenKeyExpired& out);
  bool read_other(ondemand::object& object, OtherEvent& out);
};

// Tells which event it is before its body is read. The venue sends "e" first, so this is one look;
// some recorders and proxies sort the keys, and then it is a search. The name is compared where it
// stands: unescaped strings have room for one reading each.
bool UserDataDecoder::State::find_event(ondemand::object& root) {
  ondemand::value value;
  combined = false;
  auto error = root.find_field_unordered("e").get(value);
  if (error == simdjson::NO_SUCH_FIELD) {
    ondemand::object data;
    if (root.reset().error() || root.find_field_unordered("data").get_object().get(data))
      return false;
    combined = true;
    error = data.find_field_unordered("e").get(value);
  }
  ondemand::raw_json_string raw;
  if (error || value.get_raw_json_string().get(raw)) return false;
  const char* end = raw.raw();
  while (*end != '"') ++end;
  event = event_of({raw.raw(), static_cast<std::size_t>(end - raw.raw())});
  return !root.reset().error();
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
    if (key == "P") {
      return seen.first(bit('P')) && for_each_object(field, [&](ondemand::object& row) {
               return read_position(row, symbols, positions.emplace_back());
             });
    }
    if (key == "B") {
      return seen.first(bit('B')) && for_each_object(field, [&](ondemand::object& row) {
               return read_balance(row, balances.emplace_back());
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
    if (key == "a") return seen.first(bit('a')) && read_account(value, out);
    return true;
  });
  out.positions = positions;
  out.balances = balances;
  return whole && seen.all(mask({bit('T'), bit('a')}));
}

bool UserDataDecoder::State::read_trade_lite(ondemand::object& object, TradeLite& out) {
  Seen seen;
  std::string_view name;
  const bool whole = for_each_field(object, [&](std::string_view key, ondemand::value& value) {
    if (key == "e") return seen.first(bit('e'));
    if (key == "s") return seen.first(bit('s')) && read(value, name);
    if (key == "t") return seen.first(bit('t')) && read(value, out.trade.value);
    return true;
  });
  if (!whole || !seen.all(mask({bit('s'), bit('t')}))) return false;
  if (const auto symbol = symbols.find(name)) {
    out.symbol = *symbol;
    out.symbol_known = true;
  }
  return true;
}

bool UserDataDecoder::State::read_expired(ondemand::object& object, ListenKeyExpired& out) {
  Seen seen;
  return for_each_field(object, [&](std::string_view key, ondemand::value& value) {
    if (key == "e") return seen.first(bit('e'));
    // Not demanded: that the key is gone matters more than when.
    if (key == "E") return seen.first(bit('E')) && read_time_or_text(value, out.event_time);
    return true;
  });
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
      return read_expired(object, out.emplace<ListenKeyExpired>());
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

Result<UserEvent> UserDataDecoder::decode(std::string_view frame) {
  State& state = *state_;
  const auto malformed = make_error_code(Errc::malformed);
  ondemand::document document;
  ondemand::object root;
  const simdjson::padded_string_view padded(frame.data(), frame.size(),
                                            frame.size() + simdjson::SIMDJSON_PADDING);
  if (state.parser.iterate(padded).get(document) || document.get_object().get(root) ||
      !state.find_event(root))
    return malformed;

  UserEvent out;
  if (state.combined) {
    Seen seen;
    const bool whole = for_each_field(root, [&](std::string_view key, ondemand::value& value) {
      if (key != "data") return true;
      ondemand::object data;
      return seen.first(bit('d')) && !value.get_object().get(data) && state.read_event(data, out);
    });
    if (!whole) return malformed;
  } else if (!state.read_event(root, out)) {
    return malformed;
  }
  // The root object has ended: so must the frame have.
  const char* rest = nullptr;
  if (document.current_location().get(rest) != simdjson::OUT_OF_BOUNDS) return malformed;
  return out;
}

}  // namespace copyd::venue
