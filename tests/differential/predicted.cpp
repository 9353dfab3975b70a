// What venue/predicted_events reads against the decoder of any form, on frames out of a seed.
//
//   predicted_differential <folder of messages> <frames> [<seed>]
//
// Every fill and every short fill among the messages, raw and in an envelope, is changed one to
// three times: bytes, values, whole members, its length. A frame that is taken as predicted must be
// one that the decoder of any form reads, as the same event, field by field, and with the same
// stream. What is not taken needs no comparison: the other decoder decides it. The bytes behind a
// frame are those that stood there before it was cut, which must not make a difference. Prints how
// many were taken; fails on the first difference, and when too few were taken to prove anything.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string_view>

#include "tests/differential/event_text.hpp"
#include "tests/differential/generate.hpp"
#include "venue/predicted_events.hpp"

namespace {

using namespace copyd;
using namespace copyd::testing;
using Words = std::vector<std::string>;

constexpr std::size_t padding = 64;
constexpr std::string_view envelope = R"({"stream":"aKey@ORDER_TRADE_UPDATE","data":)";

Words read_messages(const std::filesystem::path& folder) {
  Words messages;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.find("trade_lite") == name.npos && name.find("order_trade_update") == name.npos)
      continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    while (!text.empty() && text.back() == '\n') text.pop_back();
    if (!text.starts_with(R"({"stream")")) messages.push_back(std::string(envelope) + text + "}");
    messages.push_back(std::move(text));
  }
  std::sort(messages.begin(), messages.end());
  return messages;
}

std::string digits(Random& random, std::size_t most) {
  std::string text;
  for (std::size_t size = 1 + random.below(most); size > 0; --size)
    text += static_cast<char>('0' + (random.chance(20) ? 0 : random.below(10)));
  return text;
}

// A value that one of ours may have, nearly has, or must not have.
std::string some_value(Random& random) {
  static const Words edges{"0",
                           "-0",
                           "-1",
                           "+1",
                           "00",
                           "007",
                           "1e3",
                           "1E-3",
                           "1.5",
                           "9223372036854775807",
                           "9223372036854775808",
                           "10000000000000000000",
                           "99999999999999999999",
                           "null",
                           "true",
                           "false",
                           "tru",
                           "True",
                           "{}",
                           "[]",
                           "",
                           "{\"a\":[1,2]}",
                           R"("")",
                           R"("0")",
                           R"("-0")",
                           R"("-1")",
                           R"("+1")",
                           R"(".")",
                           R"("1.")",
                           R"(".5")",
                           R"("00001.50")",
                           R"("1e3")",
                           R"("9999999999.99999999")",
                           R"("10000000000")",
                           R"("92233720368.54775807")",
                           R"("92233720368.54775808")",
                           R"("0.123456780")",
                           R"("0.123456789")",
                           R"("0.1234567890123456")",
                           R"("0.12345678901234567")",
                           R"("1,5")",
                           R"("1.2.3")",
                           R"(" 1")",
                           R"("1 ")",
                           R"("\u0041")",
                           R"("a\"b")",
                           R"("a\\b")",
                           R"("ab)",
                           R"(ab")",
                           "\"\t\"",
                           "\"\x1f\"",
                           "\"\x7f\"",
                           "\"\xc3\xa9\"",
                           "\"\xff\"",
                           "\"a\xed\xa0\x80\"",
                           R"("BUY")",
                           R"("SELL")",
                           R"("BOTH")",
                           R"("LONG")",
                           R"("SHORT")",
                           R"("TRADE")",
                           R"("CALCULATED")",
                           R"("FILLED")",
                           R"("Filled")",
                           R"("BTCUSDT")",
                           R"("autoclose-1")",
                           R"("adl_autoclose")"};
  switch (random.below(5)) {
    case 0:
      return digits(random, 22);
    case 1:
      return '"' + digits(random, 12) + '"';
    case 2:
      return '"' + digits(random, 12) + '.' + digits(random, 18) + '"';
    default:
      return random.one_of(edges);
  }
}

// Where the members of `frame` begin and end, at any depth: the quote of a key, and what stands
// behind the value. By the marks alone, so that a frame that is already broken may have any.
struct Member {
  std::size_t begin, value, end;
};
std::vector<Member> members_of(const std::string& frame) {
  std::vector<Member> members;
  for (std::size_t at = frame.find("\":"); at != frame.npos; at = frame.find("\":", at + 1)) {
    const std::size_t begin = at == 0 ? frame.npos : frame.rfind('"', at - 1);
    if (begin == frame.npos) continue;
    members.push_back({begin, at + 2, std::min(frame.find_first_of(",}", at), frame.size())});
  }
  return members;
}

// Changes a value, or members as a whole.
void change_members(std::string& frame, Random& random) {
  const auto members = members_of(frame);
  if (members.empty()) return;
  Member one = random.one_of(members);
  const std::string text = frame.substr(one.begin, one.end - one.begin);
  switch (random.below(8)) {
    case 0:  // left out
      frame.erase(one.begin, one.end - one.begin + 1);
      return;
    case 1:  // said twice
      frame.insert(one.begin, text + ',');
      return;
    case 2:  // not known
      frame.insert(one.begin, "\"zz\":" + some_value(random) + ',');
      return;
    case 3: {  // in another place
      Member other = random.one_of(members);
      if (other.begin < one.begin) std::swap(one, other);
      if (one.end >= other.begin) return;
      const std::string behind = frame.substr(other.begin, other.end - other.begin);
      frame.replace(other.begin, behind.size(), frame.substr(one.begin, one.end - one.begin));
      frame.replace(one.begin, one.end - one.begin, behind);
      return;
    }
    default:
      frame.replace(one.value, one.end - one.value, some_value(random));
  }
}

// Changes bytes, whatever they mean.
void change_bytes(std::string& frame, Random& random) {
  static constexpr char bytes[] = "{}[]:,\"\\ \n\t0123456789-+.eEtfnu/aZ\0\x1f\x7f\x80\xc3\xff";
  const std::size_t at = random.below(frame.size());
  const char byte = bytes[random.below(sizeof bytes - 1)];
  switch (random.below(6)) {
    case 0:
      frame.resize(at);
      return;
    case 1:
      frame.push_back(byte);
      return;
    case 2:
      frame.insert(at, 1, byte);
      return;
    case 3:
      frame.erase(at, 1 + random.below(3));
      return;
    case 4:
      std::swap(frame[at], frame[random.below(frame.size())]);
      return;
    default:
      frame[at] = random.chance(70) ? byte : static_cast<char>(random.next());
  }
}

// The beginning of an envelope, and what must not be in it.
std::string broken_beginning(Random& random) {
  std::string text(envelope.substr(0, 1 + random.below(envelope.size())));
  change_bytes(text, random);
  return text;
}

class Comparison {
 public:
  explicit Comparison(Words messages) : messages_(std::move(messages)) {}

  bool whole_messages() {
    for (const std::string& message : messages_) {
      const std::size_t before = taken_;
      if (!compare(message, {})) return false;
      if (taken_ > before) predicted_.push_back(message);
    }
    return !predicted_.empty();
  }

  bool changed_message(Random& random) {
    const std::string& message = random.one_of(random.chance(90) ? predicted_ : messages_);
    if (random.chance(3)) return compare(broken_beginning(random) + random.one_of(predicted_), {});
    std::string frame = message;
    const std::size_t changes = random.chance(60) ? 1 : 2 + random.below(2);
    for (std::size_t times = changes; times > 0 && !frame.empty(); --times) {
      if (random.chance(70)) change_members(frame, random);
      else change_bytes(frame, random);
    }
    const std::string behind =
        message.starts_with(frame) ? message.substr(frame.size(), padding) : "}}}\"0";
    return compare(frame, behind);
  }

  bool report(std::size_t frames) const {
    std::printf("%9zu  of %zu frames were taken as predicted\n", taken_, frames);
    return taken_ * 20 >= frames;
  }

 private:
  bool compare(const std::string& frame, const std::string& behind) {
    // In memory of exactly the size that the contract asks for.
    const std::unique_ptr<char[]> bytes(new char[frame.size() + padding]());
    std::memcpy(bytes.get(), frame.data(), frame.size());
    std::memcpy(bytes.get() + frame.size(), behind.data(), behind.size());
    const std::string_view view{bytes.get(), frame.size()};
    venue::UserEvent event;
    std::string_view stream;
    if (!venue::read_predicted(view, table_, event, stream)) return true;
    ++taken_;
    const std::string fast = line(event, stream.substr(0, stream.find('@')));
    const auto read = decoder_.decode_in_any_form(view);
    const std::string slow = line(read, decoder_.listen_key());
    if (fast == slow) return true;
    std::printf("frame:     %s\npredicted: %s\nany form:  %s\n", frame.c_str(), fast.c_str(),
                slow.c_str());
    return false;
  }

  static std::string line(const Result<venue::UserEvent>& event, std::string_view listen_key) {
    return text_of(event) + " listen_key=" + testing::quoted(listen_key);
  }

  static SymbolTable symbol_table() {
    SymbolTable table;
    for (const auto& name : generated_symbols())
      table.add({.name = name, .filters = {}, .copyable = true});
    return table;
  }

  Words messages_;
  Words predicted_;  // those that are taken as they are
  SymbolTable table_ = symbol_table();
  venue::UserDataDecoder decoder_{table_};
  std::size_t taken_ = 0;
};

template <class Int>
bool parse(std::string_view text, Int& out) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && stop == text.data() + text.size();
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t frames = 0;
  std::uint64_t seed = 1;
  if (argc < 3 || argc > 4 || !parse(argv[2], frames) || frames == 0 ||
      (argc == 4 && !parse(argv[3], seed))) {
    std::fprintf(stderr, "usage: %s <folder of messages> <frames> [<seed>]\n", argv[0]);
    return 2;
  }
  Words messages = read_messages(argv[1]);
  if (messages.empty()) {
    std::fprintf(stderr, "%s: no messages\n", argv[1]);
    return 2;
  }
  Comparison comparison(std::move(messages));
  Random random(seed);
  if (!comparison.whole_messages()) return 1;
  for (std::size_t i = 0; i < frames; ++i) {
    if (comparison.changed_message(random)) continue;
    std::printf("frame %zu of seed %llu\n", i, static_cast<unsigned long long>(seed));
    return 1;
  }
  return comparison.report(frames) ? 0 : 1;
}
