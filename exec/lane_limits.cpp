// What the venue's rate limits and bans hold back. Two kinds: the number of orders of one account,
// which is that follower's alone and holds its increases on either way; and what our address may
// ask for, which holds one way, REST or the order sockets, for every follower behind the address,
// while the other way stays open.
#include <algorithm>

#include "exec/order_lane.hpp"

namespace copyd::exec {
namespace {

constexpr std::int32_t too_many_orders = -1015;
constexpr int banned = 418;

using std::chrono::milliseconds;
using std::chrono::seconds;

// Doubles from `first` to `most`.
milliseconds doubled(milliseconds first, int times, milliseconds most) noexcept {
  milliseconds hold = first;
  for (int i = 0; i < times && hold < most; ++i) hold *= 2;
  return std::min(hold, most);
}

}  // namespace

venue::AddressHold& OrderLane::hold_of(Way way) noexcept {
  return way == Way::rest ? holds_.rest : holds_.sockets;
}

void OrderLane::limit_rate(LaneFollower& follower, Way way, const Refusal& refusal,
                           Mono now) noexcept {
  // An increase waits whatever was exceeded, where an order was about to leave by this way; a close
  // keeps to its own pace, and may take the other way.
  if (refusal.code == too_many_orders || way == Way::socket) limit_account(follower, now);
  if (refusal.code != too_many_orders) limit_address(follower, way, refusal, now);
}

// Increases wait 1 s, doubling to the venue's window of 10 s.
void OrderLane::limit_account(LaneFollower& follower, Mono now) noexcept {
  const auto hold = doubled(seconds(1), follower.rate_limited, seconds(10));
  ++follower.rate_limited;
  follower.increases_from = std::max(follower.increases_from, now + hold);
}

// Until the end of a ban, which its text says; or a while, which doubles. Refusals that arrive
// meanwhile are answers to what had left before, and say nothing new.
void OrderLane::limit_address(LaneFollower& follower, Way way, const Refusal& refusal,
                              Mono now) noexcept {
  venue::AddressHold& hold = hold_of(way);
  Pace& pace = way == Way::rest ? rest_pace_ : socket_pace_;
  const VenueTime end = venue::banned_until(refusal.message);
  if (refusal.status == banned || end.ms != 0) {
    // No ban lasts longer than three days, whatever the text says.
    constexpr milliseconds ban_max = std::chrono::hours(72);
    milliseconds left = std::max<milliseconds>(ban_min, refusal.retry_after);
    if (end.ms != 0 && venue_clock_.known()) left = end - venue_clock_.at(now);
    const Mono until = now + std::clamp(left, milliseconds(0), ban_max);
    if (until > hold.until() + seconds(1))
      notice(Level::error, follower.id,
             way == Way::rest ? "the venue has banned this address: no REST until the ban's end"
                              : "the venue has banned this address from sending on order sockets");
    hold.extend(until);
    return;
  }
  if (hold.holds(now)) return;
  constexpr seconds forgotten{120};
  pace.count = now - pace.last > forgotten ? 0 : pace.count + 1;
  pace.last = now;
  const milliseconds least = way == Way::rest ? seconds(5) : seconds(1);
  const milliseconds most = way == Way::rest ? seconds(60) : seconds(10);
  const milliseconds asked = std::min<milliseconds>(refusal.retry_after, std::chrono::hours(72));
  hold.extend(now + std::max(doubled(least, pace.count, most), asked));
}

// Nothing of the request got to the venue, and the next one would fare no better.
void OrderLane::firewalled(LaneFollower& follower, Way way, Mono now) noexcept {
  if (!hold_of(way).holds(now))
    notice(Level::error, follower.id, "the venue's firewall refuses this address: waiting 60 s");
  hold_of(way).extend(now + firewall_hold);
}

}  // namespace copyd::exec
