#include "venue/predicted_events.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "venue/eight_bytes.hpp"
#include "venue/event_fields.hpp"
#include "venue/words.hpp"

namespace copyd::venue {
namespace {

constexpr std::uint64_t powers_of_ten[] = {1,      10,      100,      1000,     10000,
                                           100000, 1000000, 10000000, 100000000};
constexpr unsigned whole_digits_max = 10;
constexpr unsigned places_max = 8;

// The high bit of each byte that ends a plain text: a quote, a backslash, what is below a blank and
// what is not ASCII. Above the first of them bits may be wrong.
constexpr std::uint64_t stops_in(std::uint64_t eight) noexcept {
  return high_bits(equal(eight, '"') | equal(eight, '\\') | below(eight, ' ') | eight);
}

// The value of eight digits, each a byte from 0 to 9.
constexpr std::uint64_t value_of_eight(std::uint64_t digits) noexcept {
  constexpr std::uint64_t low = 0x000000FF000000FFULL;
  digits = digits * 10 + (digits >> 8U);
  return ((digits & low) * (100 + (1000000ULL << 32U)) +
          ((digits >> 16U) & low) * (1 + (10000ULL << 32U))) >>
         32U;
}

// Goes through the frame once. What returns false has met something else than was expected, and
// nothing may be asked of the reader any more.
//
// A value may be read from bytes behind the frame, never from more than 40 of them, since only a
// text is without a bound, and that looks where the frame ends. is() stands behind every value, and
// finds that the frame has been left.
class Reader {
 public:
  explicit Reader(std::string_view frame) noexcept
      : at_(frame.data()), end_(frame.data() + frame.size()) {}

  bool at_end() const noexcept { return at_ == end_; }

  template <std::size_t size>
  bool is(const char (&expected)[size]) noexcept {
    constexpr std::ptrdiff_t length = size - 1;
    if (end_ - at_ < length || std::memcmp(at_, expected, length) != 0) return false;
    at_ += length;
    return true;
  }

  // A value, and before it exactly what is `expected`: a key with its marks, and the quote that
  // opens a text or a decimal. The quote that closes it belongs to the value. Without `out` the
  // value is passed over, and has to be one all the same.
  template <std::size_t size>
  bool text(const char (&expected)[size], std::string_view& out) noexcept {
    if (!is(expected)) return false;
    const char* const begin = at_;
    if (!pass_text()) return false;
    out = {begin, static_cast<std::size_t>(at_ - 1 - begin)};
    return true;
  }
  template <std::size_t size>
  bool text(const char (&expected)[size]) noexcept {
    return is(expected) && pass_text();
  }

  template <std::size_t size>
  bool integer(const char (&expected)[size], std::int64_t& out) noexcept {
    if (!is(expected)) return false;
    const char first = *at_;
    std::uint64_t value = 0;
    const unsigned count = digits(value);
    if (count == 0 || count > 19 || value > INT64_MAX || (first == '0' && count > 1)) return false;
    out = static_cast<std::int64_t>(value);
    return true;
  }
  template <std::size_t size>
  bool integer(const char (&expected)[size]) noexcept {
    std::int64_t ignored = 0;
    return integer(expected, ignored);
  }

  template <std::size_t size>
  bool boolean(const char (&expected)[size], bool& out) noexcept {
    if (!is(expected)) return false;
    out = *at_ == 't';
    return out ? is("true") : is("false");
  }
  template <std::size_t size>
  bool boolean(const char (&expected)[size]) noexcept {
    bool ignored = false;
    return boolean(expected, ignored);
  }

  template <std::size_t size, class Tag>
  bool decimal(const char (&expected)[size], Fixed<Tag>& out) noexcept {
    return is(expected) && read_decimal(out, places_max);
  }
  // What stands beyond the eighth place is dropped.
  template <std::size_t size, class Tag>
  bool cut_decimal(const char (&expected)[size], Fixed<Tag>& out) noexcept {
    return is(expected) && read_decimal(out, 2 * places_max);
  }

 private:
  bool pass_text() noexcept {
    for (; at_ < end_; at_ += 8) {
      const std::uint64_t stops = stops_in(eight_at(at_));
      if (stops == 0) continue;
      at_ += std::countr_zero(stops) / 8;
      return *at_++ == '"';
    }
    return false;
  }

  template <class Tag>
  bool read_decimal(Fixed<Tag>& out, unsigned most_places) noexcept {
    std::uint64_t whole = 0;
    std::uint64_t fraction = 0;
    const unsigned count = digits(whole);
    if (count == 0 || count > whole_digits_max) return false;
    if (*at_ == '.') {
      ++at_;
      const unsigned places = digits(fraction);
      if (places == 0 || places > most_places) return false;
      if (places <= places_max) fraction *= powers_of_ten[places_max - places];
      else fraction /= powers_of_ten[places - places_max];
    }
    out = Fixed<Tag>::from_units(static_cast<std::int64_t>(whole * units_per_whole + fraction));
    return *at_++ == '"';
  }

  // Returns how many digits there are; of more than 19 the value is wrong, and not all are counted.
  unsigned digits(std::uint64_t& value) noexcept {
    unsigned count = 0;
    for (unsigned step = 8; step == 8 && count < 24; count += step) {
      // A byte's high bit is set where there is no digit; above the first of them it may be wrong.
      const std::uint64_t eight = eight_at(at_) ^ every_byte('0');
      const std::uint64_t others = high_bits((eight + every_byte(0x80 - 10)) | eight);
      step = static_cast<unsigned>(std::countr_zero(others)) / 8;
      if (step == 0) break;
      value = value * powers_of_ten[step] + value_of_eight(eight << (64 - 8 * step));
      at_ += step;
    }
    return count;
  }

  const char* at_;
  const char* end_;
};

bool is_side(std::string_view word, Side& out) noexcept {
  const auto side = side_of(word);
  if (side) out = *side;
  return side.has_value();
}

bool is_leg(std::string_view word, Leg& out) noexcept {
  const auto leg = leg_of(word);
  if (leg) out = *leg;
  return leg.has_value();
}

// Behind {"e":"TRADE_LITE".
bool read_trade_lite(Reader& in, const SymbolTable& symbols, TradeLite& out) noexcept {
  std::string_view side;
  const bool read =
      in.integer(R"(,"E":)", out.event_time.ms) && in.integer(R"(,"T":)", out.trade_time.ms) &&
      in.text(R"(,"s":")", out.symbol_name) && in.decimal(R"(,"q":")", out.order_qty) &&
      in.decimal(R"(,"p":")", out.order_price) && in.boolean(R"(,"m":)", out.maker) &&
      in.text(R"(,"c":")", out.client_order_id) && in.text(R"(,"S":")", side) &&
      in.decimal(R"(,"L":")", out.last_price) && in.decimal(R"(,"l":")", out.last_qty) &&
      in.integer(R"(,"t":)", out.trade.value) && in.integer(R"(,"i":)", out.order.value) &&
      in.is("}");
  if (!read || !is_side(side, out.side)) return false;
  event::conclude(symbols, out);
  return true;
}

// Behind {"e":"ORDER_TRADE_UPDATE".
bool read_order_update(Reader& in, const SymbolTable& symbols, OrderUpdate& out) noexcept {
  std::string_view side;
  std::string_view leg;
  std::string_view execution;
  std::string_view status;
  const bool read =
      in.integer(R"(,"T":)") && in.integer(R"(,"E":)", out.event_time.ms) &&
      in.text(R"(,"o":{"s":")", out.symbol_name) && in.text(R"(,"c":")", out.client_order_id) &&
      in.text(R"(,"S":")", side) && in.text(R"(,"o":")") && in.text(R"(,"f":")") &&
      in.decimal(R"(,"q":")", out.order_qty) && in.text(R"(,"p":")") &&
      in.cut_decimal(R"(,"ap":")", out.average_price) && in.text(R"(,"sp":")") &&
      in.text(R"(,"x":")", execution) && in.text(R"(,"X":")", status) &&
      in.integer(R"(,"i":)", out.order.value) && in.decimal(R"(,"l":")", out.last_qty) &&
      in.decimal(R"(,"z":")", out.cumulative_qty) && in.decimal(R"(,"L":")", out.last_price) &&
      in.text(R"(,"n":")") && in.text(R"(,"N":")") && in.integer(R"(,"T":)", out.trade_time.ms) &&
      in.integer(R"(,"t":)", out.trade.value) && in.text(R"(,"b":")") && in.text(R"(,"a":")") &&
      in.boolean(R"(,"m":)", out.maker) && in.boolean(R"(,"R":)", out.reduce_only) &&
      in.text(R"(,"wt":")") && in.text(R"(,"ot":")") && in.text(R"(,"ps":")", leg) &&
      in.boolean(R"(,"cp":)") && in.text(R"(,"rp":")") && in.boolean(R"(,"pP":)") &&
      in.integer(R"(,"si":)") && in.integer(R"(,"ss":)") && in.text(R"(,"V":")") &&
      in.text(R"(,"pm":")") && in.integer(R"(,"gtd":)") &&
      (in.is("}}") || (in.text(R"(,"er":")") && in.is("}}")));
  if (!read || !is_side(side, out.side) || !is_leg(leg, out.leg)) return false;
  out.execution = execution_of(execution);
  out.status = status_of(status);
  event::conclude(symbols, out);
  return true;
}

bool read_event(Reader& in, const SymbolTable& symbols, UserEvent& out) noexcept {
  if (in.is(R"({"e":"ORDER_TRADE_UPDATE")"))
    return read_order_update(in, symbols, out.emplace<OrderUpdate>());
  return in.is(R"({"e":"TRADE_LITE")") && read_trade_lite(in, symbols, out.emplace<TradeLite>());
}

}  // namespace

bool read_predicted(std::string_view frame, const SymbolTable& symbols, UserEvent& out,
                    std::string_view& stream) noexcept {
  Reader in(frame);
  stream = {};
  if (!frame.starts_with(R"({"stream":)")) return read_event(in, symbols, out) && in.at_end();
  return in.text(R"({"stream":")", stream) && in.is(R"(,"data":)") &&
         read_event(in, symbols, out) && in.is("}") && in.at_end();
}

}  // namespace copyd::venue
