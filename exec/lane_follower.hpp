// What a lane keeps of one follower. Internal to the lane.
#pragma once

#include <memory>
#include <string>

#include "core/flow.hpp"
#include "core/secret.hpp"
#include "exec/inflight.hpp"
#include "exec/lane_cells.hpp"
#include "exec/lane_session.hpp"
#include "net/http.hpp"
#include "net/websocket.hpp"
#include "venue/credentials.hpp"

namespace copyd::exec {

// The connections and the key: there as long as the follower is.
struct LaneLink {
  LaneLink(venue::Credentials key, std::uint64_t seed)
      : credentials(std::move(key)),
        session(seed, credentials.signer.type() == venue::KeyType::ed25519) {}
  ~LaneLink() { wipe(listen_key); }
  LaneLink(const LaneLink&) = delete;
  LaneLink& operator=(const LaneLink&) = delete;

  venue::Credentials credentials;
  LaneSession session;
  std::unique_ptr<net::Http> http;
  std::unique_ptr<net::WebSocket> stream;
  std::unique_ptr<net::WebSocket> orders;
  std::string listen_key;
  RequestId logon_request = 0;
  bool read_out = false;  // a position read is under way
  int queries_out = 0;    // order queries under way
};

struct LaneFollower {
  explicit LaneFollower(FollowerId follower, FollowerLinkCells& its_cells)
      : id(follower), cells(its_cells) {}

  FollowerId id;
  FollowerLinkCells& cells;
  std::unique_ptr<LaneLink> link;  // null: no key, or removed

  std::uint32_t in_flight = 0;
  std::uint32_t waiting = 0;
  std::uint32_t ended = 0;
  bool pump = false;            // something changed for those that wait
  Mono time_doubtful_until{};   // the venue refused our timestamp; a while for its time to come
  Mono increases_from{};        // a rate limit: increases not before
  Mono rest_from{};             // a rate limit: requests that can wait not before
  int rate_limited = 0;         // consecutive times
  bool seen_positions = false;  // the first position read has been made

  bool read_wanted = false;  // some leg needs a position read,
  Mono read_due{};           // not before this,
  Mono read_asked{};         // and not too soon after the last one

  bool can_send() const noexcept { return link && link->session.can_send(); }
  bool healthy() const noexcept { return link && link->session.healthy(); }
};

}  // namespace copyd::exec
