// Eight characters looked at as one number, the first of them its lowest byte. Internal to venue/.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace copyd::venue {

static_assert(std::endian::native == std::endian::little);

inline std::uint64_t eight_at(const char* at) noexcept {
  std::uint64_t eight;
  std::memcpy(&eight, at, sizeof eight);
  return eight;
}

constexpr std::uint64_t every_byte(unsigned char byte) noexcept {
  return 0x0101010101010101ULL * byte;
}

// The high bit of each byte that is below `bound`, or is `byte`; other bits may be anything. Above
// the first such byte high bits may be wrong, so the first is known, and whether there is one.
constexpr std::uint64_t below(std::uint64_t eight, unsigned char bound) noexcept {
  return (eight - every_byte(bound)) & ~eight;
}
constexpr std::uint64_t equal(std::uint64_t eight, unsigned char byte) noexcept {
  return below(eight ^ every_byte(byte), 1);
}

constexpr std::uint64_t high_bits(std::uint64_t eight) noexcept {
  return eight & every_byte(0x80);
}

}  // namespace copyd::venue
