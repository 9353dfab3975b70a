// TcpProxy: a network between the daemon and the venue that does what networks do. It passes bytes
// of 127.0.0.1 on, unread, so that TLS goes through untouched, and on command stops, cuts, delays
// or swallows them.
//
// Its own thread moves the bytes. Commands are the test's thread's; each holds when it returns.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace copyd::system_test {

class TcpProxy {
 public:
  enum class Way : std::uint8_t { to_server, to_client };

  struct Cut {
    Way way = Way::to_server;
    // Counted on each connection from the command on. The first one that has passed so many is cut.
    std::size_t after = 0;
    // The piece that crosses the mark still passes whole: a request arrives, its answer does not.
    bool whole_piece = false;
  };

  struct Counts {
    std::uint64_t connections = 0;  // accepted so far
    std::uint64_t open = 0;         // of them, still passing bytes or swallowing them
    std::uint64_t cut = 0;          // ended by a command
    std::uint64_t refused = 0;
    std::uint64_t to_server = 0;  // bytes
    std::uint64_t to_client = 0;
  };

  // Throws std::runtime_error when no port can be bound.
  explicit TcpProxy(std::uint16_t server_port);
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  std::uint16_t port() const noexcept;

  // What comes this way is not read any more: buffers fill up, and then the sender waits.
  void stop_reading(Way way);
  void cut_after(const Cut& cut);
  // Every connection: the client sees a reset; the server gets what was on its way, then the end.
  void cut_now();
  // What is connected now: bytes are taken and dropped, both ways, and nobody is told. Healing does
  // not bring such a connection back.
  void swallow_present();
  // As swallow_present, and for every connection made until heal(), which is accepted.
  void black_hole();
  void delay(std::chrono::milliseconds each_way);
  // New connections are accepted and reset at once.
  void refuse();
  // Ends every fault but for the connections it has ended or swallowed.
  void heal();

  Counts counts() const;

 private:
  struct Worker;
  std::unique_ptr<Worker> worker_;
};

}  // namespace copyd::system_test
