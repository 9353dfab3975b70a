// WebSocket: one client connection, driven by polling from the one thread that owns it.
//
// Nothing blocks and nothing calls back: `poll` moves the connection on (resolve, connect, TLS,
// upgrade, read one frame, ping) and says what happened. The real one is net/tls_websocket.hpp; the
// tests drive the same sessions over an in-memory one in virtual time.
#pragma once

#include <boost/system/error_code.hpp>
#include <span>
#include <string_view>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "net/url.hpp"

namespace copyd::net {

class WebSocket {
 public:
  enum class Event {
    none,    // nothing new
    opened,  // the upgrade was accepted; frames may flow
    frame,   // one whole text message: see frame(), received(), framed()
    closed,  // the connection is over, by either side; see error(). Said once per open().
  };

  virtual ~WebSocket() = default;

  // Begins to connect; ends an earlier connection without saying so.
  virtual void open(const Url& url, Mono now) = 0;
  // Moves on, at most one event at a time. Call until it says `none`.
  virtual Event poll(Mono now) = 0;
  // Sends one text message. On success every byte was handed to the kernel or waits in our bounded
  // buffer, and some may have left: its fate is then unknown if the connection ends. On an error
  // (not_connected, buffer_full, too_large) nothing of it was sent or ever will be.
  virtual Result<void> send(std::string_view text) = 0;
  // Sends text messages that share one TLS record and one system call: together_max bytes at most,
  // each with frame_header_max. Success and errors as those of send(), for all of them alike. A
  // socket that has no such use sends one by one.
  static constexpr std::size_t together_max = 16'000;
  virtual Result<void> send_together(std::span<const std::string_view> texts) {
    bool some = false;
    for (const auto text : texts) {
      const auto sent = send(text);
      // Behind one that may have left the others' fate is as unknown as its.
      if (sent.has_error()) return some ? Result<void>() : sent;
      some = true;
    }
    return {};
  }
  // Ends the connection at once (close frame if it can leave without waiting). No event follows.
  virtual void close() = 0;
  virtual bool is_open() const noexcept = 0;

  // After Event::frame and until the next poll: the message, followed by at least 64 readable
  // bytes of padding (simdjson's need).
  virtual std::string_view frame() const noexcept = 0;
  // When recv returned the frame's last bytes, and when the frame was decrypted and whole.
  virtual Mono received() const noexcept = 0;
  virtual Mono framed() const noexcept = 0;
  // After Event::closed: why.
  virtual boost::system::error_code error() const noexcept = 0;
};

}  // namespace copyd::net
