#include "net/tls_websocket.hpp"

#include <array>
#include <chrono>
#include <cstring>
#include <span>
#include <string>
#include <utility>

#include "core/secret.hpp"
#include "net/frame.hpp"
#include "net/tls_stream.hpp"
#include "net/upgrade.hpp"

namespace copyd::net {
namespace {

using boost::system::error_code;

constexpr std::chrono::seconds connect_deadline{10};
constexpr std::chrono::seconds ping_period{4};
constexpr std::chrono::seconds pong_deadline{4};
constexpr std::size_t plain_room = 32U << 10U;  // more than one TLS record
constexpr std::size_t text_max = TlsStream::waiting_max - (8U << 10U);
constexpr int controls_per_poll = 16;       // so that a flood of pings starves nobody else

constexpr std::uint16_t code_normal = 1000;
constexpr std::uint16_t code_protocol = 1002;
constexpr std::uint16_t code_too_large = 1009;

class TlsWebSocket final : public WebSocket {
 public:
  TlsWebSocket(boost::asio::io_context& io, TlsContext& tls, const Clock& clock)
      : clock_(clock),
        stream_(io, tls, clock),
        plain_(std::make_unique_for_overwrite<char[]>(plain_room)),
        encoded_(std::make_unique_for_overwrite<char[]>(frame_header_max + text_max)) {}
  ~TlsWebSocket() override { close(); }

  void open(const Url& url, Mono now) override;
  Event poll(Mono now) override;
  Result<void> send(std::string_view text) override;
  Result<void> send_together(std::span<const std::string_view> texts) override;
  void close() override;
  bool is_open() const noexcept override { return state_ == State::open; }
  std::string_view frame() const noexcept override { return parser_.message(); }
  Mono received() const noexcept override { return stream_.received(); }
  Mono framed() const noexcept override { return framed_; }
  error_code error() const noexcept override { return error_; }

 private:
  enum class State { closed, connecting, upgrading, open };

  Result<Progress> move_on(Mono now);
  Result<Progress> read_upgrade();
  Event poll_open(Mono now);
  Result<FrameParser::What> next_thing();
  Event fail(error_code why);
  void fail_politely(error_code why);
  void ping_if_due(Mono now);
  Result<void> send_frame(Opcode opcode, std::string_view payload);
  void send_close(std::uint16_t code);

  const Clock& clock_;
  TlsStream stream_;
  State state_ = State::closed;
  Url url_;
  std::string upgrade_key_;
  Mono connect_deadline_;

  std::unique_ptr<char[]> plain_;  // decrypted, not yet parsed: [begin, end)
  std::size_t plain_begin_ = 0;
  std::size_t plain_end_ = 0;
  FrameParser parser_;
  Mono framed_;

  std::unique_ptr<char[]> encoded_;  // what is being sent
  MaskSource masks_;

  Mono next_ping_;
  Mono ping_sent_;
  bool awaits_pong_ = false;
  std::uint64_t ping_number_ = 0;

  error_code error_;
};

void TlsWebSocket::open(const Url& url, Mono now) {
  close();
  url_ = url;
  upgrade_key_ = make_upgrade_key();
  connect_deadline_ = now + connect_deadline;
  plain_begin_ = 0;
  plain_end_ = 0;
  parser_.reset();
  awaits_pong_ = false;
  error_ = {};
  stream_.open(url_);
  state_ = State::connecting;
}

WebSocket::Event TlsWebSocket::poll(Mono now) {
  if (state_ == State::closed) return Event::none;
  if (state_ == State::open) return poll_open(now);
  const auto opened = move_on(now);
  if (opened.has_error()) return fail(opened.error());
  if (*opened == Progress::done) {
    state_ = State::open;
    next_ping_ = now + ping_period;
    return Event::opened;
  }
  return now < connect_deadline_ ? Event::none : fail(Errc::timeout);
}

// Done once the upgrade is accepted.
Result<Progress> TlsWebSocket::move_on(Mono now) {
  if (state_ == State::connecting) {
    if (TRY(stream_.connect(now)) == Progress::pending) return Progress::pending;
    // The path may hold listen keys.
    std::string request = upgrade_request(url_, upgrade_key_);
    const auto written = stream_.write(request);
    wipe(request);
    wipe(url_.path);
    if (written.has_error()) return written.error();
    state_ = State::upgrading;
  }
  stream_.flush();
  return read_upgrade();
}

Result<Progress> TlsWebSocket::read_upgrade() {
  for (;;) {
    if (plain_end_ == plain_room) return make_error_code(Errc::handshake_refused);
    const std::size_t size = TRY(stream_.read(plain_.get() + plain_end_, plain_room - plain_end_));
    if (size == 0) return Progress::pending;
    plain_end_ += size;
    plain_begin_ = TRY(judge_upgrade({plain_.get(), plain_end_}, upgrade_key_));
    if (plain_begin_ > 0) return Progress::done;
  }
}

WebSocket::Event TlsWebSocket::poll_open(Mono now) {
  ping_if_due(now);
  if (!stream_.is_flushed()) stream_.flush();
  for (int controls = 0; controls < controls_per_poll; ++controls) {
    const auto what = next_thing();
    if (what.has_error()) {
      fail_politely(what.error());
      return fail(what.error());
    }
    switch (*what) {
      case FrameParser::What::message:
        return Event::frame;
      case FrameParser::What::ping:
        // If it does not fit, the peer does not read, and would not see it.
        (void)send_frame(Opcode::pong, parser_.control());
        break;
      case FrameParser::What::pong:
        if (parser_.control().size() == sizeof ping_number_ &&
            std::memcmp(parser_.control().data(), &ping_number_, sizeof ping_number_) == 0)
          awaits_pong_ = false;
        break;
      case FrameParser::What::close:
        (void)send_frame(Opcode::close, parser_.control().substr(0, 2));
        return fail(Errc::closed);
      case FrameParser::What::need_more:
        // Only now that nothing is left to read: a pong may have waited for us, not we for it.
        if (awaits_pong_ && now - ping_sent_ >= pong_deadline) return fail(Errc::timeout);
        return Event::none;
    }
  }
  return Event::none;
}

// The next message or control frame; need_more: nothing is left to read now.
Result<FrameParser::What> TlsWebSocket::next_thing() {
  for (;;) {
    if (plain_begin_ == plain_end_) {
      plain_begin_ = 0;
      plain_end_ = 0;
      plain_end_ = TRY(stream_.read(plain_.get(), plain_room));
      if (plain_end_ == 0) return FrameParser::What::need_more;
    }
    std::string_view input(plain_.get() + plain_begin_, plain_end_ - plain_begin_);
    const FrameParser::What what = TRY(parser_.feed(input));
    plain_begin_ = plain_end_ - input.size();
    if (what == FrameParser::What::need_more) continue;
    if (what == FrameParser::What::message) framed_ = clock_.now();
    return what;
  }
}

WebSocket::Event TlsWebSocket::fail(error_code why) {
  error_ = why;
  stream_.close();
  state_ = State::closed;
  return Event::closed;
}

// Tells the peer what it did wrong, where the connection still stands.
void TlsWebSocket::fail_politely(error_code why) {
  if (why == make_error_code(Errc::protocol_violation)) send_close(code_protocol);
  if (why == make_error_code(Errc::too_large)) send_close(code_too_large);
}

void TlsWebSocket::ping_if_due(Mono now) {
  if (awaits_pong_ || now < next_ping_) return;
  ++ping_number_;
  std::array<char, sizeof ping_number_> payload{};
  std::memcpy(payload.data(), &ping_number_, payload.size());
  // If it does not fit, the peer does not read: the deadline runs all the same.
  (void)send_frame(Opcode::ping, {payload.data(), payload.size()});
  awaits_pong_ = true;
  ping_sent_ = now;
  next_ping_ = now + ping_period;
}

Result<void> TlsWebSocket::send(std::string_view text) {
  if (state_ != State::open) return make_error_code(Errc::not_connected);
  if (text.size() > text_max) return make_error_code(Errc::too_large);
  return send_frame(Opcode::text, text);
}

Result<void> TlsWebSocket::send_together(std::span<const std::string_view> texts) {
  if (state_ != State::open) return make_error_code(Errc::not_connected);
  std::size_t whole = 0;
  for (const auto text : texts) whole += frame_header_max + text.size();
  if (whole > together_max) return make_error_code(Errc::too_large);
  std::size_t size = 0;
  for (const auto text : texts)
    size += encode_frame(Opcode::text, text, masks_.next(), encoded_.get() + size);
  return stream_.write({encoded_.get(), size});
}

Result<void> TlsWebSocket::send_frame(Opcode opcode, std::string_view payload) {
  const std::size_t size = encode_frame(opcode, payload, masks_.next(), encoded_.get());
  return stream_.write({encoded_.get(), size});
}

void TlsWebSocket::send_close(std::uint16_t code) {
  const std::array<char, 2> payload{static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)};
  (void)send_frame(Opcode::close, {payload.data(), payload.size()});
}

void TlsWebSocket::close() {
  if (state_ == State::open) send_close(code_normal);
  wipe(url_.path);
  stream_.close();
  state_ = State::closed;
}

}  // namespace

std::unique_ptr<WebSocket> make_tls_websocket(boost::asio::io_context& io, TlsContext& tls,
                                              const Clock& clock) {
  return std::make_unique<TlsWebSocket>(io, tls, clock);
}

}  // namespace copyd::net
