// The control commands about money and contracts.
#include <array>

#include "sim/control_fields.hpp"

namespace copyd::sim {

namespace {

std::string ids_member(const std::vector<std::int64_t>& ids) {
  JsonWriter out;
  out.key("order_ids").array();
  for (const auto id : ids) out.integer(id);
  out.end_array();
  return out.take();
}

// Which way money goes for a reason; 0: as the sign says.
struct Reason {
  std::string_view name;
  int sign;
};
constexpr std::array<Reason, 6> reasons{{{"DEPOSIT", 1},
                                         {"WITHDRAW", -1},
                                         {"ADMIN_DEPOSIT", 1},
                                         {"ADMIN_WITHDRAW", -1},
                                         {"MARGIN_TRANSFER", 0},
                                         {"ASSET_TRANSFER", 0}}};

template <class T, class Fields>
std::optional<ApiError> replace(const Fields& fields, std::string_view name, T& value, int least) {
  if (fields.find(name) == nullptr) return std::nullopt;
  const auto given = fields.template decimal<T>(name);
  if (!given.ok()) return given.error();
  if (given.value().sign() < least)
    return control_fault(std::string(name) + (least > 0 ? " is not positive" : " is negative"));
  value = given.value();
  return std::nullopt;
}

template <class Fields>
Answer<std::optional<Price>> optional_price(const Fields& fields) {
  if (fields.find("price") == nullptr) return std::optional<Price>();
  const auto price = fields.template decimal<Price>("price");
  if (!price.ok()) return price.error();
  if (price.value().sign() <= 0) return control_fault("price is not positive");
  return std::optional(price.value());
}

}  // namespace

Answer<std::string> Control::funding(const Fields& fields, VenueTime now) {
  const auto symbol = fields.symbol();
  if (!symbol.ok()) return symbol.error();
  const auto rate = fields.decimal<Ratio>("rate");
  if (!rate.ok()) return rate.error();
  const auto charged = world_.exchange().charge_funding(symbol.value(), rate.value(), now);
  return "\"accounts\":" + std::to_string(charged);
}

Answer<std::string> Control::liquidate(const Fields& fields, VenueTime now) {
  const auto account = fields.account();
  if (!account.ok()) return account.error();
  std::set<SymbolIndex> only;
  if (fields.find("symbol") != nullptr) {
    const auto symbol = fields.symbol();
    if (!symbol.ok()) return symbol.error();
    only.insert(symbol.value());
  }
  const auto price = optional_price(fields);
  if (!price.ok()) return price.error();
  const auto ids = world_.exchange().liquidate(account.value(), only, price.value(), now);
  if (!ids.ok()) return ids.error();
  return ids_member(ids.value());
}

Answer<std::string> Control::adl(const Fields& fields, VenueTime now) {
  const auto account = fields.account();
  if (!account.ok()) return account.error();
  const auto symbol = fields.symbol();
  if (!symbol.ok()) return symbol.error();
  const auto price = optional_price(fields);
  if (!price.ok()) return price.error();
  std::optional<Qty> qty;
  if (fields.find("qty") != nullptr) {
    const auto given = fields.decimal<Qty>("qty");
    if (!given.ok()) return given.error();
    if (given.value().sign() <= 0) return control_fault("qty is not positive");
    qty = given.value();
  }
  const auto ids =
      world_.exchange().deleverage(account.value(), symbol.value(), qty, price.value(), now);
  if (!ids.ok()) return ids.error();
  return ids_member(ids.value());
}

Answer<std::string> Control::settle(const Fields& fields, VenueTime now) {
  const auto symbol = fields.symbol();
  if (!symbol.ok()) return symbol.error();
  const auto price = optional_price(fields);
  if (!price.ok()) return price.error();
  const auto closed = world_.exchange().settle(symbol.value(), price.value(), now);
  return "\"positions\":" + std::to_string(closed);
}

Answer<std::string> Control::transfer(const Fields& fields, VenueTime now) {
  const auto account = fields.account();
  if (!account.ok()) return account.error();
  const auto asset = fields.text("asset");
  if (!asset.ok()) return asset.error();
  const auto amount = fields.decimal<Usd>("amount");
  if (!amount.ok()) return amount.error();
  const auto name = fields.text("reason");
  if (!name.ok()) return name.error();
  for (const auto& reason : reasons) {
    if (reason.name != name.value()) continue;
    if (reason.sign != 0 && amount.value().sign() <= 0)
      return control_fault("amount is not positive");
    const Usd change = reason.sign < 0 ? -amount.value() : amount.value();
    if (auto error =
            world_.exchange().transfer(account.value(), asset.value(), change, reason.name, now))
      return *error;
    JsonWriter out;
    return out.decimal("wallet", world_.exchange().account(account.value()).wallet(asset.value()))
        .take();
  }
  return control_fault(
      "reason is not DEPOSIT, WITHDRAW, ADMIN_DEPOSIT, ADMIN_WITHDRAW, MARGIN_TRANSFER or "
      "ASSET_TRANSFER");
}

Answer<std::string> Control::symbol(const Fields& fields, VenueTime) {
  const auto symbol = fields.symbol();
  if (!symbol.ok()) return symbol.error();
  SymbolSpec spec = world_.exchange().symbol(symbol.value());
  if (fields.find("status") != nullptr) {
    const auto status = fields.text("status");
    if (!status.ok()) return status.error();
    spec.status = status.value();
  }
  for (const auto& error :
       {replace(fields, "tick", spec.tick, 1), replace(fields, "min_price", spec.min_price, 0),
        replace(fields, "max_price", spec.max_price, 1), replace(fields, "step", spec.step, 1),
        replace(fields, "min_qty", spec.min_qty, 1),
        replace(fields, "market_step", spec.market_step, 1),
        replace(fields, "market_min_qty", spec.market_min_qty, 1),
        replace(fields, "max_qty", spec.max_qty_limit, 1),
        replace(fields, "market_max_qty", spec.max_qty_market, 1),
        replace(fields, "min_notional", spec.min_notional, 0),
        replace(fields, "multiplier_up", spec.multiplier_up, 1),
        replace(fields, "multiplier_down", spec.multiplier_down, 0),
        replace(fields, "take_bound", spec.take_bound, 0),
        replace(fields, "max_notional", spec.max_notional, 1)})
    if (error) return *error;
  world_.exchange().set_symbol(symbol.value(), std::move(spec));
  return std::string();
}

Answer<std::string> Control::fees(const Fields& fields, VenueTime) {
  const auto only = fields.optional_account();
  if (!only.ok()) return only.error();
  auto& exchange = world_.exchange();
  for (AccountIndex index = 0; index < exchange.accounts().size(); ++index) {
    if (only.value() && *only.value() != index) continue;
    Fees fees = exchange.account(index).fees;
    for (const auto& error :
         {replace(fields, "maker", fees.maker, 0), replace(fields, "taker", fees.taker, 0)})
      if (error) return *error;
    const auto in_bnb = fields.flag("in_bnb", exchange.account(index).fee_in_bnb);
    if (!in_bnb.ok()) return in_bnb.error();
    exchange.set_fees(index, fees);
    exchange.set_fee_in_bnb(index, in_bnb.value());
  }
  return std::string();
}

Answer<std::string> Control::save(const Fields&, VenueTime) {
  if (auto error = door_.save()) return *error;
  return std::string();
}

}  // namespace copyd::sim
