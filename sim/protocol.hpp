// Protocol: between the exchange and Binance's messages: REST calls and WebSocket-API requests in,
// answers out, with real signatures, time windows, permissions and limits.
//
// No socket and no clock of its own: both front doors hand in the bytes and the venue's time. What
// it does not know it answers with 501. One thread.
// Source: Binance USD-M Futures documentation and captures as of 2026-11.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/faults.hpp"
#include "sim/market_stream.hpp"
#include "sim/params.hpp"
#include "sim/rate_limits.hpp"
#include "sim/user_stream.hpp"

namespace copyd::sim {

struct HttpCall {
  std::string_view method;   // "GET", …
  std::string_view target;   // path and query as sent
  std::string_view api_key;  // X-MBX-APIKEY
  std::string_view body;
  std::string_view address = "127.0.0.1";  // of the peer: limits and bans are by address
};

struct HttpReply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
  bool drop = false;                      // no answer: the connection closes instead
  std::chrono::milliseconds delay{0};     // the answer leaves that much later
  std::optional<AccountIndex> account{};  // whose request it was
};

// One WebSocket-API connection.
struct WsSession {
  VenueTime connected{};
  std::string address = "127.0.0.1";
  MessageRate pings{};
  std::set<AccountIndex> accounts{};  // that have asked anything here
  const ApiKey* logged_on = nullptr;
  VenueTime authorized{};
  bool return_rate_limits = true;
};

struct WsReply {
  std::string text{};
  bool drop = false;
  std::chrono::milliseconds delay{0};
};

struct OrderCounts {
  std::uint64_t placed = 0;
  std::uint64_t rejected = 0;
  std::uint64_t rate_limited = 0;  // of the rejected: -1015
};

class Protocol {
 public:
  struct Options {
    bool order_limits = true;   // -1015 above the announced limits
    bool weight_limits = true;  // 429 above the announced weight
    std::uint64_t seed = 1;
  };

  Protocol(Exchange& exchange, Options options);
  Protocol(const Protocol&) = delete;
  Protocol& operator=(const Protocol&) = delete;

  HttpReply handle_rest(const HttpCall& call, VenueTime now);
  // The answer to an upgrade that a ban refuses; nothing when it may go on.
  std::optional<HttpReply> refuse_upgrade(std::string_view target, const std::string& address,
                                          VenueTime now) const;
  // `target` is the path and query of the upgrade.
  WsSession open_ws_api(std::string_view target, VenueTime now,
                        const std::string& address = "127.0.0.1");
  WsReply handle_ws_api(WsSession& session, std::string_view text, VenueTime now);
  // A ping or pong frame of a client. False: too many in a second, the connection is to end.
  static bool allow_ping(WsSession& session, VenueTime now) {
    return session.pings.add(now) <= MessageRate::pings_per_second;
  }
  // Stream sockets, private and public alike.
  StreamId open_stream(std::string_view target, UserStreams::DeliverFrame deliver);
  void close_stream(StreamId stream);
  StreamReply handle_stream(StreamId stream, std::string_view text, VenueTime now);
  bool allow_stream_ping(StreamId stream, VenueTime now);
  std::size_t open_streams() const noexcept { return streams_.open_count() + market_.open_count(); }

  // To be called every second: ends listen keys, sends what the market sends each second.
  void tick(VenueTime now);
  // After anything that may have moved a price.
  void notice_prices(VenueTime now) { market_.notice(now); }
  // Until a front door has given its own, what is to happen later happens at a tick.
  void set_later(Later later) { later_ = std::move(later); }
  void after(std::chrono::milliseconds delay, std::function<void()> action);

  // How every request with a key of an account is refused, whatever else holds of it.
  struct Refusal {
    ApiError error{};
    bool of_wallet = true;   // /sapi
    bool of_futures = true;  // /fapi and the WebSocket API
    bool strikes(bool wallet) const noexcept { return wallet ? of_wallet : of_futures; }
  };
  // What a key may do ends or begins again. The sessions that logged on with it are the door's.
  void revoke_keys(AccountIndex account);
  void refuse_keys(AccountIndex account, Refusal refusal) {
    refusals_[account] = std::move(refusal);
  }
  void restore_keys(AccountIndex account) { refusals_.erase(account); }
  // What an open session is told when its key has gone; nothing when it has not.
  std::optional<std::string> end_revoked(WsSession& session) const;
  // Of positions and balances as well: from now on they are remembered for this account.
  void set_history_lag(AccountIndex account, std::chrono::milliseconds lag);

  RateLimits& limits() noexcept { return limits_; }
  UserStreams& streams() noexcept { return streams_; }
  MarketStreams& market() noexcept { return market_; }
  OrderFaults& faults(AccountIndex account) { return faults_[account]; }
  const std::map<AccountIndex, OrderCounts>& order_counts() const noexcept { return counts_; }
  std::uint64_t rest_requests() const noexcept { return rest_requests_; }
  std::uint64_t ws_requests() const noexcept { return ws_requests_; }
  // Of all requests so far, by "GET /fapi/v1/time", whether they passed or not.
  const std::map<std::string, std::uint64_t>& weights() const noexcept { return weights_; }
  std::uint64_t refused_by_limits() const noexcept { return refused_by_limits_; }  // 429, 418, 403
  // Of the last requests that had one.
  const std::deque<std::string>& signatures() const noexcept { return signatures_; }

 private:
  // Who asks and what, after all checks.
  struct Caller {
    const ApiKey* key = nullptr;
    AccountIndex account = 0;
  };
  struct RestContext {
    Params params{};
    Caller caller{};
    VenueTime now{};
  };
  void remember_signature(const Params& params);
  using RestHandler = Answer<std::string> (Protocol::*)(RestContext&);
  enum class Security { none, key, record, signed_, trade };  // record: whatever the key may do
  struct Route {
    RestHandler handler = nullptr;
    Security security = Security::none;
    int weight = 1;
    int weight_of_all = 0;  // without a symbol, where that differs
    int weight_of(const Params& params) const noexcept {
      return weight_of_all != 0 && !params.has("symbol") ? weight_of_all : weight;
    }
  };
  using Routes = std::map<std::string, Route, std::less<>>;
  struct WsContext {
    WsSession& session;
    Params params{};
    Caller caller{};
    VenueTime now{};
  };
  using WsHandler = Answer<std::string> (Protocol::*)(WsContext&);
  struct Method {
    WsHandler handler = nullptr;
    Security security = Security::none;
    int weight = 1;
  };

  // dispatch.cpp: what stands between a request and its handler, alike for both doors.
  struct Dispatch {
    std::string_view call;  // "GET /fapi/v1/order" or "order.status"
    AccountIndex account = 0;
    const Params& params;
    VenueTime now{};
  };
  struct Outcome {
    Answer<std::string> answer{std::string()};
    std::string page{};  // a page of the gateway takes the answer's place
    bool drop = false;
    std::chrono::milliseconds delay{0};
    std::optional<RateLimits::Orders> counts{};  // set when it counted as an order
  };
  using Run = std::function<Answer<std::string>()>;
  Outcome dispatch(const Dispatch& request, const Run& run);
  // Time moves on before anything else happens.
  void advance(VenueTime now);
  Answer<std::string> execute(const Dispatch& request, Outcome& outcome, const Run& run);
  std::optional<ApiError> check_engine_time(const Dispatch& request) const;
  void remember_state(AccountIndex account, VenueTime now);
  std::string remembered(const Dispatch& request, const std::string& current) const;

  // authorize.cpp
  // `wallet`: asked through /sapi.
  Answer<const ApiKey*> find_key(std::string_view text, std::string_view address,
                                 bool wallet) const;
  static std::optional<ApiError> check_time(const Params& params, VenueTime now);
  static std::optional<ApiError> check_permission(const ApiKey& key, Security security,
                                                  VenueTime now);
  Answer<Caller> authorize_rest(const HttpCall& call, std::string_view query, const Params& params,
                                Security security, VenueTime now) const;
  Answer<Caller> authorize_ws(const WsSession& session, const Params& params, Security security,
                              VenueTime now) const;

  // rest.cpp, rest_account.cpp, rest_orders.cpp
  Answer<std::string> rest_time(RestContext& context);
  Answer<std::string> rest_ping(RestContext& context);
  Answer<std::string> rest_exchange_info(RestContext& context);
  Answer<std::string> rest_rate_limit_order(RestContext& context);
  Answer<std::string> rest_restrictions(RestContext& context);
  Answer<std::string> rest_create_listen_key(RestContext& context);
  Answer<std::string> rest_extend_listen_key(RestContext& context);
  Answer<std::string> rest_remove_listen_key(RestContext& context);
  Answer<std::string> rest_place_order(RestContext& context);
  Answer<std::string> rest_query_order(RestContext& context);
  Answer<std::string> rest_test_order(RestContext& context);
  Answer<std::string> rest_modify_order(RestContext& context);
  Answer<std::string> rest_cancel_order(RestContext& context);
  Answer<std::string> rest_cancel_all_orders(RestContext& context);
  Answer<std::string> rest_countdown(RestContext& context);
  Answer<std::string> rest_query_open_order(RestContext& context);
  Answer<std::string> rest_amendments(RestContext& context);
  Answer<std::string> rest_forced_orders(RestContext& context);
  Answer<std::string> rest_all_orders(RestContext& context);
  Answer<std::string> rest_open_orders(RestContext& context);
  Answer<std::string> rest_user_trades(RestContext& context);
  // rest_batch.cpp, rest_algo.cpp
  Answer<std::string> rest_place_batch(RestContext& context);
  Answer<std::string> rest_modify_batch(RestContext& context);
  Answer<std::string> rest_cancel_batch(RestContext& context);
  Answer<std::string> rest_place_algo(RestContext& context);
  Answer<std::string> rest_query_algo(RestContext& context);
  Answer<std::string> rest_cancel_algo(RestContext& context);
  Answer<std::string> rest_cancel_all_algos(RestContext& context);
  Answer<std::string> rest_open_algos(RestContext& context);
  Answer<std::string> rest_all_algos(RestContext& context);
  static const Routes& routes();
  RateLimits::Verdict weigh_rest(std::string_view call, const std::string& address, int weight,
                                 VenueTime now);
  void finish_rest(HttpReply& reply, const Dispatch& request, const Run& run);
  Answer<std::optional<SymbolIndex>> optional_symbol(const Params& params) const;

  // rest_account.cpp
  static void add_account_routes(Routes& table);
  Answer<std::string> rest_account_config(RestContext& context);
  Answer<std::string> rest_account(RestContext& context);
  Answer<std::string> rest_account_v2(RestContext& context);
  Answer<std::string> rest_balance(RestContext& context);
  Answer<std::string> rest_position_risk(RestContext& context);
  Answer<std::string> rest_position_risk_v2(RestContext& context);
  Answer<std::string> rest_symbol_config(RestContext& context);
  Answer<std::string> rest_position_mode(RestContext& context);
  Answer<std::string> rest_set_position_mode(RestContext& context);
  Answer<std::string> rest_multi_assets(RestContext& context);
  Answer<std::string> rest_set_multi_assets(RestContext& context);
  Answer<std::string> rest_set_leverage(RestContext& context);
  Answer<std::string> rest_set_margin_type(RestContext& context);
  Answer<std::string> rest_position_margin(RestContext& context);
  Answer<std::string> rest_leverage_brackets(RestContext& context);
  Answer<std::string> rest_commission_rate(RestContext& context);
  Answer<std::string> rest_adl_quantile(RestContext& context);
  Answer<std::string> rest_income(RestContext& context);
  Answer<std::string> rest_fee_burn(RestContext& context);
  Answer<std::string> rest_set_fee_burn(RestContext& context);
  Answer<std::string> rest_trading_status(RestContext& context);

  // rest_market.cpp, for both doors
  static void add_market_routes(Routes& table);
  Answer<std::string> premium_index(const Params& params, VenueTime now) const;
  Answer<std::string> ticker_price(const Params& params, VenueTime now) const;
  Answer<std::string> book_ticker(const Params& params, VenueTime now) const;
  Answer<std::string> depth(const Params& params, VenueTime now) const;
  Answer<std::string> rest_premium_index(RestContext& context);
  Answer<std::string> rest_ticker_price(RestContext& context);
  Answer<std::string> rest_book_ticker(RestContext& context);
  Answer<std::string> rest_depth(RestContext& context);
  Answer<std::string> rest_funding_rate(RestContext& context);
  Answer<std::string> rest_funding_info(RestContext& context);
  Answer<std::string> ws_ticker_price(WsContext& context);
  Answer<std::string> ws_book_ticker(WsContext& context);
  Answer<std::string> ws_depth(WsContext& context);

  // ws_api.cpp
  Answer<std::string> ws_time(WsContext& context);
  Answer<std::string> ws_ping(WsContext& context);
  Answer<std::string> ws_logon(WsContext& context);
  Answer<std::string> ws_session_status(WsContext& context);
  Answer<std::string> ws_logout(WsContext& context);
  Answer<std::string> ws_place_order(WsContext& context);
  Answer<std::string> ws_query_order(WsContext& context);
  // ws_orders.cpp
  Answer<std::string> ws_modify_order(WsContext& context);
  Answer<std::string> ws_cancel_order(WsContext& context);
  Answer<std::string> ws_place_algo(WsContext& context);
  Answer<std::string> ws_cancel_algo(WsContext& context);
  Answer<std::string> ws_position(WsContext& context);
  Answer<std::string> ws_position_v1(WsContext& context);
  Answer<std::string> ws_account(WsContext& context);
  Answer<std::string> ws_account_v1(WsContext& context);
  Answer<std::string> ws_balance(WsContext& context);
  Answer<std::string> ws_create_listen_key(WsContext& context);
  Answer<std::string> ws_extend_listen_key(WsContext& context);
  Answer<std::string> ws_remove_listen_key(WsContext& context);
  static const std::map<std::string, Method, std::less<>>& methods();
  std::string ws_envelope(const JsonObject& request, const Method* method,
                          const RateLimits::Verdict& verdict, const Outcome& outcome,
                          bool limits) const;
  static std::string session_state(const WsSession& session, VenueTime now);

  // Shared by both doors. Counting, limits and faults are dispatch()'s.
  Answer<std::string> place_order(AccountIndex account, const Params& params, VenueTime now);
  Answer<std::string> modify_order(AccountIndex account, const Params& params, bool show_pair,
                                   VenueTime now);
  Answer<std::string> cancel_order(AccountIndex account, const Params& params, VenueTime now);
  Answer<std::string> query_order(AccountIndex account, const Params& params, VenueTime now) const;
  Answer<std::string> place_algo(AccountIndex account, const Params& params, VenueTime now);
  Answer<std::string> cancel_algo(AccountIndex account, const Params& params, VenueTime now);
  Answer<const Order*> find_order(AccountIndex account, const Params& params) const;

  Exchange& exchange_;
  Options options_;
  MarketStreams market_;
  UserStreams streams_;
  RateLimits limits_;
  std::map<AccountIndex, OrderFaults> faults_{};
  std::map<AccountIndex, OrderCounts> counts_{};
  std::map<AccountIndex, Refusal> refusals_{};
  Later later_{};
  std::multimap<VenueTime, std::function<void()>> waiting_{};
  VenueTime now_{};  // the latest seen
  // Positions and balances as they were, per account whose history lags: by call.
  struct PastState {
    VenueTime time{};
    std::map<std::string, std::string, std::less<>> answers{};
  };
  std::map<AccountIndex, std::deque<PastState>> past_{};
  std::string exchange_info_tail_{};  // made when first asked for
  std::uint64_t exchange_info_version_ = 0;
  std::uint64_t rest_requests_ = 0;
  std::uint64_t ws_requests_ = 0;
  std::map<std::string, std::uint64_t> weights_{};
  std::uint64_t refused_by_limits_ = 0;
  std::deque<std::string> signatures_{};
};

}  // namespace copyd::sim
