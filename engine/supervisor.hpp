// Supervisor: the cold side of the daemon, on the main thread. It reads the venue's time and
// symbols, builds and stops the pipeline, gives each agent its accounts, answers `copyctl`, reads
// equities, and writes the log for everybody.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/reload.hpp"
#include "config/schema.hpp"
#include "core/symbols.hpp"
#include "engine/connector.hpp"
#include "engine/equities.hpp"
#include "engine/health.hpp"
#include "engine/history_feed.hpp"
#include "engine/incidents.hpp"
#include "engine/key_watch.hpp"
#include "engine/kill_file.hpp"
#include "engine/marks.hpp"
#include "engine/monitor.hpp"
#include "engine/pipeline.hpp"
#include "engine/preparation.hpp"
#include "engine/restrictions.hpp"
#include "engine/roster.hpp"
#include "engine/run_journal.hpp"
#include "engine/status.hpp"
#include "engine/time_keeper.hpp"
#include "engine/venue_api.hpp"
#include "engine/watchdog.hpp"
#include "net/tls_context.hpp"
#include "ops/alerts.hpp"
#include "ops/control.hpp"

namespace copyd::engine {

class Supervisor {
 public:
  struct Parts {
    const config::Config& config;
    std::string config_file;
    std::string config_text;  // what was read from it
    std::string venue_name;   // as the configuration spells it
    venue::Endpoints endpoints;
    net::TlsContext& tls;
    ops::KeyStore& store;
    const Clock& clock;
    std::vector<int> usable_cpus;
    std::string credentials_directory;  // $CREDENTIALS_DIRECTORY, or ""
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
  // False: what earlier runs left cannot be read, and nothing was started.
  bool start_pipeline();
  void resume_books(const Recovered& recovered);
  void restrict_all(StateCause cause);
  void read_keys();
  bool is_shadow(const RosterAccount& account) const;
  void hand_over(RosterAccount& account);
  void hand_over_follower(const RosterAccount& account);
  void hand_over_leader(LeaderId leader, venue::Credentials credentials);
  void start_leaders();
  bool may_start(LeaderId leader);
  void serve();
  void stop();
  void turn(std::chrono::milliseconds wait);

  void make_readers(const Recovered& recovered);
  void make_health();
  void resume_keys(const ops::ControlRequest& request);
  void open_alerts();
  std::vector<std::unique_ptr<ops::AlertChannel>> alert_channels();
  void keep_alerts();
  void keep_time();
  void obey_kill_file();
  void prepare();
  void keep_marks();
  void trust_positions();
  bool leaders_live();
  void log_notices();
  void take_book_answers();
  bool take_own_answer(std::uint32_t query, const BookAnswer& answer);
  void announce();
  void keep_status();
  void keep_watchdog();
  std::string not_ready_because();
  Look look();
  StatusParts status_parts(const std::vector<BookRow>* rows = nullptr);

  void handle(ops::ControlRequest request, ops::Reply reply);
  void handle_restriction(const ops::ControlRequest& request, const ops::Reply& reply);
  void handle_key(ops::ControlRequest request, const ops::Reply& reply);
  void handle_disconnect(const ops::ControlRequest& request, const ops::Reply& reply);
  void ask_book(ops::ControlRequest request, const ops::Reply& reply);

  // A reload that was asked for: by copyctl, or by SIGHUP when nobody waits for an answer.
  struct ReloadAsker {
    std::optional<ops::Reply> reply;
    std::optional<Speaker> flattens;  // what followers hold that are gone; who wants it
  };
  void reload(ReloadAsker asker);
  void keep_reloading();
  void begin_reload();
  void hand_over_reload();
  void take_reloaded();
  void go_on_with(config::Config next, const std::vector<FollowerId>& changed);
  std::vector<SetState> states_of_new(const config::Config& next) const;
  void tell_limits();
  void flatten_removed();
  // Leaders and followers as they are now, in the same places, and more of them behind.
  void take_places(config::Config next);
  std::string draining();  // labels
  void keep_draining();
  void take_drained();
  void let_go(FollowerId follower);
  void let_go(LeaderId leader);
  void without_role(RosterAccount& account);
  // Followers whose orders are to leave on the other sort of connection.
  void note_moves(const config::Config& next);
  void keep_moving();
  void take_accounts(const std::vector<FollowerId>& changed);
  void leave_shadow(FollowerId follower);
  void answer_reload(const config::Plan& plan);
  void refuse_reload(const ops::Failure& failure);
  std::string book_reply(const ops::ControlRequest& request, const std::vector<BookRow>& rows);

  void make_history(const Recovered& recovered);
  bool is_follower_or_none(const std::string& label, const ops::Reply& reply);
  void ask_history(ops::ControlRequest request, const ops::Reply& reply);
  void take_history_answers();
  void handle_balance(const ops::ControlRequest& request, const ops::Reply& reply);

  config::Config config_;  // as it runs: a reload makes it another one, in the same places
  const std::string config_file_;
  const std::string config_text_;
  const std::string venue_name_;
  const venue::Endpoints endpoints_;
  net::TlsContext& tls_;
  ops::KeyStore& store_;
  const Clock& clock_;
  const std::vector<int> usable_cpus_;
  const std::string credentials_directory_;

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
  int weight_per_minute_ = venue::weight_share::limit;
  std::unique_ptr<journal::Disk> disk_;
  std::optional<RunJournal> journal_;
  std::unique_ptr<AgentThread> journal_thread_;
  std::unique_ptr<AgentThread> compaction_thread_;
  std::unique_ptr<HistoryFeed> history_;
  std::unique_ptr<AgentThread> history_thread_;
  std::optional<KillFile> kill_file_;
  KillOrders kill_orders_;
  std::unique_ptr<AgentThread> kill_thread_;
  std::unique_ptr<Pipeline> pipeline_;
  std::optional<TimeKeeper> time_keeper_;
  std::optional<Equities> equities_;
  std::optional<Marks> marks_;
  std::optional<Preparation> preparation_;
  std::optional<Health> health_;
  std::optional<KeyWatch> key_watch_;
  std::optional<ops::Alerts> alerts_;
  Incidents incidents_;
  Mono incidents_due_;
  Watchdog watchdog_;
  std::vector<ThreadPasses> passes_;
  bool said_stuck_ = false;
  Mono start_said_;
  std::optional<Monitor> monitor_;

  Mono marks_due_;
  std::uint32_t marks_query_ = 0;  // 0: not asked
  std::vector<bool> used_symbols_;
  bool positions_doubtful_ = false;
  std::uint32_t trust_query_ = 0;

  // What an earlier run knew of a leader, until the feed has it.
  std::map<LeaderId, LeaderTrack> tracks_;
  // Leaders whose followers are still getting ready: a fill that came before them would be skipped.
  std::vector<std::pair<LeaderId, venue::Credentials>> waiting_leaders_;
  // So long a leader waits: a follower that cannot get ready must not keep the others.
  static constexpr std::chrono::seconds followers_wait{10};
  Mono leaders_due_;  // then they start in any case
  std::optional<ops::ControlServer> control_;

  // A question for the copy agent's books, and who waits for the answer.
  struct BookQuestion {
    std::uint32_t query = 0;
    ops::ControlRequest request;
    ops::Reply reply;
    std::vector<BookRow> rows;
  };
  std::vector<BookQuestion> questions_;
  // A question to the history, and who waits for the answer.
  struct HistoryAsker {
    std::uint32_t number = 0;
    ops::Verb verb = ops::Verb::why;
    std::string label;
    bool about_the_past = false;  // latency: a follower or a time was named
    ops::Reply reply;
  };
  void answer(const HistoryAsker& asker, ops::Outcome<std::string> said);
  std::vector<HistoryAsker> history_questions_;
  std::uint32_t next_history_question_ = 1;
  // Keys that came before the venue had told its time: nothing can be signed without it.
  std::vector<std::pair<ops::ControlRequest, ops::Reply>> early_connects_;
  std::uint32_t next_query_ = 1;

  std::vector<ReloadAsker> reload_next_;  // they get the answer of the next reload that is begun
  std::vector<ReloadAsker> reloading_;    // and these of the one that is under way
  std::optional<config::Plan> plan_;      // which the copy agent has, or gets next
  risk::ReloadPtr reload_;                // null: the copy agent has it
  std::set<FollowerId> unheld_;           // whose lanes are to hear of it before
  // Leaders and followers that were taken out of the file: asked of the copy agent now and then.
  std::set<FollowerId> draining_;  // of the question under way: that may be flat
  std::set<LeaderId> draining_leaders_;  // of the question under way
  Mono draining_due_;
  std::uint32_t draining_query_ = 0;      // 0: not asked
  std::set<FollowerId> limits_untold_;    // whose lane is to hear of its limit
  std::map<FollowerId, Mono> moving_;     // to the other sort of connection; by then in any case

  Mono started_;
  bool announced_ready_ = false;
  std::string said_status_;
  Mono status_due_;
  std::string waiting_for_ = "the venue's time and symbols";
};

}  // namespace copyd::engine
