#include "sim/exchange.hpp"

namespace copyd::sim {

namespace {

// Beyond 2^53, so that a client that keeps ids in a floating-point number is caught at once.
constexpr std::int64_t first_order_id = 8389765739703625592;
constexpr std::int64_t first_trade_id = 1190331610;
// When accounts were opened and funded. Public clients skip an asset that was never updated.
constexpr VenueTime account_opened{1700000000000};

}  // namespace

Exchange::Exchange(std::vector<SymbolSpec> symbols, std::uint64_t seed)
    : symbols_(std::move(symbols)), random_(seed) {
  for (SymbolIndex index = 0; index < symbols_.size(); ++index) {
    const auto& spec = symbols_[index];
    symbols_by_name_.emplace(spec.name, index);
    brackets_.push_back(brackets_of(spec));
    // Ids are unique per symbol only: symbols share numbers on purpose.
    markets_.push_back({.last = spec.start_price,
                        .mark = spec.start_price,
                        .next_order_id = first_order_id + static_cast<std::int64_t>(index % 3),
                        .next_trade_id = first_trade_id + static_cast<std::int64_t>(index % 5)});
  }
  books_.resize(markets_.size());
}

AccountIndex Exchange::add_account(Account account) {
  if (account.alias.empty()) account.alias = random_.alphanumeric(16);
  const auto opening = std::exchange(account.wallets, {});
  accounts_.push_back(std::move(account));
  for (const auto& [asset, amount] : opening)
    book(accounts_.back(), {.type = IncomeType::transfer,
                            .asset = asset,
                            .amount = amount,
                            .time = account_opened});
  return accounts_.size() - 1;
}

void Exchange::add_key(ApiKey key) {
  auto text = key.text;
  keys_.insert_or_assign(std::move(text), std::move(key));
}

std::optional<AccountIndex> Exchange::find_account(std::string_view label) const noexcept {
  for (AccountIndex index = 0; index < accounts_.size(); ++index)
    if (accounts_[index].label == label) return index;
  return std::nullopt;
}

const ApiKey* Exchange::find_key(const std::string& text) const noexcept {
  const auto at = keys_.find(text);
  return at == keys_.end() ? nullptr : &at->second;
}

Permissions Exchange::permissions(AccountIndex account) const {
  for (const auto& [text, key] : keys_)
    if (key.account == account && !key.deleted) return key.permissions;
  return {};
}

void Exchange::set_permissions(AccountIndex account, const Permissions& permissions) {
  for (auto& [text, key] : keys_)
    if (key.account == account) key.permissions = permissions;
}

void Exchange::set_key_permissions(const std::string& text, const Permissions& permissions) {
  keys_.at(text).permissions = permissions;
}

void Exchange::delete_key(const std::string& text) {
  keys_.at(text).deleted = true;
}

std::optional<SymbolIndex> Exchange::find_symbol(const std::string& name) const noexcept {
  const auto at = symbols_by_name_.find(name);
  if (at == symbols_by_name_.end()) return std::nullopt;
  return at->second;
}

void Exchange::set_symbol(SymbolIndex index, SymbolSpec spec) {
  symbols_[index] = std::move(spec);
  brackets_[index] = brackets_of(symbols_[index]);
  ++symbols_version_;
}

void Exchange::set_liquidity(SymbolIndex symbol, std::optional<Qty> qty, int pieces) noexcept {
  markets_[symbol].liquidity = qty;
  markets_[symbol].pieces = pieces;
}

}  // namespace copyd::sim
