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

#include "sim/event_faults.hpp"
#include "sim/exchange.hpp"
#include "sim/market_stream.hpp"

namespace copyd::sim {

class UserStreams final : public Listener {
 public:
  static constexpr std::int64_t key_life_ms = 60 * 60'000;
  using Deliver = std::function<void(const std::string& text)>;
  using DeliverFrame = std::function<void(const std::string& text, bool binary)>;

  UserStreams(const Exchange& exchange, std::uint64_t seed, Later later);

  // Trades are shown to the market too; whatever changes an account, to the watch.
  void set_market(MarketStreams* market) noexcept { market_ = market; }
  void set_account_watch(std::function<void(AccountIndex)> watch) { watch_ = std::move(watch); }
  EventFaults& faults() noexcept { return faults_; }

  // Listen keys.
  std::string create(AccountIndex account, VenueTime now);
  Answer<std::string> extend(AccountIndex account, VenueTime now);
  void remove(AccountIndex account) { keys_.erase(account); }
  // Ends the key now, as its sixtieth minute would. False when there is none. Older servers wrote
  // the event's time as a string; some say it twice.
  struct Ending {
    bool twice = false;
    bool text_time = false;
  };
  bool expire(AccountIndex account, VenueTime now, Ending ending);
  bool expire(AccountIndex account, VenueTime now) { return expire(account, now, Ending{}); }
  bool has_key(AccountIndex account) const noexcept { return keys_.count(account) != 0; }
  // All keys so far.
  const std::vector<std::string>& issued() const noexcept { return issued_; }
  // Ends the keys whose time is over.
  void tick(VenueTime now);

  // Sockets. `target` is the path and query of the upgrade.
  StreamId open_frames(std::string_view target, DeliverFrame deliver);
  StreamId open(std::string_view target, Deliver deliver) {
    return open_frames(target,
                       [to = std::move(deliver)](const std::string& text, bool) { to(text); });
  }
  void close(StreamId stream);
  // A client's message (SUBSCRIBE, UNSUBSCRIBE, LIST_SUBSCRIPTIONS), and its answer.
  std::string handle_text(StreamId stream, std::string_view text);
  // False: too many frames in a second.
  bool count_frame(StreamId stream, VenueTime now);
  // Whether it carries the account's events at present.
  bool serves(StreamId stream, AccountIndex account) const;
  // Sends a frame as it is on every stream of the account; how many there were.
  std::size_t inject(AccountIndex account, const OddFrame& frame);
  std::size_t open_count() const noexcept { return streams_.size(); }

  void on_trade_lite(AccountIndex account, const Order& order, const Trade& trade) override;
  void on_order(AccountIndex account, const Order& order, Execution execution,
                const Trade* trade) override;
  void on_account(AccountIndex account, SymbolIndex symbol, Leg leg, VenueTime time) override;
  void on_account_change(AccountIndex account, const AccountChange& change) override;
  void on_leverage(AccountIndex account, SymbolIndex symbol, int leverage, VenueTime time) override;
  void on_multi_assets(AccountIndex account, bool on, VenueTime time) override;
  void on_margin_call(AccountIndex account,
                      const std::vector<std::pair<SymbolIndex, Leg>>& positions,
                      VenueTime time) override;
  void on_algo(AccountIndex account, const AlgoOrder& algo, VenueTime time) override;

 private:
  struct Key {
    std::string text{};
    VenueTime ends;
  };
  struct Stream {
    bool silent = false;    // not a private path: nothing is ever sent
    bool combined = false;  // events come wrapped as {"stream":…,"data":…}
    std::map<std::string, std::set<std::string>> events{};  // by listen key; none listed: all
    MessageRate rate{};
    DeliverFrame deliver;
  };

  static void read_query(Stream& stream, std::string_view query);
  static void add_name(Stream& stream, std::string_view name);
  static void remove_name(Stream& stream, std::string_view name);
  void index(StreamId id, const Stream& stream);
  void unindex(StreamId id, const Stream& stream);
  // Through the faults.
  void send(AccountIndex account, std::string_view event, std::string json);
  void release(AccountIndex account, const UserEvent& event);
  void send_to_key(const std::string& key, std::string_view event, const std::string& json);
  std::vector<StreamId> listeners(const std::string& key) const;

  const Exchange& exchange_;
  Random random_;
  std::map<AccountIndex, Key> keys_{};
  std::vector<std::string> issued_{};
  std::map<StreamId, Stream> streams_{};
  std::unordered_map<std::string, std::set<StreamId>> by_key_{};
  StreamId next_ = 1;
  MarketStreams* market_ = nullptr;
  std::function<void(AccountIndex)> watch_{};
  EventFaults faults_;
};

}  // namespace copyd::sim
