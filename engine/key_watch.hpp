// KeyWatch: the permission record of every connected key, read again at start and every day, and
// when the days before the end of its trading permission come to 30, 7 and 1: a right that was
// switched on since `connect` is as dangerous as one that was there then.
//
// What the record says goes to the account's card, and the judgement of it to whoever holds the
// account back. A record that cannot be read judges nothing: that the key itself is refused is
// engine/health's to find.
// Weight: 1 of the wallet host's 12,000 a minute for each record, at most 600 a minute. Cold; the
// supervisor's thread only.
// Protocol: GET /sapi/v1/account/apiRestrictions.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "engine/permissions.hpp"
#include "engine/request_bucket.hpp"
#include "engine/roster.hpp"
#include "engine/venue_api.hpp"

namespace copyd::engine {

class KeyWatch {
 public:
  // Told at every record that was read.
  using Judged = std::function<void(RosterAccount&, const PermissionVerdict&)>;
  // All of it outlives this, and no call of `venue` is answered after this is gone.
  struct Parts {
    Roster& roster;
    VenueApi& venue;
    const Clock& clock;
    Judged judged;
  };
  explicit KeyWatch(Parts parts);

  // The account has a key, new or another. With `permissions` its record was read just now.
  void connected(RosterAccount& account);
  // To be read now, whenever it was read last.
  void look(RosterAccount& account);
  // Every turn.
  void poll();

 private:
  struct Entry {
    std::uint32_t key = 0;  // counts the account's keys: an answer to an older one is nothing
    bool asking = false;
    Mono due{};
    std::optional<int> warned;  // the days that were warned of
    std::string complaint;
  };

  void ask(RosterAccount& account, Entry& entry);
  void take(RosterAccount& account, Entry& entry, const VenueAnswer& answer);
  void complain(const RosterAccount& account, Entry& entry, const std::string& words);
  void warn(const RosterAccount& account, Entry& entry, const std::vector<std::string>& warnings);
  Mono next_look(const RosterAccount& account) const;

  Parts parts_;
  std::map<const RosterAccount*, Entry> entries_;
  RequestBucket bucket_;
  Mono held_until_{};  // the venue has limited this address
};

}  // namespace copyd::engine
