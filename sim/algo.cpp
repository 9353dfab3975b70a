// Conditional orders: taken without a look at the margin, kept apart, turned into plain orders when
// their price comes.
#include "sim/algo.hpp"

#include <algorithm>

#include "sim/exchange.hpp"
#include "sim/position_math.hpp"

namespace copyd::sim {

namespace {

ApiError refusal(int code, std::string message) {
  return {.code = code, .message = std::move(message)};
}

ApiError would_trigger() {
  return refusal(-2021, "Order would immediately trigger.");
}

bool is_reached(const AlgoOrder& algo, Price price) noexcept {
  // A stop is beyond the price in the direction of the order, a profit is behind it.
  const bool upward = (algo.side == Side::buy) == algo.is_stop();
  return upward ? price >= algo.trigger : price <= algo.trigger;
}

// How far a trailing stop lets the price come back.
Price trailed(const AlgoOrder& algo) noexcept {
  const Ratio one = Ratio::whole(1);
  const Ratio share = algo.side == Side::buy ? one + algo.callback : one - algo.callback;
  return Price::from_units(muldiv(algo.extreme.units(), share.units(), units_per_whole));
}

}  // namespace

std::string_view name_of(AlgoType type) noexcept {
  switch (type) {
    case AlgoType::stop:
      return "STOP";
    case AlgoType::stop_market:
      return "STOP_MARKET";
    case AlgoType::take_profit:
      return "TAKE_PROFIT";
    case AlgoType::take_profit_market:
      return "TAKE_PROFIT_MARKET";
    case AlgoType::trailing_stop_market:
      return "TRAILING_STOP_MARKET";
  }
  return "STOP_MARKET";
}

std::string_view name_of(AlgoStatus status) noexcept {
  switch (status) {
    case AlgoStatus::new_:
      return "NEW";
    case AlgoStatus::triggering:
      return "TRIGGERING";
    case AlgoStatus::triggered:
      return "TRIGGERED";
    case AlgoStatus::finished:
      return "FINISHED";
    case AlgoStatus::canceled:
      return "CANCELED";
    case AlgoStatus::expired:
      return "EXPIRED";
    case AlgoStatus::rejected:
      return "REJECTED";
  }
  return "NEW";
}

std::optional<AlgoType> parse_algo_type(std::string_view text) noexcept {
  for (const auto type : {AlgoType::stop, AlgoType::stop_market, AlgoType::take_profit,
                          AlgoType::take_profit_market, AlgoType::trailing_stop_market})
    if (text == name_of(type)) return type;
  return std::nullopt;
}

Price Exchange::working_price(const AlgoOrder& algo) const noexcept {
  return algo.by_mark ? markets_[algo.symbol].mark : markets_[algo.symbol].last;
}

std::optional<ApiError> Exchange::check_trigger(const AlgoOrder& algo) const {
  const auto& spec = symbols_[algo.symbol];
  const Price price = working_price(algo);
  if (!algo.is_trailing()) {
    if (auto error = check_steps(spec, algo.trigger)) return error;
    if (is_reached(algo, price)) return would_trigger();
    return std::nullopt;
  }
  if (algo.activation.is_zero()) return std::nullopt;
  if (auto error = check_steps(spec, algo.activation)) return error;
  // It begins to follow only from a better price than now.
  const bool better = algo.side == Side::buy ? algo.activation < price : algo.activation > price;
  if (!better) return would_trigger();
  return std::nullopt;
}

std::optional<ApiError> Exchange::check_algo(AccountIndex index, const AlgoRequest& request) const {
  const auto& account = accounts_[index];
  const auto& algo = request.order;
  const auto& spec = symbols_[algo.symbol];
  const OrderRequest plain{.symbol = algo.symbol,
                           .side = algo.side,
                           .leg = request.leg,
                           .price = algo.price,
                           .reduce_only = request.reduce_only};
  if (auto error = check_leg(account, plain)) return error;
  if (spec.status != "TRADING")
    return refusal(-4140, "Invalid symbol status for opening position.");
  if (account.open_algos.size() >= max_open_algos)
    return refusal(-4045, "Reach max stop order limit.");
  for (const auto place : account.open_algos) {
    const auto& other = account.algos[place];
    if (other.client_id == algo.client_id) return refusal(-4116, "ClientOrderId is duplicated.");
    if (algo.close_position && other.close_position && other.symbol == algo.symbol &&
        other.type == algo.type && other.side == algo.side && other.leg == algo.leg)
      return refusal(-4130,
                     "An open stop or take profit order with GTE and closePosition in the "
                     "direction is existing.");
  }
  if (!algo.close_position)
    if (auto error = check_quantity(spec, algo.order_type(), algo.qty)) return error;
  if (algo.is_limit()) {
    if (auto error = check_steps(spec, algo.price)) return error;
    if (auto error = check_band(spec, algo.side, algo.price, algo.trigger)) return error;
  }
  return check_trigger(algo);
}

Answer<const AlgoOrder*> Exchange::place_algo(AccountIndex index, const AlgoRequest& request,
                                              VenueTime now) {
  tick(now);
  if (auto error = check_algo(index, request)) return *error;
  auto& account = accounts_[index];
  AlgoOrder algo = request.order;
  algo.id = next_algo_id_++;
  if (algo.client_id.empty()) algo.client_id = random_.alphanumeric(22);
  algo.created = now;
  if (algo.is_trailing() && algo.activation.is_zero()) {
    algo.activated = true;
    algo.extreme = working_price(algo);
  }
  const std::size_t place = account.algos.size();
  account.algos.push_back(std::move(algo));
  account.open_algos.insert(place);
  const AlgoOrder& placed = account.algos.back();
  books_[placed.symbol].algos.emplace(index, place);
  if (placed.good_till.ms != 0)
    deadlines_.emplace(placed.good_till.ms,
                       Deadline{.kind = Deadline::Kind::algo, .account = index, .place = place});
  set_algo(index, place, AlgoStatus::new_, now);
  return &placed;
}

Answer<const AlgoOrder*> Exchange::cancel_algo(AccountIndex index, const OrderRef& algo,
                                               VenueTime now) {
  tick(now);
  const auto& account = accounts_[index];
  for (const auto place : account.open_algos) {
    const auto& candidate = account.algos[place];
    if (algo.id ? candidate.id != *algo.id : candidate.client_id != algo.client_id) continue;
    set_algo(index, place, AlgoStatus::canceled, now);
    return &candidate;
  }
  return refusal(-2011, "Unknown order sent.");
}

void Exchange::cancel_all_algos(AccountIndex index, SymbolIndex symbol, VenueTime now) {
  tick(now);
  const auto open = accounts_[index].open_algos;
  for (const auto place : open)
    if (accounts_[index].algos[place].symbol == symbol)
      set_algo(index, place, AlgoStatus::canceled, now);
}

void Exchange::set_algo(AccountIndex index, std::size_t place, AlgoStatus status, VenueTime now) {
  auto& account = accounts_[index];
  AlgoOrder& algo = account.algos[place];
  algo.status = status;
  algo.updated = now;
  if (status != AlgoStatus::new_) {
    account.open_algos.erase(place);
    books_[algo.symbol].algos.erase({index, place});
  }
  if (listener_ != nullptr) listener_->on_algo(index, algo, now);
}

bool Exchange::is_met(AccountIndex index, AlgoOrder& algo, VenueTime now) {
  const Price price = working_price(algo);
  if (!algo.is_trailing()) return is_reached(algo, price);
  const bool buys = algo.side == Side::buy;
  if (!algo.activated) {
    if (buys ? price > algo.activation : price < algo.activation) return false;
    algo.activated = true;
    algo.extreme = price;
    algo.updated = now;
    if (listener_ != nullptr) listener_->on_algo(index, algo, now);
    return false;
  }
  algo.extreme = buys ? std::min(algo.extreme, price) : std::max(algo.extreme, price);
  return buys ? price >= trailed(algo) : price <= trailed(algo);
}

void Exchange::run_algos(SymbolIndex symbol, VenueTime now) {
  const auto watching = books_[symbol].algos;
  for (const auto& [index, place] : watching) {
    AlgoOrder& algo = accounts_[index].algos[place];
    // An earlier one may have ended it.
    if (algo.status == AlgoStatus::new_ && is_met(index, algo, now)) trigger(index, place, now);
  }
}

OrderRequest Exchange::request_of(const Account& account, const AlgoOrder& algo) const {
  OrderRequest request{.symbol = algo.symbol,
                       .side = algo.side,
                       .leg = algo.leg,
                       .type = algo.order_type(),
                       .tif = algo.tif,
                       .qty = algo.qty,
                       .price = algo.price,
                       .reduce_only = std::nullopt,
                       .client_id = algo.client_id,
                       .self_trade_prevention = algo.self_trade_prevention,
                       .good_till = algo.good_till,
                       .price_match = algo.price_match,
                       .queue_price = algo.queue_price,
                       .close_position = algo.close_position};
  if (account.mode == PositionMode::one_way && (algo.reduce_only || algo.close_position))
    request.reduce_only = true;
  if (algo.close_position) request.qty = account.position(algo.symbol, algo.leg).qty.abs();
  if (algo.is_limit() && algo.price_match != "NONE")
    request.price = matched_price(algo.symbol, algo.side);
  return request;
}

void Exchange::trigger(AccountIndex index, std::size_t place, VenueTime now) {
  auto& account = accounts_[index];
  account.algos[place].triggered = now;
  set_algo(index, place, AlgoStatus::triggering, now);
  OrderRequest request = request_of(account, account.algos[place]);
  request.algo = place;
  auto error = request.close_position && request.qty.is_zero()
                   ? std::optional(refusal(-2022, "ReduceOnly Order is rejected."))
                   : check(index, request);
  if (error) {
    account.algos[place].reject_reason = error->message;
    set_algo(index, place, AlgoStatus::rejected, now);
    return;
  }
  execute(index, plan(account, request), now);
}

}  // namespace copyd::sim
