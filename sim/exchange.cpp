#include "sim/exchange.hpp"

namespace copyd::sim {

namespace {

// Beyond 2^53, so that a client that keeps ids in a floating-point number is caught at once.
constexpr std::int64_t first_order_id = 8389765739703625592;
constexpr std::int64_t first_trade_id = 1190331610;

}  // namespace

Exchange::Exchange(std::vector<SymbolSpec> symbols, std::uint64_t seed)
    : symbols_(std::move(symbols)), random_(seed) {
  for (SymbolIndex index = 0; index < symbols_.size(); ++index) {
    const auto& spec = symbols_[index];
    symbols_by_name_.emplace(spec.name, index);
    // Ids are unique per symbol only: symbols share numbers on purpose.
    markets_.push_back({.last = spec.start_price,
                        .mark = spec.start_price,
                        .next_order_id = first_order_id + static_cast<std::int64_t>(index % 3),
                        .next_trade_id = first_trade_id + static_cast<std::int64_t>(index % 5)});
  }
}

AccountIndex Exchange::add_account(Account account) {
  if (account.alias.empty()) account.alias = random_.alphanumeric(16);
  accounts_.push_back(std::move(account));
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

std::optional<ApiError> Exchange::set_position_mode(AccountIndex index, PositionMode mode) {
  auto& account = accounts_[index];
  if (account.mode == mode)
    return ApiError{.code = -4059, .message = "No need to change position side."};
  for (const auto& [where, position] : account.positions)
    if (!position.qty.is_zero())
      return ApiError{.code = -4068,
                      .message = "Position side cannot be changed if there exists position."};
  account.mode = mode;
  account.positions.clear();
  return std::nullopt;
}

std::optional<SymbolIndex> Exchange::find_symbol(const std::string& name) const noexcept {
  const auto at = symbols_by_name_.find(name);
  if (at == symbols_by_name_.end()) return std::nullopt;
  return at->second;
}

void Exchange::set_price(SymbolIndex symbol, Price last, Price mark) noexcept {
  markets_[symbol].last = last;
  markets_[symbol].mark = mark;
}

void Exchange::set_liquidity(SymbolIndex symbol, std::optional<Qty> qty, int pieces) noexcept {
  markets_[symbol].liquidity = qty;
  markets_[symbol].pieces = pieces;
}

Usd Exchange::unrealized(SymbolIndex symbol, const Position& position) const noexcept {
  const Price gain = markets_[symbol].mark - position.entry;
  return Usd::from_units(muldiv(gain.units(), position.qty.units(), units_per_whole));
}

Usd Exchange::position_notional(SymbolIndex symbol, Qty qty) const noexcept {
  return notional(markets_[symbol].mark, qty);
}

AssetState Exchange::asset_state(AccountIndex index, const std::string& asset) const {
  const auto& account = accounts_[index];
  AssetState state{.wallet = account.wallet(asset)};
  for (const auto& [where, position] : account.positions) {
    if (position.qty.is_zero() || symbols_[where.first].quote != asset) continue;
    const Usd value = position_notional(where.first, position.qty);
    state.unrealized += unrealized(where.first, position);
    state.initial_margin += Usd::from_units(value.units() / default_leverage);
    // A flat half per cent; the venue's brackets are not modelled.
    state.maintenance_margin += Usd::from_units(value.units() / 200);
  }
  return state;
}

}  // namespace copyd::sim
