// MarketStreams: sockets with public data: /market, /public, and the unrouted paths, which carry
// what /public does.
//
// Mark prices and tickers leave on the second (at a tick), book tickers when a price changed,
// trades when they happen. A stream that nobody serves, or that belongs to another path, is
// acknowledged and silent. Source: Binance docs "Websocket Market Streams"; routed paths and `st`,
// `ps`, `ap` of 2026. Pure; one thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/exchange.hpp"
#include "sim/rate_limits.hpp"

namespace copyd::sim {

using StreamId = std::uint64_t;

// What a client's message is answered with.
struct StreamReply {
  std::string text{};
  bool drop = false;  // too many messages: the connection ends
};

class MarketStreams {
 public:
  using Deliver = std::function<void(const std::string& text)>;
  // Numbers of its own, apart from those of private streams.
  static constexpr StreamId first_id = StreamId{1} << 40U;

  explicit MarketStreams(const Exchange& exchange);

  // Whether an upgrade of this path and query belongs here.
  static bool serves(std::string_view target) noexcept;

  StreamId open(std::string_view target, Deliver deliver);
  void close(StreamId stream);
  StreamReply handle_text(StreamId stream, std::string_view text, VenueTime now);
  // False: too many frames in a second.
  bool count_frame(StreamId stream, VenueTime now);
  std::size_t open_count() const noexcept { return streams_.size(); }
  // Somebody waits for the next second.
  bool has_subscribers() const noexcept { return !subscribers_.empty(); }

  void on_trade(const Trade& trade);
  // Book tickers of the prices that have changed since.
  void notice(VenueTime now);
  // The second's own streams.
  void tick(VenueTime now);
  void set_silent(bool silent) noexcept { silent_ = silent; }

 private:
  enum class Route { public_, market };
  struct Stream {
    Route route = Route::public_;
    bool combined = false;
    std::set<std::string> names{};
    MessageRate rate{};
    Deliver deliver;
  };
  // Of one symbol since the start, and what was last told of it.
  struct Day {
    Price open{};
    Price high{};
    Price low{};
    Price last{};
    Qty volume{};
    Usd quote{};
    Qty last_qty{};
    std::int64_t first_trade = 0;
    std::int64_t last_trade = 0;
    std::int64_t trades = 0;
    Price told{};
  };

  static bool belongs(Route route, std::string_view name) noexcept;
  void recount();
  void follow(SymbolIndex symbol, Price price);
  void send(std::string_view name, const std::string& json);
  bool wanted(std::string_view name) const;
  std::string mark_price(SymbolIndex symbol, VenueTime now) const;
  std::string book_ticker(SymbolIndex symbol, VenueTime now) const;
  std::string ticker(SymbolIndex symbol, VenueTime now) const;
  std::string mini_ticker(SymbolIndex symbol, VenueTime now) const;
  std::string agg_trade(const Trade& trade) const;
  void send_second(std::string_view suffix, std::string_view all,
                   std::string (MarketStreams::*encode)(SymbolIndex, VenueTime) const,
                   VenueTime now);

  const Exchange& exchange_;
  std::map<StreamId, Stream> streams_{};
  std::vector<Day> days_{};
  std::vector<std::string> lower_names_{};
  std::map<std::string, int, std::less<>> subscribers_{};  // remade when a subscription changes
  StreamId next_ = first_id;
  std::int64_t second_ = -1;
  bool silent_ = false;
};

}  // namespace copyd::sim
