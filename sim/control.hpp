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
  virtual void quit() = 0;
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
  Answer<std::string> liquidity(const Fields& fields, VenueTime now);
  Answer<std::string> ledger(const Fields& fields, VenueTime now);
  Answer<std::string> position_mode(const Fields& fields, VenueTime now);
  Answer<std::string> drop_connections(const Fields& fields, VenueTime now);
  Answer<std::string> expire_listen_key(const Fields& fields, VenueTime now);
  Answer<std::string> reject_next(const Fields& fields, VenueTime now);
  Answer<std::string> drop_next_answer(const Fields& fields, VenueTime now);
  Answer<std::string> clock_offset(const Fields& fields, VenueTime now);
  Answer<std::string> stats(const Fields& fields, VenueTime now);
  Answer<std::string> quit(const Fields& fields, VenueTime now);

  Answer<ScriptedTrade> read_trade(const Fields& fields) const;

  World& world_;
  FrontDoor& door_;
};

// The members of a ledger: "time", "accounts":[…]. `only` empty: all.
std::string ledger_members(const Exchange& exchange, std::optional<AccountIndex> only,
                           VenueTime now);

}  // namespace copyd::sim
