// What must hold after every event, whatever the events: random links, limits and events, checked
// against a model of the follower's account that knows nothing of the book but its orders.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "tests/unit/risk/book_rig.hpp"

namespace copyd::risk {
namespace {

using namespace copyd::test;
using LegKey = std::pair<SymbolId, Leg>;

constexpr int seeds = 400;
constexpr int events_per_seed = 120;
constexpr Usd no_limit = Usd::from_units(INT64_MAX);

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  int below(int bound) { return static_cast<int>(engine_() % static_cast<std::uint64_t>(bound)); }
  bool one_in(int n) { return below(n) == 0; }
  template <class T>
  T any(std::initializer_list<T> values) {
    return *(values.begin() + below(static_cast<int>(values.size())));
  }

 private:
  std::mt19937_64 engine_;
};

BookRig::Options random_options(Dice& dice) {
  BookRig::Options options;
  options.mode = dice.any({PositionMode::one_way, PositionMode::hedge});
  options.links.clear();
  const int links = 1 + dice.below(3);
  for (int i = 0; i < links; ++i) {
    const config::Sizing sizing = dice.any<config::Sizing>(
        {config::FixedRatio{"0.5"_ratio}, config::FixedRatio{"0.0725"_ratio},
         config::EquityRatio{"1.75"_ratio}, config::FixedNotional{"250"_usd},
         config::FixedQuantity{"0.07"_qty}});
    auto link = link_to(dice.any({"alpha", "beta"}), sizing);
    link.inverse = dice.one_in(4);
    if (dice.one_in(3))
      link.order = {.type = config::OrderStyle::Type::limit_ioc, .max_slippage_bps = 25};
    if (dice.one_in(4)) link.min_order = config::MinOrder::round_up;
    if (dice.one_in(6)) link.deny = {"ETHUSDT"};
    if (dice.one_in(4)) link.max_fill_age = std::chrono::milliseconds(500);
    options.links.push_back(link);
  }
  if (dice.one_in(4)) options.limits.max_order_notional = "500"_usd;
  if (dice.one_in(4)) options.limits.max_position_notional = "1000"_usd;
  if (dice.one_in(4)) options.limits.max_total_notional = "3000"_usd;
  return options;
}

// The follower's account as the venue would have it: positions and orders, nothing of targets.
class Account {
 public:
  struct Open {
    OrderTerms terms;
  };
  void take(const Order& order) { open_[key(*order)].push_back(*order); }
  void finish(const OrderTerms& terms, Qty filled) {
    auto& orders = open_[key(terms)];
    orders.erase(std::find_if(orders.begin(), orders.end(),
                              [&](const OrderTerms& other) { return other.ref == terms.ref; }));
    positions_[key(terms)] += terms.side == Side::buy ? filled : -filled;
  }
  Qty position(LegKey leg) const {
    const auto at = positions_.find(leg);
    return at == positions_.end() ? Qty() : at->second;
  }
  void set_position(LegKey leg, Qty qty) { positions_[leg] = qty; }
  Qty effective(LegKey leg) const {
    Qty e = position(leg);
    const auto at = open_.find(leg);
    if (at == open_.end()) return e;
    for (const auto& terms : at->second) {
      const Qty change = terms.side == Side::buy ? terms.qty : -terms.qty;
      if (terms.kind != OrderKind::reduce) e += change;
      else if (e.sign() * change.sign() < 0) e += change.abs() < e.abs() ? change : -e;
    }
    return e;
  }
  const std::vector<OrderTerms>& open(LegKey leg) { return open_[leg]; }
  std::vector<OrderTerms> all_open() const {
    std::vector<OrderTerms> all;
    for (const auto& [leg, orders] : open_) all.insert(all.end(), orders.begin(), orders.end());
    return all;
  }
  // What all legs but one are worth, closes in flight counted as not done.
  Usd worth_without(LegKey leg, const std::vector<Price>& prices) const {
    std::set<LegKey> legs;
    for (const auto& [other, qty] : positions_) legs.insert(other);
    for (const auto& [other, orders] : open_) legs.insert(other);
    Usd sum;
    for (const auto& other : legs)
      if (other != leg)
        sum += notional(prices[other.first.value],
                        std::max(position(other).abs(), effective(other).abs()));
    return sum;
  }
  static LegKey key(const OrderTerms& terms) { return {terms.symbol, terms.leg}; }

 private:
  std::map<LegKey, Qty> positions_;
  std::map<LegKey, std::vector<OrderTerms>> open_;
};

class Walk {
 public:
  explicit Walk(std::uint64_t seed) : dice_(seed), options_(random_options(dice_)), rig_(options_) {
    rig_.book->leader_equity(alpha, "10000"_usd);
    rig_.book->leader_equity(beta, "25000.5"_usd);
    rig_.book->follower_equity("1100.55"_usd);
  }

  void run() {
    for (int i = 0; i < events_per_seed && !testing::Test::HasFailure(); ++i) {
      step();
      check_books();
    }
    wind_down();
  }
  const std::vector<OrderTerms>& all_sent() const { return all_sent_; }

 private:
  void step() {
    switch (dice_.below(24)) {
      case 0:
        return result();
      case 1:
        return result();
      case 2:
        return result();
      case 3:
        return result();
      case 4:
        return result();
      case 5:
        return result();
      case 6:
        return result();
      case 7:
        return result();
      case 8:
        return result();
      case 9:
        return change_state();
      case 10:
        return leader_position();
      case 11:
        return follower_position();
      case 12:
        return mark();
      default:
        return fill();
    }
  }

  void mark() {
    rig_.forget();
    rig_.prices[btc.value] = btc_price();
  }

  Price btc_price() { return Price::whole(50'000 + dice_.below(9'000)); }

  void fill() {
    const SymbolId symbol = dice_.any({btc, btc, eth, doge, no_filters});
    const Price price = symbol == btc   ? btc_price()
                        : symbol == eth ? "3000.55"_price
                                        : "0.12345"_price;
    const std::int64_t lots = 1 + dice_.below(60);
    const Qty unit = symbol == btc ? "0.003"_qty : symbol == eth ? "0.05"_qty : "700"_qty;
    LeaderFill fill = rig_.fill_of(symbol, dice_.any({Side::buy, Side::sell}),
                                   Qty::from_units(unit.units() * lots), price);
    fill.leader = dice_.any({alpha, beta});
    if (dice_.one_in(3)) fill.leg = dice_.any({Leg::long_, Leg::short_});
    fill.order_qty = Qty::from_units(fill.qty.units() * (1 + dice_.below(3)));
    fill.forced = dice_.one_in(15);
    begin(true);
    rig_.fill(fill, dice_.one_in(6) ? 700 : 3);
    take_orders();
  }

  // Any order in flight finishes, for as much as a venue could have filled of it.
  void result() {
    const auto open = account_.all_open();
    if (open.empty()) return;
    const OrderTerms terms =
        open[static_cast<std::size_t>(dice_.below(static_cast<int>(open.size())))];
    finish(terms, dice_.any({0, 1, 1, 2, 2, 2}));
  }
  void finish(const OrderTerms& terms, int halves) {
    const Qty step = rig_.symbols[terms.symbol].filters->step;
    Qty filled = trunc_to(Qty::from_units(terms.qty.units() / 2 * halves), step);
    if (halves == 2) filled = terms.qty;
    if (terms.kind == OrderKind::reduce) {
      const Qty held = account_.position(Account::key(terms));
      const bool faces = held.sign() == -sign_of(terms.side);
      filled = faces ? std::min(filled, held.abs()) : Qty();
    }
    account_.finish(terms, filled);
    begin(false);
    rig_.result(terms.ref, filled);
    take_orders();
  }

  void change_state() {
    begin(false);
    rig_.state(
        dice_.any({StateCause::operator_, StateCause::leader}),
        dice_.any({FollowerState::active, FollowerState::active, FollowerState::active,
                   FollowerState::active, FollowerState::reduce_only, FollowerState::halted}));
    take_orders();
  }

  void leader_position() {
    const Leg leg = dice_.any({Leg::both, Leg::long_, Leg::short_});
    Qty qty = Qty::from_units("0.003"_qty.units() * dice_.below(40));
    if (leg == Leg::short_ || (leg == Leg::both && dice_.one_in(2))) qty = -qty;
    begin(false);
    rig_.forget();
    rig_.book->leader_position({dice_.any({alpha, beta}), btc, leg, qty, {}}, rig_);
    take_orders();
  }

  // Somebody closed a part of the position by hand, or added to it.
  void follower_position() {
    const Leg leg =
        options_.mode == PositionMode::one_way ? Leg::both : dice_.any({Leg::long_, Leg::short_});
    const LegKey key{btc, leg};
    if (!account_.open(key).empty()) return;
    const Qty before = account_.position(key);
    const Qty step = rig_.symbols[btc].filters->step;
    const Qty kept = trunc_to(Qty::from_units(before.units() / (1 + dice_.below(3))), step);
    const Qty foreign = dice_.one_in(3) ? Qty::from_units(before.sign() * step.units()) : Qty();
    begin(false);
    rig_.forget();
    rig_.book->follower_position({FollowerId{}, btc, leg, kept + foreign});
    EXPECT_TRUE(rig_.sent.empty() && rig_.skipped.empty());
    account_.set_position(key, before.abs() < (kept + foreign).abs() ? before : kept + foreign);
  }

  void begin(bool fill) {
    by_fill_ = fill;
    may_increase_ = fill && rig_.book->state() == FollowerState::active;
  }

  void take_orders() {
    for (const Order& order : rig_.sent) {
      check_order(*order);
      account_.take(order);
      all_sent_.push_back(*order);
      EXPECT_TRUE(ids_.insert(order->copy_id).second) << "an identity was used twice";
    }
  }

  void check_order(const OrderTerms& terms) {
    const LegKey key = Account::key(terms);
    const Qty before = account_.effective(key);
    const SymbolFilters& filters = *rig_.symbols[terms.symbol].filters;
    EXPECT_LE(terms.qty, filters.max_qty);
    EXPECT_EQ(trunc_to(terms.qty, filters.step), terms.qty);
    EXPECT_EQ(terms.leg == Leg::both, options_.mode == PositionMode::one_way);
    if (terms.kind == OrderKind::reduce) {
      EXPECT_EQ(before.sign(), -sign_of(terms.side)) << "nothing to reduce";
      EXPECT_LE(terms.qty, before.abs());
      EXPECT_EQ(terms.reduce_only, terms.leg == Leg::both);
      EXPECT_TRUE(terms.limit.is_zero());
      return;
    }
    EXPECT_TRUE(may_increase_) << "an increase without a fill, or not in active";
    EXPECT_TRUE(by_fill_);
    check_limits(terms, key, before);
  }

  void check_limits(const OrderTerms& terms, LegKey key, Qty before) {
    const Price price = rig_.prices[terms.symbol.value];
    const bool reduces_first = before.sign() == -sign_of(terms.side);
    const Qty inc = reduces_first ? terms.qty - std::min(before.abs(), terms.qty) : terms.qty;
    const Qty held = account_.position(key);
    Qty base = reduces_first ? Qty() : before.abs();
    if (held.sign() == sign_of(terms.side)) base = std::max(base, held.abs());
    const Usd after = notional(price, base) + notional(price, inc);
    const auto& limits = options_.limits;
    const Usd total = after + account_.worth_without(key, rig_.prices);
    EXPECT_LE(notional(price, inc), limits.max_order_notional.value_or(no_limit));
    EXPECT_LE(after, limits.max_position_notional.value_or(no_limit));
    EXPECT_LE(total, limits.max_total_notional.value_or(no_limit));
  }

  // `T` of a ledger has the sign of its link's direction of `P`, or is 0.
  void check_ledgers() {
    for (std::size_t i = 0; i < rig_.book->ledgers(); ++i) {
      const auto row = rig_.book->ledger_row(i);
      const int direction = options_.links[row.link].inverse ? -1 : 1;
      EXPECT_TRUE(row.target.is_zero() ||
                  row.target.sign() == row.leader_position.sign() * direction);
    }
  }

  void check_books() {
    check_ledgers();
    const bool rounds = std::any_of(
        options_.links.begin(), options_.links.end(),
        [](const config::Link& link) { return link.min_order == config::MinOrder::round_up; });
    const bool halted = rig_.book->state() == FollowerState::halted;
    for (std::size_t i = 0; i < rig_.book->rows(); ++i) {
      const auto row = rig_.book->row(i);
      const LegKey key{row.symbol, row.leg};
      EXPECT_EQ(row.position, account_.position(key));
      EXPECT_EQ(row.effective, account_.effective(key));
      Qty in_flight;
      for (const auto& terms : account_.open(key))
        in_flight += terms.side == Side::buy ? terms.qty : -terms.qty;
      EXPECT_EQ(row.in_flight, in_flight);
      EXPECT_EQ(row.open_orders, account_.open(key).size());
      EXPECT_FALSE(row.leg == Leg::long_ && row.position < Qty());
      EXPECT_FALSE(row.leg == Leg::short_ && row.position > Qty());
      if (halted || row.open_orders != 0 || rounds) continue;
      const auto& filters = rig_.symbols[row.symbol].filters;
      const Qty min_qty = filters ? filters->min_qty : Qty();
      const bool same = row.position.sign() == row.target.sign();
      const Qty excess = same ? row.position.abs() - row.target.abs() : row.position.abs();
      EXPECT_LT(excess, min_qty + Qty::from_units(1)) << "more is held than is wanted";
    }
  }

  // Everything resumes, every order fills whole, every leader closes: everything is flat.
  void wind_down() {
    begin(false);
    for (const auto cause : {StateCause::operator_, StateCause::leader}) {
      rig_.state(cause, FollowerState::active);
      take_orders();
    }
    for (const SymbolId symbol : {btc, eth, doge, no_filters})
      for (const LeaderId leader : {alpha, beta})
        for (const Leg leg : {Leg::both, Leg::long_, Leg::short_}) {
          rig_.forget();
          rig_.book->leader_position({leader, symbol, leg, Qty(), {}}, rig_);
          take_orders();
        }
    for (int i = 0; i < 1'000 && !account_.all_open().empty(); ++i)
      finish(account_.all_open().front(), dice_.any({0, 2, 2}));
    for (std::size_t i = 0; i < rig_.book->rows(); ++i) {
      const auto row = rig_.book->row(i);
      EXPECT_EQ(row.target, Qty());
      EXPECT_EQ(row.position, Qty());
      EXPECT_EQ(row.open_orders, 0U);
    }
    check_books();
  }

  Dice dice_;
  BookRig::Options options_;
  BookRig rig_;
  Account account_;
  std::vector<OrderTerms> all_sent_;
  std::set<CopyId> ids_;
  bool by_fill_ = false;
  bool may_increase_ = false;
};

TEST(BookProperties, HoldAfterEveryEvent) {
  std::size_t orders = 0;
  std::size_t increases = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Walk walk(seed);
    walk.run();
    for (const auto& terms : walk.all_sent()) increases += terms.kind != OrderKind::reduce;
    orders += walk.all_sent().size();
    ASSERT_FALSE(testing::Test::HasFailure());
  }
  // The walks must be worth the name.
  EXPECT_GT(increases, 3'000U);
  EXPECT_GT(orders - increases, 3'000U);
}

TEST(BookProperties, TheSameEventsGiveTheSameOrders) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Walk first(seed);
    Walk second(seed);
    first.run();
    second.run();
    ASSERT_EQ(first.all_sent().size(), second.all_sent().size());
    for (std::size_t i = 0; i < first.all_sent().size(); ++i) {
      const OrderTerms& a = first.all_sent()[i];
      const OrderTerms& b = second.all_sent()[i];
      ASSERT_EQ(a.copy_id, b.copy_id);
      ASSERT_EQ(a.qty, b.qty);
      ASSERT_EQ(a.limit, b.limit);
      ASSERT_EQ(a.ref, b.ref);
    }
  }
}

}  // namespace
}  // namespace copyd::risk
