// What a lane shows of itself: written by the lane alone, read by the supervisor at any time.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/counters.hpp"

namespace copyd::exec {

// How far a follower's connections have come.
enum class LinkState : std::uint8_t {
  not_connected,  // the lane has no key for it
  connecting,     // never ready so far
  recovering,     // was ready; a connection was lost and comes back
  ready,          // both connections stand
  refused,        // the venue refuses the key; tried again every minute
};
inline constexpr std::size_t link_state_count = 5;
constexpr std::string_view name_of(LinkState s) noexcept {
  constexpr std::array<std::string_view, link_state_count> names{"not_connected", "connecting",
                                                                 "recovering", "ready", "refused"};
  return names[static_cast<std::size_t>(s)];
}

// One per follower, indexed by FollowerId; each is written by the lane that owns the follower.
struct FollowerLinkCells {
  Cell link;        // LinkState
  Cell mode;        // PositionMode, once ready
  Cell waiting;     // orders that have not left
  Cell written;     // orders sent and not answered for good
  Cell unknown;     // orders whose fate is being asked for
  Cell reconnects;  // connections lost so far
  Cell venue_code;  // the venue's last refusal, 0 when there was none
  Cell transfers;   // times that money was moved in or out, as the stream told
  Cell drift;       // legs on which the venue holds more than we do, at the last read
  Cell multi_assets;  // not 0: the account is in multi-assets mode, as last heard of
  Cell last_read;   // Mono of the last position read that decided something
  Cell answered;    // Mono of the last order that the venue took
  Cell left;        // orders that a fill caused and whose first attempt left, and
  Cell left_ns;     // from the fill in our hands to then, of all of them
};

// One per lane.
struct LaneCells {
  Cell taken;         // orders taken from the queue
  Cell sent;          // orders that left
  Cell sent_by_rest;  // of them, those that left over REST
  Cell joined;        // of them, those that left for others as well
  Cell acknowledged;  // answers that belonged to an order in flight
  Cell late;          // answers and stream events about orders that were finished already
  Cell foreign;       // fills on followers that are not ours
  Cell malformed;     // frames that did not say what they must
  Cell strays;        // frames of a shared user stream that were nobody's
  Cell found;         // orders whose fate was unknown, and which the venue has shown
  Cell absent;        // and those proven never to have got there
  Cell notices_lost;  // the supervisor's queue was full
};

}  // namespace copyd::exec
