// The contracts the simulated venue lists, with filters of realistic shape and size.
// Built once; plain values.
#pragma once

#include <string>
#include <vector>

#include "core/units.hpp"

namespace copyd::sim {

struct SymbolSpec {
  std::string name{};
  std::string base{};
  std::string quote{};  // also the asset it is margined in
  std::string status = "TRADING";
  int price_precision = 2;  // decimals of the padded texts; not the tick's
  int quantity_precision = 3;
  Price tick{};
  Price min_price{};
  Price max_price{};
  Qty step{};
  Qty min_qty{};
  Qty max_qty_limit{};
  Qty max_qty_market{};
  Usd min_notional{};
  Ratio multiplier_up{};  // PERCENT_PRICE
  Ratio multiplier_down{};
  Ratio take_bound{};  // how far from the mark a market order may trade
  Usd max_notional{};  // the largest position at the default leverage
  Price start_price{};
};

// About fifteen contracts of real shape. One is quoted in USDC, one in BTC, one is not trading.
std::vector<SymbolSpec> default_symbols();

// Contracts that only make the list as long as the real one: tradable, and of no interest.
std::vector<SymbolSpec> filler_symbols(std::size_t count);

}  // namespace copyd::sim
