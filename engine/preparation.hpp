// Preparation: leverage and margin type of the followers' symbols, as their links want them, before
// the first order of a symbol; and again when a leader changes his own.
//
//   leader:    symbolConfig at start, when its stream tells of a change and once more behind that,
//              and every ten minutes; positionRisk once, for what it holds will be traded
//   follower:  symbolConfig once for each key; then a call for each thing that is not as wanted.
//              An order that waits does not wait for the reading: to set costs less
//   lane:      asks for a symbol on which an order waits (PrepareSymbol); is told how each stands
//              (SymbolPrepared), and at the beginning which need nothing (SymbolsPrepared)
//
// Prepared in advance are the symbols that a leader holds, those that a link's allow list names,
// and those whose setup a leader has just changed. What the venue refuses denies what opens on the
// symbol, with the venue's code, and is tried again after two seconds, doubling to a minute, and at
// once when the leader changes something. What a call did that got no answer is read before the
// next one. Nothing is changed at a follower that is halted or a shadow.
//
// Weight: reads cost 5, changes 1; together they stay below a quarter of the venue's 2,400 a
// minute for the address. Symbols on which an order waits go first.
// The supervisor's thread only. Cold.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/schema.hpp"
#include "core/symbols.hpp"
#include "engine/request_bucket.hpp"
#include "engine/roster.hpp"
#include "engine/setup_wish.hpp"
#include "engine/venue_api.hpp"
#include "exec/lane_command.hpp"
#include "feed/leader_cells.hpp"
#include "venue/setup_codec.hpp"

namespace copyd::engine {

class Preparation {
 public:
  // False: the lane's queue has no room, and it is to be told later.
  using Tell = std::function<bool(FollowerId, exec::LaneCommand)>;
  using CellsOf = std::function<const feed::LeaderCells&(LeaderId)>;
  using MayChange = std::function<bool(FollowerId)>;
  // All of it outlives this, and no call of `venue` is answered after this is gone.
  struct Parts {
    const config::Config& config;
    Roster& roster;
    VenueApi& venue;
    const SymbolTable& symbols;
    const Clock& clock;
    Tell tell;
    CellsOf cells_of;
    MayChange may_change;
  };
  explicit Preparation(Parts parts);

  // The account has a key, new or another, its lane has been told so; or it has none any more.
  void connected(RosterAccount& account);
  void disconnected(RosterAccount& account);
  // What this follower wants is about to change (prepares_otherwise): its lane lets nothing open
  // that it does not ask for, and is answered after `reloaded`. False: the lane's queue has no
  // room, and it is to be said again.
  bool hold(FollowerId id);
  // Whether its lane is to ask before something opens.
  bool prepares(FollowerId id) const noexcept { return followers_[id.value].prepares; }
  // There may be more followers and links now, and these are not as they were.
  void reloaded(const std::vector<FollowerId>& changed);
  // A lane has an order that waits.
  void ask(const exec::PrepareSymbol& wanted);
  // Every turn.
  void poll();

 private:
  using Setups = std::vector<SymbolSetup>;  // by SymbolId

  struct Leader {
    RosterAccount* account = nullptr;
    std::vector<std::size_t> followers;  // that prepare anything by a link to it
    bool connected = false;
    std::uint32_t key = 0;  // counts the account's keys: an answer to an older one is nothing
    bool asking = false;
    bool failing = false;
    Setups setups;  // empty: not read yet
    Mono read_at{};
    std::int64_t changes_seen = 0;
    bool positions_due = false;
    Mono positions_at{};
    std::string said;  // why it cannot be read
  };

  // One symbol of one follower that was asked for, or is prepared in advance.
  struct Job {
    enum class State : std::uint8_t { due, untold, done };
    State state = State::due;
    bool waits = false;     // an order does
    bool doubtful = false;  // what is set is to be read before anything is set
    bool disputed = false;  // that its links differ was logged
    std::int32_t code = 0;  // untold or done: 0, or why it was refused
    Mono try_at{};          // due, or refused: not before
    int failures = 0;       // consecutive
    std::string said;       // the last refusal that was logged
  };
  struct Follower {
    RosterAccount* account = nullptr;
    std::vector<std::size_t> leaders;  // of its links
    bool prepares = false;
    bool connected = false;
    bool held = false;  // what it wants is about to change
    std::uint32_t key = 0;
    bool asking = false;
    bool read = false;  // `setups` has been read whole; before, it has what was set
    Setups setups;
    Mono read_at{};
    bool overview_due = false;  // the lane is to be told what needs nothing
    std::map<SymbolId, Job> jobs;
    int waiting = 0;   // jobs for which an order waits
    std::string said;  // why it cannot be read
  };

  static FollowerId follower_id(std::size_t index) {
    return FollowerId{static_cast<std::uint16_t>(index)};
  }

  // preparation_reload.cpp
  void take_places();

  void begin(FollowerId id);

  // preparation_leaders.cpp
  void read_leaders(Mono now);
  void read_leader(std::size_t index, std::int64_t changes);
  void take_leader(std::size_t index, std::int64_t changes, const VenueAnswer& answer);
  void read_positions(std::size_t index);
  void take_positions(std::size_t index, const VenueAnswer& answer);
  void leader_changed(std::size_t index, const Setups& before);
  void want(std::size_t index, SymbolId symbol);

  void renew(Job& job);
  void serve(std::size_t index, bool urgent, Mono now);
  bool leaders_known(const Follower& follower) const;
  FollowerWish wish_for(std::size_t index, SymbolId symbol) const;
  void advance(std::size_t index, SymbolId symbol, Job& job, Mono now);
  void read_follower(std::size_t index, std::optional<SymbolId> symbol);
  void take_follower(std::size_t index, std::optional<SymbolId> symbol, const VenueAnswer& answer);
  std::optional<std::vector<venue::SymbolConfig>> read_setups(const RosterAccount& account,
                                                              std::string& said,
                                                              const VenueAnswer& answer);
  void tell_overview(std::size_t index);
  void make(std::size_t index, SymbolId symbol, const SetupCall& call);
  void take_set(std::size_t index, SymbolId symbol, const SetupCall& call,
                const VenueAnswer& answer);
  void finish(std::size_t index, SymbolId symbol, Job& job, std::int32_t code);
  void tell(std::size_t index, SymbolId symbol, Job& job);
  void say(std::size_t index, SymbolId symbol, Job& job, const std::string& words);
  bool take(int weight, Mono now);
  void hold_off(const VenueAnswer& answer);

  const config::Config& config_;
  Roster& roster_;
  VenueApi& venue_;
  const SymbolTable& symbols_;
  const Clock& clock_;
  Tell tell_;
  CellsOf cells_of_;
  MayChange may_change_;
  std::vector<Leader> leaders_;      // by LeaderId
  std::vector<Follower> followers_;  // by FollowerId
  RequestBucket weight_;
  bool spent_ = false;      // in this turn, no weight is left
  int overviews_left_ = 0;  // of this turn
  Mono held_off_until_{};   // the venue has limited this address
  std::size_t first_ = 0;   // whose turn it is to be first
};

}  // namespace copyd::engine
