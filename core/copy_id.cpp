#include "core/copy_id.hpp"

#include <cstring>
#include <sodium.h>

namespace copyd {
namespace {

// Little-endian by construction, so that an id does not depend on the machine.
class Record {
 public:
  void put(std::uint64_t value, int bytes) noexcept {
    for (int i = 0; i < bytes; ++i) bytes_[size_++] = static_cast<std::uint8_t>(value >> (8 * i));
  }
  const std::uint8_t* data() const noexcept { return bytes_; }
  std::size_t size() const noexcept { return size_; }

 private:
  std::uint8_t bytes_[64];
  std::size_t size_ = 0;
};

}  // namespace

NameKey name_key(std::string_view name) noexcept {
  std::uint8_t hash[crypto_generichash_BYTES_MIN];
  crypto_generichash(hash, sizeof hash, reinterpret_cast<const std::uint8_t*>(name.data()),
                     name.size(), nullptr, 0);
  NameKey key = 0;
  for (int i = 0; i < 8; ++i) key |= static_cast<NameKey>(hash[i]) << (8 * i);
  return key;
}

CopyId make_copy_id(const CopyIdParts& parts) noexcept {
  Record record;
  record.put(parts.follower, 8);
  record.put(static_cast<std::uint8_t>(parts.cause.kind), 1);
  record.put(parts.cause.leader, 8);
  record.put(parts.cause.symbol, 8);
  record.put(static_cast<std::uint64_t>(parts.cause.number), 8);
  record.put(parts.symbol, 8);
  record.put(parts.leg, 1);
  record.put(parts.ordinal, 4);
  CopyId id;
  crypto_generichash(id.bytes.data(), id.bytes.size(), record.data(), record.size(), nullptr, 0);
  return id;
}

}  // namespace copyd
