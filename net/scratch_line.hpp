// ScratchLine: a TLS connection from this thread to itself, over memory, that carries messages to
// nobody. What runs over it keeps the code and the tables of OpenSSL and of the framing in the
// processor's caches, for the connections that matter. Now and then what it encrypts also goes
// through the kernel and back (net/loopback), where that is wanted and this machine allows it.
//
// Its key and certificate are made on the spot and never leave it. One thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "core/result.hpp"
#include "net/frame.hpp"
#include "net/loopback.hpp"

typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;

namespace copyd::net {

class ScratchLine {
 public:
  static constexpr std::size_t message_max = 4096;

  // Errc::io: OpenSSL does not give what it takes. `through_kernel`: see above.
  static Result<ScratchLine> create(bool through_kernel);

  // `text` as a message that came over the line, decrypted and unframed; until the next call, with
  // `message_padding` readable bytes behind it. "" when it cannot: the line is of no use any more.
  std::string_view receive(std::string_view text) noexcept;
  // `text` framed and encrypted, one time in four sent to ourselves as well, and dropped.
  void send(std::string_view text) noexcept;

 private:
  struct Deleter {
    void operator()(SSL* ssl) const noexcept;
    void operator()(SSL_CTX* context) const noexcept;
  };
  ScratchLine() = default;
  static Result<std::unique_ptr<SSL_CTX, Deleter>> server_context();
  bool shake_hands() noexcept;

  std::unique_ptr<SSL, Deleter> ours_;
  std::unique_ptr<SSL, Deleter> peer_;
  std::unique_ptr<FrameParser> parser_;
  MaskSource masks_;
  std::array<char, message_max + frame_header_max> plain_{};
  std::array<char, 2 * message_max> encrypted_{};
  std::optional<Loopback> kernel_;
  std::uint32_t sends_ = 0;
};

}  // namespace copyd::net
