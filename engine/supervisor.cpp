#include "engine/supervisor.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <csignal>

#include "core/limits.hpp"

#include "engine/operator_words.hpp"
#include "net/tls_transport.hpp"
#include "ops/log.hpp"
#include "ops/notify.hpp"

namespace copyd::engine {
namespace {

using namespace std::chrono_literals;
namespace log = ops::log;

constexpr auto turn_time = 5ms;    // the supervisor's pace: nothing on it is urgent
constexpr auto time_period = 60s;  // between samples of the venue's clock
constexpr auto time_retry = 1s;
constexpr auto marks_period = 5s;  // between two looks at which symbols are held
constexpr auto status_period = 1s;
constexpr auto drain_time = 10s;
log::Level level_of(Notice::Level level) noexcept {
  switch (level) {
    case Notice::Level::info:
      return log::Level::info;
    case Notice::Level::warning:
      return log::Level::warning;
    case Notice::Level::error:
      return log::Level::error;
  }
  return log::Level::error;
}

}  // namespace

Supervisor::Supervisor(const Parts& parts)
    : config_(parts.config),
      config_file_(parts.config_file),
      config_text_(parts.config_text),
      venue_name_(parts.venue_name),
      endpoints_(parts.endpoints),
      tls_(parts.tls),
      store_(parts.store),
      clock_(parts.clock),
      usable_cpus_(parts.usable_cpus),
      credentials_directory_(parts.credentials_directory),
      signals_(io_),
      transport_(net::make_tls_transport(parts.tls, parts.clock)),
      venue_(*transport_, parts.endpoints, parts.clock),
      roster_(config_),
      connector_({.roster = roster_,
                  .store = parts.store,
                  .venue = venue_,
                  .venue_name = venue_name_,
                  .testnet = parts.config.venue.name == config::Venue::Name::binance_usdm_testnet}),
      restrictions_(config_),
      kill_orders_(config_.followers.size()),
      watchdog_(ops::notify::watchdog_period(), [] { ops::notify::watchdog(); }),
      start_said_(parts.clock.now()),
      started_(parts.clock.now()) {
  // Agents hold references to them, also when there are more of them later.
  config_.leaders.reserve(limits::leaders_max);
  config_.followers.reserve(limits::followers_max);
}

Supervisor::~Supervisor() = default;

int Supervisor::run() {
  watch_signals();
  if (!open_control()) return 1;
  open_alerts();
  monitor_.emplace(io_, clock_, [this] { return look(); });
  monitor_->open(config_.engine.http);
  ops::notify::status("waiting for the venue");
  const bool started = read_venue() && start_pipeline();
  if (started) serve();
  const bool ended_well = started || stop_requested_;
  stop();
  return ended_well ? 0 : 1;
}

void Supervisor::watch_signals() {
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) signals_.add(number);
  struct Wait {
    Supervisor& self;
    void operator()(const boost::system::error_code& error, int number) {
      if (error) return;
      if (number == SIGHUP) {
        self.reload({});
      } else {
        log::info("stopping: no new fills are taken, closes and fresh orders are finished");
        self.stop_requested_ = true;
      }
      self.signals_.async_wait(Wait{self});
    }
  };
  signals_.async_wait(Wait{*this});
}

bool Supervisor::open_control() {
  ops::ControlOptions options;
  options.path = config_.engine.control;
  auto server =
      ops::ControlServer::open(io_, options, [this](ops::ControlRequest request, ops::Reply reply) {
        handle(std::move(request), std::move(reply));
      });
  if (!server) {
    log::error(fmt::format("{}: {}", server.error().error, server.error().remedy));
    return false;
  }
  control_.emplace(std::move(server).value());
  return true;
}

// One turn of the cold side: at most `wait` of sleep, and whatever has happened since.
void Supervisor::turn(std::chrono::milliseconds wait) {
  io_.restart();
  io_.run_one_for(wait);
  io_.poll();
  venue_.poll(clock_.now());
  log_notices();
  alerts_->poll();
  monitor_->poll();
  keep_watchdog();
}

// The handlers below refer to this call's own variables: when it returns early, nothing polls the
// venue any more, because without a pipeline `stop` takes no further turn.
bool Supervisor::read_venue() {
  enum class Step { ask, waiting, have_time, done } step = Step::ask;
  Mono retry_at = clock_.now();
  Mono said_at{};
  const auto fail = [&](const std::string& what, const std::string& why) {
    auto words = fmt::format("the venue's {} cannot be read: {}", what, why);
    retry_at = clock_.now() + time_retry;
    // Tried every second, said when it changes and every minute.
    if (words != waiting_for_ || clock_.now() >= said_at + time_period) {
      log::warning(words + "; trying again. Check the network, venue.rest and venue.ca_file");
      said_at = clock_.now();
    }
    waiting_for_ = std::move(words);
    for (auto& [request, reply] : early_connects_)
      reply.fail({.error = waiting_for_, .remedy = "check the network, venue.rest and venue.ca_file"});
    early_connects_.clear();
    step = Step::ask;
  };
  while (!stop_requested_ && step != Step::done) {
    turn(turn_time);
    keep_alerts();
    if (step == Step::ask && clock_.now() >= retry_at) {
      step = Step::waiting;
      venue_.time([&](std::optional<TimeSample> answer, const std::string& why) {
        if (!answer) return fail("time", why);
        step = Step::have_time;
      });
    } else if (step == Step::have_time) {
      step = Step::waiting;
      venue_.get(venue::path::exchange_info, [&](const VenueAnswer& answer) {
        if (!answer.ok()) return fail("symbols", answer.words());
        auto info = venue::decode_exchange_info(answer.body);
        if (!info) return fail("symbols", info.error().message());
        symbols_ = std::move(info->symbols);
        order_limits_ = {.per_10s = info->orders_per_10s, .per_minute = info->orders_per_minute};
        weight_per_minute_ = info->weight_per_minute;
        step = Step::done;
      });
    }
  }
  waiting_for_.clear();
  return step == Step::done;
}

void Supervisor::serve() {
  while (!stop_requested_) {
    turn(turn_time);
    keep_time();
    obey_kill_file();
    start_leaders();
    equities_->poll();
    health_->poll();
    key_watch_->poll();
    keep_alerts();
    prepare();
    keep_marks();
    trust_positions();
    take_book_answers();
    take_history_answers();
    keep_reloading();
    keep_moving();
    keep_draining();
    announce();
  }
}

void Supervisor::keep_time() {
  time_keeper_->poll();
  for (std::size_t i = 0; i < config_.followers.size(); ++i)
    time_keeper_->saw_refusal(
        i, pipeline_->link(FollowerId{static_cast<std::uint16_t>(i)}).venue_code.get());
}

void Supervisor::obey_kill_file() {
  const auto change = kill_orders_.take(*kill_file_);
  if (!change.said.empty()) log::warning(change.said);
  for (const auto& state : change.states) pipeline_->tell_copier(state);
  if (!change.flatten) return;
  for (const auto& command :
       flatten_by_kill_file(wall_clock_ns() / 1'000'000, restrictions_).commands)
    pipeline_->tell_copier(command);
}

void Supervisor::prepare() {
  exec::PrepareSymbol wanted;
  while (pipeline_->next_wanted(wanted)) preparation_->ask(wanted);
  preparation_->poll();
}

// Which symbols are held is asked of the copy agent now and then.
void Supervisor::keep_marks() {
  marks_->poll();
  const Mono now = clock_.now();
  if (!marks_->wanted() || now < marks_due_ || marks_query_ != 0) return;
  marks_due_ = now + marks_period;
  marks_query_ = next_query_++;
  used_symbols_.assign(symbols_.size(), false);
  pipeline_->tell_copier(QueryBook{.query = marks_query_});
}

// After a start with a journal that has lost its end: when the leaders are live, the copy agent's
// answer comes behind all that it has decided of their trades.
void Supervisor::trust_positions() {
  if (!positions_doubtful_ || trust_query_ != 0 || !leaders_live()) return;
  trust_query_ = next_query_++;
  pipeline_->tell_copier(QueryBook{.query = trust_query_});
}

bool Supervisor::leaders_live() {
  return std::none_of(roster_.accounts().begin(), roster_.accounts().end(),
                      [&](const RosterAccount& account) {
                        if (!account.leader || !account.connected()) return false;
                        const auto state = pipeline_->leader(*account.leader).state.get();
                        return static_cast<feed::SessionState>(state) != feed::SessionState::live;
                      });
}

void Supervisor::stop() {
  ops::notify::stopping();
  if (pipeline_ != nullptr) {
    const Mono deadline = clock_.now() + drain_time;
    while (!pipeline_->drain() && clock_.now() < deadline) {
      turn(turn_time);
      take_book_answers();
    }
    pipeline_->stop();
    kill_thread_.reset();
    compaction_thread_.reset();
    history_thread_.reset();
    journal_thread_.reset();
    journal_->finish();
    log_notices();
    for (std::size_t i = 0; i < config_.followers.size(); ++i) {
      const FollowerId id{static_cast<std::uint16_t>(i)};
      const auto unknown = pipeline_->link(id).unknown.get();
      if (unknown != 0)
        log::error(fmt::format("{}: {} orders are still unknown; look at them at the venue",
                               config_.followers[i].label, unknown));
      if (const auto unsent = pipeline_->follower(id).in_flight.get() - unknown; unsent > 0)
        log::error(fmt::format(
            "{}: {} orders were decided and are not finished; look at its position at the venue",
            config_.followers[i].label, unsent));
    }
  }
  control_.reset();
  monitor_.reset();
  log::info("stopped");
}

void Supervisor::log_notices() {
  if (pipeline_ == nullptr) return;
  Notice notice;
  while (pipeline_->next_notice(notice) || journal_->next_notice(notice) ||
         (history_ != nullptr && history_->next_notice(notice))) {
    log::Fields fields;
    if (notice.subject == Notice::Subject::leader)
      fields.leader = config_.leaders[notice.account].label;
    if (notice.subject == Notice::Subject::follower)
      fields.follower = config_.followers[notice.account].label;
    const auto who = fields.leader.empty() ? fields.follower : fields.leader;
    if (notice.level == Notice::Level::error)
      if (const auto alert = alert_of(notice, who); !alert.key.empty()) alerts_->raise(alert);
    log::write(
        level_of(notice.level),
        who.empty() ? std::string(notice.message()) : fmt::format("{}: {}", who, notice.message()),
        fields);
  }
}

StatusParts Supervisor::status_parts(const std::vector<BookRow>* rows) {
  return {.config = config_,
          .venue_name = venue_name_,
          .symbols = symbols_,
          .roster = roster_,
          .pipeline = pipeline_.get(),
          .rows = rows,
          .now = clock_.now(),
          .started = started_,
          .waiting_for = waiting_for_};
}

void Supervisor::announce() {
  if (announced_ready_) return keep_status();
  // systemd waits for the leaders that have a key; one that is connected later becomes live then.
  if (!leaders_live()) return;
  announced_ready_ = true;
  const StatusParts parts = status_parts();
  said_status_ = status_line(parts);
  ops::notify::ready(said_status_);
  log::info("ready");
}

// The line that `systemctl status` shows, when it has changed.
void Supervisor::keep_status() {
  const Mono now = clock_.now();
  if (now < status_due_) return;
  status_due_ = now + status_period;
  std::string line = status_line(status_parts());
  if (line == said_status_) return;
  said_status_ = std::move(line);
  ops::notify::status(said_status_);
}

}  // namespace copyd::engine
