// UserStreams: listen keys, private stream sockets, and the user-data events sent on them.
//
// A listen key belongs to an account, lives 60 minutes from its last creation or extension, and is
// one per account: creating it again returns the same. When it ends in its own time or by order,
// listenKeyExpired is sent once; the socket stays open and silent. A path or stream that nobody
// serves is accepted and silent too.
// Source: Binance docs "User Data Streams"; routed paths as of 2026-04-23. Pure; one thread.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "sim/exchange.hpp"

namespace copyd::sim {

using StreamId = std::uint64_t;

class UserStreams final : public Listener {
 public:
  static constexpr std::int64_t key_life_ms = 60 * 60'000;
  using Deliver = std::function<void(const std::string& text)>;

  UserStreams(const Exchange& exchange, std::uint64_t seed) : exchange_(exchange), random_(seed) {}

  // Listen keys.
  std::string create(AccountIndex account, VenueTime now);
  Answer<std::string> extend(AccountIndex account, VenueTime now);
  void remove(AccountIndex account) { keys_.erase(account); }
  // Ends the key now, as its sixtieth minute would. False when there is none.
  bool expire(AccountIndex account, VenueTime now);
  // Ends the keys whose time is over.
  void tick(VenueTime now);

  // Sockets. `target` is the path and query of the upgrade.
  StreamId open(std::string_view target, Deliver deliver);
  void close(StreamId stream);
  // A client's message (SUBSCRIBE, UNSUBSCRIBE, LIST_SUBSCRIPTIONS), and its answer.
  std::string handle_text(StreamId stream, std::string_view text);
  std::size_t open_count() const noexcept { return streams_.size(); }

  void on_trade_lite(AccountIndex account, const Order& order, const Trade& trade) override;
  void on_order(AccountIndex account, const Order& order, Execution execution,
                const Trade* trade) override;
  void on_account(AccountIndex account, SymbolIndex symbol, Leg leg, VenueTime time) override;

 private:
  struct Key {
    std::string text{};
    VenueTime ends;
  };
  struct Stream {
    bool silent = false;    // not a private path: nothing is ever sent
    bool combined = false;  // events come wrapped as {"stream":…,"data":…}
    std::map<std::string, std::set<std::string>> events{};  // by listen key; none listed: all
    Deliver deliver;
  };

  static void read_query(Stream& stream, std::string_view query);
  static void add_name(Stream& stream, std::string_view name);
  void index(StreamId id, const Stream& stream);
  void unindex(StreamId id, const Stream& stream);
  void send(AccountIndex account, std::string_view event, const std::string& json);
  void send_to_key(const std::string& key, std::string_view event, const std::string& json);

  const Exchange& exchange_;
  Random random_;
  std::map<AccountIndex, Key> keys_{};
  std::map<StreamId, Stream> streams_{};
  std::unordered_map<std::string, std::set<StreamId>> by_key_{};
  StreamId next_ = 1;
};

}  // namespace copyd::sim
