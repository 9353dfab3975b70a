// LeaderCells: what the feed says of one leader. Written by the feed's thread, read by any.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/counters.hpp"
#include "core/histogram.hpp"
#include "feed/said_once.hpp"

namespace copyd::feed {

enum class SessionState : std::uint8_t {
  not_connected,  // no key was given yet, or it was taken back
  connecting,     // on the way to its first stream
  syncing,        // the first stream is open; positions are being read
  live,           // fills flow
  reconnecting,   // was live; the connection or what it missed is being restored
  refused,        // the venue refuses the key; asked again every minute
};
inline constexpr std::size_t session_state_count = 6;
constexpr std::string_view name_of(SessionState s) noexcept {
  constexpr std::array<std::string_view, session_state_count> names{
      "not_connected", "connecting", "syncing", "live", "reconnecting", "refused"};
  return names[static_cast<std::size_t>(s)];
}

struct LeaderCells {
  Cell state;            // SessionState
  Cell fills;            // handed over to the copy agent
  Cell back_filled;      // of them, found by asking after a reconnect
  Cell duplicates;       // fills seen before
  Cell contained;        // fills that the position handed over already holds
  Cell malformed;        // frames that do not say what they must
  Cell unknown_events;   // events whose name we do not know
  Cell unknown_symbols;  // fills on symbols that exchangeInfo does not list
  Cell reconnects;       // times a live stream was lost
  Cell renewals;         // times it was replaced ahead of its end
  Cell connections;      // that fills flow by now: 2 race each other
  // Of the fills since two raced, those that this one said first, and by how much before the other.
  std::array<Cell, connections_max> said_first;
  std::array<Histogram, connections_max> said_first_lead;
  Cell lite_fills;        // that TRADE_LITE told first, of a leader in one-way mode
  Histogram lite_lead;    // by how much, before an update told them whole
  Cell connections_lost;  // times that one of two ended or fell silent, and the other went on
  Cell last_fill_ns;      // Mono of the last fill handed over; 0: none yet
  Cell position_mode;     // PositionMode, as last read
  Cell multi_assets;      // not 0: the account is in multi-assets mode, as last heard of
  // Times that the leverage or margin type of some symbol changed, as the stream told, or may have
  // changed while it was away.
  Cell config_changes;
};

}  // namespace copyd::feed
