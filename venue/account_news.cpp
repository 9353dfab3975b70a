#include "venue/account_news.hpp"

#include <algorithm>

namespace copyd::venue {

std::optional<std::uint8_t> dollar_index(std::string_view asset) noexcept {
  const auto* const at = std::find(dollars.begin(), dollars.end(), asset);
  if (at == dollars.end()) return std::nullopt;
  return static_cast<std::uint8_t>(at - dollars.begin());
}

void tell_news(Channel<AccountNews>& to, AccountNews::Owner owner, std::uint16_t account,
               const AccountUpdate& update) noexcept {
  AccountNews news;
  news.owner = owner;
  news.account = account;
  for (const auto& row : update.balances) {
    const auto dollar = dollar_index(row.asset);
    if (!dollar) continue;
    news.dollar = *dollar;
    news.wallet = row.wallet;
    to.try_push(news);
  }
  news.kind = AccountNews::Kind::position;
  for (const auto& row : update.positions) {
    if (!row.symbol_known) continue;
    news.symbol = row.symbol;
    news.leg = row.leg;
    news.qty = row.qty;
    news.entry = row.entry;
    to.try_push(news);
  }
}

}  // namespace copyd::venue
