// What rests: filled when the price comes to it, cancelled, expired, kept from trading with itself.
#include <algorithm>
#include <limits>

#include "sim/exchange.hpp"
#include "sim/position_math.hpp"

namespace copyd::sim {

namespace {

constexpr Qty all_of_it = Qty::from_units(std::numeric_limits<std::int64_t>::max());

ApiError unknown_order() {
  return {.code = -2011, .message = "Unknown order sent."};
}

}  // namespace

std::optional<std::size_t> Exchange::open_place(const Account& account, SymbolIndex symbol,
                                                const OrderRef& order) const {
  const Order* found = order.id ? account.find_order(symbol, *order.id)
                                : account.find_order(symbol, order.client_id);
  if (found == nullptr || found->is_done()) return std::nullopt;
  return static_cast<std::size_t>(found - account.orders.data());
}

void Exchange::rest(AccountIndex index, std::size_t place) {
  auto& account = accounts_[index];
  Order& order = account.orders[place];
  // From here on it can only make.
  order.maker = true;
  order.queue = ++queue_;
  account.open_orders[order.symbol].insert(place);
  books_[order.symbol].add(index, place, order);
  if (order.good_till.ms != 0)
    deadlines_.emplace(order.good_till.ms,
                       Deadline{.kind = Deadline::Kind::order, .account = index, .place = place});
}

void Exchange::unrest(AccountIndex index, std::size_t place) {
  auto& account = accounts_[index];
  const Order& order = account.orders[place];
  account.open_orders[order.symbol].erase(place);
  books_[order.symbol].remove(order);
}

void Exchange::close(AccountIndex index, std::size_t place, OrderStatus status, int reason,
                     VenueTime now) {
  unrest(index, place);
  Order& order = accounts_[index].orders[place];
  order.status = status;
  order.expiry_reason = reason;
  order.updated = now;
  tell_order(index, order,
             status == OrderStatus::canceled ? Execution::canceled : Execution::expired);
  if (order.algo) set_algo(index, *order.algo, AlgoStatus::finished, now);
}

void Exchange::fill_resting(AccountIndex index, std::size_t place, Qty most, VenueTime now) {
  auto& account = accounts_[index];
  Order& order = account.orders[place];
  Qty qty = std::min(order.remaining(), most);
  if (order.reduce_only)
    qty = closable(account.position(order.symbol, order.leg).qty, signed_qty(order.side, qty));
  order.maker = true;
  for (const auto& fill : cut(order.symbol, qty, order.price)) {
    order.updated = now;
    const Trade trade = apply_fill(account, order, fill, true, now);
    tell_fill(index, nullptr, order, trade, Execution::trade);
  }
  if (order.is_done()) {
    unrest(index, place);
    if (order.algo) set_algo(index, *order.algo, AlgoStatus::finished, now);
  }
  settle_reducing(index, order.symbol, order.leg, now);
}

void Exchange::settle_reducing(AccountIndex index, SymbolIndex symbol, Leg leg, VenueTime now) {
  auto& account = accounts_[index];
  const auto open = account.open_orders.find(symbol);
  if (open == account.open_orders.end() || open->second.empty()) return;
  const Qty held = account.position(symbol, leg).qty;
  std::vector<std::size_t> idle;
  for (const auto place : open->second) {
    const Order& order = account.orders[place];
    if (order.reduce_only && order.leg == leg &&
        closable(held, signed_qty(order.side, order.remaining())).is_zero())
      idle.push_back(place);
  }
  for (const auto place : idle)
    close(index, place, OrderStatus::expired, expiry::would_reverse, now);
}

void Exchange::set_price(SymbolIndex symbol, Price last, Price mark, VenueTime now) {
  tick(now);
  markets_[symbol].last = last;
  markets_[symbol].mark = mark;
  run_book(symbol, now);
}

void Exchange::run_book(SymbolIndex symbol, VenueTime now) {
  auto& book = books_[symbol];
  const auto& market = markets_[symbol];
  std::vector<BookEntry> due;
  for (auto at = book.buys.begin(); at != book.buys.end() && at->price >= market.last; ++at)
    due.push_back(*at);
  for (auto at = book.sells.begin(); at != book.sells.end() && at->price <= market.last; ++at)
    due.push_back(*at);
  for (const auto& entry : due)
    // An earlier fill of the account may have ended it.
    if (!accounts_[entry.account].orders[entry.place].is_done())
      fill_resting(entry.account, entry.place, market.liquidity.value_or(all_of_it), now);
  run_algos(symbol, now);
}

Answer<const Order*> Exchange::cancel(AccountIndex index, SymbolIndex symbol, const OrderRef& order,
                                      VenueTime now) {
  tick(now);
  const auto place = open_place(accounts_[index], symbol, order);
  if (!place) return unknown_order();
  close(index, *place, OrderStatus::canceled, 0, now);
  return &accounts_[index].orders[*place];
}

void Exchange::cancel_all(AccountIndex index, SymbolIndex symbol, VenueTime now) {
  tick(now);
  const auto open = accounts_[index].open_orders[symbol];
  for (const auto place : open) close(index, place, OrderStatus::canceled, 0, now);
}

Answer<const Order*> Exchange::fill(AccountIndex index, SymbolIndex symbol, const OrderRef& order,
                                    std::optional<Qty> qty, VenueTime now) {
  tick(now);
  const auto place = open_place(accounts_[index], symbol, order);
  if (!place) return unknown_order();
  const Qty remaining = accounts_[index].orders[*place].remaining();
  if (qty &&
      (qty->sign() <= 0 || *qty > remaining || qty->units() % symbols_[symbol].step.units() != 0))
    return ApiError{.message = "qty is not a multiple of the step up to what is left"};
  fill_resting(index, *place, qty.value_or(remaining), now);
  return &accounts_[index].orders[*place];
}

// Everybody else trades at the last price, so two orders of one account meet only in what nobody
// else was there for.
bool Exchange::prevent_self_trade(AccountIndex index, const Order& taker, VenueTime now) {
  const auto& mode = taker.self_trade_prevention;
  if (mode == "NONE" || taker.tif == TimeInForce::fok) return false;
  auto& account = accounts_[index];
  const auto open = account.open_orders.find(taker.symbol);
  if (open == account.open_orders.end()) return false;
  const auto places = open->second;
  for (const auto place : places) {
    const Order& maker = account.orders[place];
    const bool meets =
        taker.type == OrderType::market ||
        (taker.side == Side::buy ? maker.price <= taker.price : maker.price >= taker.price);
    if (maker.side == taker.side || maker.id == taker.id || !meets) continue;
    if (mode == "EXPIRE_TAKER") return true;
    close(index, place, OrderStatus::expired_in_match, expiry::self_trade, now);
    if (mode == "EXPIRE_BOTH") return true;
  }
  return false;
}

void Exchange::set_countdown(AccountIndex index, SymbolIndex symbol,
                             std::chrono::milliseconds after, VenueTime now) {
  tick(now);
  auto& countdowns = accounts_[index].countdowns;
  countdowns.erase(symbol);
  if (after.count() <= 0) return;
  countdowns[symbol] = now + after;
  deadlines_.emplace(
      (now + after).ms,
      Deadline{.kind = Deadline::Kind::countdown, .account = index, .symbol = symbol});
}

void Exchange::meet(const Deadline& deadline, VenueTime now) {
  auto& account = accounts_[deadline.account];
  switch (deadline.kind) {
    case Deadline::Kind::order: {
      const Order& order = account.orders[deadline.place];
      if (!order.is_done() && order.good_till <= now)
        close(deadline.account, deadline.place, OrderStatus::expired, 0, now);
      return;
    }
    case Deadline::Kind::algo: {
      const AlgoOrder& algo = account.algos[deadline.place];
      if (algo.status == AlgoStatus::new_ && algo.good_till <= now)
        set_algo(deadline.account, deadline.place, AlgoStatus::expired, now);
      return;
    }
    case Deadline::Kind::countdown: {
      const auto at = account.countdowns.find(deadline.symbol);
      if (at == account.countdowns.end() || at->second > now) return;
      account.countdowns.erase(at);
      cancel_all(deadline.account, deadline.symbol, now);
      return;
    }
  }
}

void Exchange::tick(VenueTime now) {
  latest_ = std::max(latest_, now);
  while (!deadlines_.empty() && deadlines_.begin()->first <= now.ms) {
    const Deadline deadline = deadlines_.begin()->second;
    deadlines_.erase(deadlines_.begin());
    meet(deadline, now);
  }
}

void Exchange::reindex() {
  books_.assign(markets_.size(), {});
  deadlines_.clear();
  for (AccountIndex index = 0; index < accounts_.size(); ++index) {
    auto& account = accounts_[index];
    account.reindex();
    for (std::size_t place = 0; place < account.orders.size(); ++place) {
      const Order& order = account.orders[place];
      queue_ = std::max(queue_, order.queue);
      if (order.is_done()) continue;
      books_[order.symbol].add(index, place, order);
      if (order.good_till.ms != 0)
        deadlines_.emplace(
            order.good_till.ms,
            Deadline{.kind = Deadline::Kind::order, .account = index, .place = place});
    }
    for (std::size_t place = 0; place < account.algos.size(); ++place) {
      const AlgoOrder& algo = account.algos[place];
      next_algo_id_ = std::max(next_algo_id_, algo.id + 1);
      if (algo.status != AlgoStatus::new_) continue;
      books_[algo.symbol].algos.emplace(index, place);
      if (algo.good_till.ms != 0)
        deadlines_.emplace(
            algo.good_till.ms,
            Deadline{.kind = Deadline::Kind::algo, .account = index, .place = place});
    }
    for (const auto& amendment : account.amendments)
      next_amendment_id_ = std::max(next_amendment_id_, amendment.id + 1);
    for (const auto& [symbol, due] : account.countdowns)
      deadlines_.emplace(
          due.ms, Deadline{.kind = Deadline::Kind::countdown, .account = index, .symbol = symbol});
  }
}

Price Exchange::matched_price(SymbolIndex symbol, Side side) const noexcept {
  const auto& spec = symbols_[symbol];
  const Price above = markets_[symbol].last - spec.min_price;
  const Price down =
      spec.min_price + Price::from_units(above.units() / spec.tick.units() * spec.tick.units());
  return side == Side::buy || down == markets_[symbol].last ? down : down + spec.tick;
}

}  // namespace copyd::sim
