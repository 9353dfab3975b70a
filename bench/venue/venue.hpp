// BenchVenue: the least venue that real clients can be measured on: TLS on 127.0.0.1, the REST
// calls and WebSockets that a copier needs to start, a leader whose fills come on a schedule, and
// orders that are all filled whole. It checks no signature and no filter.
//
// One thread of its own does it all; while a block of fills runs it spins. A leader's fill is told
// as the venue tells it: TRADE_LITE, then ORDER_TRADE_UPDATE, each a message and a TLS record of
// its own, both on each socket that listens to the leader, by turns of which socket is first.
// Fills are stamped just before the venue begins to encrypt and write the first of all these,
// orders when recv has returned, before anything is made of them. Answers to a fill's orders leave
// when the last of them was read (or is given up), so that the venue's own writing stands in
// nobody's way.
//
// Accounts come in groups: one leader and the followers of one copier under test. Its keys are
// names: api_key() of a follower is what a client has to send with its orders.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "bench/venue/connection.hpp"
#include "bench/venue/cpus.hpp"
#include "bench/venue/messages.hpp"

namespace copyd::bench {

// So many fills of a group's leader, one each `gap`. The first ones are not counted.
struct Block {
  int group = 0;
  int fills = 0;
  int warm_up = 0;
  std::chrono::nanoseconds gap{};
  std::chrono::nanoseconds give_up = std::chrono::seconds(2);  // orders that come later are lost
};

// Of each counted fill whose orders all came, in nanoseconds.
struct FillTimes {
  std::vector<std::int64_t> first;            // written → the first order was read
  std::vector<std::int64_t> last;             // written → the last one
  std::vector<std::int64_t> first_scheduled;  // from the moment the fill was due
  std::vector<std::int64_t> last_scheduled;
  // Until all messages of the fill were written. What comes before that is read then: of any
  // copier, however fast, `first` is no less.
  std::vector<std::int64_t> writing;
  std::int64_t fills = 0;  // counted ones, lost or not
  std::int64_t lost = 0;   // fills some of whose orders did not come in time
  std::int64_t stray = 0;  // orders that came when none was due

  void add(const FillTimes& other);
};

class BenchVenue {
 public:
  static constexpr int leader = -1;

  // `directory`: for the certificate. Throws std::runtime_error when it cannot listen.
  // `cpu`: its thread's, or -1.
  BenchVenue(const std::string& directory, int cpu);
  ~BenchVenue();
  BenchVenue(const BenchVenue&) = delete;
  BenchVenue& operator=(const BenchVenue&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  std::string ca_file() const { return directory_ + "/ca.pem"; }
  // The name ends up in the keys: letters and digits.
  int add_group(const std::string& name, std::size_t followers);
  // `follower` from 0, or `leader`.
  std::string api_key(int group, int follower);

  // Whether somebody listens to the leader's stream.
  bool watched(int group);
  // Returns when the block is done.
  FillTimes run(const Block& block);

 private:
  struct Account {
    std::string api_key;
    int group = 0;
    std::int64_t position = 0;  // thousandths
    std::vector<Connection*> streams;
  };
  struct Group {
    std::string name;
    int leader = 0;     // account
    int followers = 0;  // as many accounts behind it
    std::int64_t fills = 0;
  };
  struct Pending {
    Connection* connection = nullptr;
    int account = 0;
    bool rest = false;
    std::string id;
    std::string client_order_id;
    std::string side;
    std::string quantity;
    std::string type;
    bool reduce_only = false;
  };
  // A leader's fill as frames, in the order in which they are written.
  struct FillFrames {
    std::string brief;
    std::string whole;
  };
  // The fill that is out.
  struct Round {
    int group = -1;
    int expected = 0;
    int orders = 0;
    Mono first;
    Mono last;
  };

  void on_thread(const std::function<void()>& job);
  void serve();
  void poll(int wait_ms);
  void accept_all();
  void take(Connection& connection);
  void take_http(Connection& connection);
  bool take_request(Connection& connection);
  void upgrade(Connection& connection, std::string_view target, std::string_view key);
  void take_frames(Connection& connection);
  void take_message(Connection& connection, std::string_view text);
  void take_stream_message(Connection& connection, std::string_view text);
  void take_order(Connection& connection, const OrderRequest& order, int account, bool rest);
  std::string rest_answer(std::string_view path, int account);
  void watch_stream(Connection& connection, std::string_view listen_key);
  static std::string event_frame(const Account& owner, const Connection& stream,
                                 std::string_view event);
  void answer(const Pending& order);
  void answer_all();
  void drop_broken();
  int account_of(std::string_view api_key) const;

  FillTimes run_here(const Block& block);
  void send_fill(Group& group, Mono& written);
  FillFrames fill_frames(const Group& group, const Connection& stream) const;

  std::string directory_;
  const int cpu_;
  SSL_CTX* tls_ = nullptr;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  int epoll_ = -1;
  SteadyClock clock_;

  int waiting_ = 0;  // connections with bytes that the kernel did not take
  std::vector<std::unique_ptr<Connection>> connections_;  // by socket
  std::vector<Connection*> ready_;
  bool some_broken_ = false;
  std::vector<Account> accounts_;
  std::map<std::string, int, std::less<>> by_key_;
  std::vector<Group> groups_;
  std::vector<Pending> pending_;
  Round round_;
  std::int64_t stray_ = 0;
  std::int64_t next_id_ = 1'000'000;

  std::mutex mutex_;  // of the job alone
  std::condition_variable done_;
  std::function<void()> job_;
  std::atomic<bool> has_job_{false};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace copyd::bench
