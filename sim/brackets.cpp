#include "sim/brackets.hpp"

#include <algorithm>

namespace copyd::sim {

namespace {

struct Step {
  int leverage;
  std::int64_t cap;          // in parts of 10,000 of the cap at 20x
  std::int64_t maintenance;  // in parts of 10,000 of the notional
};

// The most liquid contracts, and the others.
constexpr Step deep[] = {{125, 30, 40},      {100, 80, 50},       {75, 300, 65},
                         {50, 1'200, 100},   {25, 7'000, 200},    {20, 10'000, 250},
                         {10, 23'000, 500},  {5, 48'000, 1'000},  {4, 60'000, 1'250},
                         {3, 80'000, 1'500}, {2, 120'000, 2'500}, {1, 180'000, 5'000}};
constexpr Step common[] = {{75, 25, 100},       {50, 100, 150},      {25, 2'000, 200},
                           {20, 10'000, 250},   {10, 50'000, 500},   {5, 100'000, 1'000},
                           {4, 125'000, 1'250}, {2, 250'000, 2'500}, {1, 300'000, 5'000}};
constexpr std::int64_t parts = 10'000;

template <std::size_t n>
Brackets build(const Step (&steps)[n], Usd cap_at_20) {
  Brackets brackets;
  for (const auto& step : steps) {
    const Bracket* before = brackets.empty() ? nullptr : &brackets.back();
    Bracket bracket{.number = static_cast<int>(brackets.size()) + 1,
                    .leverage = step.leverage,
                    .floor = before == nullptr ? Usd{} : before->cap,
                    .cap = Usd::from_units(muldiv(cap_at_20.units(), step.cap, parts)),
                    .maintenance = Ratio::from_units(step.maintenance * (units_per_whole / parts)),
                    .cumulative = {}};
    // So that the margin does not jump where one bracket ends and the next begins.
    if (before != nullptr) {
      const Ratio more = bracket.maintenance - before->maintenance;
      bracket.cumulative =
          before->cumulative +
          Usd::from_units(muldiv(bracket.floor.units(), more.units(), units_per_whole));
    }
    brackets.push_back(bracket);
  }
  return brackets;
}

}  // namespace

Usd Bracket::maintenance_margin(Usd value) const noexcept {
  return Usd::from_units(muldiv(value.units(), maintenance.units(), units_per_whole)) - cumulative;
}

Brackets brackets_of(const SymbolSpec& spec) {
  return spec.deep ? build(deep, spec.max_notional) : build(common, spec.max_notional);
}

const Bracket& bracket_at(const Brackets& brackets, Usd value) noexcept {
  const auto at = std::find_if(brackets.begin(), brackets.end(),
                               [&](const Bracket& bracket) { return value <= bracket.cap; });
  return at == brackets.end() ? brackets.back() : *at;
}

Usd largest_at(const Brackets& brackets, int leverage) noexcept {
  Usd largest;
  for (const auto& bracket : brackets)
    if (bracket.leverage >= leverage) largest = bracket.cap;
  return largest;
}

}  // namespace copyd::sim
