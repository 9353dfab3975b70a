// Script: what the leader does, drawn from a seed: openings, scale-ins, partial closes, full closes
// and flips on three contracts.
//
// All sizes are multiples of a contract's unit, which each follower's share of is whole and worth
// more than the venue's smallest order: so what each follower must hold is exact.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <random>
#include <string>

#include "core/units.hpp"

namespace copyd::system_test {

struct Contract {
  const char* symbol;
  const char* unit;
  const char* step;  // the venue's
  std::int64_t price;
};
inline constexpr std::array<Contract, 3> contracts{{{"BTCUSDT", "0.04", "0.001", 60000},
                                                    {"ETHUSDT", "0.8", "0.001", 3000},
                                                    {"SOLUSDT", "16", "0.01", 150}}};

struct ScriptedTrade {
  std::size_t contract = 0;
  int sign = 1;
  std::int64_t units = 0;
  std::chrono::milliseconds pause{0};  // before it

  // For the venue's control port.
  std::string request(std::uint64_t price_noise) const;
};

class Script {
 public:
  explicit Script(std::uint64_t seed) : random_(seed) {}

  ScriptedTrade next();
  // What brings the contract to that many units; units is 0 when it is there.
  ScriptedTrade toward(std::size_t contract, std::int64_t units);
  std::uint64_t noise() { return random_(); }

 private:
  std::int64_t draw(std::int64_t from, std::int64_t to);

  std::mt19937_64 random_;
  std::array<std::int64_t, contracts.size()> held_{};
};

}  // namespace copyd::system_test
