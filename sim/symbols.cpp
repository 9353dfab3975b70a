#include "sim/symbols.hpp"

#include <fmt/format.h>

namespace copyd::sim {

namespace {

// One line of the table below, in the texts a person reads.
struct Row {
  std::string_view base, quote, status;
  int price_precision, quantity_precision;
  std::string_view tick, min_price, max_price;
  std::string_view step, max_limit, max_market;
  std::string_view min_notional, band, max_notional, price;
};

constexpr Row rows[] = {
    {"BTC", "USDT", "TRADING", 2, 3, "0.10", "556.80", "4529764", "0.001", "1000", "120", "50",
     "0.05", "100000000", "60000"},
    {"ETH", "USDT", "TRADING", 2, 3, "0.01", "39.86", "306177", "0.001", "10000", "2000", "20",
     "0.05", "50000000", "3000"},
    {"SOL", "USDT", "TRADING", 4, 2, "0.0100", "0.4200", "6857", "0.01", "1000000", "60000", "5",
     "0.05", "20000000", "150"},
    {"DOGE", "USDT", "TRADING", 6, 0, "0.000010", "0.002440", "30", "1", "50000000", "30000000",
     "5", "0.10", "10000000", "0.15"},
    {"1000PEPE", "USDT", "TRADING", 7, 0, "0.0000100", "0.0000100", "200", "1", "100000000",
     "75000000", "5", "0.10", "10000000", "0.01"},
    {"BNB", "USDT", "TRADING", 3, 2, "0.010", "6.600", "100000", "0.01", "100000", "2000", "5",
     "0.05", "20000000", "600"},
    {"XRP", "USDT", "TRADING", 4, 1, "0.0001", "0.0143", "100000", "0.1", "10000000", "2000000",
     "5", "0.05", "20000000", "0.6"},
    {"ADA", "USDT", "TRADING", 5, 0, "0.00010", "0.01740", "1000", "1", "2000000", "300000", "5",
     "0.05", "10000000", "0.4"},
    {"DOT", "USDT", "TRADING", 6, 1, "0.0001", "0.0330", "12400", "0.1", "1000000", "50000", "5",
     "0.10", "10000000", "5"},
    {"LTC", "USDT", "TRADING", 2, 3, "0.01", "3.61", "100000", "0.001", "10000", "5000", "20",
     "0.05", "10000000", "80"},
    {"LINK", "USDT", "TRADING", 3, 2, "0.001", "0.354", "13000", "0.01", "200000", "20000", "20",
     "0.05", "10000000", "14"},
    {"AVAX", "USDT", "TRADING", 4, 0, "0.0010", "0.3450", "100000", "1", "2000000", "10000", "5",
     "0.05", "10000000", "30"},
    {"1000SHIB", "USDT", "TRADING", 6, 0, "0.000001", "0.000062", "30", "1", "50000000", "20000000",
     "5", "0.10", "10000000", "0.02"},
    {"ETH", "USDC", "TRADING", 2, 3, "0.01", "39.86", "306177", "0.001", "10000", "2000", "20",
     "0.05", "50000000", "3000"},
    {"ETH", "BTC", "TRADING", 6, 2, "0.000001", "0.000500", "100", "0.01", "10000", "300", "0.001",
     "0.05", "1000", "0.05"},
    {"OLD", "USDT", "SETTLING", 4, 1, "0.0010", "0.0010", "1000", "0.1", "100000", "10000", "5",
     "0.10", "1000000", "1"},
    {"测试", "USDT", "TRADING", 5, 0, "0.00010", "0.00010", "1000", "1", "2000000", "300000", "5",
     "0.10", "10000000", "0.5"},
    {"XAU", "USDT", "TRADING", 2, 3, "0.01", "0.01", "200000", "0.001", "10000", "1000", "5",
     "0.02", "10000000", "4000"},
};

template <class T>
T read(std::string_view text) {
  return T::parse(text).value_or(T{});
}

std::vector<std::string> tags_of(std::string_view base) {
  if (base == "BTC") return {"PoW", "Crypto"};
  if (base == "DOGE" || base.starts_with("1000")) return {"Meme"};
  if (base == "XAU") return {"TradFi"};
  return {"Layer-1"};
}

SymbolSpec spec_of(const Row& row) {
  const auto one = Ratio::whole(1);
  const auto band = read<Ratio>(row.band);
  const bool coin = row.base != "XAU";
  return {.name = std::string(row.base) + std::string(row.quote),
          .base = std::string(row.base),
          .quote = std::string(row.quote),
          .status = std::string(row.status),
          .contract_type = coin ? "PERPETUAL" : "TRADIFI_PERPETUAL",
          .underlying_type = coin ? "COIN" : "COMMODITY",
          .underlying_sub_types = tags_of(row.base),
          .price_precision = row.price_precision,
          .quantity_precision = row.quantity_precision,
          .tick = read<Price>(row.tick),
          .min_price = read<Price>(row.min_price),
          .max_price = read<Price>(row.max_price),
          .step = read<Qty>(row.step),
          .min_qty = read<Qty>(row.step),
          .market_step = read<Qty>(row.step),
          .market_min_qty = read<Qty>(row.step),
          .max_qty_limit = read<Qty>(row.max_limit),
          .max_qty_market = read<Qty>(row.max_market),
          .min_notional = read<Usd>(row.min_notional),
          .multiplier_up = one + band,
          .multiplier_down = one - band,
          .take_bound = band,
          .max_notional = read<Usd>(row.max_notional),
          .deep = row.quote == "USDT" && (row.base == "BTC" || row.base == "ETH"),
          .start_price = read<Price>(row.price)};
}

}  // namespace

std::vector<SymbolSpec> default_symbols() {
  std::vector<SymbolSpec> symbols;
  for (const auto& row : rows) symbols.push_back(spec_of(row));
  return symbols;
}

std::vector<SymbolSpec> demo_like(std::vector<SymbolSpec> symbols) {
  for (auto& spec : symbols) {
    if (spec.quote == "BTC") continue;
    spec.min_notional = spec.min_notional + spec.min_notional;
    spec.min_qty = spec.min_qty + spec.min_qty;
    spec.market_step = spec.step + spec.step;
    spec.market_min_qty = spec.market_step;
    spec.max_qty_market = Qty::from_units(spec.max_qty_limit.units() / 10);
  }
  return symbols;
}

std::vector<SymbolSpec> filler_symbols(std::size_t count) {
  std::vector<SymbolSpec> symbols;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string base = fmt::format("SIM{:04}", i);
    symbols.push_back(spec_of({base, "USDT", "TRADING", 5, 0, "0.00010", "0.00010", "1000", "1",
                               "2000000", "300000", "5", "0.05", "10000000", "1"}));
  }
  return symbols;
}

}  // namespace copyd::sim
