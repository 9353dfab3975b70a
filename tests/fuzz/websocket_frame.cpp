// WebSocket frames: how the bytes are split makes no difference; a message arrives as it was sent,
// however it was cut into frames; and what we send is masked so that it can be read.
#include "net/frame.hpp"

#include <algorithm>
#include <vector>

#include "core/limits.hpp"
#include "tests/fuzz/property.hpp"

namespace copyd::fuzz {
namespace {

using namespace copyd::net;

// Sizes of pieces, one after the other.
class Pieces {
 public:
  explicit Pieces(std::uint64_t choice) noexcept : state_(choice | 1) {}
  std::size_t next(std::size_t most) noexcept {
    state_ ^= state_ << 13U;
    state_ ^= state_ >> 7U;
    state_ ^= state_ << 17U;
    return 1 + state_ % most;
  }

 private:
  std::uint64_t state_;
};

void note(const FrameParser& parser, FrameParser::What what, std::string& seen) {
  switch (what) {
    case FrameParser::What::need_more:
      return;
    case FrameParser::What::message:
      PROPERTY(parser.message().size() <= limits::frame_max);
      seen.append("message ").append(parser.message());
      // The padding is there to be read.
      for (std::size_t i = 0; i < message_padding; ++i)
        static_cast<void>(*static_cast<const volatile char*>(parser.message().end() + i));
      break;
    case FrameParser::What::ping:
      seen.append("ping ").append(parser.control());
      break;
    case FrameParser::What::pong:
      seen.append("pong ").append(parser.control());
      break;
    case FrameParser::What::close:
      PROPERTY(parser.control().size() != 1);
      seen.append("close ").append(parser.control());
      break;
  }
  PROPERTY(parser.control().size() <= control_payload_max);
  seen.push_back('\n');
}

// All that the parser tells of `bytes`, handed over in pieces of at most `most`.
std::string read(std::string_view bytes, Pieces pieces, std::size_t most) {
  static FrameParser parser;
  parser.reset();
  std::string seen;
  while (!bytes.empty()) {
    const Copy piece(bytes.substr(0, pieces.next(most)));
    bytes.remove_prefix(piece.view().size());
    for (std::string_view input = piece.view(); !input.empty();) {
      const std::size_t before = input.size();
      const auto what = parser.feed(input);
      if (what.has_error()) {
        PROPERTY(what.error() == make_error_code(Errc::protocol_violation) ||
                 what.error() == make_error_code(Errc::too_large));
        return seen.append(what.error().message());
      }
      PROPERTY(input.size() < before);
      PROPERTY(*what != FrameParser::What::need_more || input.empty());
      note(parser, *what, seen);
    }
  }
  return seen;
}

void put_frame(std::string& to, bool last, Opcode opcode, std::string_view payload) {
  to.push_back(static_cast<char>((last ? 0x80U : 0U) | static_cast<unsigned>(opcode)));
  const std::size_t size = payload.size();
  const int bytes = size < 126 ? 0 : size < 65536 ? 2 : 8;
  to.push_back(static_cast<char>(bytes == 0 ? size : bytes == 2 ? 126 : 127));
  for (int i = bytes; i-- > 0;) to.push_back(static_cast<char>(size >> (8 * i) & 0xff));
  to.append(payload);
}

// The same text as a server might send it: in fragments, some empty, with pings between them.
void check_message(std::string_view text, Pieces pieces) {
  std::string sent;
  std::string expected;
  std::string_view rest = text;
  bool first = true;
  do {
    const auto part = rest.substr(0, pieces.next(rest.size() + 1) - 1);
    rest.remove_prefix(part.size());
    put_frame(sent, rest.empty(), first ? Opcode::text : Opcode::continuation, part);
    first = false;
    if (rest.empty() || pieces.next(2) == 1) continue;
    const auto ping = text.substr(0, control_payload_max);
    put_frame(sent, true, Opcode::ping, ping);
    expected.append("ping ").append(ping).append("\n");
  } while (!rest.empty());
  expected.append("message ").append(text).append("\n");
  PROPERTY_SAME(read(sent, pieces, 9), expected);
}

void check_encoding(std::string_view payload, std::uint32_t mask) {
  std::vector<char> room(frame_header_max + payload.size());
  const std::size_t size = encode_frame(Opcode::text, payload, mask, room.data());
  PROPERTY(size <= room.size() && size >= payload.size() + 6);
  const std::size_t begin = size - payload.size();
  std::string plain;
  for (std::size_t i = 0; i < payload.size(); ++i)
    plain.push_back(static_cast<char>(room[begin + i] ^ room[begin - 4 + i % 4]));
  PROPERTY_SAME(plain, payload);
  // The header is a server's but for the mask.
  std::string header;
  put_frame(header, true, Opcode::text, payload);
  header.resize(header.size() - payload.size());
  header[1] = static_cast<char>(static_cast<unsigned char>(header[1]) | 0x80U);
  PROPERTY_SAME(std::string_view(room.data(), begin - 4), header);
}

void check(std::string_view bytes) {
  const std::uint64_t choice = choice_of(bytes);
  const std::string whole = read(bytes, Pieces(1), std::max<std::size_t>(1, bytes.size()));
  PROPERTY_SAME(read(bytes, Pieces(choice), 1), whole);
  PROPERTY_SAME(read(bytes, Pieces(choice), 7), whole);
  check_message(bytes, Pieces(choice));
  check_encoding(bytes, static_cast<std::uint32_t>(choice));
}

}  // namespace
}  // namespace copyd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  copyd::fuzz::check(copyd::fuzz::text_of(data, size));
  return 0;
}
