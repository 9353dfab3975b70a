// Control: the side door of the simulated venue, for whoever runs an experiment: trade as any
// account, set prices, make things go wrong, read the ledger.
//
// One JSON object in, one out: {"ok":true,…} or {"ok":false,"error":…}. An unknown command or field
// is an error. Decimals may be strings or numbers. docs/SIMULATOR.md lists the commands. One
// thread.
#pragma once

#include <string>
#include <string_view>

#include "sim/world.hpp"

namespace copyd::sim {

// What only the owner of the sockets can do.
class FrontDoor {
 public:
  virtual ~FrontDoor() = default;
  // Closes every connection but those of the control port; refuses new ones for that long.
  virtual void drop_connections(std::chrono::milliseconds refuse) = 0;
  virtual void set_clock_offset(std::chrono::milliseconds offset) = 0;
  virtual std::size_t connections() const = 0;
  // Writes the state file now.
  virtual std::optional<ApiError> save() { return ApiError{.message = "there is no state file"}; }
  virtual void quit() = 0;
  // The account's connections, or all: nothing is read or written there any more, and nothing
  // closed. How many.
  virtual std::size_t half_open(std::optional<AccountIndex>) { return 0; }
  // Asks about every WebSocket-API connection, and sends it the text it is answered with.
  using Tell = std::function<std::optional<std::string>(WsSession&)>;
  virtual std::size_t tell_sessions(const Tell&) { return 0; }
  // Whether messages leave in several frames. Only sockets have frames.
  virtual void fragment_frames(bool) {}
};

class Control {
 public:
  Control(World& world, FrontDoor& door) : world_(world), door_(door) {}

  // `line` is one JSON object; the answer has no line end.
  std::string handle(std::string_view line, VenueTime now);

 private:
  struct Command;
  class Fields;
  static const std::vector<Command>& commands();

  // Each answers the members that follow "ok":true, or what is wrong.
  Answer<std::string> price(const Fields& fields, VenueTime now);
  Answer<std::string> trade(const Fields& fields, VenueTime now);
  Answer<std::string> fill(const Fields& fields, VenueTime now);
  Answer<std::string> liquidity(const Fields& fields, VenueTime now);
  Answer<std::string> ledger(const Fields& fields, VenueTime now);
  Answer<std::string> position_mode(const Fields& fields, VenueTime now);
  Answer<std::string> set_up(const Fields& fields, VenueTime now);
  Answer<std::string> drop_connections(const Fields& fields, VenueTime now);
  Answer<std::string> expire_listen_key(const Fields& fields, VenueTime now);
  Answer<std::string> reject_next(const Fields& fields, VenueTime now);
  Answer<std::string> drop_next_answer(const Fields& fields, VenueTime now);
  Answer<std::string> clock_offset(const Fields& fields, VenueTime now);
  // control_money.cpp
  Answer<std::string> funding(const Fields& fields, VenueTime now);
  Answer<std::string> liquidate(const Fields& fields, VenueTime now);
  Answer<std::string> adl(const Fields& fields, VenueTime now);
  Answer<std::string> settle(const Fields& fields, VenueTime now);
  Answer<std::string> transfer(const Fields& fields, VenueTime now);
  Answer<std::string> symbol(const Fields& fields, VenueTime now);
  Answer<std::string> fees(const Fields& fields, VenueTime now);
  Answer<std::string> save(const Fields& fields, VenueTime now);
  // control_faults.cpp
  Answer<std::string> ban(const Fields& fields, VenueTime now);
  Answer<std::string> delete_listen_key(const Fields& fields, VenueTime now);
  Answer<std::string> shutdown_notice(const Fields& fields, VenueTime now);
  Answer<std::string> answer_next(const Fields& fields, VenueTime now);
  Answer<std::string> hide_order(const Fields& fields, VenueTime now);
  Answer<std::string> delay_next(const Fields& fields, VenueTime now);
  Answer<std::string> engine_delay(const Fields& fields, VenueTime now);
  Answer<std::string> lag_history(const Fields& fields, VenueTime now);
  Answer<std::string> clear_faults(const Fields& fields, VenueTime now);
  // control_keys.cpp
  Answer<std::string> permissions(const Fields& fields, VenueTime now);
  Answer<std::string> new_key(const Fields& fields, VenueTime now);
  Answer<std::string> delete_key(const Fields& fields, VenueTime now);
  Answer<std::string> refuse_key(const Fields& fields, VenueTime now);
  Answer<std::string> revoke_key(const Fields& fields, VenueTime now);
  Answer<std::string> restore_key(const Fields& fields, VenueTime now);
  Answer<const ApiKey*> key_of(const Fields& fields);
  static Answer<std::vector<std::string>> read_ip_list(const JsonValue& value);
  // Of keys that are refused now. How many there were, as a member.
  Answer<std::string> end_sessions();
  // control_events.cpp
  Answer<std::string> duplicate_events(const Fields& fields, VenueTime now);
  Answer<std::string> reorder_events(const Fields& fields, VenueTime now);
  Answer<std::string> withhold(const Fields& fields, VenueTime now);
  Answer<std::string> silence(const Fields& fields, VenueTime now);
  Answer<std::string> half_open(const Fields& fields, VenueTime now);
  Answer<std::string> malformed_frame(const Fields& fields, VenueTime now);
  Answer<std::string> huge_frame(const Fields& fields, VenueTime now);
  Answer<std::string> send_raw(const Fields& fields, VenueTime now);
  Answer<std::string> fragment_frames(const Fields& fields, VenueTime now);
  Answer<std::string> inject(const Fields& fields, const OddFrame& frame);
  Answer<std::string> secrets(const Fields& fields, VenueTime now);
  Answer<std::string> stats(const Fields& fields, VenueTime now);
  Answer<std::string> quit(const Fields& fields, VenueTime now);

  // The members about an order and its newest trades.
  std::string executed(AccountIndex account, const Order& order, std::size_t trades_before,
                       VenueTime now) const;
  Answer<ScriptedTrade> read_trade(const Fields& fields) const;
  // `methods`: place (also when absent), query, modify, cancel or any.
  static Answer<ActionFilter> read_actions(const Fields& fields);

  World& world_;
  FrontDoor& door_;
  Random random_{0x6b657973};  // of new keys; the roster's have the seed's
};

// The members of a ledger: "time", "accounts":[…]. `only` empty: all.
std::string ledger_members(const Exchange& exchange, std::optional<AccountIndex> only,
                           VenueTime now);

}  // namespace copyd::sim
