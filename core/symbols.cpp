#include "core/symbols.hpp"

#include "core/limits.hpp"

namespace copyd {

std::optional<SymbolId> SymbolTable::add(Symbol symbol) {
  if (const auto known = find(symbol.name)) {
    symbols_[known->value] = std::move(symbol);
    return known;
  }
  if (symbols_.size() >= limits::symbols_max) return std::nullopt;
  const SymbolId id{static_cast<std::uint16_t>(symbols_.size())};
  ids_.emplace(symbol.name, id);
  symbols_.push_back(std::move(symbol));
  return id;
}

std::optional<SymbolId> SymbolTable::find(std::string_view name) const noexcept {
  const auto it = ids_.find(name);
  if (it == ids_.end()) return std::nullopt;
  return it->second;
}

}  // namespace copyd
