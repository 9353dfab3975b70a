#include "bench/fill_to_wire/last_left.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "journal/tail.hpp"

namespace copyd::bench {

void LastLeft::add(const journal::Timing& timing) {
  if (timing.attempt != 0 || timing.received_ns == 0) return;
  Fill& fill = fills_[timing.received_ns];
  ++fill.orders;
  fill.written_ns = std::max(fill.written_ns, timing.written_ns);
}

Result<void> LastLeft::read(const std::string& directory, int lanes) {
  const auto disk = TRY(journal::open_for_reading(directory));
  constexpr journal::Tail::Position end{.segment = UINT64_MAX, .sequence = journal::Tail::whole};
  for (int lane = 0; lane < lanes; ++lane) {
    journal::Tail tail(*disk, fmt::format("lane{}", lane), {});
    while (const auto record = TRY(tail.next(end)))
      if (record->type == static_cast<std::uint16_t>(journal::Type::timing))
        add(record->as<journal::Timing>());
  }
  return {};
}

std::vector<std::int64_t> LastLeft::times(std::span<const TurnFills> turns) const {
  std::vector<std::int64_t> times;
  auto fill = fills_.rbegin();
  for (auto turn = turns.rbegin(); turn != turns.rend(); ++turn) {
    for (std::size_t i = 0; i < turn->counted && fill != fills_.rend(); ++i, ++fill)
      if (fill->second.orders == followers_) times.push_back(fill->second.written_ns - fill->first);
    for (std::size_t i = 0; i < turn->warm_up && fill != fills_.rend(); ++i) ++fill;
  }
  std::reverse(times.begin(), times.end());
  return times;
}

}  // namespace copyd::bench
