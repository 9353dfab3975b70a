// What a lane keeps of one follower. Internal to the lane.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/flow.hpp"
#include "core/secret.hpp"
#include "exec/inflight.hpp"
#include "exec/lane_cells.hpp"
#include "exec/lane_command.hpp"
#include "exec/lane_session.hpp"
#include "exec/order_budget.hpp"
#include "net/backoff.hpp"
#include "net/http.hpp"
#include "net/websocket.hpp"
#include "venue/credentials.hpp"

namespace copyd::exec {

// Timers of orders, what waits and timetables are looked at this often: a quiet pass costs little.
inline constexpr std::chrono::milliseconds tend_period{1};

// A socket that carries orders, and what is its own.
struct OrderSocket {
  std::unique_ptr<net::WebSocket> socket;         // null: there is none
  std::uint32_t serial = InflightOrder::by_rest;  // of no other socket of the follower
  RequestId logon_request = 0;
};

// A user stream: of its own, or a place on one that is shared.
struct UserStream {
  std::unique_ptr<net::WebSocket> socket;  // null: there is none of its own
  std::uint32_t shared = 0;                // 0: there is none
};

// What the session is told of a socket.
struct SocketEvents {
  LaneSession::Event opened;
  LaneSession::Event closed;
};

// As what an order counts.
inline OrderBudget::Kind budget_kind(const InflightOrder& order) noexcept {
  return order.reduces() ? OrderBudget::Kind::reduce : OrderBudget::Kind::increase;
}

// An order that was placed over REST, until the answer comes.
struct PlaceContext {
  FollowerId follower;
  RequestId request = 0;
};

// How often the venue has limited a way, lately.
struct Pace {
  int count = -1;  // consecutive times, less one
  Mono last{};
};

// What a position read shows of one leg.
struct LegRead {
  Qty qty;
  bool telling = false;  // the read cannot have missed anything of ours
  VenueTime updated{};   // the leg's last change; 0 when there is no row
};

// The connections and the key: there as long as the follower is.
struct LaneLink {
  LaneLink(venue::Credentials key, std::uint64_t seed, bool shares_orders)
      : credentials(std::move(key)),
        shares(shares_orders),
        shares_stream(shares_orders),
        logs_on(!shares && credentials.signer.type() == venue::KeyType::ed25519),
        session(seed, logs_on, shares),
        rest_backoff(seed ^ 0x9E6C63D0876A9A47U) {}
  ~LaneLink() { wipe(listen_key); }
  LaneLink(const LaneLink&) = delete;
  LaneLink& operator=(const LaneLink&) = delete;

  venue::Credentials credentials;
  bool shares;               // orders leave on the lane's shared connection
  const bool shares_stream;  // and the user stream is one, as long as the venue does not object
  const bool logs_on;        // the order connection is logged on; else each request is signed
  LaneSession session;
  std::unique_ptr<net::Http> http;
  UserStream stream;
  UserStream next_stream;     // the successor, while it is being opened
  UserStream retired_stream;  // the predecessor, for what is still on its way
  Mono stream_retired_until{};
  OrderSocket orders;  // without a socket while it shares
  OrderSocket next_orders;
  OrderSocket retired_orders;  // for the answers that are still to come
  Mono orders_retired_until{};
  std::uint32_t serials = InflightOrder::by_rest;  // given so far
  Mono logon_lost{};                               // the last time; ns = 0: never
  std::string listen_key;
  bool read_out = false;  // a position read is under way
  int queries_out = 0;    // order queries under way

  // Orders over REST.
  int places_out = 0;  // under way
  Mono rest_again{};   // the last one found no connection: not before
  Mono warmed{};       // the last call that was made for the connection's sake; ns = 0: none
  net::Backoff rest_backoff;
};

struct LaneFollower {
  LaneFollower(FollowerId follower, FollowerLinkCells& its_cells, const OrderBudget& its_budget)
      : id(follower), cells(its_cells), budget(its_budget) {}

  FollowerId id;
  FollowerLinkCells& cells;
  std::unique_ptr<LaneLink> link;  // null: no key, or removed
  OrderBudget budget;

  std::uint32_t in_flight = 0;
  std::uint32_t waiting = 0;
  std::uint32_t ended = 0;
  bool pump = false;            // something changed for those that wait
  Mono tended{};                // when the timers of its orders were last looked at
  Mono time_doubtful_until{};   // the venue refused our timestamp; a while for its time to come
  Mono increases_from{};        // a rate limit: increases not before
  int rate_limited = 0;         // consecutive times
  bool seen_positions = false;  // the first position read has been made

  bool read_wanted = false;  // some leg needs a position read,
  Mono read_due{};           // not before this,
  Mono read_asked{};         // and not too soon after the last one
  bool read_by_timetable = false;

  Mono reconcile_at{};       // the next read by the timetable
  bool take_wanted = false;  // all that it holds is to be told, and is ours then,
  Mono take_from{};          // as a read shows it that was asked for then or later

  // By SymbolId; empty: nothing is to be prepared. Sized when it is added.
  struct Prepared {
    Preparedness state = Preparedness::unprepared;
    std::int32_t code = 0;  // of a refusal
  };
  std::vector<Prepared> prepared;

  bool loss_told = false;     // of its connections, and not that they are back
  bool stream_lost = false;   // a shared one, and it is not ready again
  bool by_rest_said = false;  // since an order went by the order socket
};

}  // namespace copyd::exec
