// SharedOrders: one WebSocket-API connection that carries the orders of many followers, each
// request with its own key and signature, and a second one that stands by.
//
//   active   carries what leaves
//   spare    stands by from when the active one stands, and takes its place when that is lost or
//            comes to the end of its day
//   retired  was succeeded, and is kept a while for the answers that are still to come
//
// Says what happened and leaves the orders to its owner: what was written on a connection that is
// lost is unknown. A connection that the venue has ended three times in a row soon after it was
// used is one that it objects to; the followers are better off with connections of their own.
// Polled and owned by one lane. Once both stand nothing is allocated.
// Source: Binance docs, "WebSocket API general info": every request may carry its own apiKey.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "core/clock.hpp"
#include "net/backoff.hpp"
#include "net/transport.hpp"
#include "venue/address_weight.hpp"
#include "venue/socket_renewal.hpp"

namespace copyd::exec {

class SharedOrders {
 public:
  static constexpr std::chrono::seconds open_max{10};
  static constexpr std::chrono::seconds retire_max{10};
  static constexpr std::chrono::seconds steady{10};  // lost sooner after it stood: it flaps
  static constexpr std::chrono::seconds ending_spread{1};
  static constexpr int objections_max = 3;
  static constexpr std::uint32_t first_serial = 1U << 31U;  // above those of one follower

  enum class Event : std::uint8_t {
    none,
    opened,    // the active one stands: orders may leave
    failed,    // it could not be opened; tried again by itself
    frame,     // an answer: see frame()
    lost,      // the active one is gone, and none stands in its place: see lost_serial()
    replaced,  // it is gone, and the spare one has taken its place: see lost_serial()
    gone,      // a retired one is gone: see lost_serial()
  };

  // `weight` counts what the handshakes cost. `url` and all others outlive it.
  SharedOrders(net::Transport& transport, const net::Url& url, venue::AddressWeight& weight,
               std::uint64_t seed);

  // At most one event. Call until it says `none`. No connection is begun before `from`.
  Event poll(Mono now, Mono from);
  // Ends all connections without a word. poll() begins anew.
  void close() noexcept;

  bool is_open() const noexcept { return active_.stage == Stage::open; }
  // REQUIRES: is_open(). The connection that carries, and its number, which no other ever has, nor
  // a connection of one follower.
  net::WebSocket& socket() noexcept { return *active_.socket; }
  std::uint32_t serial() const noexcept { return active_.serial; }
  // Requests have left on the active one.
  void used() noexcept { active_.used = true; }

  // After Event::frame, until the next poll.
  std::string_view frame() const noexcept { return polled_->socket->frame(); }
  // The venue says, in the present frame, that it is about to end the connection.
  void ending(Mono now) noexcept;
  // After `lost`, `replaced` and `gone`.
  std::uint32_t lost_serial() const noexcept { return lost_serial_; }
  bool objected_to() const noexcept { return objections_ >= objections_max; }

 private:
  enum class Stage : std::uint8_t { idle, opening, open };
  struct Line {
    explicit Line(std::uint64_t seed) noexcept : backoff(seed), renewal(seed) {}
    std::unique_ptr<net::WebSocket> socket;  // null: there is none
    Stage stage = Stage::idle;
    std::uint32_t serial = 0;
    bool used = false;
    Mono since{};     // when it began to be opened, or stood
    Mono retry_at{};  // idle: not before
    net::Backoff backoff;
    venue::SocketRenewal renewal;
  };

  void begin(Line& line, Mono now, Mono from);
  Event poll_line(Line& line, Mono now);
  Event over(Line& line, Mono now);
  Event active_over(Mono now) noexcept;
  void renew(Mono now);

  net::Transport& transport_;
  const net::Url& url_;
  venue::AddressWeight& weight_;
  Line active_;
  Line spare_;
  Line retired_;
  Line* polled_ = nullptr;
  std::uint32_t serials_ = first_serial;
  std::uint32_t lost_serial_ = 0;
  int objections_ = 0;
};

}  // namespace copyd::exec
