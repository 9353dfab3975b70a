// A small venue in memory for the feed's tests: accounts with positions, orders and trades, REST
// answers and private streams, in the test's own time. It writes the venue's JSON by itself.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/symbols.hpp"
#include "net/transport.hpp"
#include "venue/credentials.hpp"

namespace copyd::feed::fake {

inline constexpr std::int64_t epoch = 1'789'800'000'000;

class Socket;
class Client;

struct Trade {
  std::string symbol;
  std::string leg;
  std::int64_t id = 0;
  std::int64_t order = 0;
  int qty = 0;  // signed
  std::int64_t time = 0;
};

struct Order {
  std::string symbol;
  std::int64_t id = 0;
  std::string client;
  int qty = 0;
  int executed = 0;
  std::int64_t time = 0;  // placed
  std::int64_t updated = 0;
};

class Account {
 public:
  bool hedge = false;
  bool refused = false;  // the key
  std::string listen_key;
  std::vector<Order> orders;
  std::vector<Trade> trades;
  struct Position {
    int qty = 0;
    std::int64_t updated = 0;
  };
  std::map<std::pair<std::string, std::string>, Position> positions;
};

class Venue final : public net::Transport {
 public:
  explicit Venue(const ManualClock& clock) : clock_(clock) {}

  std::unique_ptr<net::WebSocket> websocket() override;
  std::unique_ptr<net::Http> http(const std::string& origin) override;

  std::int64_t now_ms() const { return epoch + clock_.now().ns / 1'000'000; }
  Account& account(const std::string& api_key) { return accounts_[api_key]; }

  // The leader trades: an order that fills at once, in `parts` executions. Events go to its
  // streams.
  void trade(const std::string& api_key, const std::string& symbol, int qty,
             const std::string& leg = "BOTH", const std::string& client = "web_1", int parts = 1);
  // A frame to every stream of the account, as it is.
  void push(const std::string& api_key, const std::string& frame);
  void close_streams(const std::string& api_key);
  // The one that has been open for longest: closed, or silent from now on.
  void close_oldest_stream(const std::string& api_key);
  void deafen_oldest_stream(const std::string& api_key);
  // The one that was opened last: closed, or silent from now on.
  void close_newest_stream(const std::string& api_key);
  void deafen_newest_stream(const std::string& api_key);
  // What the one says comes later, when it is let go.
  void hold_oldest_stream(const std::string& api_key);
  void hold_newest_stream(const std::string& api_key);
  void let_go();
  int open_streams() const;
  // From now on nothing reaches the streams that are open, and they stay open; or again.
  void deafen_streams(const std::string& api_key, bool deaf = true);
  void expire_listen_key(const std::string& api_key);

  bool refuse_connections = false;
  bool refuse_streams = false;
  std::chrono::hours stream_life{1'000'000};
  bool twice = false;  // every frame
  int deletes = 0;
  std::vector<std::string> asked;  // "GET /fapi/v3/positionRisk", in order
  // Before an answer is made up: what the leader does at that moment.
  std::function<void(const net::HttpRequest&)> before_answer;
  // In place of an answer.
  std::function<std::optional<Result<net::HttpResponse>>(const net::HttpRequest&)> fault;

 private:
  friend class Socket;
  friend class Client;
  Result<net::HttpResponse> answer(const net::HttpRequest& request);
  Socket* oldest(const std::string& api_key);
  Socket* newest(const std::string& api_key);
  std::string body_of(const std::string& path, Account& account,
                      const std::map<std::string, std::string>& query, int& status);
  std::string new_frame_of(const Order& order, const Trade* trade, int cumulative) const;

  const ManualClock& clock_;
  std::map<std::string, Account> accounts_;
  std::vector<Socket*> sockets_;
  std::int64_t next_trade_ = 100;
  std::int64_t next_order_ = 9'007'199'254'740'993;  // beyond what a double can hold
  int next_key_ = 1;
};

venue::Credentials credentials(const std::string& api_key);
SymbolTable symbols();

}  // namespace copyd::feed::fake
