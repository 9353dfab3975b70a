#include "engine/moved_equity.hpp"

#include <algorithm>

namespace copyd::engine {
namespace {

// The mark that the venue has valued the position by; 0: it does not say.
Price mark_of(const venue::AccountState::Position& row) noexcept {
  if (row.qty.is_zero()) return {};
  constexpr std::int64_t one = Price::whole(1).units();
  return Price::from_units(muldiv(row.notional.abs().units(), one, row.qty.abs().units()));
}

// q·(to − from), towards zero.
Usd gain(Qty qty, Price from, Price to) noexcept {
  const Usd size = notional((to - from).abs(), qty);
  return (to < from) != (qty.sign() < 0) ? -size : size;
}

}  // namespace

void MovedEquity::begin(const venue::AccountState& read, const SymbolTable& symbols) {
  known_ = true;
  wallets_ = {};
  positions_.clear();
  for (const auto& row : read.assets)
    if (const auto dollar = venue::dollar_index(row.asset)) wallets_[*dollar] = row.wallet;
  all_dollars_ = read.wallet != wallets_[venue::usdt];
  rest_ = read.margin_balance;
  for (std::size_t i = 0; i < wallets_.size(); ++i)
    if (all_dollars_ || i == venue::usdt) rest_ -= wallets_[i];
  for (const auto& row : read.positions) {
    if (!row.symbol || !counts(*row.symbol, symbols)) continue;
    rest_ -= row.unrealised;
    positions_[{row.symbol->value, row.leg}] = {
        .qty = row.qty, .from = mark_of(row), .gained = row.unrealised};
  }
}

bool MovedEquity::counts(SymbolId symbol, const SymbolTable& symbols) const {
  const auto& name = symbols[symbol].name;
  return all_dollars_ || std::string_view(name).ends_with(venue::dollars[venue::usdt]);
}

void MovedEquity::hear(const venue::AccountNews& news, const SymbolTable& symbols) {
  if (!known_) return;
  if (news.kind == venue::AccountNews::Kind::wallet) {
    wallets_[news.dollar] = news.wallet;
    return;
  }
  if (!counts(news.symbol, symbols)) return;
  positions_[{news.symbol.value, news.leg}] = {.qty = news.qty, .from = news.entry, .gained = {}};
}

std::optional<Usd> MovedEquity::now(const MarkOf& mark_of) {
  if (!known_) return std::nullopt;
  Usd equity = rest_;
  for (std::size_t i = 0; i < wallets_.size(); ++i)
    if (all_dollars_ || i == venue::usdt) equity += wallets_[i];
  for (auto& [key, position] : positions_) {
    equity += position.gained;
    const Price mark = mark_of(SymbolId{key.first});
    if (mark.sign() <= 0) continue;
    if (position.from.sign() <= 0) position.from = mark;
    equity += gain(position.qty, position.from, mark);
  }
  return equity;
}

}  // namespace copyd::engine
