// The upgrade of an HTTP/1.1 connection to a WebSocket, from the client's side: what to ask and how
// to judge the answer. Pure apart from the key's randomness. Protocol: RFC 6455 section 4.1.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "net/url.hpp"

namespace copyd::net {

// A fresh Sec-WebSocket-Key.
std::string make_upgrade_key();
std::string upgrade_request(const Url& url, const std::string& key);

// Judges what has come of the answer so far. 0: its header is not whole yet; else the length of the
// header, after which frames begin. Errc::handshake_refused for anything but a proper 101.
Result<std::size_t> judge_upgrade(std::string_view answer, const std::string& key);

}  // namespace copyd::net
