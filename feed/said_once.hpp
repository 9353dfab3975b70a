// SaidOnce: of two connections that race each other on one stream: the fills that one has said and
// the other has not yet. By how much the first was ahead is known when the other says it; one that
// does not say it in time is silent, though its socket stands. Pure.
//
// Owned by the feed's thread; everything is allocated by the constructor. What is beyond the
// capacity is not kept: the other one will be found silent by what is.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/clock.hpp"
#include "core/ids.hpp"

namespace copyd::feed {

// Of a leader's two. A connection keeps its number for life, whatever its part is.
enum class Connection : std::uint8_t { first, second };
inline constexpr std::size_t connections_max = 2;
constexpr Connection other(Connection c) noexcept {
  return c == Connection::first ? Connection::second : Connection::first;
}

class SaidOnce {
 public:
  // Longer than a lost packet takes to come once more: a connection that is only behind is none the
  // worse for it.
  static constexpr std::chrono::seconds silent_after{5};

  explicit SaidOnce(std::size_t capacity) { rows_.reserve(capacity); }

  void clear() noexcept { rows_.clear(); }
  // `by` is the first to say it.
  void said(SymbolId symbol, TradeId trade, Connection by, Mono now) noexcept {
    if (rows_.size() < rows_.capacity())
      rows_.push_back({.trade = trade, .at = now, .symbol = symbol, .by = by});
  }
  // By how long the other one was first. Empty: it was not waited for.
  std::optional<std::chrono::nanoseconds> confirmed(SymbolId symbol, TradeId trade, Connection by,
                                                    Mono now) noexcept {
    const auto row = std::find_if(rows_.begin(), rows_.end(), [&](const Row& r) {
      return r.trade == trade && r.symbol == symbol && r.by != by;
    });
    if (row == rows_.end()) return std::nullopt;
    const auto ahead = now - row->at;
    rows_.erase(row);
    return ahead;
  }
  // Nothing more will come by this one. What it alone has said the other still has to say.
  void gone(Connection which) noexcept {
    std::erase_if(rows_, [&](const Row& row) { return row.by != which; });
  }
  // One that has not said what the other did. `reading_since`: from then on both were read.
  std::optional<Connection> silent(Mono now, Mono reading_since) const noexcept {
    if (rows_.empty()) return std::nullopt;
    const Row& oldest = rows_.front();
    if (now < std::max(oldest.at, reading_since) + silent_after) return std::nullopt;
    return other(oldest.by);
  }

 private:
  struct Row {
    TradeId trade;
    Mono at;
    SymbolId symbol;
    Connection by;
  };
  std::vector<Row> rows_;  // the oldest first
};

}  // namespace copyd::feed
