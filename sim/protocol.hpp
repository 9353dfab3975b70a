// Protocol: between the exchange and Binance's messages: REST calls and WebSocket-API requests in,
// answers out, with real signatures, time windows, permissions and limits.
//
// No socket and no clock of its own: both front doors hand in the bytes and the venue's time. What
// it does not know it answers with 501. One thread.
// Source: Binance USD-M Futures documentation and captures as of 2026-11.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/params.hpp"
#include "sim/rate_limits.hpp"
#include "sim/user_stream.hpp"

namespace copyd::sim {

struct HttpCall {
  std::string_view method;   // "GET", …
  std::string_view target;   // path and query as sent
  std::string_view api_key;  // X-MBX-APIKEY
  std::string_view body;
};

struct HttpReply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
  bool drop = false;  // no answer: the connection closes instead
};

// One WebSocket-API connection.
struct WsSession {
  VenueTime connected{};
  const ApiKey* logged_on = nullptr;
  VenueTime authorized{};
  bool return_rate_limits = true;
};

struct WsReply {
  std::string text{};
  bool drop = false;
};

// What goes wrong on purpose, for the next orders of one account.
struct OrderFaults {
  ApiError rejection{};
  int rejections = 0;
  int drops = 0;
  bool drop_before = false;  // true: the order is not executed either
};

struct OrderCounts {
  std::uint64_t placed = 0;
  std::uint64_t rejected = 0;
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
  // `target` is the path and query of the upgrade.
  WsSession open_ws_api(std::string_view target, VenueTime now);
  WsReply handle_ws_api(WsSession& session, std::string_view text, VenueTime now);
  void tick(VenueTime now) { streams_.tick(now); }

  UserStreams& streams() noexcept { return streams_; }
  OrderFaults& faults(AccountIndex account) { return faults_[account]; }
  const std::map<AccountIndex, OrderCounts>& order_counts() const noexcept { return counts_; }
  std::uint64_t rest_requests() const noexcept { return rest_requests_; }
  std::uint64_t ws_requests() const noexcept { return ws_requests_; }

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
    HttpReply* reply = nullptr;
  };
  using RestHandler = Answer<std::string> (Protocol::*)(RestContext&);
  enum class Security { none, key, signed_, trade };
  struct Route {
    RestHandler handler = nullptr;
    Security security = Security::none;
    int weight = 1;
  };
  struct WsContext {
    WsSession& session;
    Params params{};
    Caller caller{};
    VenueTime now{};
    bool drop = false;
    int order_count_10s = 0;  // set when an order was counted
    int order_count_1m = 0;
  };
  using WsHandler = Answer<std::string> (Protocol::*)(WsContext&);
  struct Method {
    WsHandler handler = nullptr;
    Security security = Security::none;
    int weight = 1;
    bool is_order = false;
  };

  // authorize.cpp
  Answer<const ApiKey*> find_key(std::string_view text) const;
  static std::optional<ApiError> check_time(const Params& params, VenueTime now);
  static std::optional<ApiError> check_permission(const ApiKey& key, Security security);
  Answer<Caller> authorize_rest(const HttpCall& call, std::string_view query, const Params& params,
                                Security security, VenueTime now) const;
  Answer<Caller> authorize_ws(const WsSession& session, const Params& params, Security security,
                              VenueTime now) const;

  // rest.cpp, rest_account.cpp, rest_orders.cpp
  Answer<std::string> rest_time(RestContext& context);
  Answer<std::string> rest_ping(RestContext& context);
  Answer<std::string> rest_exchange_info(RestContext& context);
  Answer<std::string> rest_premium_index(RestContext& context);
  Answer<std::string> rest_account_config(RestContext& context);
  Answer<std::string> rest_account(RestContext& context);
  Answer<std::string> rest_balance(RestContext& context);
  Answer<std::string> rest_position_risk(RestContext& context);
  Answer<std::string> rest_symbol_config(RestContext& context);
  Answer<std::string> rest_position_mode(RestContext& context);
  Answer<std::string> rest_rate_limit_order(RestContext& context);
  Answer<std::string> rest_restrictions(RestContext& context);
  Answer<std::string> rest_create_listen_key(RestContext& context);
  Answer<std::string> rest_extend_listen_key(RestContext& context);
  Answer<std::string> rest_remove_listen_key(RestContext& context);
  Answer<std::string> rest_place_order(RestContext& context);
  Answer<std::string> rest_query_order(RestContext& context);
  Answer<std::string> rest_all_orders(RestContext& context);
  Answer<std::string> rest_open_orders(RestContext& context);
  Answer<std::string> rest_user_trades(RestContext& context);
  static const std::map<std::string, Route, std::less<>>& routes();
  Answer<std::optional<SymbolIndex>> optional_symbol(const Params& params) const;

  // ws_api.cpp
  Answer<std::string> ws_time(WsContext& context);
  Answer<std::string> ws_ping(WsContext& context);
  Answer<std::string> ws_logon(WsContext& context);
  Answer<std::string> ws_session_status(WsContext& context);
  Answer<std::string> ws_logout(WsContext& context);
  Answer<std::string> ws_place_order(WsContext& context);
  Answer<std::string> ws_query_order(WsContext& context);
  Answer<std::string> ws_position(WsContext& context);
  Answer<std::string> ws_account(WsContext& context);
  Answer<std::string> ws_balance(WsContext& context);
  Answer<std::string> ws_create_listen_key(WsContext& context);
  Answer<std::string> ws_extend_listen_key(WsContext& context);
  Answer<std::string> ws_remove_listen_key(WsContext& context);
  static const std::map<std::string, Method, std::less<>>& methods();
  static std::string session_state(const WsSession& session, VenueTime now);

  // Shared by both doors.
  struct Placed {
    Answer<std::string> answer;
    bool drop = false;
    RateLimits::Orders counts;
  };
  Placed place_order(AccountIndex account, const Params& params, VenueTime now);
  Answer<std::string> query_order(AccountIndex account, const Params& params) const;

  Exchange& exchange_;
  Options options_;
  UserStreams streams_;
  RateLimits limits_;
  std::map<AccountIndex, OrderFaults> faults_{};
  std::map<AccountIndex, OrderCounts> counts_{};
  std::string exchange_info_tail_{};  // made when first asked for
  std::uint64_t rest_requests_ = 0;
  std::uint64_t ws_requests_ = 0;
};

}  // namespace copyd::sim
