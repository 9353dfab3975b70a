// Model: what each follower must hold after each fill of the leader, computed from the script alone.
//
// It is the checker's own arithmetic, independent of the engine: lots, sizes, whole steps, and the
// smallest order. It knows nothing of time, so it holds only for links without limits whose
// increases always fill: MARKET orders that are never too old.
// Quantities and prices are integers of 1e-8, as in the engine; nothing else is shared with it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace copyd::flow {

enum class Sizing : std::uint8_t { fixed_ratio, fixed_notional, fixed_quantity };

// The leader's legs, and the followers'.
enum LegIndex : std::size_t { both_leg, long_leg, short_leg, legs_per_symbol };

struct ModelFill {
  std::size_t symbol = 0;
  LegIndex leg = both_leg;
  int direction = 1;  // of the trade: buy 1, sell −1
  std::int64_t qty = 0;
  std::int64_t order_qty = 0;
  std::int64_t price = 0;
};

struct ModelSymbol {
  std::int64_t step = 0;  // also the smallest quantity
  std::int64_t min_notional = 0;  // the venue's own
};

struct ModelLink {
  bool hedge = false;
  Sizing sizing = Sizing::fixed_ratio;
  std::int64_t amount = 0;  // ratio, notional or quantity
  bool inverse = false;
};

// What one fill asks of one follower.
struct Step {
  std::array<std::int64_t, legs_per_symbol> before{};  // held once everything under way has filled
  std::array<std::int64_t, legs_per_symbol> after{};
  bool moved = false;    // the target changed
  bool carried = false;  // a part was too small to send
  // Whether a part is too small would depend on what is under way, or on how the price moves while
  // the order travels: a script must not contain such a fill.
  bool ambiguous = false;

  bool ordered() const { return before != after; }
};

class Model {
 public:
  Model(ModelLink link, std::vector<ModelSymbol> symbols);

  Step apply(const ModelFill& fill);
  std::int64_t held(std::size_t symbol, LegIndex leg) const { return held_[symbol][leg]; }

 private:
  struct Lot {
    std::int64_t leader = 0;
    std::int64_t follower = 0;
    bool has_rate = false;
  };
  struct Ledger {
    std::vector<Lot> lots;
    std::int64_t leader() const;
    std::int64_t target() const;
    void open(const Lot& lot);
    void close(std::int64_t qty);
  };

  std::int64_t size(std::int64_t qty, const ModelFill& fill) const;
  std::int64_t wanted(std::size_t symbol, LegIndex leg) const;
  void settle(std::size_t symbol, LegIndex leg, int direction, const ModelFill& fill, Step& step);

  ModelLink link_;
  std::vector<ModelSymbol> symbols_;
  std::vector<std::array<Ledger, legs_per_symbol>> ledgers_;          // by the leader's leg
  std::vector<std::array<std::int64_t, legs_per_symbol>> held_;       // by the follower's leg
};

}  // namespace copyd::flow
