// World: one simulated venue without a door: exchange, protocol, and its accounts.
// One thread.
#pragma once

#include <memory>

#include "sim/protocol.hpp"
#include "sim/roster.hpp"

namespace copyd::sim {

struct WorldOptions {
  std::uint64_t seed = 1;
  Roster roster{};                 // empty: the default one
  std::size_t more_followers = 0;  // with the default roster
  std::vector<SymbolSpec> symbols{};  // empty: the default ones and the fillers
  std::size_t filler_symbols = 0;     // contracts that only lengthen exchangeInfo
  bool order_limits = true;
  bool weight_limits = true;
  bool auto_liquidation = false;  // every price that is set may cost somebody the positions
  bool demo_filters = false;      // contracts as the demo venue announces them
};

class World {
 public:
  // Null when a key of the roster cannot be read.
  static std::unique_ptr<World> create(WorldOptions options);

  Exchange& exchange() noexcept { return exchange_; }
  const Exchange& exchange() const noexcept { return exchange_; }
  Protocol& protocol() noexcept { return protocol_; }
  const Roster& roster() const noexcept { return roster_; }
  bool auto_liquidation() const noexcept { return auto_liquidation_; }
  // REQUIRES: a label of the roster.
  const Member& member(std::string_view label) const;

 private:
  World(WorldOptions options, std::vector<SymbolSpec> symbols);
  Roster roster_;
  Exchange exchange_;
  Protocol protocol_;
  bool auto_liquidation_ = false;
};

}  // namespace copyd::sim
