// Health: whether every connected key still works. One that fails makes its follower reduce_only
// and shows the venue's words on the account's card; nobody else notices.
//
//   good ──the check fails──▶ failing ──two -2015, 60 s apart──▶ refused
//     ▲──any signed answer──────┘  ▲                                │
//     └──────────── rotate; resume, and then a check that passes ───┘
//
// Any answer to a signed call proves the key: those of the supervisor's other readers, and of the
// follower's lane. Only an account without one for a whole period is asked for itself. A failure
// that another reader meets, and an agent whose key is refused, bring the check forward: one lost
// answer restricts nobody. Nor does a short outage: a check without an answer, or with 5xx, says
// nothing about the key. It is asked again every 5 s, and has failed when that goes on for 20 s.
//
//   failing   Error. What passes by itself: a rate limit, 5xx, the network. Asked every 15 s.
//   refused   Re-auth needed. -2015 twice, at least 60 s apart and with no ban in force; or a right
//             that no key may have. Stays until another key comes, or `copyctl resume`: then it is
//             asked once more, and stays as it is if that fails too.
//
// A -2015 while our address is banned proves nothing. During a ban nothing is asked; an account
// that has shown no answer for a period is failing then, with the ban as the reason.
//
// Weight: 1 a check, held to its share of the address's limit (venue/address_weight.hpp). The
// period is 60 s up to 500 accounts and grows with them from there.
// The supervisor's thread only. Cold.
// Protocol: Binance docs, "Query User Rate Limit", "Error Codes" (-2015).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "core/flow.hpp"
#include "engine/request_bucket.hpp"
#include "engine/roster.hpp"
#include "engine/venue_api.hpp"

namespace copyd::engine {

std::chrono::nanoseconds health_period(std::size_t accounts) noexcept;

class Health {
 public:
  // All of it outlives this, and no call of `venue` is answered after this is gone.
  struct Parts {
    Roster& roster;
    VenueApi& venue;
    const Clock& clock;
    std::function<void(const CopyCommand&)> tell;
    // When the account's agent last had a signed answer; ns = 0: never.
    std::function<Mono(const RosterAccount&)> agent_answered;
    // Whether the account's agent is refused its key.
    std::function<bool(const RosterAccount&)> agent_refused;
    // Until when our address is limited or banned, as the lanes know it.
    std::function<Mono()> held_until;
    // Has a right that was refused looked at again, at `resume`: `refuse` or `rights_are_good` is
    // the answer. Empty: it stays refused until another key comes.
    std::function<void(RosterAccount&)> look_at_rights{};
  };
  explicit Health(Parts parts);

  // The last run ended while its check failed: it stays restricted until one passes. Before
  // connected().
  void was_failing(const RosterAccount& account) { entries_[&account].restricts = true; }
  // The account has a key, new or another; or has none any more.
  void connected(RosterAccount& account);
  void disconnected(RosterAccount& account);
  // Somebody else's signed call was answered, or was not. REQUIRES: with the account's present key.
  void heard(RosterAccount& account, const VenueAnswer& answer);
  // Re-auth needed, whatever the key can do: it has a right that no key may have.
  void refuse(RosterAccount& account, const std::string& words, const std::string& remedy);
  void rights_are_good(RosterAccount& account);
  // The operator says that it is well again.
  void resume(RosterAccount& account);
  // Every turn.
  void poll();

 private:
  struct Entry {
    std::uint32_t key = 0;  // counts the account's keys: an answer to an older one is nothing
    bool asking = false;
    Mono due{};
    Mono proven{};                      // the last signed answer
    std::optional<Mono> first_refused;  // the first of the -2015 since
    std::optional<Mono> unanswered_since;
    bool bad_rights = false;
    bool once_more = false;  // refused, and to be asked all the same
    bool agent_refused = false;
    bool restricts = false;  // the copy agent was told so
  };

  void ask(RosterAccount& account, Entry& entry);
  void take(RosterAccount& account, Entry& entry, const VenueAnswer& answer);
  void look_at_agent(RosterAccount& account, Entry& entry, Mono now);
  void prove(RosterAccount& account, Entry& entry, Mono at);
  bool count_refusal(Entry& entry, const VenueAnswer& answer, Mono now) const;
  void fail(RosterAccount& account, Entry& entry, AccountHealth::Standing standing,
            const std::string& words);
  void restrict(RosterAccount& account, Entry& entry, bool on);
  void hold(const VenueAnswer& answer, Mono now);
  Mono held_until() const;

  Parts parts_;
  std::map<const RosterAccount*, Entry> entries_;
  RequestBucket bucket_;
  Mono held_{};  // the venue has limited this address
  std::string held_words_;
  std::size_t first_ = 0;  // whose turn it is to be first
};

}  // namespace copyd::engine
