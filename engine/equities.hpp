// Equities: what each account is worth, read at the venue in turn and told to the copy agent; for a
// follower with a limit on losses also what its owner has moved in and out, because money that was
// withdrawn is not lost.
//
// Between two reads it moves (engine/moved_equity): looked at every second, and told where it has
// moved by a thousandth, so that a limit on losses does not wait for an account's next turn.
//
//   net equity = equity − net transfers, both of one moment as far as the venue allows it:
//   transfers are read first, then the equity; one that was asked for before money was moved is
//   thrown away and asked for again; and one is told only after a moment in which the stream could
//   have said that money was moved.
//
// Transfers are read at start, after a follower's reconnect, when its stream says that money was
// moved, and before every equity while it has no stream to say so. Rows are told apart by the
// venue's number; what was counted up to `counted_ms` in an earlier run is not counted again.
//
// Weight: an equity costs 5 and a page of transfers 30, of the venue's 2,400 a minute for the
// address. Equities are held to their share of it (venue/address_weight.hpp), so that their period
// grows with the accounts; the first of each account go before. Transfers, which many may want at
// once, are kept to a quarter.
// The supervisor's thread only. Cold.
// Protocol: Binance docs, "Account Information V3", "Get Income History".
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/schema.hpp"
#include "core/flow.hpp"
#include "engine/moved_equity.hpp"
#include "engine/request_bucket.hpp"
#include "engine/roster.hpp"
#include "engine/venue_api.hpp"
#include "exec/lane_cells.hpp"
#include "venue/income_codec.hpp"

namespace copyd::engine {

// Net transfers of one account. Pure.
class TransferSum {
 public:
  // Rows up to this time of the venue count as counted.
  void begin(Usd total, std::int64_t counted_ms) noexcept;
  // Returns how many rows were new. A row that is not in dollars is named in `strange`.
  int add(const std::vector<venue::Income>& rows, std::vector<std::string>& strange);
  Usd total() const noexcept { return total_; }
  std::int64_t counted_ms() const noexcept { return counted_ms_; }
  // Where to read from: late rows may still appear behind the newest.
  std::int64_t read_from_ms() const noexcept;

 private:
  Usd total_;
  std::int64_t counted_ms_ = 0;
  std::int64_t floor_ms_ = 0;
  std::map<std::int64_t, std::int64_t> seen_;  // number → time, of the last hour of rows
};

class Equities {
 public:
  using Tell = std::function<void(const CopyCommand&)>;
  using LinkOf = std::function<const exec::FollowerLinkCells&(FollowerId)>;
  // All of it outlives this, and no call of `venue` is answered after this is gone.
  struct Parts {
    const config::Config& config;
    Roster& roster;
    VenueApi& venue;
    const Clock& clock;
    Tell tell;
    LinkOf link_of;
    const SymbolTable& symbols;
    MarkOf mark_of;
    // The next of what the streams have said; false: no more.
    std::function<bool(venue::AccountNews&)> next_news;
    // How much of it was lost so far: with none of an account's after that is it known any more.
    std::function<std::uint64_t()> news_lost;
    // Counts the losses of an account's stream.
    std::function<std::int64_t(const RosterAccount&)> gaps_of;
    // Each answer to a signed call, or its absence: it tells something of the key.
    std::function<void(RosterAccount&, const VenueAnswer&)> heard{};
  };
  explicit Equities(Parts parts);

  // What an earlier run has counted for a follower. Before the first `poll`; a follower without it
  // is counted from the moment it is first seen here.
  void recover(FollowerId follower, Usd transfers, std::int64_t counted_ms);
  // The account has a key, new or another; or has none any more.
  void connected(RosterAccount& account);
  // The followers' limits are others now.
  void reloaded();
  void disconnected(RosterAccount& account);
  // Money moved in less money moved out, where it is counted.
  std::optional<Usd> transfers(const RosterAccount& account) const;
  // Every turn.
  void poll();

 private:
  struct Reading {
    std::uint32_t key = 0;  // counts the account's keys: an answer to an older one is nothing
    bool counts_transfers = false;
    bool first = true;   // its equity was not asked for with this key
    bool begun = false;  // `transfers` says where it counts from
    TransferSum transfers;
    bool transfers_due = false;
    Mono transfers_at{};              // not before
    std::int64_t transfers_seen = 0;  // the link's cells, as last looked at
    std::int64_t gaps_seen = 0;
    std::int64_t awaited = 0;  // rows that the stream has announced and the venue does not show
    Mono await_until{};
    std::set<std::string> named;  // assets that were warned of
    MovedEquity moved;
    Mono move_due{};
    std::optional<Usd> held;  // an equity that is told soon
    Mono held_until{};
  };

  void hear_news();
  void move(RosterAccount& account, Reading& reading, Mono now);
  void look_at_link(RosterAccount& account, Reading& reading, Mono now);
  void release(RosterAccount& account, Reading& reading, Mono now);
  void read(RosterAccount& account, Reading& reading, Mono now);
  void read_transfers(RosterAccount& account, Reading& reading, int page);
  void take_transfers(RosterAccount& account, Reading& reading, int page,
                      const VenueAnswer& answer);
  void read_equity(RosterAccount& account, Reading& reading, Mono now);
  void take_equity(RosterAccount& account, Reading& reading, std::int64_t transfers_then,
                   const VenueAnswer& answer);
  bool may_read_equity(Reading& reading, Mono now);
  bool may_spend(Mono now) const;
  void read_alias(RosterAccount& account, Reading& reading);
  void tell(RosterAccount& account, Reading& reading, std::optional<Usd> equity);
  bool took(RosterAccount& account, const VenueAnswer& answer, const char* what);
  std::int64_t moved(const RosterAccount& account) const;

  const config::Config& config_;
  Roster& roster_;
  VenueApi& venue_;
  const Clock& clock_;
  Tell tell_;
  LinkOf link_of_;
  const SymbolTable& symbols_;
  MarkOf mark_of_;
  std::function<bool(venue::AccountNews&)> next_news_;
  std::function<std::uint64_t()> news_lost_;
  std::uint64_t lost_seen_ = 0;
  std::function<std::int64_t(const RosterAccount&)> gaps_of_;
  std::function<void(RosterAccount&, const VenueAnswer&)> heard_;
  std::map<const RosterAccount*, Reading> readings_;
  // The same by whose news they are.
  std::map<std::pair<venue::AccountNews::Owner, std::uint16_t>, Reading*> hearing_;
  int share_;  // of the address's weight, a minute
  std::chrono::nanoseconds spacing_;
  venue::WeightMinute spent_;
  RequestBucket equities_;
  RequestBucket firsts_;
  bool firsts_wait_ = false;     // in this pass,
  bool firsts_waiting_ = false;  // and in the last
  RequestBucket incomes_;
  Mono held_off_until_{};  // the venue has limited this address
  std::size_t first_ = 0;  // whose turn it is to be first
};

}  // namespace copyd::engine
