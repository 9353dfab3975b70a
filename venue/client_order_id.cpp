#include "venue/client_order_id.hpp"

#include "core/assert.hpp"
#include "core/units.hpp"

namespace copyd::venue {
namespace {

__extension__ typedef unsigned __int128 uint128;

constexpr std::string_view digits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t copy_id_digits = 22;  // 62^22 > 2^128
constexpr std::size_t chunk_digits = 10;
constexpr std::uint64_t chunk = 839299365868340224;  // 62^10, so that most divisions are narrow

int value_of(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
  if (c >= 'a' && c <= 'z') return c - 'a' + 36;
  return -1;
}

}  // namespace

ClientOrderId client_order_id(const CopyId& id, std::uint8_t attempt) noexcept {
  ASSERT(attempt <= attempt_max);
  uint128 value = 0;
  for (const auto byte : id.bytes) value = value << 8U | byte;

  ClientOrderId result;
  result.text[0] = 'c';
  result.text[1] = '1';
  std::size_t at = 2 + copy_id_digits;
  while (at > 2) {
    auto low = static_cast<std::uint64_t>(value % chunk);
    value /= chunk;
    for (std::size_t i = 0; i < chunk_digits && at > 2; ++i) {
      result.text[--at] = digits[low % digits.size()];
      low /= digits.size();
    }
  }
  result.text[2 + copy_id_digits] = digits[attempt];
  return result;
}

std::optional<OwnOrder> parse_client_order_id(std::string_view text) noexcept {
  if (text.size() != client_order_id_size || !text.starts_with("c1")) return std::nullopt;
  uint128 value = 0;
  for (const char c : text.substr(2, copy_id_digits)) {
    const int digit = value_of(c);
    if (digit < 0) return std::nullopt;
    // 22 digits reach beyond 128 bits: such a text is not one that we wrote.
    if (value > (~uint128{0} - static_cast<unsigned>(digit)) / 62) return std::nullopt;
    value = value * 62 + static_cast<unsigned>(digit);
  }
  const int attempt = value_of(text.back());
  if (attempt < 0) return std::nullopt;
  OwnOrder order;
  order.attempt = static_cast<std::uint8_t>(attempt);
  for (std::size_t i = order.copy_id.bytes.size(); i-- > 0; value >>= 8U)
    order.copy_id.bytes[i] = static_cast<std::uint8_t>(value & 0xffU);
  return order;
}

}  // namespace copyd::venue
