// SymbolTable: the venue's symbols and their filters. Filled once at start (by the engine, through
// venue/), then shared by all agents and only read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/ids.hpp"
#include "core/units.hpp"

namespace copyd {

// What every order for a symbol must respect. Taken over LOT_SIZE and MARKET_LOT_SIZE together:
// the coarser step, the larger minimum, the smaller maximum. `min_notional` already carries the
// margin of one per cent over the venue's own figure.
struct SymbolFilters {
  Price tick;
  Qty step;
  Qty min_qty;
  Qty max_qty;
  Usd min_notional;
};

struct Symbol {
  std::string name;
  std::optional<SymbolFilters> filters;  // none: nothing is opened or closed on it
  bool copyable = true;                  // quoted in USDT or USDC
};

class SymbolTable {
 public:
  // Adds or replaces. Start only. Empty when the table is full (limits::symbols_max).
  std::optional<SymbolId> add(Symbol symbol);

  // Any thread after start. Allocates nothing.
  std::optional<SymbolId> find(std::string_view name) const noexcept;
  const Symbol& operator[](SymbolId id) const noexcept { return symbols_[id.value]; }
  std::size_t size() const noexcept { return symbols_.size(); }

 private:
  std::vector<Symbol> symbols_;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept {
      return std::hash<std::string_view>{}(name);
    }
  };
  std::unordered_map<std::string, SymbolId, Hash, std::equal_to<>> ids_;
};

}  // namespace copyd
