// MovedEquity: what an account is worth between two reads of it: the last read, moved by what its
// stream has said of wallets and positions since then, and by the marks of what it holds. Pure.
//
//   equity = read + Σ (wallet − wallet read) + Σ (unrealised − unrealised read)
//
// Only wallets in dollars move it; what else the account owns is worth what it was when it was
// read. Source: Binance docs, "Account Information V3" (totals), "Event: Balance and Position
// Update".
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "core/symbols.hpp"
#include "venue/account_codec.hpp"
#include "venue/account_news.hpp"

namespace copyd::engine {

// The latest mark; 0: not known.
using MarkOf = std::function<Price(SymbolId)>;

class MovedEquity {
 public:
  void begin(const venue::AccountState& read, const SymbolTable& symbols);
  // Not known until the next read: what has come since is not the whole of it.
  void end() noexcept { known_ = false; }
  void hear(const venue::AccountNews& news, const SymbolTable& symbols);
  // Nothing: not known.
  std::optional<Usd> now(const MarkOf& mark_of);

 private:
  struct Position {
    Qty qty;     // signed
    Price from;  // the mark or price since which it gains; 0: the first mark that is known
    Usd gained;  // until then
  };

  bool counts(SymbolId symbol, const SymbolTable& symbols) const;

  bool known_ = false;
  bool all_dollars_ = false;  // multi-assets mode: else only USDT counts
  Usd rest_;                  // of the read, what neither wallets nor positions below are
  std::array<Usd, venue::dollars.size()> wallets_{};
  std::map<std::pair<std::uint16_t, Leg>, Position> positions_;
};

}  // namespace copyd::engine
