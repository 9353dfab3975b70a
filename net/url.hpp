// The parts of an https:// or wss:// address. Plain http and ws are refused everywhere.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace copyd::net {

struct Url {
  std::string host;  // without brackets for IPv6
  std::string port = "443";
  std::string path = "/";  // with the query, begins with '/'

  std::string host_header() const;  // host, and the port unless it is 443

  // `scheme` is "https" or "wss". Empty for any other scheme or a malformed address.
  static std::optional<Url> parse(std::string_view text, std::string_view scheme);
};

}  // namespace copyd::net
