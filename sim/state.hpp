// State: the whole exchange in one file, so that a simulated venue survives a restart: accounts
// with the keys of their owners, wallets, positions, orders, conditional orders, trades, incomes,
// contracts, prices, and every counter. Not kept: listen keys, connections, limits, faults.
//
// The file is replaced atomically and is readable by its owner alone, since it holds keys. Its
// first line has a checksum of the rest: a file that is not whole is refused, never half read.
// Cold; the venue's thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "sim/world.hpp"

namespace copyd::sim {

std::string write_state(const World& world);
// A world as it was. Of the options only what is no state counts: limits, seeds.
Answer<std::unique_ptr<World>> read_state(std::string_view text, WorldOptions options);

std::optional<ApiError> save_state(const World& world, const std::string& path);
// Null when there is no such file.
Answer<std::unique_ptr<World>> load_state(const std::string& path, WorldOptions options);

}  // namespace copyd::sim
