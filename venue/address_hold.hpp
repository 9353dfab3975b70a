// AddressHold: until when nothing of one kind may be sent from this machine's address. The venue
// limits and bans addresses, not accounts: what one follower is told holds for all that share the
// address, whatever thread they run on.
//
// Any thread may read and extend. A hold only grows. Mono of this process.
#pragma once

#include <atomic>
#include <cstdint>

#include "core/clock.hpp"
#include "venue/address_weight.hpp"

namespace copyd::venue {

class AddressHold {
 public:
  Mono until() const noexcept { return Mono{until_.load(std::memory_order_relaxed)}; }
  bool holds(Mono now) const noexcept { return now < until(); }
  void extend(Mono until) noexcept {
    std::int64_t known = until_.load(std::memory_order_relaxed);
    while (known < until.ns &&
           !until_.compare_exchange_weak(known, until.ns, std::memory_order_relaxed)) {}
  }

 private:
  std::atomic<std::int64_t> until_{INT64_MIN};
};

// The venue counts the two ways apart: a ban of the one leaves the other open.
struct AddressHolds {
  AddressHold rest;
  AddressHold sockets;   // the WebSocket API; streams are neither
  AddressWeight weight;  // what the address has used, of both
};

}  // namespace copyd::venue
