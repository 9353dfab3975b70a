#include "net/url.hpp"

#include <algorithm>

namespace copyd::net {
namespace {

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) noexcept {
  return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
}
bool is_name(char c) noexcept {
  return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '.' || c == '-' || c == '_';
}

bool same_scheme(std::string_view text, std::string_view scheme) noexcept {
  return text.size() == scheme.size() && std::equal(text.begin(), text.end(), scheme.begin(),
                                                    [](char a, char b) { return lower(a) == b; });
}

// "1" to "65535", without a leading zero.
bool is_port(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5 || text.front() == '0') return false;
  unsigned value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value <= 65535;
}

// Printable ASCII without a space: what may stand in a request line. A fragment is not for servers.
bool is_path(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c > ' ' && c < '\x7f' && c != '#'; });
}

// Takes the host off the front of `rest`; empty when there is none that is well formed.
std::string_view take_host(std::string_view& rest) noexcept {
  std::string_view host;
  if (!rest.empty() && rest.front() == '[') {
    const auto end = rest.find(']');
    if (end == std::string_view::npos) return {};
    host = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    const bool address = std::all_of(host.begin(), host.end(),
                                     [](char c) { return is_hex(c) || c == ':' || c == '.'; });
    return address && host.find(':') != std::string_view::npos ? host : std::string_view{};
  }
  const auto end = rest.find_first_of(":/?");
  host = rest.substr(0, end);
  rest.remove_prefix(host.size());
  return host.size() <= 253 && std::all_of(host.begin(), host.end(), is_name) ? host
                                                                              : std::string_view{};
}

}  // namespace

std::string Url::host_header() const {
  std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != "443") text += ":" + port;
  return text;
}

std::optional<Url> Url::parse(std::string_view text, std::string_view scheme) {
  const auto separator = text.find("://");
  if (separator == std::string_view::npos) return std::nullopt;
  if (!same_scheme(text.substr(0, separator), scheme)) return std::nullopt;
  if (scheme != "https" && scheme != "wss") return std::nullopt;
  std::string_view rest = text.substr(separator + 3);

  Url url;
  url.host = take_host(rest);
  if (url.host.empty()) return std::nullopt;

  if (!rest.empty() && rest.front() == ':') {
    const auto end = rest.find_first_of("/?");
    const auto port = rest.substr(1, end == std::string_view::npos ? end : end - 1);
    if (!is_port(port)) return std::nullopt;
    url.port = port;
    rest.remove_prefix(port.size() + 1);
  }

  if (rest.empty()) return url;
  if (rest.front() != '/' && rest.front() != '?') return std::nullopt;
  if (!is_path(rest)) return std::nullopt;
  url.path = rest.front() == '/' ? std::string(rest) : "/" + std::string(rest);
  return url;
}

}  // namespace copyd::net
