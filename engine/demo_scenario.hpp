// The demo's script: what the leader trades, and what every follower must hold after each step.
// The expected positions are computed by scripts/demo-scenario from the copy semantics, never read
// from the engine.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/units.hpp"

namespace copyd::engine {

struct DemoFill {
  std::string qty;
  std::string price;
};

struct DemoPosition {
  std::string follower;
  std::string symbol;
  std::string leg;
  std::string qty;  // signed
};

struct DemoStep {
  std::string symbol;
  std::string side;
  std::vector<DemoFill> fills;      // partial fills of one order
  std::string price_after;          // "": the last fill's
  std::vector<DemoPosition> after;  // every follower position that is not zero
};

const std::vector<DemoStep>& demo_steps();

// The step of a symbol's quantities at the simulated venue; drift is counted in it.
Qty demo_quantity_step(std::string_view symbol);

}  // namespace copyd::engine
