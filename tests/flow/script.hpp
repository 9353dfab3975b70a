// Script: what the leader does, drawn from the seed, and what every follower must make of it.
//
// Three symbols; orders of one to four partial fills, some of them not filled whole: opens, adds,
// partial and full closes, and in one-way mode flips.
#pragma once

#include <string>
#include <vector>

#include "model.hpp"
#include "rig.hpp"

namespace copyd::flow {

struct ScriptedFill {
  ModelFill fill{};
  std::int64_t trade = 0;         // the venue's id
  std::vector<Step> steps{};      // by follower
};

class Script {
 public:
  static const std::vector<std::string>& symbols();

  // Draws the leader's mode, the followers and their links.
  explicit Script(std::uint64_t seed);

  const RigOptions& options() const noexcept { return options_; }
  // Draws one order of the leader and lets it happen at the venue.
  void trade(Rig& rig);
  // He comes back to where he was: opens and closes, or closes all and opens it again. A fill of
  // it may be one that `expected` holds for no more.
  void there_and_back(Rig& rig);
  void close_all(Rig& rig);
  const std::vector<ScriptedFill>& fills() const noexcept { return fills_; }
  // What the follower must hold once nothing is under way.
  Qty expected(std::size_t follower, std::size_t symbol, LegIndex leg) const;
  std::string describe() const;

 private:
  struct Plan {
    sim::ScriptedTrade trade{};
    std::vector<ModelFill> fills{};
  };
  RigFollower follower(std::size_t index, Sizing sizing);
  Plan draw();
  std::int64_t open_steps(std::size_t symbol);
  void carry_out(Rig& rig, const Plan& plan);
  void take(Rig& rig, const ModelFill& whole);
  bool acceptable(const Plan& plan) const;
  void add_fills(Plan& plan, const ModelFill& whole, std::int64_t unfilled);

  sim::Random random_;
  RigOptions options_;
  std::vector<ModelLink> links_;
  std::vector<Model> models_;
  std::vector<std::array<std::int64_t, legs_per_symbol>> leader_;
  std::vector<std::int64_t> prices_;
  std::vector<ScriptedFill> fills_;
};

sim::Leg venue_leg(LegIndex leg);

}  // namespace copyd::flow
