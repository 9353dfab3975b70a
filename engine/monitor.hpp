// Monitor: /metrics, /healthz and /readyz (`engine.http`).
//
// The server's thread asks the supervisor for a look at the engine, at most once a second however
// many ask, and everybody who asks meanwhile is shown the same one. So an answer also proves that
// the supervisor gets on, and no client costs it more than that one look.
//
//   client ─▶ HttpServer (its thread) ─post─▶ supervisor: Look ─post─▶ HttpServer ─▶ client
//
// Made, opened and destroyed by the supervisor's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/clock.hpp"
#include "ops/http_server.hpp"
#include "ops/metrics.hpp"

namespace copyd::engine {

// What the supervisor sees when it is asked.
struct Look {
  std::string not_alive;  // why the process does not get on; "" when it does
  std::string not_ready;  // why nothing new is copied; "" when it is
  std::string summary;    // one line of state, for those who are
  ops::MetricsPage metrics;
};

class Monitor {
 public:
  // `look` is called on the supervisor's thread, by a turn of `io`. All of it outlives this.
  Monitor(boost::asio::io_context& io, const Clock& clock, std::function<Look()> look);
  ~Monitor();

  // An address that cannot be listened on is tried again every ten seconds, and said once: a
  // daemon that nobody can watch copies all the same.
  void open(const std::string& address);
  // Every turn.
  void poll();

 private:
  struct Desk;  // the server's thread's part
  void try_open();

  boost::asio::io_context& io_;
  const Clock& clock_;
  const std::function<Look()> look_;
  std::string address_;  // "": nothing is served
  Mono retry_at_{};
  bool said_ = false;
  std::unique_ptr<Desk> desk_;
  std::unique_ptr<ops::HttpServer> server_;  // its thread ends before the desk goes
};

}  // namespace copyd::engine
