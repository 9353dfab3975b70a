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
  std::string contract_type = "PERPETUAL";
  std::string underlying_type = "COIN";
  std::vector<std::string> underlying_sub_types{};
  int price_precision = 2;  // decimals of the padded texts; not the tick's
  int quantity_precision = 3;
  Price tick{};
  Price min_price{};
  Price max_price{};
  Qty step{};
  Qty min_qty{};
  Qty market_step{};  // of market orders; the demo venue's differ from those of limit orders
  Qty market_min_qty{};
  Qty max_qty_limit{};
  Qty max_qty_market{};
  Usd min_notional{};
  Ratio multiplier_up{};  // PERCENT_PRICE
  Ratio multiplier_down{};
  Ratio take_bound{};  // how far from the mark a market order may trade
  Usd max_notional{};  // the largest position at the default leverage
  bool deep = false;   // one of the few with up to 125x; see sim/brackets.hpp
  Price start_price{};
};

// About twenty contracts of real shape. One is quoted in USDC, one in BTC, one is not trading, one
// has a name in Chinese, one is no coin.
std::vector<SymbolSpec> default_symbols();

// What the demo venue announces for the same contracts: other minima, other precisions, and steps
// that differ between market and limit orders.
std::vector<SymbolSpec> demo_like(std::vector<SymbolSpec> symbols);

// Contracts that only make the list as long as the real one: tradable, and of no interest. With 900
// exchangeInfo has about 1.1 MB.
std::vector<SymbolSpec> filler_symbols(std::size_t count);

}  // namespace copyd::sim
