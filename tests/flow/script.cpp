#include "script.hpp"

#include <algorithm>
#include <cstdlib>

#include "core/assert.hpp"
#include "sim/symbols.hpp"

namespace copyd::flow {
namespace {

constexpr std::int64_t one = 100'000'000;

struct Market {
  const char* name;
  std::int64_t price;  // whole
  std::int64_t tick;   // 1e-8
  std::int64_t step;
  std::int64_t min_notional;  // whole
  std::int64_t small;         // the leader's smallest order, in steps
};
constexpr Market markets[] = {
    {"BTCUSDT", 60'000, 10'000'000, 100'000, 50, 40},
    {"ETHUSDT", 3'000, 1'000'000, 100'000, 20, 600},
    {"SOLUSDT", 150, 1'000'000, 1'000'000, 5, 1000},
};

std::vector<ModelSymbol> model_symbols() {
  std::vector<ModelSymbol> made;
  for (const Market& market : markets)
    made.push_back({.step = market.step, .min_notional = market.min_notional * one});
  return made;
}

}  // namespace

sim::Leg venue_leg(LegIndex leg) {
  if (leg == both_leg) return sim::Leg::both;
  return leg == long_leg ? sim::Leg::long_ : sim::Leg::short_;
}

const std::vector<std::string>& Script::symbols() {
  static const std::vector<std::string> names{"BTCUSDT", "ETHUSDT", "SOLUSDT"};
  return names;
}

Script::Script(std::uint64_t seed)
    : random_(seed * 2 + 1), leader_(std::size(markets)) {
  options_.seed = seed;
  options_.leader_mode = seed % 2 == 0 ? sim::PositionMode::hedge : sim::PositionMode::one_way;
  constexpr int latencies_ms[] = {1, 2, 3, 5, 20, 100};
  options_.latency = std::chrono::milliseconds(latencies_ms[random_.below(std::size(latencies_ms))]);
  for (const Market& market : markets) prices_.push_back(market.price * one);
  constexpr Sizing sizings[] = {Sizing::fixed_ratio, Sizing::fixed_notional,
                                Sizing::fixed_quantity};
  const std::size_t first = random_.below(3);
  for (std::size_t i = 0; i < 3; ++i)
    options_.followers.push_back(follower(i, sizings[(first + i) % 3]));
  for (const ModelLink& link : links_) models_.emplace_back(link, model_symbols());
}

RigFollower Script::follower(std::size_t index, Sizing sizing) {
  constexpr const char* labels[] = {"ann", "bob", "cat"};
  ModelLink link{.hedge = random_.below(2) == 0, .sizing = sizing};
  link.inverse = random_.below(3) == 0;
  config::Link made;
  made.order.type = config::OrderStyle::Type::market;
  made.max_fill_age = std::chrono::milliseconds(600'000);
  made.inverse = link.inverse;
  if (sizing == Sizing::fixed_ratio) {
    constexpr std::int64_t ratios[] = {one / 2, one, one / 10, 33'333'333, 250'000'000};
    link.amount = ratios[random_.below(std::size(ratios))];
    made.sizing = config::FixedRatio{Ratio::from_units(link.amount)};
  } else if (sizing == Sizing::fixed_notional) {
    link.amount = static_cast<std::int64_t>(500 + random_.below(3000)) * one;
    made.sizing = config::FixedNotional{Usd::from_units(link.amount)};
  } else {
    link.amount = static_cast<std::int64_t>(1 + random_.below(12)) * one / 8;
    made.sizing = config::FixedQuantity{Qty::from_units(link.amount)};
  }
  links_.push_back(link);
  return {.label = labels[index],
          .mode = link.hedge ? sim::PositionMode::hedge : sim::PositionMode::one_way,
          .key = index == options_.seed % 3 ? sim::KeyType::ed25519 : sim::KeyType::hmac,
          .link = made};
}

void Script::trade(Rig& rig) {
  Plan plan = draw();
  while (!acceptable(plan)) plan = draw();
  carry_out(rig, plan);
}

void Script::there_and_back(Rig& rig) {
  ModelFill whole{.symbol = random_.below(std::size(markets))};
  if (options_.leader_mode == sim::PositionMode::hedge)
    whole.leg = random_.below(2) == 0 ? long_leg : short_leg;
  const std::int64_t held = leader_[whole.symbol][whole.leg];
  const bool through_nothing = held != 0 && random_.below(2) == 0;
  const int toward_more = held < 0 || whole.leg == short_leg ? -1 : 1;
  whole.direction = through_nothing ? -toward_more : toward_more;
  whole.qty = through_nothing ? std::abs(held)
                              : open_steps(whole.symbol) * markets[whole.symbol].step;
  take(rig, whole);
  whole.direction = -whole.direction;
  take(rig, whole);
}

void Script::close_all(Rig& rig) {
  for (std::size_t symbol = 0; symbol < leader_.size(); ++symbol)
    for (const LegIndex leg : {both_leg, long_leg, short_leg}) {
      const std::int64_t held = leader_[symbol][leg];
      if (held == 0) continue;
      take(rig, {.symbol = symbol,
                 .leg = leg,
                 .direction = held > 0 ? -1 : 1,
                 .qty = std::abs(held)});
    }
}

void Script::take(Rig& rig, const ModelFill& whole) {
  Plan plan;
  plan.trade.side = whole.direction > 0 ? sim::Side::buy : sim::Side::sell;
  if (whole.leg != both_leg) plan.trade.leg = venue_leg(whole.leg);
  add_fills(plan, whole, 0);
  carry_out(rig, plan);
}

void Script::carry_out(Rig& rig, const Plan& plan) {
  const std::size_t symbol = plan.fills.front().symbol;
  sim::ScriptedTrade trade = plan.trade;
  trade.symbol = rig.venue_symbol(symbols()[symbol]);
  const auto ids = rig.trade(Rig::leader_label, trade);
  ASSERT(ids.size() == plan.fills.size());
  prices_[symbol] = plan.fills.back().price;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const ModelFill& fill = plan.fills[i];
    ScriptedFill done{.fill = fill, .trade = ids[i]};
    for (Model& model : models_) done.steps.push_back(model.apply(fill));
    leader_[fill.symbol][fill.leg] += fill.direction * fill.qty;
    fills_.push_back(std::move(done));
  }
}

// Some fills leave it open whether a part is too small to send. They are not used.
bool Script::acceptable(const Plan& plan) const {
  for (Model model : models_)
    for (const ModelFill& fill : plan.fills)
      if (model.apply(fill).ambiguous) return false;
  return true;
}

std::int64_t Script::open_steps(std::size_t symbol) {
  const std::int64_t small = markets[symbol].small;
  return small + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(9 * small)));
}

Script::Plan Script::draw() {
  const std::size_t symbol = random_.below(std::size(markets));
  const Market& market = markets[symbol];
  const bool hedge = options_.leader_mode == sim::PositionMode::hedge;
  ModelFill whole{.symbol = symbol};
  if (hedge) whole.leg = random_.below(2) == 0 ? long_leg : short_leg;
  const std::int64_t held = leader_[symbol][whole.leg];
  const std::int64_t steps_held = std::abs(held) / market.step;
  const int toward_more = whole.leg == both_leg ? (held != 0 ? (held > 0 ? 1 : -1)
                                                             : (random_.below(2) == 0 ? 1 : -1))
                                                : (whole.leg == long_leg ? 1 : -1);
  const std::uint64_t kind = random_.below(20);
  std::int64_t steps = 0;
  if (held == 0 || kind < 7) {  // open or add
    whole.direction = toward_more;
    steps = open_steps(symbol);
  } else {
    whole.direction = -toward_more;
    if (kind < 13) steps = 1 + static_cast<std::int64_t>(random_.below(
                               static_cast<std::uint64_t>(steps_held)));  // a part, or all
    else if (kind < 17 || hedge) steps = steps_held;
    else steps = steps_held + open_steps(symbol);  // a flip
  }
  const bool opens = whole.direction == toward_more;
  const std::int64_t unfilled =
      opens && random_.below(8) == 0 ? static_cast<std::int64_t>(random_.below(20)) : 0;
  whole.qty = steps * market.step;
  Plan plan;
  plan.trade.side = whole.direction > 0 ? sim::Side::buy : sim::Side::sell;
  if (hedge) plan.trade.leg = venue_leg(whole.leg);
  add_fills(plan, whole, unfilled * market.step);
  return plan;
}

// The price walks, within a sixth of where it began.
void Script::add_fills(Plan& plan, const ModelFill& whole, std::int64_t unfilled) {
  const Market& market = markets[whole.symbol];
  const std::int64_t base = market.price * one;
  std::int64_t price = prices_[whole.symbol];
  price += base / 1000 * (static_cast<std::int64_t>(random_.below(31)) - 15);
  price = std::clamp(price, base * 5 / 6, base * 7 / 6);
  std::int64_t left = whole.qty / market.step;
  auto pieces = static_cast<std::int64_t>(random_.below(2) == 0 ? 1 : 1 + random_.below(4));
  plan.trade.qty = Qty::from_units(whole.qty + unfilled);
  for (; left > 0; --pieces) {
    std::int64_t part = left;
    if (pieces > 1 && left > 1)
      part = 1 + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(left - 1)));
    left -= part;
    price += market.tick * (static_cast<std::int64_t>(random_.below(21)) - 10);
    ModelFill fill = whole;
    fill.qty = part * market.step;
    fill.order_qty = whole.qty + unfilled;
    fill.price = price / market.tick * market.tick;
    plan.fills.push_back(fill);
    plan.trade.fills.push_back({Qty::from_units(fill.qty), Price::from_units(fill.price)});
  }
}

Qty Script::expected(std::size_t follower, std::size_t symbol, LegIndex leg) const {
  return Qty::from_units(models_[follower].held(symbol, leg));
}

std::string Script::describe() const {
  constexpr const char* sizings[] = {"fixed_ratio", "fixed_notional", "fixed_quantity"};
  std::string text = options_.leader_mode == sim::PositionMode::hedge ? "hedge" : "one-way";
  for (std::size_t i = 0; i < links_.size(); ++i) {
    const ModelLink& link = links_[i];
    text += std::string("; ") + options_.followers[i].label + (link.hedge ? " hedge " : " one-way ") +
            sizings[static_cast<std::size_t>(link.sizing)] + " " +
            std::string(FixedText(Qty::from_units(link.amount)).view()) +
            (link.inverse ? " inverse" : "");
  }
  return text;
}

}  // namespace copyd::flow
