// An in-memory venue for one lane: what the lane sends is recorded and shown to the test, which
// decides each answer. REST is answered from a few plain facts. It refuses to see one client order
// id twice: that is checked in every test that uses it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "net/frame.hpp"
#include "net/transport.hpp"

namespace copyd::exec::test {

class FakeHttp;
class FakeSocket;

// One order as the venue got it.
struct Placed {
  FakeSocket* socket = nullptr;  // null once it is gone, or for an order over REST
  FakeHttp* http = nullptr;      // null once it is gone, or answered, or for an order on a socket
  bool by_rest = false;
  int account = -1;
  std::string id;  // of the request, as text
  std::string client_order_id;
  std::string symbol, side, leg, quantity, price, type, reduce_only;
  std::string text;
};

struct Account {
  bool hedge = false;
  // Symbol and position side → amount and update time.
  struct Position {
    std::string amount;
    std::int64_t updated = 0;
  };
  std::map<std::pair<std::string, std::string>, Position> positions;
  struct Order {
    std::string status = "NEW", executed = "0", average = "0", quantity = "1";
  };
  std::map<std::string, Order> orders;  // by client order id: what a query finds
  int key_refused = 0;                  // so many signed requests and logons are refused (-2015)
  int listen_keys = 0;                  // created so far
  int queries = 0;
  int position_reads = 0;
};

class FakeVenue final : public net::Transport {
 public:
  explicit FakeVenue(const Clock& clock) : clock_(clock) {}

  std::unique_ptr<net::WebSocket> websocket() override;
  std::unique_ptr<net::Http> http(const std::string& origin) override;

  std::map<int, Account> accounts;
  std::vector<Placed> placed;
  std::int64_t time_offset = 1'700'000'000'000;  // venue's milliseconds at our zero
  bool rest_silent = false;                      // no answer, ever
  bool rest_broken = false;                      // a gateway's 502 with HTML
  int query_status = 0;                          // order queries get this status and `query_body`
  std::string query_body;
  bool refuse_connections = false;
  bool refuse_orders = false;        // order sockets alone are refused,
  bool hang_orders = false;          // or never come to stand
  bool refuse_streams = false;       // user streams alone are refused,
  bool refuse_combined = false;      // those in the combined form alone,
  bool hang_streams = false;         // or never come to stand
  bool rest_unreachable = false;     // no connection: nothing of a request leaves
  int rest_requests = 0;             // that left
  std::string logon_error;           // the next logon gets it: "status":…,"error":{…}
  bool buffer_full = false;          // every send on the order sockets fails
  bool together_fails = false;       // of what is to leave together nothing does
  std::vector<std::size_t> records;  // messages of each record
  bool counting = false;             // record nothing: the allocation test
  std::uint64_t sends = 0;
  int time_reads = 0;
  std::function<void(const std::string& client_order_id)> on_order;  // as it arrives
  std::function<void()> on_connect;                                   // a socket takes its time
  std::function<void()> on_poll;                                      // likewise
  int sockets_made = 0;

  std::int64_t now_ms() const { return time_offset + clock_.now().ns / 1'000'000; }
  static std::string key_of(int account) { return "key-" + std::to_string(account); }

  // Answers to the i-th order placed.
  void answer(std::size_t i, const std::string& status, const std::string& executed);
  void refuse(std::size_t i, int status, int code, const std::string& message);
  // The answer to the i-th order, placed over REST, is this, or is lost.
  void respond_rest(std::size_t i, Result<net::HttpResponse> answer);
  static net::HttpResponse page(int status, std::string body);
  // An ORDER_TRADE_UPDATE on its follower's stream.
  struct Update {
    std::string execution, status, last, cumulative, average;
    std::int64_t trade = 0;
  };
  void update(std::size_t i, const Update& update);
  void fill(std::size_t i, const std::string& cumulative, const std::string& status);
  void push(int account, const std::string& frame);  // on the user stream
  static std::string combined(int account, const std::string& frame);
  std::string last_update;  // what was pushed there last
  void drop_orders(int account);
  void drop_stream(int account);
  bool stream_open(int account) const;
  bool orders_open(int account) const;
  void push_orders(int account, const std::string& frame);
  // Those that are open, the oldest first; and by their serials.
  std::vector<FakeSocket*> order_sockets() const { return open_sockets(false); }
  std::vector<FakeSocket*> streams() const { return open_sockets(true); }
  std::vector<int> order_serials() const { return serials(order_sockets()); }
  std::vector<int> stream_serials() const { return serials(streams()); }

 private:
  friend class FakeSocket;
  friend class FakeHttp;
  std::vector<FakeSocket*> open_sockets(bool streams) const;
  static std::vector<int> serials(const std::vector<FakeSocket*>& sockets);
  void place_by_rest(FakeHttp& http, const net::HttpRequest& request);
  FakeSocket* stream_of(int account) const;
  FakeSocket* orders_of(int account) const;
  void take(FakeSocket& socket, std::string_view text);
  void log_on(FakeSocket& socket, std::string_view text);
  Result<net::HttpResponse> serve(const net::HttpRequest& request);
  Result<net::HttpResponse> serve_order(Account& account, const std::string& target);
  std::string positions_of(const Account& account) const;

  const Clock& clock_;
  std::vector<FakeSocket*> sockets_;
  std::set<std::string> client_order_ids_;
};

class FakeSocket final : public net::WebSocket {
 public:
  explicit FakeSocket(FakeVenue& venue) : serial(++venue.sockets_made), venue_(venue) {
    venue_.sockets_.push_back(this);
  }
  ~FakeSocket() override;

  void open(const net::Url& url, Mono now) override;
  Event poll(Mono now) override;
  Result<void> send(std::string_view text) override;
  Result<void> send_together(std::span<const std::string_view> texts) override;
  void close() override;
  bool is_open() const noexcept override { return open_; }
  std::string_view frame() const noexcept override { return {frame_.data(), frame_size_}; }
  Mono received() const noexcept override { return Mono{}; }
  Mono framed() const noexcept override { return Mono{}; }
  boost::system::error_code error() const noexcept override { return Errc::closed; }

  void arrive(const std::string& text) { frames_.push_back(text); }
  void drop();

  const int serial;  // among all sockets ever made
  int account = -1;  // whose stream it is, or who logged on
  bool is_stream = false;
  std::vector<int> accounts;  // whose stream it is in the combined form; else empty

  bool serves(int of) const noexcept {
    return account == of || std::ranges::find(accounts, of) != accounts.end();
  }

 private:
  FakeVenue& venue_;
  bool connecting_ = false;
  bool open_ = false;
  bool dropped_ = false;
  std::deque<std::string> frames_;
  std::string frame_;
  std::size_t frame_size_ = 0;
};

class FakeHttp final : public net::Http {
 public:
  explicit FakeHttp(FakeVenue& venue) : venue_(venue) {}
  ~FakeHttp() override;
  void request(net::HttpRequest request, Handler handler) override {
    queue_.emplace_back(std::move(request), std::move(handler));
  }
  int poll(Mono now) override;
  // The answer to an order.
  void arrive(const std::string& client_order_id, Result<net::HttpResponse> answer);

 private:
  FakeVenue& venue_;
  std::deque<std::pair<net::HttpRequest, Handler>> queue_;
  std::map<std::string, Handler> orders_out_;  // by client order id
  std::deque<std::pair<Handler, Result<net::HttpResponse>>> answers_;
};

// The value of a field in flat JSON, without its quotes; "" when absent.
std::string field_of(std::string_view json, std::string_view name);
// A parameter of a URL's query.
std::string param_of(std::string_view target, std::string_view name);

}  // namespace copyd::exec::test
