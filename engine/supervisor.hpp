// Supervisor: the cold side of the daemon, on the main thread. It reads the venue's time and
// symbols, builds and stops the pipeline, gives each agent its accounts, answers `copyctl`, reads
// equities, and writes the log for everybody.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/schema.hpp"
#include "core/symbols.hpp"
#include "engine/connector.hpp"
#include "engine/pipeline.hpp"
#include "engine/restrictions.hpp"
#include "engine/roster.hpp"
#include "engine/status.hpp"
#include "engine/venue_api.hpp"
#include "net/tls_context.hpp"
#include "ops/control.hpp"

namespace copyd::engine {

class Supervisor {
 public:
  struct Parts {
    const config::Config& config;
    std::string venue_name;  // as the configuration spells it
    venue::Endpoints endpoints;
    net::TlsContext& tls;
    ops::KeyStore& store;
    const Clock& clock;
    std::vector<int> usable_cpus;
  };

  explicit Supervisor(const Parts& parts);
  ~Supervisor();

  // Runs until SIGTERM or SIGINT. Returns the exit code of the process.
  int run();

 private:
  void watch_signals();
  bool open_control();
  // Until the venue has answered; false when a signal came first.
  bool read_venue();
  void start_pipeline();
  void hand_over(RosterAccount& account);
  void serve();
  void stop();
  void turn(std::chrono::milliseconds wait);

  void sample_time();
  void read_equities();
  void read_equity(RosterAccount& account);
  void read_alias(RosterAccount& account);
  void log_notices();
  void take_book_answers();
  void announce();
  void keep_status();
  StatusParts status_parts(const std::vector<BookRow>* rows = nullptr);

  void handle(ops::ControlRequest request, ops::Reply reply);
  void handle_restriction(const ops::ControlRequest& request, const ops::Reply& reply);
  void handle_connect(ops::ControlRequest request, const ops::Reply& reply);
  void handle_disconnect(const ops::ControlRequest& request, const ops::Reply& reply);
  void ask_book(ops::ControlRequest request, const ops::Reply& reply);

  const config::Config& config_;
  const std::string venue_name_;
  const venue::Endpoints endpoints_;
  net::TlsContext& tls_;
  ops::KeyStore& store_;
  const Clock& clock_;
  const std::vector<int> usable_cpus_;

  boost::asio::io_context io_{1};
  boost::asio::signal_set signals_;
  bool stop_requested_ = false;
  std::unique_ptr<net::Transport> transport_;
  VenueApi venue_;
  Roster roster_;
  Connector connector_;
  Restrictions restrictions_;
  SymbolTable symbols_;
  exec::OrderLimits order_limits_{};
  std::unique_ptr<Pipeline> pipeline_;
  std::optional<ops::ControlServer> control_;

  // A question for the copy agent's books, and who waits for the answer.
  struct BookQuestion {
    std::uint32_t query = 0;
    ops::ControlRequest request;
    ops::Reply reply;
    std::vector<BookRow> rows;
  };
  std::vector<BookQuestion> questions_;
  // Keys that came before the venue had told its time: nothing can be signed without it.
  std::vector<std::pair<ops::ControlRequest, ops::Reply>> early_connects_;
  std::uint32_t next_query_ = 1;

  Mono started_;
  Mono time_due_;
  bool time_asked_ = false;
  bool announced_ready_ = false;
  std::string said_status_;
  Mono status_due_;
  std::string waiting_for_ = "the venue's time and symbols";
};

}  // namespace copyd::engine
