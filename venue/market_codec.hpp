// Mark prices: from REST (premiumIndex), and from the stream of all of them, once a second.
// Source: Binance docs, "Mark Price", "Mark Price Stream for All market".
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "core/symbols.hpp"
#include "core/units.hpp"

namespace copyd::venue {

// premiumIndex of one symbol (an object) or of all (an array). Cold: owned values.
struct PremiumIndex {
  std::string symbol_name;
  std::optional<SymbolId> symbol;
  Price mark;
  Price index;
  std::optional<Ratio> funding_rate;  // none for a contract that delivers
  VenueTime next_funding;
  VenueTime time;
};
Result<std::vector<PremiumIndex>> decode_premium_index(std::string_view body,
                                                       const SymbolTable& symbols);

// One row of the stream. Views live until the next decode.
struct MarkPrice {
  std::string_view symbol_name;
  SymbolId symbol;
  bool symbol_known = false;
  Price price;
  VenueTime event_time;
};

// Frames of !markPrice@arr and <symbol>@markPrice, raw or combined. Not shared between threads; no
// allocation once the decoder has seen its largest frame.
class MarkPriceDecoder {
 public:
  explicit MarkPriceDecoder(const SymbolTable& symbols);
  ~MarkPriceDecoder();
  MarkPriceDecoder(MarkPriceDecoder&&) noexcept;

  // REQUIRES: at least 64 readable bytes behind the frame. Errors: malformed, also for a frame that
  // carries no mark price (the answer to a subscription, another stream).
  Result<std::span<const MarkPrice>> decode(std::string_view frame);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace copyd::venue
