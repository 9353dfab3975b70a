#include "risk/sizing.hpp"

#include <algorithm>

namespace copyd::risk {
namespace {

// Ten billion whole: no venue takes it, and sums of it stay far from the end of 64 bits.
constexpr std::int64_t size_units_max = 1'000'000'000'000'000'000;

Qty quantity_of(std::int64_t units) noexcept {
  return Qty::from_units(std::clamp<std::int64_t>(units, 0, size_units_max));
}

// The share of an amount per leader order that belongs to this part of it.
std::int64_t share(std::int64_t amount_units, const OpeningPart& part) noexcept {
  // An order of unknown size counts as the fill itself.
  const Qty whole_order = part.order_qty.sign() > 0 ? part.order_qty : part.quantity;
  const std::int64_t whole = whole_order.units();
  return muldiv(amount_units, part.quantity.units(), whole);
}

Sized by_ratio(Ratio ratio, const OpeningPart& part) noexcept {
  return {quantity_of(muldiv(part.quantity.units(), ratio.units(), units_per_whole)), ratio};
}

}  // namespace

std::optional<Ratio> equity_ratio(Ratio multiplier, const Equities& equities) noexcept {
  if (!equities.follower || !equities.leader) return std::nullopt;
  if (equities.follower->sign() <= 0 || equities.leader->sign() <= 0) return std::nullopt;
  return Ratio::from_units(
      muldiv(multiplier.units(), equities.follower->units(), equities.leader->units()));
}

bool needs_equity(const config::Sizing& sizing) noexcept {
  return std::holds_alternative<config::EquityRatio>(sizing);
}

std::optional<Sized> size(const config::Sizing& sizing, std::optional<Ratio> equity_ratio,
                          const OpeningPart& part) noexcept {
  if (const auto* fixed = std::get_if<config::FixedRatio>(&sizing))
    return by_ratio(fixed->ratio, part);
  if (needs_equity(sizing)) {
    if (!equity_ratio) return std::nullopt;
    return by_ratio(*equity_ratio, part);
  }
  if (const auto* notional = std::get_if<config::FixedNotional>(&sizing)) {
    const std::int64_t money = share(notional->notional.units(), part);
    if (part.price.sign() <= 0) return Sized{};
    return Sized{quantity_of(muldiv(money, units_per_whole, part.price.units())), std::nullopt};
  }
  const auto& fixed = std::get<config::FixedQuantity>(sizing);
  return Sized{quantity_of(share(fixed.quantity.units(), part)), std::nullopt};
}

}  // namespace copyd::risk
