#include "net/frame.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/limits.hpp"
#include "tests/unit/net/allocations.hpp"

namespace copyd::net {
namespace {

using What = FrameParser::What;

// A server's frame: not masked. `first` is the first byte: FIN, reserved bits, opcode.
std::string raw(unsigned first, std::string_view payload) {
  std::string text(1, static_cast<char>(first));
  const auto size = payload.size();
  if (size < 126) {
    text.push_back(static_cast<char>(size));
  } else {
    const int bytes = size < 65536 ? 2 : 8;
    text.push_back(static_cast<char>(size < 65536 ? 126 : 127));
    for (int i = bytes - 1; i >= 0; --i)
      text.push_back(static_cast<char>(std::uint64_t{size} >> (8 * i) & 0xFF));
  }
  return text.append(payload);
}

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text.push_back(static_cast<char>(value));
  return text;
}

struct Thing {
  What what = What::need_more;
  std::string text;
  friend bool operator==(const Thing&, const Thing&) = default;
};
std::ostream& operator<<(std::ostream& out, const Thing& thing) {
  return out << static_cast<int>(thing.what) << ":" << thing.text.size();
}

// Feeds one piece to its end, adding what it says; the error that ended it, or none.
boost::system::error_code feed(FrameParser& parser, std::string_view piece,
                               std::vector<Thing>& things) {
  for (;;) {
    const auto what = parser.feed(piece);
    if (what.has_error()) return what.error();
    if (*what == What::need_more) {
      EXPECT_TRUE(piece.empty());
      return {};
    }
    things.push_back(
        {*what, std::string(*what == What::message ? parser.message() : parser.control())});
  }
}

std::vector<Thing> parse(std::string_view input) {
  FrameParser parser;
  std::vector<Thing> things;
  EXPECT_FALSE(feed(parser, input, things));
  return things;
}

boost::system::error_code refusal(std::string_view input) {
  FrameParser parser;
  std::vector<Thing> things;
  const auto whole = feed(parser, input, things);
  // The split must not matter for the verdict either.
  FrameParser slow;
  boost::system::error_code piecewise;
  for (std::size_t i = 0; i < input.size() && !piecewise; ++i)
    piecewise = feed(slow, input.substr(i, 1), things);
  EXPECT_EQ(whole, piecewise);
  return whole;
}

// A conversation with everything in it, and what it says.
struct Conversation {
  std::string input;
  std::vector<Thing> things;
};
Conversation conversation() {
  const std::string middle(300, 'm');
  const std::string nothing;
  return {raw(0x81, "one") + raw(0x81, nothing) + raw(0x89, "are you there") + raw(0x01, "be") +
              raw(0x8A, "yes") + raw(0x00, nothing) + raw(0x00, "gin") + raw(0x89, nothing) +
              raw(0x80, "ning") + raw(0x81, middle) + raw(0x01, nothing) + raw(0x80, nothing) +
              raw(0x88, bytes({0x03, 0xE8}) + "bye"),
          {{What::message, "one"},
           {What::message, ""},
           {What::ping, "are you there"},
           {What::pong, "yes"},
           {What::ping, ""},
           {What::message, "beginning"},
           {What::message, middle},
           {What::message, ""},
           {What::close, bytes({0x03, 0xE8}) + "bye"}}};
}

TEST(FrameParser, ReadsAWholeConversation) {
  const auto [input, things] = conversation();
  EXPECT_EQ(parse(input), things);
}

TEST(FrameParser, EverySplitInTwoSaysTheSame) {
  const auto [input, expected] = conversation();
  for (std::size_t split = 0; split <= input.size(); ++split) {
    FrameParser parser;
    std::vector<Thing> things;
    EXPECT_FALSE(feed(parser, std::string_view(input).substr(0, split), things));
    EXPECT_FALSE(feed(parser, std::string_view(input).substr(split), things));
    EXPECT_EQ(things, expected) << "split at " << split;
  }
}

TEST(FrameParser, EverySplitInThreeSaysTheSame) {
  const std::string input = raw(0x01, "ab") + raw(0x89, "p") + raw(0x80, "c") +
                            raw(0x81, std::string(130, 'x')) + raw(0x88, "");
  const std::vector<Thing> expected{{What::ping, "p"},
                                    {What::message, "abc"},
                                    {What::message, std::string(130, 'x')},
                                    {What::close, ""}};
  for (std::size_t first = 0; first <= input.size(); ++first) {
    for (std::size_t second = first; second <= input.size(); ++second) {
      FrameParser parser;
      std::vector<Thing> things;
      const std::string_view view(input);
      EXPECT_FALSE(feed(parser, view.substr(0, first), things));
      EXPECT_FALSE(feed(parser, view.substr(first, second - first), things));
      EXPECT_FALSE(feed(parser, view.substr(second), things));
      ASSERT_EQ(things, expected) << first << ", " << second;
    }
  }
}

TEST(FrameParser, ByteByByteSaysTheSame) {
  const auto [input, expected] = conversation();
  FrameParser parser;
  std::vector<Thing> things;
  for (const char& c : input) EXPECT_FALSE(feed(parser, {&c, 1}, things));
  EXPECT_EQ(things, expected);
}

TEST(FrameParser, LengthsAtEveryBoundary) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{125}, std::size_t{126},
                                 std::size_t{127}, std::size_t{65535}, std::size_t{65536},
                                 std::size_t{65537}, std::size_t{1} << 20U, limits::frame_max}) {
    const std::string payload(size, 'z');
    const auto things = parse(raw(0x81, payload));
    ASSERT_EQ(things.size(), 1U) << size;
    EXPECT_TRUE(things[0].text == payload) << size;
  }
}

TEST(FrameParser, AMessageIsFollowedByReadablePadding) {
  FrameParser parser;
  for (const std::size_t size : {std::size_t{10}, std::size_t{65536}, std::size_t{200000}}) {
    const std::string input = raw(0x81, std::string(size, 'z'));
    std::string_view view(input);
    ASSERT_EQ(*parser.feed(view), What::message);
    // Under AddressSanitizer this reads; elsewhere it shows that the bytes can be summed.
    unsigned sum = 0;
    for (std::size_t i = 0; i < message_padding; ++i)
      sum += static_cast<unsigned char>(*(parser.message().data() + size + i));
    EXPECT_EQ(parser.message().size(), size);
    EXPECT_LE(sum, 255 * message_padding);
  }
}

TEST(FrameParser, StopsBehindEachThing) {
  FrameParser parser;
  const std::string input = raw(0x81, "a") + raw(0x81, "b");
  std::string_view view(input);
  EXPECT_EQ(*parser.feed(view), What::message);
  EXPECT_EQ(parser.message(), "a");
  EXPECT_EQ(view.size(), 3U);
  EXPECT_EQ(*parser.feed(view), What::message);
  EXPECT_EQ(parser.message(), "b");
  EXPECT_TRUE(view.empty());
}

TEST(FrameParser, RefusesWhatTheRfcForbids) {
  const auto violation = make_error_code(Errc::protocol_violation);
  EXPECT_EQ(refusal(bytes({0x81, 0x83, 1, 2, 3, 4, 'a', 'b', 'c'})), violation) << "masked";
  for (const unsigned bit : {0x40U, 0x20U, 0x10U})
    EXPECT_EQ(refusal(raw(0x81U | bit, "x")), violation) << "reserved bit " << bit;
  for (const unsigned opcode : {3U, 4U, 5U, 6U, 7U, 0xBU, 0xCU, 0xDU, 0xEU, 0xFU})
    EXPECT_EQ(refusal(raw(0x80U | opcode, "x")), violation) << "opcode " << opcode;
  EXPECT_EQ(refusal(raw(0x82, "x")), violation) << "binary";
  for (const unsigned opcode : {8U, 9U, 0xAU}) {
    EXPECT_EQ(refusal(raw(opcode, "")), violation) << "control frame in fragments";
    EXPECT_EQ(refusal(raw(0x80U | opcode, std::string(126, 'x'))), violation) << "long control";
  }
  EXPECT_EQ(refusal(raw(0x80, "x")), violation) << "continues nothing";
  EXPECT_EQ(refusal(raw(0x00, "x")), violation) << "continues nothing";
  EXPECT_EQ(refusal(raw(0x81, "x") + raw(0x80, "y")), violation) << "continues what was whole";
  EXPECT_EQ(refusal(raw(0x01, "x") + raw(0x81, "y")), violation) << "new message inside another";
  EXPECT_EQ(refusal(bytes({0x81, 126, 0, 125}) + std::string(125, 'x')), violation) << "16 bits";
  EXPECT_EQ(refusal(bytes({0x81, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF})), violation) << "64 bits";
  EXPECT_EQ(refusal(bytes({0x81, 127, 0x80, 0, 0, 0, 0, 1, 0, 0})), violation) << "sign bit";
}

TEST(FrameParser, JudgesCloseFrames) {
  const auto violation = make_error_code(Errc::protocol_violation);
  const auto close = [](int code) { return raw(0x88, bytes({code >> 8, code & 0xFF})); };
  EXPECT_EQ(refusal(raw(0x88, "x")), violation);
  for (const int code : {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535})
    EXPECT_EQ(refusal(close(code)), violation) << code;
  for (const int code : {1000, 1001, 1002, 1003, 1007, 1008, 1011, 1012, 1013, 1014, 3000, 4999})
    EXPECT_FALSE(refusal(close(code))) << code;
  EXPECT_EQ(parse(raw(0x88, "")), (std::vector<Thing>{{What::close, ""}}));
}

TEST(FrameParser, RefusesWhatIsTooLargeBeforeItComes) {
  const auto too_large = make_error_code(Errc::too_large);
  EXPECT_EQ(refusal(bytes({0x81, 127, 0, 0, 0, 0, 1, 0, 0, 1})), too_large);
  EXPECT_EQ(refusal(bytes({0x81, 127, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF})), too_large);
  // All fragments count together.
  FrameParser parser;
  std::vector<Thing> things;
  EXPECT_FALSE(feed(parser, raw(0x01, std::string(limits::frame_max, 'x')), things));
  EXPECT_FALSE(feed(parser, raw(0x00, ""), things));
  EXPECT_EQ(feed(parser, raw(0x80, "y"), things), too_large);
  EXPECT_TRUE(things.empty());
}

TEST(FrameParser, ResetForgetsHalfAMessage) {
  FrameParser parser;
  std::vector<Thing> things;
  EXPECT_FALSE(feed(parser, raw(0x01, "half") + bytes({0x80}), things));
  parser.reset();
  EXPECT_FALSE(feed(parser, raw(0x81, "new"), things));
  EXPECT_EQ(things, (std::vector<Thing>{{What::message, "new"}}));
}

TEST(FrameParser, OrdinaryMessagesAllocateNothing) {
  FrameParser parser;
  const std::string input = raw(0x01, std::string(30000, 'x')) + raw(0x80, std::string(30000, 'y'));
  int messages = 0;
  test::Allocations allocations;
  for (int i = 0; i < 10; ++i) {
    std::string_view view(input);
    if (*parser.feed(view) == What::message) ++messages;
  }
  EXPECT_EQ(allocations.count(), 0U);
  EXPECT_EQ(messages, 10);
}

// Whatever the bytes: no crash, the verdict does not depend on the split, nothing over the limits.
TEST(FrameParser, RandomBytesSayTheSameHoweverTheyAreSplit) {
  for (unsigned seed = 1; seed <= 3000; ++seed) {
    std::mt19937 random(seed);
    std::string input;
    // Mostly likely beginnings, so that the inside is reached too.
    const std::vector<unsigned> firsts{0x81, 0x01, 0x00, 0x80, 0x89, 0x8A, 0x88, 0xC1, 0x83};
    for (int frame = 0; frame < 8; ++frame) {
      const unsigned first = firsts[random() % firsts.size()];
      std::string payload(random() % 3 == 0 ? random() % 400 : random() % 8, '\0');
      for (auto& c : payload) c = static_cast<char>(random());
      input += raw(first, payload);
    }
    if (random() % 2 == 0) input[random() % input.size()] = static_cast<char>(random());

    FrameParser whole;
    std::vector<Thing> expected;
    const auto verdict = feed(whole, input, expected);
    FrameParser split;
    std::vector<Thing> things;
    boost::system::error_code error;
    for (std::string_view rest = input; !rest.empty() && !error;) {
      const auto piece = rest.substr(0, 1 + random() % 50);
      rest.remove_prefix(piece.size());
      error = feed(split, piece, things);
    }
    ASSERT_EQ(error, verdict) << "seed " << seed;
    ASSERT_EQ(things, expected) << "seed " << seed;
  }
}

// Undoes what a client does to its frames, by the RFC's words and not by our code.
struct Decoded {
  unsigned first = 0;
  std::string payload;
};
Decoded decode_client(std::string_view frame, std::uint32_t mask) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(frame[i]); };
  Decoded decoded{at(0), {}};
  EXPECT_EQ(at(1) & 0x80, 0x80) << "a client masks";
  std::uint64_t size = at(1) & 0x7FU;
  std::size_t next = 2;
  const std::size_t length_bytes = size == 126 ? 2 : size == 127 ? 8 : 0;
  if (length_bytes != 0) size = 0;
  for (std::size_t i = 0; i < length_bytes; ++i) size = size * 256 + at(next++);
  std::uint32_t sent = 0;
  std::memcpy(&sent, frame.data() + next, 4);
  EXPECT_EQ(sent, mask);
  for (std::size_t i = 0; i < size; ++i)
    decoded.payload.push_back(static_cast<char>(at(next + 4 + i) ^ at(next + i % 4)));
  EXPECT_EQ(frame.size(), next + 4 + size);
  return decoded;
}

TEST(EncodeFrame, EverySizeAroundTheBoundariesComesBack) {
  std::mt19937 random(5);
  std::vector<std::size_t> sizes{65534, 65535, 65536, 65537, 100001};
  for (std::size_t size = 0; size < 300; ++size) sizes.push_back(size);
  for (const std::size_t size : sizes) {
    std::string payload(size, '\0');
    for (auto& c : payload) c = static_cast<char>(random());
    const auto mask = static_cast<std::uint32_t>(random());
    std::string to(frame_header_max + size, '\0');
    const std::size_t length = encode_frame(Opcode::text, payload, mask, to.data());
    ASSERT_LE(length, to.size());
    const auto decoded = decode_client({to.data(), length}, mask);
    EXPECT_EQ(decoded.first, 0x81U);
    ASSERT_TRUE(decoded.payload == payload) << size;
  }
}

TEST(EncodeFrame, TheExampleOfTheRfc) {
  std::uint32_t mask = 0;
  std::memcpy(&mask, "\x37\xfa\x21\x3d", 4);
  std::string to(frame_header_max + 5, '\0');
  to.resize(encode_frame(Opcode::text, "Hello", mask, to.data()));
  EXPECT_EQ(to, bytes({0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}));
}

TEST(MaskSource, MasksDifferAlsoBetweenSources) {
  std::set<std::uint32_t> masks;
  for (int source = 0; source < 10; ++source) {
    MaskSource one;
    for (int i = 0; i < 100; ++i) masks.insert(one.next());
  }
  EXPECT_GT(masks.size(), 990U);
}

}  // namespace
}  // namespace copyd::net
