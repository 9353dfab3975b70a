// AccountNews: what an ACCOUNT_UPDATE says of an account's worth: a wallet in dollars, or a
// position, as it stands from then on. The agent that hears a stream tells it to the supervisor,
// which moves equities by it (engine/moved_equity). Nothing that decides an order waits for it: a
// full channel drops it, and counts that.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/channel.hpp"
#include "core/ids.hpp"
#include "core/units.hpp"
#include "venue/user_data.hpp"

namespace copyd::venue {

// Assets that count as dollars, one for one. USDT first: it alone counts towards the totals of an
// account that is not in multi-assets mode.
inline constexpr std::array<std::string_view, 8> dollars{"USDT", "USDC", "FDUSD", "BUSD",
                                                         "TUSD", "USDP", "DAI",   "USD1"};
inline constexpr std::size_t usdt = 0;
// Its place among them; nothing: it is none of them.
std::optional<std::uint8_t> dollar_index(std::string_view asset) noexcept;

struct AccountNews {
  enum class Owner : std::uint8_t { leader, follower };
  enum class Kind : std::uint8_t { wallet, position };

  Owner owner = Owner::follower;
  Kind kind = Kind::wallet;
  std::uint8_t dollar = usdt;  // of a wallet
  Leg leg = Leg::both;         // of a position, as all below but `wallet`
  std::uint16_t account = 0;   // LeaderId or FollowerId
  SymbolId symbol;
  Qty qty;  // signed
  Price entry;
  Usd wallet;
};

// Never waits, never allocates.
void tell_news(Channel<AccountNews>& to, AccountNews::Owner owner, std::uint16_t account,
               const AccountUpdate& update) noexcept;

}  // namespace copyd::venue
