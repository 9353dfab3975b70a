#include "engine/supervisor.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <csignal>

#include "engine/version.hpp"
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
constexpr auto status_period = 1s;
constexpr auto drain_time = 10s;
// 5 of weight a read; the period grows with the accounts so that reading equities stays below a
// quarter of the venue's 2,400 a minute.
constexpr auto equity_period = std::chrono::milliseconds(10'000);
constexpr auto equity_spacing = std::chrono::milliseconds(500);

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

FollowerState state_of(ops::Verb verb) noexcept {
  if (verb == ops::Verb::pause) return FollowerState::reduce_only;
  if (verb == ops::Verb::halt) return FollowerState::halted;
  return FollowerState::active;
}

}  // namespace

Supervisor::Supervisor(const Parts& parts)
    : config_(parts.config),
      venue_name_(parts.venue_name),
      endpoints_(parts.endpoints),
      tls_(parts.tls),
      store_(parts.store),
      clock_(parts.clock),
      usable_cpus_(parts.usable_cpus),
      signals_(io_),
      transport_(net::make_tls_transport(parts.tls, parts.clock)),
      venue_(*transport_, parts.endpoints, parts.clock),
      roster_(parts.config),
      connector_(roster_, parts.store, venue_),
      restrictions_(parts.config),
      started_(parts.clock.now()) {}

Supervisor::~Supervisor() = default;

int Supervisor::run() {
  watch_signals();
  if (!open_control()) return 1;
  ops::notify::status("waiting for the venue");
  if (read_venue()) {
    start_pipeline();
    serve();
  }
  stop();
  return 0;
}

void Supervisor::watch_signals() {
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) signals_.add(number);
  struct Wait {
    Supervisor& self;
    void operator()(const boost::system::error_code& error, int number) {
      if (error) return;
      if (number == SIGHUP) {
        log::warning(
            "SIGHUP: reload is not built yet; restart copyd to apply a changed file. "
            "Nothing was changed.");
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
    step = Step::ask;
  };
  while (!stop_requested_ && step != Step::done) {
    turn(turn_time);
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
        step = Step::done;
      });
    }
  }
  waiting_for_.clear();
  return step == Step::done;
}

void Supervisor::start_pipeline() {
  const ThreadPlan plan = plan_threads(config_.engine, usable_cpus_);
  if (!plan.warning.empty()) log::warning(plan.warning);
  pipeline_ = std::make_unique<Pipeline>(Pipeline::Parts{.config = config_,
                                                         .symbols = symbols_,
                                                         .endpoints = endpoints_,
                                                         .clock = clock_,
                                                         .tls = tls_,
                                                         .plan = plan,
                                                         .order_limits = order_limits_,
                                                         .start_ns = wall_clock_ns()});
  log::info(fmt::format("{} symbols; {} threads", symbols_.size(),
                        plan.dedicated ? "dedicated" : "shared"));
  sample_time();
  for (const auto& label : store_.labels()) {
    const ops::Account* stored = store_.find(label);
    if (stored->venue != venue_name_) {
      log::warning(fmt::format("\"{}\" is an account of {}, not of {}: it is left out", label,
                               stored->venue, venue_name_));
      continue;
    }
    RosterAccount& account = roster_.at(label);
    if (auto credentials = credentials_of(*stored)) {
      account.credentials = std::move(credentials).value();
      hand_over(account);
    } else {
      log::error(fmt::format("the stored key of \"{}\" cannot be used: connect it again", label));
    }
  }
  for (const auto& account : roster_.accounts())
    if (!account.connected() && account.role() != Role::none)
      log::warning(fmt::format("{} \"{}\" is not connected: copyctl connect {}",
                               name_of(account.role()), account.label, account.label));
  pipeline_->start();
  for (auto& [request, reply] : early_connects_) handle_connect(std::move(request), reply);
  early_connects_.clear();
}

// Gives the account's agents a key of their own, made from the stored one.
void Supervisor::hand_over(RosterAccount& account) {
  const ops::Account* stored = store_.find(account.label);
  if (stored == nullptr || pipeline_ == nullptr) return;
  if (account.leader)
    if (auto credentials = credentials_of(*stored))
      pipeline_->tell_feed(feed::AddLeader{.leader = *account.leader,
                                           .credentials = std::move(credentials).value()});
  if (account.follower)
    if (auto credentials = credentials_of(*stored))
      pipeline_->tell_lane(*account.follower,
                           exec::AddFollower{.follower = *account.follower,
                                             .credentials = std::move(credentials).value()});
  account.equity_due = clock_.now();
}

void Supervisor::serve() {
  while (!stop_requested_) {
    turn(turn_time);
    sample_time();
    read_equities();
    take_book_answers();
    announce();
  }
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
  log::info("stopped");
}

void Supervisor::sample_time() {
  const Mono now = clock_.now();
  if (time_asked_ || now < time_due_) return;
  time_asked_ = true;
  venue_.time([this](std::optional<TimeSample> sample, const std::string&) {
    time_asked_ = false;
    time_due_ = clock_.now() + (sample ? std::chrono::nanoseconds(time_period)
                                       : std::chrono::nanoseconds(time_retry));
    if (sample && pipeline_ != nullptr) pipeline_->tell_time(*sample);
  });
}

void Supervisor::read_equities() {
  if (!venue_.clock_known()) return;
  const Mono now = clock_.now();
  for (auto& account : roster_.accounts())
    if (account.connected() && !account.asking && now >= account.equity_due) read_equity(account);
}

void Supervisor::read_equity(RosterAccount& account) {
  const auto count = static_cast<std::int64_t>(roster_.accounts().size());
  account.equity_due = clock_.now() + std::max(equity_period, equity_spacing * count);
  account.asking = true;
  const auto handler = [this, &account](const VenueAnswer& answer) {
    account.asking = false;
    if (!account.connected()) return;
    const auto equity = answer.ok() ? venue::decode_margin_balance(answer.body)
                                    : Result<Usd>(make_error_code(Errc::not_connected));
    if (answer.ok()) account.last_sync = clock_.now();
    const std::string error = answer.ok() ? "" : answer.words();
    if (!error.empty() && error != account.error)
      log::warning(fmt::format("{}: its equity cannot be read: {}", account.label, error));
    account.error = error;
    // A balance that is unknown or not positive is unknown: it sizes nothing.
    account.equity = equity && equity->sign() > 0 ? std::optional(*equity) : std::nullopt;
    if (answer.ok() && account.alias.empty()) read_alias(account);
    const bool known = account.equity.has_value();
    const Usd value = account.equity.value_or(Usd());
    if (account.leader)
      pipeline_->tell_copier(
          SetLeaderEquity{.leader = *account.leader, .equity = value, .known = known});
    if (account.follower)
      pipeline_->tell_copier(
          SetFollowerEquity{.follower = *account.follower, .equity = value, .known = known});
  };
  venue_.signed_get(venue::path::account, *account.credentials, handler);
}

// Which account a stored key is of; `connect` reads it itself. One account under two labels would
// be traded twice.
void Supervisor::read_alias(RosterAccount& account) {
  const auto handler = [this, &account](const VenueAnswer& answer) {
    if (!answer.ok() || !account.connected()) return;
    auto alias = venue::decode_account_alias(answer.body);
    if (!alias) return;
    account.alias = std::move(alias).value();
    if (const auto* other = roster_.same_account(account, account.alias))
      log::error(
          fmt::format("\"{}\" and \"{}\" are the same account, which is traded twice: "
                      "copyctl disconnect one of them",
                      account.label, other->label));
  };
  venue_.signed_get(venue::path::balance, *account.credentials, handler);
}

void Supervisor::log_notices() {
  if (pipeline_ == nullptr) return;
  Notice notice;
  while (pipeline_->next_notice(notice)) {
    std::string_view who;
    if (notice.subject == Notice::Subject::leader) who = config_.leaders[notice.account].label;
    if (notice.subject == Notice::Subject::follower) who = config_.followers[notice.account].label;
    log::write(level_of(notice.level), who.empty() ? std::string(notice.message())
                                                   : fmt::format("{}: {}", who, notice.message()));
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
  const bool waiting = std::any_of(
      roster_.accounts().begin(), roster_.accounts().end(), [&](const RosterAccount& account) {
        if (!account.leader || !account.connected()) return false;
        const auto state = pipeline_->leader(*account.leader).state.get();
        return static_cast<feed::SessionState>(state) != feed::SessionState::live;
      });
  if (waiting) return;
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

// ---- what copyctl asks ------------------------------------------------------------------------

void Supervisor::handle(ops::ControlRequest request, ops::Reply reply) {
  const StatusParts parts = status_parts();
  switch (request.verb) {
    case ops::Verb::status:
    case ops::Verb::positions:
      ask_book(std::move(request), reply);
      return;
    case ops::Verb::pause:
    case ops::Verb::resume:
    case ops::Verb::halt:
      handle_restriction(request, reply);
      return;
    case ops::Verb::connect:
      handle_connect(std::move(request), reply);
      return;
    case ops::Verb::disconnect:
      handle_disconnect(request, reply);
      return;
    case ops::Verb::accounts:
      reply(accounts_reply(parts, store_));
      return;
    case ops::Verb::latency:
      reply(latency_reply(pipeline_.get()));
      return;
    case ops::Verb::version:
      reply(ops::JsonWriter()
                .begin_object()
                .member("ok", true)
                .member("version", version)
                .end_object()
                .take());
      return;
  }
}

void Supervisor::handle_restriction(const ops::ControlRequest& request, const ops::Reply& reply) {
  if (pipeline_ == nullptr) {
    reply.fail({.error = "the venue has not answered yet: nothing is copied",
                .remedy = "try again when `copyctl status` shows the followers"});
    return;
  }
  const FollowerState state = state_of(request.verb);
  const bool everybody = request.all || request.label.empty();
  if (!everybody && restrictions_.find(request.label) == Restrictions::Found::nobody) {
    reply.fail({.error = fmt::format("no leader and no follower is called \"{}\"", request.label),
                .remedy = "copyctl status lists them"});
    return;
  }
  const auto changes =
      everybody ? restrictions_.set_all(state) : restrictions_.set(request.label, state);
  for (const auto& change : changes) pipeline_->tell_copier(change);
  log::warning(fmt::format("{} {} by uid {}{}{}", ops::command_of(request.verb).name,
                           everybody ? "--all" : request.label, request.peer_uid,
                           request.reason.empty() ? "" : ": ", request.reason));
  reply(changed_reply(status_parts(), restrictions_, changes));
}

void Supervisor::handle_connect(ops::ControlRequest request, const ops::Reply& reply) {
  if (pipeline_ == nullptr) {
    early_connects_.emplace_back(std::move(request), reply);
    return;
  }
  if (!request.venue.empty() && request.venue != venue_name_) {
    reply.fail(
        {.error = fmt::format("this daemon works with {}, not {}", venue_name_, request.venue),
         .remedy = "venue.name in the configuration says which"});
    return;
  }
  const bool pem = request.credentials.kind == ops::Credentials::Kind::private_key_pem;
  ops::Account account{.label = request.label,
                       .venue = venue_name_,
                       .key_type = ops::AccountKey::hmac,
                       .api_key = std::move(request.credentials.api_key),
                       .secret = std::move(request.credentials.secret),
                       .created_ns = wall_clock_ns()};
  if (pem) {
    const auto signer = venue::Signer::private_key(account.secret);
    account.key_type = signer && signer->type() == venue::KeyType::rsa ? ops::AccountKey::rsa
                                                                       : ops::AccountKey::ed25519;
  }
  connector_.connect(std::move(account), [this, reply](ops::Outcome<RosterAccount*> outcome) {
    if (!outcome) {
      reply.fail(outcome.error());
      return;
    }
    RosterAccount& connected = *outcome.value();
    log::info(fmt::format("{} \"{}\" is connected",
                          connected.role() == Role::none ? "account" : name_of(connected.role()),
                          connected.label));
    for (const auto& warning : connected.warnings)
      log::warning(fmt::format("{}: {}", connected.label, warning));
    hand_over(connected);
    reply(account_reply(status_parts(), store_, connected));
  });
}

void Supervisor::handle_disconnect(const ops::ControlRequest& request, const ops::Reply& reply) {
  RosterAccount* account = roster_.find(request.label);
  if (account == nullptr || !store_.remove(request.label)) {
    reply.fail({.error = fmt::format("\"{}\" is not connected", request.label),
                .remedy = "copyctl accounts lists the accounts"});
    return;
  }
  const auto saved = store_.save();
  account->credentials.reset();
  account->alias.clear();
  account->warnings.clear();
  account->equity.reset();
  account->permissions.reset();
  account->error.clear();
  if (pipeline_ != nullptr && account->leader)
    pipeline_->tell_feed(feed::RemoveLeader{*account->leader});
  if (pipeline_ != nullptr && account->follower)
    pipeline_->tell_lane(*account->follower, exec::RemoveFollower{*account->follower});
  log::warning(fmt::format("\"{}\" is disconnected by uid {}", request.label, request.peer_uid));
  if (!saved) {
    ops::Failure failure{
        .error = fmt::format("\"{}\" is disconnected, but its key is still in the key store, which "
                             "cannot be written: {}",
                             request.label, saved.error().message()),
        .remedy =
            "check keys.file, its directory's rights and the disk; then connect and disconnect "
            "it again, or delete the key at the venue"};
    log::error(failure.error);
    reply.fail(failure);
    return;
  }
  reply(ops::JsonWriter()
            .begin_object()
            .member("ok", true)
            .member("label", request.label)
            .member("note", "its positions stay as they are; delete the key at the venue too")
            .end_object()
            .take());
}

void Supervisor::ask_book(ops::ControlRequest request, const ops::Reply& reply) {
  if (!request.label.empty() &&
      restrictions_.find(request.label) != Restrictions::Found::follower) {
    reply.fail({.error = fmt::format("no follower is called \"{}\"", request.label),
                .remedy = "copyctl status lists them"});
    return;
  }
  BookQuestion question{
      .query = next_query_++, .request = std::move(request), .reply = reply, .rows = {}};
  if (pipeline_ == nullptr) {
    const StatusParts parts = status_parts(&question.rows);
    reply(question.request.verb == ops::Verb::status
              ? status_reply(parts)
              : positions_reply(parts, question.request.label));
    return;
  }
  pipeline_->tell_copier(QueryBook{.query = question.query});
  questions_.push_back(std::move(question));
}

void Supervisor::take_book_answers() {
  BookAnswer answer;
  while (pipeline_->next_book_answer(answer)) {
    const auto query = std::visit([](const auto& part) { return part.query; }, answer);
    const auto it = std::find_if(questions_.begin(), questions_.end(),
                                 [&](const BookQuestion& q) { return q.query == query; });
    if (it == questions_.end()) continue;
    if (const auto* row = std::get_if<BookRow>(&answer)) {
      it->rows.push_back(*row);
      continue;
    }
    const StatusParts parts = status_parts(&it->rows);
    it->reply(it->request.verb == ops::Verb::status ? status_reply(parts)
                                                    : positions_reply(parts, it->request.label));
    questions_.erase(it);
  }
}

}  // namespace copyd::engine
