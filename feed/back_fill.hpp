// BackFill: finds the trades that happened while nobody listened. Pure: `next` says what to ask,
// the answers are told, and `found` is what came of it.
//
// Orders of the time name the symbols, and the caller names more of them (`need`). Each symbol's
// trades are read page by page. A trade does not say how large its order was nor who placed it, so
// its order is read once, unless the list of orders said it already.
// Cold: allocates.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/flow.hpp"
#include "core/symbols.hpp"
#include "feed/ask.hpp"
#include "feed/leader_book.hpp"

namespace copyd::feed {

class BackFill {
 public:
  BackFill(LeaderId leader, const SymbolTable& symbols) : leader_(leader), symbols_(&symbols) {}

  // From `since` on. What is known of orders is kept from an attempt that was cut short.
  void begin(VenueTime since, VenueTime now);
  // After `begin`: no trades later than that.
  void end_at(VenueTime until) noexcept { until_ = until; }
  // After `begin`: orders placed since then are looked through, within what the venue answers for.
  void list_orders_from(VenueTime since) noexcept;
  // All is handed over.
  void finish();

  // Reads the symbol's trades, again if they were read before.
  void need(SymbolId symbol);

  // What to ask now; empty: everything needed so far is known. Asking twice changes nothing.
  std::optional<Ask> next() const;

  // The answers to `next`.
  void orders(const std::vector<venue::OrderRecord>& page);
  void orders_refused() { orders_read_ = true; }
  void trades(const std::vector<venue::UserTrade>& page, const LeaderBook& book);
  void trades_refused();
  void order(const venue::OrderRecord& record);
  // The venue does not know the order. Its trades are taken for the whole of it, and as forced:
  // they close and never open.
  void order_absent();

  // REQUIRES: nothing is left to ask. The trades found, each with `received` = now.
  std::vector<LeaderFill> found(Mono now) const;

 private:
  struct OrderName {
    SymbolId symbol;
    VenueOrderId order;
    friend constexpr auto operator<=>(const OrderName&, const OrderName&) noexcept = default;
  };
  struct OrderFacts {
    Qty qty;
    bool forced = false;
  };
  struct Trade {
    SymbolId symbol;
    venue::UserTrade trade;
  };
  // The first trade whose order is not known.
  const Trade* without_order() const;
  void learn(SymbolId symbol, const venue::OrderRecord& record);

  LeaderId leader_;
  const SymbolTable* symbols_;
  VenueTime since_{};
  VenueTime until_{INT64_MAX};
  VenueTime listed_since_{};  // of orders
  VenueTime oldest_{};        // that the venue answers for
  bool orders_read_ = true;
  VenueTime orders_end_{};         // 0: the newest page is still to be read
  std::vector<SymbolId> to_read_;  // the first is being read
  TradeId from_trade_{};           // of the first's next page; 0: its first page
  std::vector<Trade> trades_;
  std::set<std::pair<SymbolId, TradeId>> listed_;
  std::map<OrderName, OrderFacts> orders_;
};

}  // namespace copyd::feed
