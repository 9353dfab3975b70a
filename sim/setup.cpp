// How an account is set up: position mode, leverage, margin type, asset mode, isolated margin.
#include <fmt/format.h>

#include <algorithm>

#include "sim/exchange.hpp"

namespace copyd::sim {

namespace {

constexpr Leg legs[] = {Leg::both, Leg::long_, Leg::short_};
constexpr int largest_leverage = 125;

ApiError refusal(int code, std::string message) {
  return {.code = code, .message = std::move(message)};
}

bool holds(const Account& account, SymbolIndex symbol) {
  return std::any_of(std::begin(legs), std::end(legs),
                     [&](Leg leg) { return !account.position(symbol, leg).qty.is_zero(); });
}

}  // namespace

std::optional<ApiError> Exchange::set_position_mode(AccountIndex index, PositionMode mode) {
  auto& account = accounts_[index];
  if (account.mode == mode) return refusal(-4059, "No need to change position side.");
  if (account.open_count() > 0 || !account.open_algos.empty())
    return refusal(-4067, "Position side cannot be changed if there exists open orders.");
  for (const auto& [where, position] : account.positions)
    if (!position.qty.is_zero())
      return refusal(-4068, "Position side cannot be changed if there exists position.");
  account.mode = mode;
  account.positions.clear();
  return std::nullopt;
}

std::optional<ApiError> Exchange::set_leverage(AccountIndex index, SymbolIndex symbol, int leverage,
                                               VenueTime now) {
  auto& account = accounts_[index];
  const auto before = account.setup(symbol);
  const Usd largest = leverage >= 1 && leverage <= largest_leverage
                          ? largest_at(brackets_[symbol], leverage)
                          : Usd{};
  if (largest.is_zero()) return refusal(-4028, fmt::format("Leverage {} is not valid", leverage));
  if (leverage == before.leverage) return std::nullopt;
  if (before.isolated && leverage < before.leverage && holds(account, symbol))
    return refusal(-4161,
                   "Leverage reduction is not supported in Isolated Margin Mode with open "
                   "positions.");
  Usd more;
  for (const Leg leg : legs) {
    const auto margin = leg_margin(account, symbol, leg);
    const Usd whole =
        std::max((margin.value + margin.bids).abs(), (margin.value - margin.asks).abs());
    if (whole > largest)
      return refusal(-2027, "Exceeded the maximum allowable position at current leverage.");
    more += Usd::from_units(whole.units() / leverage) - margin.initial();
  }
  if (more > available(index, symbols_[symbol].quote))
    return refusal(-2028, "Leverage is smaller than permitted: insufficient margin balance.");
  account.setups[symbol].leverage = leverage;
  if (listener_ != nullptr) listener_->on_leverage(index, symbol, leverage, now);
  return std::nullopt;
}

std::optional<ApiError> Exchange::set_margin_type(AccountIndex index, SymbolIndex symbol,
                                                  bool isolated, VenueTime now) {
  auto& account = accounts_[index];
  if (account.setup(symbol).isolated == isolated)
    return refusal(-4046, "No need to change margin type.");
  if (isolated && account.multi_assets)
    return refusal(-4168, "Unable to adjust to isolated-margin mode under the Multi-Assets mode.");
  if (account.open_count(symbol) > 0)
    return refusal(-4047, "Margin type cannot be changed if there exists open orders.");
  if (holds(account, symbol))
    return refusal(-4048, "Margin type cannot be changed if there exists position.");
  account.setups[symbol].isolated = isolated;
  AccountChange change{.reason = "MARGIN_TYPE_CHANGE", .symbol = {}, .time = now};
  if (account.mode == PositionMode::one_way) change.positions = {{symbol, Leg::both}};
  else change.positions = {{symbol, Leg::long_}, {symbol, Leg::short_}};
  if (listener_ != nullptr) listener_->on_account_change(index, change);
  return std::nullopt;
}

std::optional<ApiError> Exchange::set_multi_assets(AccountIndex index, bool on, VenueTime now) {
  auto& account = accounts_[index];
  if (account.multi_assets == on)
    return refusal(-4171,
                   "Adjusted asset mode is currently set and does not need to be adjusted "
                   "repeatedly.");
  if (account.open_count() > 0)
    return refusal(-4170, "Unable to adjust Multi-Assets Mode with open orders in USDⓈ-M Futures.");
  for (const auto& [symbol, setup] : account.setups)
    if (on && setup.isolated)
      return refusal(-4167,
                     "Unable to adjust to Multi-Assets mode with symbols of USDⓈ-M Futures under "
                     "isolated-margin mode.");
  for (const auto& [asset, wallet] : account.wallets) {
    if (wallet.sign() < 0)
      return refusal(-4172,
                     "Unable to adjust Multi-Assets Mode with a negative wallet balance of margin "
                     "available asset in USDⓈ-M Futures account.");
    const auto state = asset_state(index, asset);
    if (!on && state.cross_balance() < state.reserved)
      return refusal(-4169,
                     "Unable to adjust Multi-Assets Mode with insufficient margin balance in "
                     "USDⓈ-M Futures.");
  }
  account.multi_assets = on;
  if (listener_ != nullptr) listener_->on_multi_assets(index, on, now);
  return std::nullopt;
}

std::optional<ApiError> Exchange::move_margin(AccountIndex index, SymbolIndex symbol, Leg leg,
                                              Usd amount, VenueTime now) {
  auto& account = accounts_[index];
  if (!account.setup(symbol).isolated)
    return refusal(-4049, "Add margin only support for isolated position.");
  const auto at = account.positions.find({symbol, leg});
  if (at == account.positions.end() || at->second.qty.is_zero())
    return refusal(-4054, "Cannot add position margin: position is 0.");
  if (amount > available(index, symbols_[symbol].quote))
    return refusal(-4050, "Cross balance insufficient.");
  const auto margin = leg_margin(account, symbol, leg);
  const Usd left = at->second.isolated_wallet + amount + std::min(margin.unrealized, Usd{});
  if (amount.sign() < 0 && left < margin.position_margin)
    return refusal(-4051, "Isolated balance insufficient.");
  at->second.isolated_wallet += amount;
  at->second.updated = now;
  // The wallet is as it was; only what is free of it has changed.
  if (listener_ != nullptr)
    listener_->on_account_change(index, {.reason = "MARGIN_TRANSFER",
                                         .assets = {{symbols_[symbol].quote, Usd{}}},
                                         .positions = {{symbol, leg}},
                                         .time = now});
  return std::nullopt;
}

}  // namespace copyd::sim
