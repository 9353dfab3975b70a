#include "tests/system/kill_loop/script.hpp"

#include <cstdlib>

#include <fmt/format.h>

namespace copyd::system_test {
namespace {

constexpr std::int64_t units_max = 6;

int sign(std::int64_t value) {
  return value < 0 ? -1 : 1;
}

}  // namespace

std::string ScriptedTrade::request(std::uint64_t price_noise) const {
  const Contract& where = contracts[contract];
  const Qty qty = Qty::from_units(Qty::parse(where.unit)->units() * units);
  // Within a tenth of a per cent, in whole quote units or their hundredths.
  const auto cents =
      where.price * 100 + static_cast<std::int64_t>(price_noise % 201 - 100) * where.price / 1000;
  return fmt::format(
      R"({{"command":"trade","account":"alpha","symbol":"{}","side":"{}","qty":"{}",)"
      R"("price":"{}.{:02}"}})",
      where.symbol, sign > 0 ? "BUY" : "SELL", FixedText(qty).view(), cents / 100,
      cents / 10 % 10 * 10);
}

std::int64_t Script::draw(std::int64_t from, std::int64_t to) {
  return from + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(to - from + 1));
}

ScriptedTrade Script::next() {
  ScriptedTrade trade;
  trade.contract = static_cast<std::size_t>(draw(0, contracts.size() - 1));
  // Often nothing for a while, sometimes two at once.
  trade.pause = std::chrono::milliseconds(draw(0, 5) == 0 ? 0 : draw(40, 220));
  std::int64_t& held = held_[trade.contract];
  const std::int64_t size = std::abs(held);
  if (held == 0) {
    trade.sign = draw(0, 1) == 0 ? 1 : -1;
    trade.units = draw(1, 3);
  } else if (const auto kind = draw(0, 9); kind < 4 && size < units_max) {
    trade.sign = sign(held);
    trade.units = draw(1, units_max - size);
  } else if (kind < 7 && size > 1) {
    trade.sign = -sign(held);
    trade.units = draw(1, size - 1);
  } else if (kind < 8) {
    trade.sign = -sign(held);
    trade.units = size + draw(1, 3);
  } else {
    trade.sign = -sign(held);
    trade.units = size;
  }
  held += trade.sign * trade.units;
  return trade;
}

ScriptedTrade Script::toward(std::size_t contract, std::int64_t units) {
  ScriptedTrade trade;
  trade.contract = contract;
  const std::int64_t missing = units - held_[contract];
  trade.sign = sign(missing);
  trade.units = std::abs(missing);
  held_[contract] = units;
  return trade;
}

}  // namespace copyd::system_test
