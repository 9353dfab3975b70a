// Every bound of the engine, in one place, related by static_assert where one leans on another.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace copyd::limits {

inline constexpr std::size_t cache_line = 64;

// Population.
inline constexpr std::size_t symbols_max = 2048;    // the venue lists about 920 (2026-09)
inline constexpr std::size_t leaders_max = 64;
inline constexpr std::size_t followers_max = 4096;
inline constexpr std::size_t lanes_max = 16;
inline constexpr std::size_t label_max = 31;        // characters of an account's label

// Queues. A full queue is counted and answered, never waited on.
inline constexpr std::size_t leader_events_max = 8192;
inline constexpr std::size_t commands_max = 1024;
inline constexpr std::size_t notices_max = 4096;
inline constexpr std::size_t account_news_max = 8192;  // of one agent

// Orders of one lane that are decided and not finished. The copy agent never has more of them, so a
// lane's orders and their reports always find room. A thousand fills at once for a hundred followers
// have room in one lane. Memory is taken as they come: what was never used costs addresses only.
inline constexpr std::size_t inflight_per_lane_max = 131'072;
inline constexpr std::size_t orders_per_lane_max = inflight_per_lane_max;
inline constexpr std::size_t reports_per_lane_max = 3 * inflight_per_lane_max + 32'768;
static_assert(orders_per_lane_max >= inflight_per_lane_max,
              "an order that was accepted always fits its lane's queue");
static_assert(reports_per_lane_max >= 3 * inflight_per_lane_max,
              "of each order in flight: that it is unknown, that it is quarantined, its end");

// Orders that leave with another, as one.
inline constexpr std::uint32_t riders_max = 128;

// Work of one pass of an agent, so that no source starves another.
inline constexpr int fills_per_pass = 16;
inline constexpr int reports_per_pass = 64;
inline constexpr int orders_per_pass = 1024;  // before answers are read: those of one fill leave together
// Followers that have their turn before lanes of the same thread do, where a fill has more than
// that: as many as leave in a few records.
inline constexpr std::size_t decided_per_pass = 64;
// Followers whose sockets a lane that spins looks at, and how long any lane may.
inline constexpr std::size_t links_per_pass = 16;
inline constexpr std::chrono::microseconds links_time_max{200};
// Followers, or orders, whose memory is asked for together before it is needed (core/prefetch.hpp).
inline constexpr std::size_t near_group = 16;

// Messages.
inline constexpr std::size_t frame_max = 16U << 20U;   // a larger frame closes the connection
inline constexpr std::size_t order_text_max = 2048;  // RSA-4096 signatures take 700
inline constexpr std::size_t client_order_id_max = 36; // the venue's limit

// A ledger's lots; beyond it the two oldest merge (copy semantics).
inline constexpr std::size_t lots_max = 64;

// Trades remembered for de-duplication. Older ones count as seen by their symbol's floor.
inline constexpr std::size_t seen_trades_max = 65536;

}  // namespace copyd::limits
