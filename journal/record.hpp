// Record: the one shape of everything in the journal. 128 bytes, written whole by one pwrite.
//
//   0  crc       CRC-32C (Castagnoli) of bytes 4…127
//   4  type      what the payload is (journal/records.hpp); 0 is no record at all
//   6  length    bytes of the payload that mean something
//   8  sequence  1, 2, 3… over all segments of one writer, without a gap; 0 in a segment's header
//  16  durable   the last sequence that was known to be on the disk when this was written
//  24  mono_ns   when, by the steady clock; the segment's header says what the wall clock said
//  32  payload   96 bytes, zero where unused
//
// Numbers are little-endian. docs/JOURNAL.md has the grammar and a worked example.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

namespace copyd::journal {

inline constexpr std::size_t record_size = 128;
inline constexpr std::size_t payload_size = 96;

struct Record {
  std::uint32_t crc = 0;
  std::uint16_t type = 0;
  std::uint16_t length = 0;
  std::uint64_t sequence = 0;
  std::uint64_t durable = 0;
  std::int64_t mono_ns = 0;
  std::array<std::byte, payload_size> payload{};

  // The payload as the type it was written as. REQUIRES: type == P::type.
  template <class P>
  P as() const noexcept {
    static_assert(std::is_trivially_copyable_v<P> && sizeof(P) <= payload_size);
    P out;
    std::memcpy(&out, payload.data(), sizeof(P));
    return out;
  }
};
static_assert(sizeof(Record) == record_size && std::is_trivially_copyable_v<Record>);
static_assert(std::is_standard_layout_v<Record> && offsetof(Record, payload) == 32);

// Bytes between members hold whatever lay there before; none of it gets into a file. To be called
// on the very object whose bytes are taken: a copy of it need not keep them clear.
template <class P>
void clear_padding(P& payload) noexcept {
#if defined(__GNUC__) && !defined(__clang__)
  __builtin_clear_padding(&payload);
#else
  static_cast<void>(payload);
#endif
}

// CRC-32C: reflected polynomial 0x82F63B78, initial value and final xor all ones (RFC 3720).
std::uint32_t crc32c(std::span<const std::byte> bytes) noexcept;
// The same where the processor has no instruction for it.
std::uint32_t crc32c_by_table(std::span<const std::byte> bytes) noexcept;

// What `crc` must be.
std::uint32_t checksum(const Record& record) noexcept;

// Never written: the preallocated rest of a segment.
bool is_blank(const Record& record) noexcept;

}  // namespace copyd::journal
