#include "tests/differential/generate.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "tests/differential/json_maker.hpp"

namespace copyd::testing {
namespace {

using Members = JsonMaker::Members;
using Words = std::vector<std::string>;

// Letters of one, two or three bytes, a pair of surrogates, and what has to be escaped.
std::u32string some_text(Random& random) {
  static const std::u32string alphabet = U"abcXYZ019-_./\"\\\n\té币😀\u007f";
  std::u32string text;
  for (std::size_t size = random.below(24); size > 0; --size)
    text.push_back(alphabet[random.below(alphabet.size())]);
  return text;
}

std::u32string wide(const std::string& ascii) {
  return {ascii.begin(), ascii.end()};
}

// Writes the fields of events.
class EventMaker {
 public:
  EventMaker(Random& random, bool with_fault) : random_(random), json_(random, with_fault) {}

  std::string frame() {
    const std::string event = body();
    std::string frame = random_.chance(70) ? event : envelope(event);
    return json_.blanks() + frame + json_.blanks();
  }

 private:
  std::string text(const std::string& ascii) { return json_.text(wide(ascii)); }
  std::string word(const Words& words) {
    return random_.chance(96) ? text(random_.one_of(words)) : json_.text(some_text(random_));
  }
  std::string side() { return text(random_.one_of(Words{"BUY", "SELL"})); }
  std::string leg() { return text(random_.one_of(Words{"BOTH", "LONG", "SHORT"})); }
  std::string symbol() {
    if (random_.chance(75)) return text(random_.one_of(generated_symbols()));
    return random_.chance(50) ? json_.text(U"币安人生USDT") : json_.text(some_text(random_));
  }
  std::string client() {
    static const Words forced{"autoclose-",          "adl_autoclose", "settlement_autoclose-",
                              "delivery_autoclose-", "autoclose",     "xautoclose-"};
    if (random_.chance(15)) return text(random_.one_of(forced) + "157");
    return random_.chance(50) ? text("c1AbCdEfGhIjKlMnOpQrStUvW") : json_.text(some_text(random_));
  }
  std::string type() {
    return word({"LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET",
                 "TRAILING_STOP_MARKET", "LIQUIDATION"});
  }
  std::string margin() { return word({"cross", "isolated", "CROSSED", "ISOLATED"}); }
  std::string positive() { return json_.decimal(false, false); }
  std::string exact() { return json_.decimal(true, false); }
  std::string cut() { return json_.decimal(true, true); }
  std::string integer() { return json_.integer(); }
  std::string boolean() { return random_.chance(50) ? "true" : "false"; }

  // A field that may be left out.
  void maybe(Members& members, const char* key, std::string value) {
    if (random_.chance(80)) members.emplace_back(key, std::move(value));
  }

  std::string order() {
    Members members{
        {"s", symbol()},
        {"c", client()},
        {"S", side()},
        {"ps", leg()},
        {"i", integer()},
        {"t", integer()},
        {"q", positive()},
        {"l", positive()},
        {"z", positive()},
        {"L", positive()},
        {"T", integer()},
        {"x", word({"NEW", "TRADE", "TRADE", "CALCULATED", "CANCELED", "EXPIRED", "AMENDMENT"})},
        {"X", word({"NEW", "PARTIALLY_FILLED", "FILLED", "CANCELED", "EXPIRED", "EXPIRED_IN_MATCH",
                    "REJECTED"})}};
    maybe(members, "ap", cut());
    maybe(members, "m", boolean());
    maybe(members, "R", boolean());
    // Fields that this event has and the decoder passes over.
    maybe(members, "o", type());
    maybe(members, "rp", exact());
    maybe(members, "si", "0");
    Members event{{"o", json_.object(std::move(members))}, {"E", integer()}};
    maybe(event, "T", integer());
    return named("ORDER_TRADE_UPDATE", std::move(event));
  }

  std::string position() {
    Members members{{"s", symbol()}, {"pa", exact()}, {"ps", leg()}};
    for (const char* key : {"ep", "cr", "up", "iw"}) maybe(members, key, cut());
    maybe(members, "bep", json_.number());
    maybe(members, "mt", margin());
    maybe(members, "ma", text("USDT"));
    return json_.object(std::move(members));
  }

  std::string balance() {
    Members members{{"a", text(random_.one_of(Words{"USDT", "BNB", "USDC"}))}, {"wb", cut()}};
    maybe(members, "cw", cut());
    maybe(members, "bc", cut());
    return json_.object(std::move(members));
  }

  std::string account() {
    Words positions(random_.below(4));
    for (auto& row : positions) row = position();
    Words balances(random_.below(3));
    for (auto& row : balances) row = balance();
    Members members{{"m", word({"ORDER", "FUNDING_FEE", "DEPOSIT", "WITHDRAW"})}};
    maybe(members, "P", json_.array(positions));
    maybe(members, "B", json_.array(balances));
    if (random_.chance(20)) members.emplace_back("S", symbol());
    Members event{{"a", json_.object(std::move(members))}, {"T", integer()}};
    maybe(event, "E", integer());
    return named("ACCOUNT_UPDATE", std::move(event));
  }

  std::string trade_lite() {
    Members event{{"E", integer()}, {"T", integer()}, {"s", symbol()},   {"q", positive()},
                  {"c", client()},  {"S", side()},    {"L", positive()}, {"l", positive()},
                  {"t", integer()}, {"i", integer()}};
    maybe(event, "p", exact());
    maybe(event, "m", boolean());
    return named("TRADE_LITE", std::move(event));
  }

  std::string account_config() {
    Members event;
    maybe(event, "E", integer());
    maybe(event, "T", integer());
    const bool leverage = random_.chance(60);
    if (leverage) {
      const std::string times =
          random_.chance(90) ? std::to_string(random_.below(1003)) : integer();
      event.emplace_back("ac", json_.object({{"s", symbol()}, {"l", times}}));
    }
    if (!leverage || random_.chance(20)) event.emplace_back("ai", json_.object({{"j", boolean()}}));
    return named("ACCOUNT_CONFIG_UPDATE", std::move(event));
  }

  std::string margin_call() {
    Words rows(random_.below(4));
    for (auto& row : rows) {
      Members members{{"s", symbol()}, {"ps", leg()}, {"pa", exact()}};
      for (const char* key : {"iw", "mp", "up", "mm"}) maybe(members, key, cut());
      maybe(members, "mt", margin());
      row = json_.object(std::move(members));
    }
    Members event{{"E", integer()}, {"p", json_.array(rows)}};
    maybe(event, "cw", cut());
    return named("MARGIN_CALL", std::move(event));
  }

  std::string algo() {
    Members members{{"caid", client()},
                    {"aid", integer()},
                    {"s", symbol()},
                    {"S", side()},
                    {"ps", leg()},
                    {"o", type()},
                    {"X", word({"NEW", "CANCELED", "TRIGGERING", "TRIGGERED", "FINISHED",
                                "REJECTED", "EXPIRED"})}};
    maybe(members, "act", type());
    maybe(members, "f", word({"GTC", "IOC", "FOK", "GTX", "GTD", "RPI", "GTE_GTC"}));
    for (const char* key : {"R", "cp", "ia"}) maybe(members, key, boolean());
    maybe(members, "ai", random_.chance(40) ? "\"\"" : json_.integer_in_quotes(false));
    for (const char* key : {"q", "aq"}) maybe(members, key, positive());
    for (const char* key : {"ap", "tp", "p"}) maybe(members, key, cut());
    maybe(members, "tt", integer());
    maybe(members, "rm", json_.text(some_text(random_)));
    Members event{{"o", json_.object(std::move(members))}, {"E", integer()}};
    maybe(event, "T", integer());
    return named("ALGO_UPDATE", std::move(event));
  }

  std::string moment(const char* name, bool with_key) {
    Members event;
    maybe(event, "E", random_.chance(50) ? integer() : json_.integer_in_quotes(true));
    if (with_key) maybe(event, "listenKey", json_.text(some_text(random_)));
    return named(name, std::move(event));
  }

  std::string other() {
    static const Words known{"STRATEGY_UPDATE", "GRID_UPDATE", "CONDITIONAL_ORDER_TRIGGER_REJECT"};
    Members event{{"E", integer()}, {"o", json_.anything(0)}};
    // Names that are nearly ours, too.
    const Words unknown{"NEW_EVENT", "order_trade_update", "ORDER_TRADE_UPDATE ", "TRADE_LIT", ""};
    return named(random_.one_of(random_.chance(50) ? known : unknown), std::move(event));
  }

  // The venue sends the name first. A name with an escape in it is one that we do not know.
  std::string named(const std::string& name, Members event) {
    const std::string written = random_.chance(1) ? text(name) : '"' + name + '"';
    event.emplace(event.begin(), "e", written);
    return json_.object(std::move(event));
  }

  std::string envelope(const std::string& event) {
    Members members;
    if (random_.chance(85)) {
      members.emplace_back("stream", json_.text(random_.chance(50) ? some_text(random_)
                                                                   : U"aKey@ORDER_TRADE_UPDATE"));
      members.emplace_back("data", event);
    } else {
      members.emplace_back("subscriptionId", "0");
      members.emplace_back("event", event);
    }
    return json_.object(std::move(members));
  }

  std::string body() {
    const std::size_t kind = random_.below(100);
    if (kind < 40) return order();
    if (kind < 58) return account();
    if (kind < 66) return trade_lite();
    if (kind < 72) return moment("listenKeyExpired", true);
    if (kind < 78) return account_config();
    if (kind < 84) return margin_call();
    if (kind < 92) return algo();
    if (kind < 95) return moment("serverShutdown", false);
    return other();
  }

  Random& random_;
  JsonMaker json_;
};

// A change that knows nothing of what the bytes mean.
void damage(std::string& frame, Random& random) {
  static const std::string bytes("{}[]:,\"\\ \n\t0-.eEtfnu/x\0\x1f\x7f\x80\xc3\xed\xf5\xff", 31);
  const std::size_t at = random.below(frame.size());
  const char byte = bytes[random.below(bytes.size())];
  switch (random.below(8)) {
    case 0:
      frame.resize(at);
      break;
    case 1:
      frame.push_back(byte);
      break;
    case 2:
    case 3:
      frame[at] = byte;
      break;
    case 4:
      frame.insert(at, 1, byte);
      break;
    case 5:
      frame.erase(at, 1 + random.below(3));
      break;
    case 6:
      std::swap(frame[at], frame[random.below(frame.size())]);
      break;
    default:
      frame[at] = static_cast<char>(random.next());
      break;
  }
}

constexpr unsigned fault_percent = 15;
constexpr unsigned damage_percent = 15;

}  // namespace

std::uint64_t Random::next() {
  state_ += 0x9e3779b97f4a7c15ULL;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ mixed >> 30U) * 0xbf58476d1ce4e5b9ULL;
  mixed = (mixed ^ mixed >> 27U) * 0x94d049bb133111ebULL;
  return mixed ^ mixed >> 31U;
}

const std::vector<std::string>& generated_symbols() {
  static const std::vector<std::string> symbols{"BTCUSDT", "ETHUSDT", "ETHUSDC", "1000PEPEUSDT",
                                                "BTCUSDT_261225"};
  return symbols;
}

std::string generate_frame(Random& random) {
  std::string frame = EventMaker(random, random.chance(fault_percent)).frame();
  if (random.chance(damage_percent)) {
    for (std::size_t times = 1 + random.below(3); times > 0 && !frame.empty(); --times)
      damage(frame, random);
  }
  return frame;
}

}  // namespace copyd::testing
