// The engine's decoder of user data against the slow one, on events out of a seed.
//
//   user_data_differential <events> [<seed>]
//
// Of a frame that is JSON both must read the same event, field by field, or both call it malformed.
// A frame that is not JSON the engine may refuse. It need not when the fault lies in what no event
// reads, which is skipped by its brackets and strings; the event must be the same then. Where a
// bracket or a value was lost among that, the two need not agree on where the skipping ends, and
// only the engine may find an event; that has to stay rare. Prints how many there were of each
// kind; fails on the first difference, and when a kind makes up less than one per cent.
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <string_view>

#include "tests/differential/event_text.hpp"
#include "tests/differential/generate.hpp"
#include "tests/differential/slow_user_data.hpp"
#include "venue/user_data.hpp"

namespace {

using namespace copyd;
using namespace copyd::testing;

constexpr std::size_t padding = 64;

SymbolTable symbol_table() {
  SymbolTable table;
  for (const auto& name : generated_symbols())
    table.add({.name = name, .filters = {}, .copyable = true});
  return table;
}

// What a reading counts as: the first word of its text, and what matters most about it.
std::string kind_of(const SlowReading& reading) {
  const std::string& text = reading.text;
  std::string kind = text.substr(0, text.find(' '));
  if (kind == "order") kind += text.ends_with("fill=1") ? ", a fill" : ", no fill";
  if (kind == "other") kind += text.ends_with("known=1") ? ", known" : ", unknown";
  return kind;
}

class Comparison {
 public:
  bool compare(const std::string& frame) {
    const SlowReading slow = slow_user_data(frame, generated_symbols());
    // In memory of exactly the size that the contract asks for.
    const std::unique_ptr<char[]> bytes(new char[frame.size() + padding]());
    if (!frame.empty()) std::memcpy(bytes.get(), frame.data(), frame.size());
    const auto event = decoder_.decode({bytes.get(), frame.size()});
    const std::string fast = text_of(event);
    if (!slow.json) {
      ++not_json_;
      if (event.has_error()) return count(malformed_text);
      ++skipped_;
      if (slow.text == malformed_text) return ++unexplained_, count(malformed_text);
    }
    count(kind_of(slow));
    if (fast != slow.text) return differ(frame, fast, slow.text);
    if (event.has_value() && decoder_.listen_key() != slow.listen_key)
      return differ(frame, decoder_.listen_key(), slow.listen_key);
    return true;
  }

  // False when a kind is too rare to have been tested.
  bool report(std::size_t events) const {
    bool enough = true;
    for (const auto& [kind, count] : kinds_) {
      std::printf("%9zu  %s\n", count, kind.c_str());
      if (count * 100 < events) {
        std::printf("%s: less than one per cent\n", kind.c_str());
        enough = false;
      }
    }
    std::printf("%9zu  of them are not JSON; %zu of these are read, %zu by the engine alone\n",
                not_json_, skipped_, unexplained_);
    if (skipped_ == 0 || not_json_ * 100 < events || unexplained_ * 10'000 > events) enough = false;
    constexpr std::size_t kinds_expected = 12;
    if (kinds_.size() != kinds_expected) {
      std::printf("%zu kinds instead of %zu\n", kinds_.size(), kinds_expected);
      enough = false;
    }
    return enough;
  }

 private:
  bool count(const std::string& kind) {
    ++kinds_[kind];
    return true;
  }
  static bool differ(std::string_view frame, std::string_view fast, std::string_view slow) {
    std::printf("frame:  %.*s\nengine: %.*s\nslow:   %.*s\n", static_cast<int>(frame.size()),
                frame.data(), static_cast<int>(fast.size()), fast.data(),
                static_cast<int>(slow.size()), slow.data());
    return false;
  }

  SymbolTable table_ = symbol_table();
  venue::UserDataDecoder decoder_{table_};
  std::map<std::string, std::size_t> kinds_;
  std::size_t not_json_ = 0;
  std::size_t skipped_ = 0;
  std::size_t unexplained_ = 0;
};

template <class Int>
bool parse(std::string_view text, Int& out) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && stop == text.data() + text.size();
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t events = 0;
  std::uint64_t seed = 1;
  if (argc < 2 || argc > 3 || !parse(argv[1], events) || events == 0 ||
      (argc == 3 && !parse(argv[2], seed))) {
    std::fprintf(stderr, "usage: %s <events> [<seed>]\n", argv[0]);
    return 2;
  }
  Comparison comparison;
  Random random(seed);
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < events; ++i) {
    if (!comparison.compare(generate_frame(random))) {
      std::printf("event %zu of seed %llu\n", i, static_cast<unsigned long long>(seed));
      return 1;
    }
  }
  const auto took = std::chrono::steady_clock::now() - start;
  std::printf(
      "%9zu  events of seed %llu, in %lld ms\n", events, static_cast<unsigned long long>(seed),
      static_cast<long long>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
  return comparison.report(events) ? 0 : 1;
}
