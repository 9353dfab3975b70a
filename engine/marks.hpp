// Marks: the mark prices that the copy agent goes by, from the one market stream that has them all
// once a second. Opened only when something needs them: a price collar, which compares every
// opening fill with the mark; a limit on losses and a size by equity, because an equity moves with
// the marks of open positions; a shadow, whose orders fill at the mark; a link that adopts what its
// leader holds.
//
//   {streams}/market/stream?streams=!markPrice@arr@1s  ──▶ SetMark, for the copy agent
//
// What is told: of a symbol in use every change; of another one that may be opened at its mark, or
// is compared with it, a change of more than 0.05 % since it was told, and each mark every ten
// seconds in any case, so that whoever goes by it can tell an old mark from a calm one. All 600
// symbols every second would be more than the copy agent has to hear.
//
// A stream that says nothing for ten seconds is closed and opened again, with backoff; the
// transport pings it. The supervisor's thread only. Cold. Protocol: Binance docs, "Mark Price
// Stream for All market".
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "config/schema.hpp"
#include "core/flow.hpp"
#include "core/symbols.hpp"
#include "net/backoff.hpp"
#include "net/transport.hpp"
#include "venue/market_codec.hpp"
#include "venue/rest.hpp"

namespace copyd::engine {

// Which marks a configuration needs. Pure.
struct MarkNeeds {
  bool any = false;            // a stream is needed
  std::vector<bool> may_open;  // by SymbolId: somebody may open it who needs its mark for that

  static MarkNeeds of(const config::Config& config, const SymbolTable& symbols);
};

class Marks {
 public:
  using Tell = std::function<void(SetMark)>;
  // All of it outlives this.
  struct Parts {
    const config::Config& config;
    const SymbolTable& symbols;
    const venue::Endpoints& endpoints;
    net::Transport& transport;
    const Clock& clock;
    Tell tell;
    std::uint64_t seed = 1;
  };
  explicit Marks(Parts parts);

  // The configuration is another one now.
  void reloaded();

  // By SymbolId: somebody holds it, or an order of it is in flight. As often as it is known anew.
  void set_used(std::vector<bool> used) { used_ = std::move(used); }
  // Every turn.
  void poll();

  // The latest of any symbol; 0: none yet.
  Price latest(SymbolId symbol) const noexcept { return latest_[symbol.value]; }
  bool wanted() const noexcept { return needs_.any; }
  // Since the last marks came; nothing when none ever did, or none are wanted.
  std::optional<std::chrono::nanoseconds> age() const;
  std::uint64_t malformed() const noexcept { return malformed_; }
  std::uint64_t reconnects() const noexcept { return reconnects_; }

 private:
  struct Told {
    Price price;
    Mono at{};
  };
  void open(Mono now);
  void lost(Mono now, const char* why);
  void take(std::string_view frame, Mono now);
  bool is_due(const venue::MarkPrice& row, Mono now) const;
  void say_age(Mono now);

  const config::Config& config_;
  const SymbolTable& symbols_;
  const venue::Endpoints& endpoints_;
  net::Transport& transport_;
  const Clock& clock_;
  Tell tell_;
  MarkNeeds needs_;
  std::vector<Price> latest_;  // by SymbolId
  std::vector<bool> used_;
  std::vector<Told> told_;  // by SymbolId
  std::unique_ptr<net::WebSocket> socket_;
  venue::MarkPriceDecoder decoder_;
  net::Backoff backoff_;
  bool open_ = false;  // open, or being opened
  Mono open_at_{};     // not before
  Mono heard_{};       // or when it was opened
  Mono last_marks_{};  // 0: none ever
  Mono since_;         // when this began
  bool said_stale_ = false;
  std::uint64_t malformed_ = 0;
  std::uint64_t reconnects_ = 0;
};

}  // namespace copyd::engine
