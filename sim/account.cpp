#include "sim/account.hpp"

namespace copyd::sim {

Price Order::average() const noexcept {
  if (executed.is_zero()) return {};
  return Price::from_units(muldiv(quote.units(), units_per_whole, executed.units()));
}

Position Account::position(SymbolIndex symbol, Leg leg) const noexcept {
  const auto at = positions.find({symbol, leg});
  return at == positions.end() ? Position{} : at->second;
}

Usd Account::wallet(const std::string& asset) const noexcept {
  const auto at = wallets.find(asset);
  return at == wallets.end() ? Usd{} : at->second;
}

const Order* Account::find_order(SymbolIndex symbol, std::int64_t id) const noexcept {
  for (auto order = orders.rbegin(); order != orders.rend(); ++order)
    if (order->symbol == symbol && order->id == id) return &*order;
  return nullptr;
}

const Order* Account::find_order(SymbolIndex symbol, const std::string& client_id) const noexcept {
  const auto newest = newest_by_client_id.find(client_id);
  if (newest == newest_by_client_id.end()) return nullptr;
  const Order& order = orders[newest->second];
  if (order.symbol == symbol) return &order;
  for (auto other = orders.rbegin(); other != orders.rend(); ++other)
    if (other->symbol == symbol && other->client_id == client_id) return &*other;
  return nullptr;
}

Usd AssetState::available() const noexcept {
  const Usd free = margin_balance() - initial_margin;
  return free.sign() < 0 ? Usd{} : free;
}

}  // namespace copyd::sim
