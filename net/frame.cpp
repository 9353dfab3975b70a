#include "net/frame.hpp"

#include <algorithm>
#include <cstring>
#include <random>
#include <utility>

#include "core/limits.hpp"

namespace copyd::net {
namespace {

// Room for ordinary messages from the start, so that none of them allocates.
constexpr std::size_t message_room = 64U << 10U;

constexpr unsigned fin_bit = 0x80;
constexpr unsigned reserved_bits = 0x70;
constexpr unsigned opcode_bits = 0x0F;
constexpr unsigned mask_bit = 0x80;
constexpr unsigned length_bits = 0x7F;

unsigned byte(char c) noexcept {
  return static_cast<unsigned char>(c);
}

bool is_control(Opcode opcode) noexcept {
  return (static_cast<unsigned>(opcode) & 0x8U) != 0;
}

std::uint64_t big_endian(const char* bytes, std::size_t count) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8U | byte(bytes[i]);
  return value;
}

// The codes that may stand in a close frame: those the RFC and the registry define for the wire,
// and the ranges of libraries and applications. 1005, 1006 and 1015 never travel.
bool is_close_code(std::uint64_t code) noexcept {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

}  // namespace

FrameParser::FrameParser()
    : message_(std::make_unique_for_overwrite<char[]>(message_room + message_padding)),
      message_room_(message_room + message_padding) {}

void FrameParser::reset() noexcept {
  header_have_ = 0;
  header_need_ = 2;
  in_payload_ = false;
  payload_left_ = 0;
  message_size_ = 0;
  in_message_ = false;
  control_size_ = 0;
}

Opcode FrameParser::opcode() const noexcept {
  return static_cast<Opcode>(byte(header_[0]) & opcode_bits);
}

Result<FrameParser::What> FrameParser::feed(std::string_view& input) {
  for (;;) {
    if (!in_payload_) {
      take_header(input);
      if (header_have_ < header_need_) return What::need_more;
      TRY(begin_frame());
      in_payload_ = true;
    }
    take_payload(input);
    if (payload_left_ > 0) return What::need_more;
    in_payload_ = false;
    header_have_ = 0;
    header_need_ = 2;
    const What what = TRY(end_frame());
    if (what != What::need_more) return what;
  }
}

void FrameParser::take_header(std::string_view& input) noexcept {
  while (header_have_ < header_need_ && !input.empty()) {
    header_[header_have_++] = input.front();
    input.remove_prefix(1);
    if (header_have_ != 2) continue;
    const unsigned length = byte(header_[1]) & length_bits;
    if (length == 126) header_need_ = 4;
    if (length == 127) header_need_ = 10;
  }
}

// Judges the header before a byte of payload is taken.
Result<void> FrameParser::begin_frame() {
  if ((byte(header_[0]) & reserved_bits) != 0) return make_error_code(Errc::protocol_violation);
  if ((byte(header_[1]) & mask_bit) != 0) return make_error_code(Errc::protocol_violation);

  payload_left_ = byte(header_[1]) & length_bits;
  if (header_need_ == 4) {
    payload_left_ = big_endian(header_.data() + 2, 2);
    if (payload_left_ < 126) return make_error_code(Errc::protocol_violation);
  } else if (header_need_ == 10) {
    payload_left_ = big_endian(header_.data() + 2, 8);
    if (payload_left_ < 65536 || payload_left_ >> 63U != 0)
      return make_error_code(Errc::protocol_violation);
  }

  switch (opcode()) {
    case Opcode::continuation:
    case Opcode::text:
      return begin_data();
    case Opcode::close:
    case Opcode::ping:
    case Opcode::pong:
      control_size_ = 0;
      if ((byte(header_[0]) & fin_bit) == 0 || payload_left_ > control_payload_max)
        return make_error_code(Errc::protocol_violation);
      return {};
    case Opcode::binary:
      break;  // the venue speaks text
  }
  return make_error_code(Errc::protocol_violation);
}

Result<void> FrameParser::begin_data() {
  const bool continues = opcode() == Opcode::continuation;
  if (continues != in_message_) return make_error_code(Errc::protocol_violation);
  if (!continues) message_size_ = 0;
  in_message_ = true;
  if (payload_left_ > limits::frame_max - message_size_) return make_error_code(Errc::too_large);
  const std::size_t room = message_size_ + payload_left_ + message_padding;
  if (room > message_room_) {
    message_room_ = std::max(room, 2 * message_room_);
    auto larger = std::make_unique_for_overwrite<char[]>(message_room_);
    std::memcpy(larger.get(), message_.get(), message_size_);
    message_ = std::move(larger);
  }
  return {};
}

void FrameParser::take_payload(std::string_view& input) noexcept {
  const std::size_t size = std::min<std::uint64_t>(payload_left_, input.size());
  if (size == 0) return;
  if (is_control(opcode())) {
    std::memcpy(control_.data() + control_size_, input.data(), size);
    control_size_ += size;
  } else {
    std::memcpy(message_.get() + message_size_, input.data(), size);
    message_size_ += size;
  }
  payload_left_ -= size;
  input.remove_prefix(size);
}

Result<FrameParser::What> FrameParser::end_frame() {
  switch (opcode()) {
    case Opcode::ping:
      return What::ping;
    case Opcode::pong:
      return What::pong;
    case Opcode::close:
      if (control_size_ == 1) return make_error_code(Errc::protocol_violation);
      if (control_size_ >= 2 && !is_close_code(big_endian(control_.data(), 2)))
        return make_error_code(Errc::protocol_violation);
      return What::close;
    default:
      break;
  }
  if ((byte(header_[0]) & fin_bit) == 0) return What::need_more;
  in_message_ = false;
  return What::message;
}

std::size_t encode_frame(Opcode opcode, std::string_view payload, std::uint32_t mask,
                         char* to) noexcept {
  const std::uint64_t size = payload.size();
  std::size_t at = 0;
  to[at++] = static_cast<char>(fin_bit | static_cast<unsigned>(opcode));
  std::size_t length_bytes = 0;
  if (size < 126) {
    to[at++] = static_cast<char>(mask_bit | size);
  } else {
    length_bytes = size < 65536 ? 2 : 8;
    to[at++] = static_cast<char>(mask_bit | (size < 65536 ? 126U : 127U));
  }
  for (std::size_t i = length_bytes; i > 0; --i)
    to[at++] = static_cast<char>(size >> (8U * (i - 1)) & 0xFFU);

  std::array<char, 8> key{};
  std::memcpy(key.data(), &mask, 4);
  std::memcpy(key.data() + 4, &mask, 4);
  std::memcpy(to + at, key.data(), 4);
  at += 4;

  std::uint64_t wide = 0;
  std::memcpy(&wide, key.data(), 8);
  std::size_t i = 0;
  for (; i + 8 <= payload.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, payload.data() + i, 8);
    word ^= wide;
    std::memcpy(to + at + i, &word, 8);
  }
  for (; i < payload.size(); ++i)
    to[at + i] = static_cast<char>(byte(payload[i]) ^ byte(key[i % 4]));
  return at + payload.size();
}

MaskSource::MaskSource() : state_(0) {
  std::random_device device;
  state_ = std::uint64_t{device()} << 32U | device();
  state_ |= 1;  // the generator stands still at zero
}

// xorshift64*, upper half.
std::uint32_t MaskSource::next() noexcept {
  state_ ^= state_ >> 12U;
  state_ ^= state_ << 25U;
  state_ ^= state_ >> 27U;
  return static_cast<std::uint32_t>((state_ * 0x2545F4914F6CDD1DULL) >> 32U);
}

}  // namespace copyd::net
