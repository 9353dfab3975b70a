// What a lane is given: where it takes from and gives to, and what it shares with the others.
#pragma once

#include <cstdint>
#include <span>

#include "core/channel.hpp"
#include "core/counters.hpp"
#include "core/flow.hpp"
#include "core/symbols.hpp"
#include "exec/lane_cells.hpp"
#include "exec/lane_command.hpp"
#include "exec/order_budget.hpp"
#include "journal/writer.hpp"
#include "net/transport.hpp"
#include "venue/account_news.hpp"
#include "venue/address_hold.hpp"
#include "venue/rest.hpp"

namespace copyd::exec {

// Everything outlives the lane.
struct LaneWiring {
  net::Transport& transport;
  const Clock& clock;
  const SymbolTable& symbols;
  venue::Endpoints endpoints;
  Channel<Order>& orders;
  Channel<Report>& reports;
  Channel<LaneCommand>& commands;
  Channel<Notice>& notices;
  std::span<FollowerLinkCells> followers;  // by FollowerId; the lane writes those of its own
  LaneCells& cells;
  StageTimes& stages;
  // By FollowerId, as the copy agent shows them: looked at before each send, because what was
  // handed over before a halt does not leave after it, nor an increase after a pause. Empty: all
  // active.
  std::span<const FollowerCells> books{};
  // FollowerState that the kill file asks for, of everybody: read before each send. Null: none.
  const Cell* kill = nullptr;
  // By FollowerId, from the configuration; 0: no limit of its own. Increases only. Empty: none.
  std::span<const int> increases_per_10s{};
  // Written before anything is sent. Null: nothing is kept.
  journal::Writer* journal = nullptr;
  // The copy agent's, of which only is read how far it has got. Null with the lane's own.
  const journal::Writer* books_journal = nullptr;
  OrderLimits order_limits{};  // of each account, as the venue announces them
  // What holds for the address that lanes share; null: the lane has its own.
  venue::AddressHolds* holds = nullptr;
  // Orders on the shared connection that may leave in one record.
  int batch = 1;
  // Followers whose own sockets are looked at in one pass, by turns; 0: all. Fewer where that takes
  // longer than limits::links_time_max.
  std::size_t links_per_pass = 0;
  std::uint64_t seed = 1;
  // Asks for symbols to be prepared. Null: every symbol is ready.
  Channel<PrepareSymbol>* prepare = nullptr;
  // To the supervisor. Null: nobody hears it.
  Channel<venue::AccountNews>* news = nullptr;
  const char* name = "lane";
};

}  // namespace copyd::exec
