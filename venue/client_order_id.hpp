// The client order id of a copy: "c1" ‖ base62(copy_id, 22 digits) ‖ attempt (one digit of base62).
// 25 characters of [A-Za-z0-9], so it needs no escaping anywhere; the venue allows 36.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/copy_id.hpp"

namespace copyd::venue {

inline constexpr std::size_t client_order_id_size = 25;
inline constexpr std::uint8_t attempt_max = 61;

struct ClientOrderId {
  std::array<char, client_order_id_size> text{};
  std::string_view view() const noexcept { return {text.data(), text.size()}; }
};

// REQUIRES: attempt ≤ attempt_max.
ClientOrderId client_order_id(const CopyId& id, std::uint8_t attempt) noexcept;

struct OwnOrder {
  CopyId copy_id;
  std::uint8_t attempt = 0;
};
// Empty for an id that is not one of ours.
std::optional<OwnOrder> parse_client_order_id(std::string_view text) noexcept;

}  // namespace copyd::venue
