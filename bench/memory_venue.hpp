// MemoryVenue: a venue for one lane that costs next to nothing, so that what is measured is ours.
// It keeps what the lane sends and fills it when told to. A frame is masked as on the real socket;
// then it is handed to the kernel (one send() on a pair of local sockets), or stays in memory.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/limits.hpp"
#include "net/frame.hpp"
#include "net/transport.hpp"

namespace copyd::bench {

enum class Wire : std::uint8_t { memory, kernel };

class MemorySocket;

class MemoryVenue final : public net::Transport {
 public:
  MemoryVenue(const Clock& clock, Wire wire) : clock_(clock), wire_(wire) {}

  std::unique_ptr<net::WebSocket> websocket() override;
  std::unique_ptr<net::Http> http(const std::string& origin) override;

  // Orders that were sent so far.
  std::uint64_t sent() const noexcept { return sent_; }
  // Answers every order that was sent since the last call: it is filled.
  void fill_all();

  std::int64_t now_ms() const { return 1'789'837'689'736 + clock_.now().ns / 1'000'000; }
  net::HttpResponse serve(const net::HttpRequest& request) const;

 private:
  friend class MemorySocket;

  std::string fill(std::string_view order);

  const Clock& clock_;
  const Wire wire_;
  std::uint64_t sent_ = 0;
  bool holds_ = false;  // each follower's position; all of them do the same
  std::vector<MemorySocket*> sockets_;
};

}  // namespace copyd::bench
