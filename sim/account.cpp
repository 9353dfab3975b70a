#include "sim/account.hpp"

#include <algorithm>

namespace copyd::sim {

std::vector<std::pair<std::string_view, bool*>> permission_flags(Permissions& permissions) {
  return {{"reading", &permissions.reading},
          {"futures", &permissions.futures},
          {"withdrawals", &permissions.withdrawals},
          {"internal_transfer", &permissions.internal_transfer},
          {"universal_transfer", &permissions.universal_transfer},
          {"ip_restricted", &permissions.ip_restricted},
          {"margin", &permissions.margin},
          {"options", &permissions.options},
          {"portfolio_margin", &permissions.portfolio_margin}};
}

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

std::size_t Account::add_order(Order order) {
  const std::size_t place = orders.size();
  newest_by_client_id[order.client_id] = place;
  orders_by_symbol[order.symbol].push_back(place);
  if (!order.is_done()) open_orders[order.symbol].insert(place);
  orders.push_back(std::move(order));
  return place;
}

void Account::reindex() {
  newest_by_client_id.clear();
  orders_by_symbol.clear();
  open_orders.clear();
  open_algos.clear();
  for (auto& order : std::exchange(orders, {})) add_order(std::move(order));
  for (std::size_t place = 0; place < algos.size(); ++place)
    if (algos[place].status == AlgoStatus::new_) open_algos.insert(place);
}

std::size_t Account::open_count(SymbolIndex symbol) const noexcept {
  const auto at = open_orders.find(symbol);
  return at == open_orders.end() ? 0 : at->second.size();
}

std::size_t Account::open_count() const noexcept {
  std::size_t count = 0;
  for (const auto& [symbol, places] : open_orders) count += places.size();
  return count;
}

const Order* Account::find_order(SymbolIndex symbol, std::int64_t id) const noexcept {
  const auto places = orders_by_symbol.find(symbol);
  if (places == orders_by_symbol.end()) return nullptr;
  const auto at = std::lower_bound(
      places->second.begin(), places->second.end(), id,
      [&](std::size_t place, std::int64_t wanted) { return orders[place].id < wanted; });
  if (at == places->second.end() || orders[*at].id != id) return nullptr;
  return &orders[*at];
}

const Order* Account::find_order(SymbolIndex symbol, const std::string& client_id) const noexcept {
  const auto newest = newest_by_client_id.find(client_id);
  if (newest == newest_by_client_id.end()) return nullptr;
  const Order& order = orders[newest->second];
  if (order.symbol == symbol) return &order;
  const auto places = orders_by_symbol.find(symbol);
  if (places == orders_by_symbol.end()) return nullptr;
  for (auto place = places->second.rbegin(); place != places->second.rend(); ++place)
    if (orders[*place].client_id == client_id) return &orders[*place];
  return nullptr;
}

SymbolSetup Account::setup(SymbolIndex symbol) const noexcept {
  const auto at = setups.find(symbol);
  return at == setups.end() ? SymbolSetup{} : at->second;
}

Usd AssetState::available() const noexcept {
  const Usd free = cross_balance() - reserved;
  return free.sign() < 0 ? Usd{} : free;
}

void AssetState::add(const AssetState& other, Ratio index) noexcept {
  const auto part = [&](Usd value) {
    return Usd::from_units(muldiv(value.units(), index.units(), units_per_whole));
  };
  wallet += part(other.wallet);
  isolated += part(other.isolated);
  unrealized += part(other.unrealized);
  cross_unrealized += part(other.cross_unrealized);
  position_margin += part(other.position_margin);
  open_order_margin += part(other.open_order_margin);
  reserved += part(other.reserved);
  maintenance_margin += part(other.maintenance_margin);
  cross_maintenance += part(other.cross_maintenance);
}

}  // namespace copyd::sim
