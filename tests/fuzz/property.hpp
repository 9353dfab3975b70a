// What every fuzz target is made of: an input, and properties that must hold for it.
//
// A target is one file with an LLVMFuzzerTestOneInput. The fuzz build links it with libFuzzer,
// every other build with replay.cpp, which runs the committed corpus through it. A broken property
// aborts, as a sanitizer does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace copyd::fuzz {

[[noreturn]] inline void property_broken(const char* property, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: property broken: %s\n", file, line, property);
  std::abort();
}

// Both texts, so that the difference can be seen without a debugger.
inline void expect_same(std::string_view one, std::string_view other, const char* what,
                        const char* file, int line) {
  if (one == other) return;
  std::fprintf(stderr, "--- %.*s\n+++ %.*s\n", static_cast<int>(one.size()), one.data(),
               static_cast<int>(other.size()), other.data());
  property_broken(what, file, line);
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) noexcept {
  return size == 0 ? std::string_view()
                   : std::string_view(reinterpret_cast<const char*>(data), size);
}

// A copy in memory of its own of exactly its size, so that a sanitizer sees every byte that is read
// beyond it; with `padding` bytes of `filler` behind the text, where a contract promises them.
class Copy {
 public:
  explicit Copy(std::string_view text, std::size_t padding = 0, char filler = '\0')
      : size_(text.size()), bytes_(new char[text.size() + padding]) {
    if (!text.empty()) std::memcpy(bytes_.get(), text.data(), text.size());
    if (padding > 0) std::memset(bytes_.get() + size_, filler, padding);
  }
  std::string_view view() const noexcept { return {bytes_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> bytes_;
};

inline constexpr std::size_t frame_padding = 64;

// Whitespace as JSON has it.
inline constexpr std::string_view json_blanks = " \t\r\n";

// Brackets that stand open at the deepest place, strings not told apart: an upper bound.
inline std::size_t depth_at_most(std::string_view json) noexcept {
  std::size_t brackets = 0;
  for (const char c : json) brackets += c == '{' || c == '[';
  return brackets;
}

// What may stand behind a frame, with what it has to do with brackets first.
inline constexpr std::string_view fillers = "}]\"0 \\\xff";

// Checks that what stands behind a frame makes no difference to what it means. `read(filler)` gives
// the meaning. Of a frame that is not JSON where nobody reads it, the JSON library may or may not
// notice; it is the more careful one when a bracket stands behind the frame.
template <class Read>
void expect_same_with_fillers(std::string_view meaning, std::string_view malformed, bool is_json,
                              Read&& read, const char* file, int line) {
  for (const char filler : fillers) {
    const std::string other = read(filler);
    if (!is_json && other == malformed) continue;
    expect_same(other, meaning, "the meaning with another filler", file, line);
  }
}

// A number that depends on all of the input, to choose by.
inline std::uint64_t choice_of(std::string_view text) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

}  // namespace copyd::fuzz

#define PROPERTY(condition)           \
  ((condition) ? static_cast<void>(0) \
               : ::copyd::fuzz::property_broken(#condition, __FILE__, __LINE__))
#define PROPERTY_SAME_WITH_FILLERS(meaning, malformed, is_json, read)                          \
  ::copyd::fuzz::expect_same_with_fillers((meaning), (malformed), (is_json), (read), __FILE__, \
                                          __LINE__)
#define PROPERTY_SAME(one, other) \
  ::copyd::fuzz::expect_same((one), (other), #one " is " #other, __FILE__, __LINE__)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
