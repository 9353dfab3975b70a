#include "config/values.hpp"

#include <algorithm>
#include <charconv>

#include "config/text.hpp"
#include "core/limits.hpp"
#include "core/units.hpp"

namespace copyd::config {
namespace {

constexpr std::size_t symbol_max = 40;
constexpr std::size_t path_max = 4095;
constexpr std::size_t host_max = 253;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool all_of(std::string_view text, bool (*accepts)(char)) {
  return std::all_of(text.begin(), text.end(), accepts);
}

bool is_label_character(char c) {
  return is_digit(c) || is_letter(c) || c == '_' || c == '.' || c == '-';
}

// Printable ASCII other than the space.
bool is_graphic(char c) {
  return c > ' ' && c < '\x7F';
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

bool is_host(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    return all_of(host.substr(1, host.size() - 2), [](char c) {
      return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' ||
             c == '.';
    });
  }
  return !host.empty() && host.size() <= host_max && host.front() != '-' &&
         all_of(host, [](char c) {
           return is_digit(c) || is_letter(c) || c == '-' || c == '.' || c == '_';
         });
}

// Where the port's colon stands: behind the bracket of an IPv6 address.
std::size_t port_colon(std::string_view authority) {
  const std::size_t bracket = authority.find(']');
  return authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
}

// The text without underscores, or nothing if one does not stand between two digits.
std::optional<std::string> without_underscores(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      plain += text[i];
      continue;
    }
    if (i == 0 || i + 1 == text.size() || !is_digit(text[i - 1]) || !is_digit(text[i + 1])) {
      return std::nullopt;
    }
  }
  return plain;
}

std::string why_not_decimal(std::string_view text) {
  if (text.empty()) return "it is empty";
  std::string_view digits = text;
  if (digits.front() == '-' || digits.front() == '+') digits.remove_prefix(1);
  if (digits.starts_with("0x") || digits.starts_with("0o") || digits.starts_with("0b")) {
    return "write it as a decimal number";
  }
  if (digits == "inf" || digits == "nan") return "it is not a number";
  if (!digits.empty() && is_digit(digits.front()) &&
      digits.find_first_of("eE") != std::string_view::npos) {
    return "write it out, without an exponent";
  }
  const std::size_t point = digits.find('.');
  const std::string_view whole = digits.substr(0, point);
  const std::string_view decimals =
      point == std::string_view::npos ? std::string_view{} : digits.substr(point + 1);
  if (whole.empty() || !all_of(whole, is_digit) || !all_of(decimals, is_digit)) {
    return "it is not a decimal number like 0.25";
  }
  const std::size_t last = decimals.find_last_not_of('0');
  const std::size_t count = last == std::string_view::npos ? 0 : last + 1;
  if (count > 8) return "it has " + std::to_string(count) + " decimals, at most 8 are exact";
  return "it is too large, at most 92233720368.54775807 can be held";
}

}  // namespace

Decimal read_decimal(std::string_view text) {
  const auto plain = without_underscores(text);
  if (!plain) return {.units = std::nullopt, .why = "an underscore stands between two digits only"};
  // "1." and ".5" are refused in strings because they are refused in numbers.
  const bool bare_point = plain->ends_with('.') || plain->starts_with('.');
  if (!bare_point) {
    if (const auto units = detail::parse_units(*plain)) return {.units = units, .why = {}};
  }
  if (bare_point) return {.units = std::nullopt, .why = "digits stand on both sides of the point"};
  return {.units = std::nullopt, .why = why_not_decimal(*plain)};
}

bool is_label(std::string_view text) {
  // What begins with a dash is an option to copyctl.
  return !text.empty() && text.size() <= limits::label_max && text.front() != '-' &&
         all_of(text, is_label_character);
}

std::string wrong_path(std::string_view text) {
  if (text.empty()) return "it is empty";
  if (text.front() != '/') return "it does not begin with /";
  if (text.size() > path_max) return "it is longer than 4095 bytes";
  if (std::any_of(text.begin(), text.end(), [](char c) { return c >= 0 && c < ' '; })) {
    return "it contains a control character";
  }
  for (const std::string_view part : split(text, '/')) {
    if (part == "..") return "write it without \"..\"";
  }
  return {};
}

std::string wrong_url(std::string_view text, std::string_view scheme) {
  const std::string prefix = std::string(scheme) + "://";
  if (!text.starts_with(prefix)) return "it does not begin with " + prefix;
  if (!all_of(text, is_graphic)) return "it contains a space or a special character";
  if (text.find_first_of("?#") != std::string_view::npos) return "it has a query or a fragment";
  const std::string_view rest = text.substr(prefix.size());
  const std::string_view authority = rest.substr(0, rest.find('/'));
  if (authority.find('@') != std::string_view::npos) return "it names a user";
  const std::size_t colon = port_colon(authority);
  if (!is_host(authority.substr(0, colon))) return "it has no valid host";
  if (colon != std::string_view::npos && !is_port(authority.substr(colon + 1))) {
    return "its port is not a number from 1 to 65535";
  }
  return {};
}

std::string wrong_address(std::string_view text) {
  if (text.empty()) return {};
  const std::size_t colon = port_colon(text);
  if (colon == std::string_view::npos) return "it has no port";
  if (!is_host(text.substr(0, colon))) return "it has no valid host";
  // Port 0: any that is free.
  if (const auto port = text.substr(colon + 1); port != "0" && !is_port(port))
    return "its port is not a number from 0 to 65535";
  return {};
}

std::string wrong_symbol(std::string_view text) {
  if (text.empty()) return "it is empty";
  if (text.size() > symbol_max) return "it is longer than 40 bytes";
  // The venue lists names beyond ASCII too; what is checked is what a slip of the hand makes.
  if (std::any_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; })) {
    return "a symbol is written in capital letters";
  }
  const auto strange = [](char c) {
    return c >= 0 && !is_digit(c) && !is_letter(c) && c != '_' && c != '-';
  };
  if (std::any_of(text.begin(), text.end(), strange)) {
    return "a symbol has neither spaces nor punctuation";
  }
  return {};
}

bool is_credential(std::string_view text) {
  return !text.empty() && text.size() <= 255 && text.front() != '.' &&
         all_of(text, is_label_character);
}

bool is_chat(std::string_view text) {
  if (text.starts_with('@')) return text.size() > 1 && all_of(text.substr(1), is_label_character);
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.size() <= 20 && all_of(text, is_digit);
}

}  // namespace copyd::config
