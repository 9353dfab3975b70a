// The frames of RFC 6455 as a client sees them: what a server sent, and what we send to it. Pure:
// bytes in, bytes out, no socket and no clock. Each object belongs to one thread.
//
// Text is not checked to be UTF-8 here: the one who reads the message as JSON does that anyway.
// Protocol: RFC 6455 sections 5 (framing) and 7.4 (close codes). No extensions are ever offered.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "core/result.hpp"

namespace copyd::net {

enum class Opcode : std::uint8_t {
  continuation = 0x0,
  text = 0x1,
  binary = 0x2,
  close = 0x8,
  ping = 0x9,
  pong = 0xA,
};

inline constexpr std::size_t control_payload_max = 125;
inline constexpr std::size_t message_padding = 64;  // readable bytes behind every message

// Puts messages together from a server's bytes, however they are split.
class FrameParser {
 public:
  enum class What {
    need_more,  // all input is taken; nothing is whole yet
    message,    // a whole text message: see message()
    ping,       // see control()
    pong,       // see control()
    close,      // see control(): empty, or a code of two bytes and a reason
  };

  FrameParser();

  // Takes bytes off the front of `input`, up to the end of the first thing worth telling.
  // Errc::protocol_violation or Errc::too_large: the connection must end, and the parser with it.
  Result<What> feed(std::string_view& input);
  // Until the next feed. At least `message_padding` bytes behind it are readable.
  std::string_view message() const noexcept { return {message_.get(), message_size_}; }
  std::string_view control() const noexcept { return {control_.data(), control_size_}; }
  // Forgets everything; for a new connection.
  void reset() noexcept;

 private:
  void take_header(std::string_view& input) noexcept;
  void take_payload(std::string_view& input) noexcept;
  Result<void> begin_frame();
  Result<void> begin_data();
  Result<What> end_frame();
  Opcode opcode() const noexcept;

  std::array<char, 10> header_{};
  std::size_t header_have_ = 0;
  std::size_t header_need_ = 2;
  bool in_payload_ = false;
  std::uint64_t payload_left_ = 0;

  // Not touched before it is used: most connections never hear a long message.
  std::unique_ptr<char[]> message_;
  std::size_t message_room_;
  std::size_t message_size_ = 0;
  bool in_message_ = false;  // a fragment came, the last one did not

  std::array<char, control_payload_max> control_{};
  std::size_t control_size_ = 0;
};

// The longest header of a frame of ours: two bytes, eight of length, four of mask.
inline constexpr std::size_t frame_header_max = 14;

// Writes one whole frame, masked, to `to`, which has room for frame_header_max + payload.size().
// Returns how long it became.
std::size_t encode_frame(Opcode opcode, std::string_view payload, std::uint32_t mask,
                         char* to) noexcept;

// Masks, one after the other. The mask exists to protect plain-text proxies from scripts in a
// browser; under TLS it need not be secret, only different. Seeded from the operating system.
class MaskSource {
 public:
  MaskSource();
  std::uint32_t next() noexcept;

 private:
  std::uint64_t state_;
};

}  // namespace copyd::net
