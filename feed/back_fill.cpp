#include "feed/back_fill.hpp"

#include <algorithm>

namespace copyd::feed {
namespace {

// Events reach us a little out of order, and orders are listed by the time they were placed.
constexpr std::chrono::seconds margin{10};
// The venue answers for less than seven days at a time.
constexpr std::chrono::hours window{7 * 24 - 1};

}  // namespace

void BackFill::begin(VenueTime since, VenueTime now) {
  oldest_ = now + -window;
  since_ = listed_since_ = std::max(since + -margin, oldest_);
  until_ = VenueTime{INT64_MAX};
  orders_read_ = false;
  orders_end_ = {};
  to_read_.clear();
  from_trade_ = {};
  trades_.clear();
  listed_.clear();
}

void BackFill::list_orders_from(VenueTime since) noexcept {
  listed_since_ = std::max(std::min(since, listed_since_), oldest_);
}

void BackFill::finish() {
  trades_.clear();
  listed_.clear();
  orders_.clear();
}

void BackFill::need(SymbolId symbol) {
  if (std::find(to_read_.begin(), to_read_.end(), symbol) == to_read_.end()) {
    to_read_.push_back(symbol);
  }
}

std::optional<Ask> BackFill::next() const {
  if (!orders_read_) return Ask{.call = Call::all_orders, .start = listed_since_, .end = orders_end_};
  if (!to_read_.empty()) {
    Ask ask{.call = Call::user_trades, .symbol = to_read_.front()};
    if (from_trade_.value != 0) {
      ask.from_trade = from_trade_;
    } else {
      ask.start = since_;
    }
    return ask;
  }
  if (const Trade* trade = without_order()) {
    return Ask{.call = Call::order, .symbol = trade->symbol, .order = trade->trade.order};
  }
  return std::nullopt;
}

void BackFill::orders(const std::vector<venue::OrderRecord>& page) {
  VenueTime oldest{INT64_MAX};
  for (const venue::OrderRecord& record : page) {
    oldest = std::min(oldest, record.time);
    const auto symbol = symbols_->find(record.symbol_name);
    if (!symbol) continue;
    learn(*symbol, record);
    const bool moved_since = record.update_time.ms == 0 || record.update_time >= since_;
    if (record.executed_qty.sign() > 0 && moved_since) need(*symbol);
  }
  // A full page holds the newest orders; what is older is on the page that ends there.
  const bool more =
      page.size() >= page_rows && oldest > listed_since_ && (orders_end_.ms == 0 || oldest < orders_end_);
  orders_end_ = oldest;
  orders_read_ = !more;
}

void BackFill::trades(const std::vector<venue::UserTrade>& page, const LeaderBook& book) {
  if (to_read_.empty()) return;
  const SymbolId symbol = to_read_.front();
  TradeId newest{};
  for (const venue::UserTrade& trade : page) {
    newest = std::max(newest, trade.trade);
    const LegName leg{.symbol = symbol, .leg = trade.leg};
    if (trade.trade.value <= 0 || trade.qty.sign() <= 0 || trade.time > until_) continue;
    if (book.seen(symbol, trade.trade) || book.contains(leg, trade.time)) continue;
    if (listed_.emplace(symbol, trade.trade).second) {
      trades_.push_back({.symbol = symbol, .trade = trade});
    }
  }
  const TradeId following{newest.value + 1};
  if (page.size() >= page_rows && following > from_trade_) {
    from_trade_ = following;
    return;
  }
  trades_refused();
}

void BackFill::trades_refused() {
  if (!to_read_.empty()) to_read_.erase(to_read_.begin());
  from_trade_ = {};
}

void BackFill::order(const venue::OrderRecord& record) {
  if (const Trade* trade = without_order()) {
    orders_[{.symbol = trade->symbol, .order = trade->trade.order}] = {
        .qty = record.order_qty, .forced = venue::is_forced_order(record.client_order_id)};
  }
}

void BackFill::order_absent() {
  if (const Trade* trade = without_order()) {
    orders_[{.symbol = trade->symbol, .order = trade->trade.order}] = {.qty = {}, .forced = true};
  }
}

void BackFill::learn(SymbolId symbol, const venue::OrderRecord& record) {
  orders_[{.symbol = symbol, .order = record.order}] = {
      .qty = record.order_qty, .forced = venue::is_forced_order(record.client_order_id)};
}

const BackFill::Trade* BackFill::without_order() const {
  for (const Trade& trade : trades_) {
    if (!orders_.contains({.symbol = trade.symbol, .order = trade.trade.order})) return &trade;
  }
  return nullptr;
}

std::vector<LeaderFill> BackFill::found(Mono now) const {
  std::map<OrderName, Qty> traded;
  for (const Trade& trade : trades_) {
    traded[{.symbol = trade.symbol, .order = trade.trade.order}] += trade.trade.qty;
  }
  std::vector<LeaderFill> fills;
  fills.reserve(trades_.size());
  for (const Trade& trade : trades_) {
    const OrderName name{.symbol = trade.symbol, .order = trade.trade.order};
    const auto facts = orders_.find(name);
    LeaderFill fill;
    fill.trade = trade.trade.trade;
    fill.price = trade.trade.price;
    fill.qty = trade.trade.qty;
    // An order is at least as large as what it traded, also where the venue no longer knows it.
    fill.order_qty = traded[name];
    if (facts != orders_.end()) fill.order_qty = std::max(fill.order_qty, facts->second.qty);
    fill.forced = facts != orders_.end() && facts->second.forced;
    fill.time = trade.trade.time;
    fill.received = now;
    fill.symbol = trade.symbol;
    fill.leader = leader_;
    fill.side = trade.trade.side;
    fill.leg = trade.trade.leg;
    fills.push_back(fill);
  }
  return fills;
}

}  // namespace copyd::feed
