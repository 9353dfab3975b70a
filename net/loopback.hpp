// Loopback: a TCP connection of this process to itself, for bytes that nobody needs. What the
// kernel does for a send is half of what an order costs after some silence, and its code stays in
// the processor's caches only if something is sent. One thread at a time.
#pragma once

#include <string_view>

#include "core/result.hpp"
#include "net/connector.hpp"

namespace copyd::net {

class Loopback {
 public:
  // The system's own error, or Errc::io where somebody else was faster to connect.
  static Result<Loopback> create();

  // Sends, and takes back what has come. False: it has ended, or is full; it is of no use any more.
  // REQUIRES: at most round_max bytes.
  static constexpr std::size_t round_max = 8192;
  bool round(std::string_view bytes) noexcept;

 private:
  Socket near_;
  Socket far_;
};

}  // namespace copyd::net
