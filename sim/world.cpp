#include "sim/world.hpp"

#include <algorithm>

namespace copyd::sim {

World::World(WorldOptions options, std::vector<SymbolSpec> symbols)
    : roster_(std::move(options.roster)),
      exchange_(std::move(symbols), options.seed + 2),
      protocol_(exchange_, {.order_limits = options.order_limits,
                            .weight_limits = options.weight_limits,
                            .seed = options.seed + 3}),
      auto_liquidation_(options.auto_liquidation) {}

std::unique_ptr<World> World::create(WorldOptions options) {
  if (options.roster.empty()) {
    Random random(options.seed);
    options.roster = default_roster(random, options.more_followers);
  }
  auto symbols = std::move(options.symbols);
  if (symbols.empty()) {
    symbols = default_symbols();
    for (auto& spec : filler_symbols(options.filler_symbols)) symbols.push_back(std::move(spec));
    if (options.demo_filters) symbols = demo_like(std::move(symbols));
  }
  std::unique_ptr<World> world(new World(std::move(options), std::move(symbols)));
  if (!enrol(world->roster_, world->exchange_)) return nullptr;
  return world;
}

const Member& World::member(std::string_view label) const {
  return *std::find_if(roster_.begin(), roster_.end(),
                       [&](const Member& member) { return member.label == label; });
}

}  // namespace copyd::sim
