// What the venue holds against what is ours, leg by leg. Of each leg the lane knows what is ours,
// from the copy agent's book and its own fills; a position read shows the whole:
//   - less than ours is gone, and the copy agent is told;
//   - what is there beyond ours is somebody else's: it is shown, and nothing is sent for it.
// Every account is read by a timetable, and after each reconnect (see LaneSession).
#include <algorithm>
#include <cstdio>

#include "exec/order_lane.hpp"

namespace copyd::exec {
namespace {

// Money that came or went otherwise than by trading.
bool moves_money(std::string_view reason) noexcept {
  constexpr std::array<std::string_view, 6> reasons{"DEPOSIT",         "WITHDRAW",
                                                    "MARGIN_TRANSFER", "ASSET_TRANSFER",
                                                    "ADMIN_DEPOSIT",   "ADMIN_WITHDRAW"};
  return std::find(reasons.begin(), reasons.end(), reason) != reasons.end();
}

}  // namespace

// A read may lag what an earlier run filled last, when that was just now.
void OrderLane::expect(const ExpectPosition& expected, Mono now) {
  LegState& leg = legs_[legs_.at({expected.follower, expected.symbol, expected.leg})];
  leg.tracked = expected.qty;
  leg.filled_at = now;
}

// The follower's next place in the timetable, which all lanes go by.
Mono OrderLane::next_reconcile(FollowerId follower, Mono now) const noexcept {
  const auto count = static_cast<std::int64_t>(std::max<std::size_t>(w_.followers.size(), 1));
  const std::int64_t spacing = std::min(std::chrono::nanoseconds(reconcile_spacing).count(),
                                        std::chrono::nanoseconds(reconcile_round).count() / count);
  const std::int64_t round = spacing * count;
  const std::int64_t place = spacing * follower.value;
  const std::int64_t since = ((now.ns - place) % round + round) % round;
  return Mono{now.ns - since + round};
}

void OrderLane::reconcile(LaneFollower& follower, Mono now) noexcept {
  if (now >= follower.reconcile_at) {
    follower.reconcile_at = next_reconcile(follower.id, now);
    if (follower.link && follower.link->session.announced()) {
      want_read(follower, now);
      follower.read_by_timetable = true;
    }
  }
  const bool take_due = follower.take_wanted && follower.in_flight == 0 && !follower.read_wanted;
  if (take_due && follower.link && !follower.link->read_out) want_read(follower, now);
}

// A position that shrank while no order of ours was open there was closed by somebody else: the
// venue is asked, and the read decides.
void OrderLane::on_account(LaneFollower& follower, const venue::AccountUpdate& update,
                           Mono now) noexcept {
  if (moves_money(update.reason)) follower.cells.transfers.add();
  if (w_.news != nullptr)
    venue::tell_news(*w_.news, venue::AccountNews::Owner::follower, follower.id.value, update);
  for (const auto& row : update.positions) {
    if (!row.symbol_known) continue;
    const std::uint32_t index = legs_.find({follower.id, row.symbol, row.leg});
    if (index == Legs::none) continue;
    const LegState& leg = legs_[index];
    if (leg.open == 0 && leg.falls_short(row.qty) && now - leg.filled_at >= read_lag)
      want_read(follower, std::max(now, follower.read_asked + read_rest));
  }
}

void OrderLane::compare(LaneFollower& follower, std::uint32_t index, const LegRead& read,
                        Mono now) noexcept {
  LegState& leg = legs_[index];
  if (leg.open != 0 || read.qty == leg.expected() || !trusts_positions_) return;
  // An order on its way from the copy agent may be for this leg.
  if (!read.telling || !coming_.empty()) {
    want_read(follower, now + read_lag);
    return;
  }
  const bool short_of_ours = leg.falls_short(read.qty);
  const Qty before = leg.foreign;
  leg.seen(read.qty);
  if (short_of_ours)
    report(FollowerPosition{
        .follower = follower.id, .symbol = leg.key.symbol, .leg = leg.key.leg, .qty = read.qty});
  if (leg.foreign != before) tell_foreign(follower, leg);
}

void OrderLane::tell_foreign(LaneFollower& follower, const LegState& leg) noexcept {
  constexpr std::array<const char*, 3> sides{"", " LONG", " SHORT"};
  const char* const side = sides[static_cast<std::size_t>(leg.key.leg)];
  const std::string_view name = w_.symbols[leg.key.symbol].name;
  const int width = static_cast<int>(std::min<std::size_t>(name.size(), 40));
  const FixedText qty(leg.foreign);
  std::array<char, 160> text{};
  if (leg.foreign.is_zero())
    std::snprintf(text.data(), text.size(),
                  "holds nothing on %.*s%s any more but what copyd opened", width, name.data(),
                  side);
  else
    std::snprintf(text.data(), text.size(),
                  "holds %.*s%s %.*s beyond what copyd opened, and copyd will not touch it", width,
                  name.data(), side, static_cast<int>(qty.view().size()), qty.view().data());
  notice(Level::warning, follower.id, text.data());
}

// What a read leaves to be shown.
void OrderLane::settle_reads(LaneFollower& follower, const std::vector<venue::PositionRisk>& rows,
                             Mono asked) noexcept {
  std::int64_t drift = 0;
  bool decided = true;
  for (std::uint32_t i = 0; i < legs_.size(); ++i) {
    const LegState& leg = legs_[i];
    if (leg.key.follower != follower.id) continue;
    if (!leg.foreign.is_zero()) ++drift;
    if (leg.open == 0 && !leg_read(leg, rows, asked).telling) decided = false;
  }
  for (const auto& row : rows)
    if (!row.symbol && !row.qty.is_zero()) ++drift;
  follower.cells.drift.set(drift);
  if (decided) follower.cells.last_read.set(asked.ns);
}

// All that the account holds is ours from now on. One read has to tell all of it.
void OrderLane::take_positions(LaneFollower& follower, const std::vector<venue::PositionRisk>& rows,
                               Mono asked) noexcept {
  if (follower.in_flight != 0 || !coming_.empty() || asked < follower.take_from) return;
  for (std::uint32_t i = 0; i < legs_.size(); ++i)
    if (legs_[i].key.follower == follower.id && !leg_read(legs_[i], rows, asked).telling) return;
  for (std::uint32_t i = 0; i < legs_.size(); ++i) {
    LegState& leg = legs_[i];
    if (leg.key.follower != follower.id) continue;
    leg.tracked = leg_read(leg, rows, asked).qty;
    leg.foreign = Qty{};
    if (leg.tracked.is_zero()) continue;
    report(FollowerPosition{.follower = follower.id,
                            .symbol = leg.key.symbol,
                            .leg = leg.key.leg,
                            .qty = leg.tracked,
                            .taken = true});
  }
  follower.take_wanted = false;
  report(PositionsTaken{.follower = follower.id});
}

}  // namespace copyd::exec
