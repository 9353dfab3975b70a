#include "engine/daemon.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>

#include "core/agent.hpp"
#include "engine/configuration.hpp"
#include "engine/key_check.hpp"
#include "engine/supervisor.hpp"
#include "engine/thread_plan.hpp"
#include "net/tls_transport.hpp"
#include "ops/environment.hpp"
#include "ops/log.hpp"
#include "ops/state_directory.hpp"
#include "ops/unlock.hpp"

namespace copyd::engine {
namespace {

namespace log = ops::log;

constexpr const char* credentials_variable = "CREDENTIALS_DIRECTORY";

std::string_view name_of(config::Venue::Name name) noexcept {
  switch (name) {
    case config::Venue::Name::binance_usdm:
      return "binance-usdm";
    case config::Venue::Name::binance_usdm_testnet:
      return "binance-usdm-testnet";
    case config::Venue::Name::custom:
      return "custom";
  }
  return "custom";
}

venue::Endpoints endpoints_of(const config::Venue& venue) {
  switch (venue.name) {
    case config::Venue::Name::binance_usdm:
      return venue::Endpoints::binance_usdm();
    case config::Venue::Name::binance_usdm_testnet:
      return venue::Endpoints::binance_usdm_testnet();
    case config::Venue::Name::custom:
      break;
  }
  return {.rest = venue.rest, .sapi = venue.sapi, .ws_api = venue.ws_api, .streams = venue.streams};
}

void log_faults(const std::vector<config::Fault>& faults) {
  for (const auto& fault : faults) {
    std::string text = config::as_text({&fault, 1});
    text.pop_back();  // a log line ends by itself
    log::error(text);
  }
}

// The configuration and what it was read from, if `run` may start with it.
std::optional<std::pair<config::Config, std::string>> usable_configuration(
    const std::string& file) {
  auto outcome = load_usable(file, ops::environment(credentials_variable));
  for (const auto& note : outcome.notes) log::warning(note.message);
  if (!outcome.config) {
    log_faults(outcome.faults);
    return std::nullopt;
  }
  return std::pair(std::move(*outcome.config), std::move(outcome.text));
}

// The exit code of a start that came to nothing.
int not_started(const ops::Failure& why) {
  log::error(fmt::format("{}: {}", why.error, why.remedy));
  return 1;
}

// Of a store that was made with the other kind.
ops::Failure other_unlock(const std::string& path, ops::Unlock::Kind opens) {
  if (opens == ops::Unlock::Kind::passphrase)
    return {.error = fmt::format("the key store {} is opened by a passphrase, and the systemd "
                                 "credential \"keyring\" is a key",
                                 path),
            .remedy = "start copyd without that credential, and give --passphrase-file"};
  return {
      .error = fmt::format("the key store {} is opened by the key in the systemd credential "
                           "\"keyring\", and a passphrase was given",
                           path),
      .remedy = "give the credential that it was made with (LoadCredentialEncrypted=keyring:…)"};
}

ops::Outcome<ops::KeyStore> open_store(const std::string& path,
                                       const std::string& passphrase_file) {
  auto sources = ops::UnlockSources::from_environment();
  sources.passphrase_file = passphrase_file;
  sources.new_store = !std::filesystem::exists(path);
  const auto unlock = ops::find_unlock(sources);
  if (!unlock) return unlock.error();
  auto store = ops::KeyStore::open(path, unlock.value());
  if (!store && store.error() == make_error_code(Errc::unlock_failed))
    if (const auto opens = ops::KeyStore::opened_by(path); opens && *opens != unlock.value().kind)
      return other_unlock(path, *opens);
  if (!store)
    return ops::Failure{
        .error =
            fmt::format("the key store {} cannot be opened: {}", path, store.error().message()),
        .remedy = store.error() == make_error_code(Errc::unlock_failed)
                      ? "give the passphrase or credential that it was made with; a damaged "
                        "file has to come from a backup, or be moved away and every account "
                        "connected again"
                      : "check keys.file, and that copyd's user may read it"};
  namespace fs = std::filesystem;
  std::error_code ignored;
  const auto others =
      fs::status(path, ignored).permissions() & (fs::perms::group_all | fs::perms::others_all);
  if (!sources.new_store && others != fs::perms::none)
    log::warning(fmt::format("{} can be read by others than its owner: chmod 600 {}", path, path));
  return std::move(store).value();
}

ops::Outcome<net::TlsContext> trusted(const std::string& ca_file) {
  auto tls = net::TlsContext::create(ca_file);
  if (tls) return std::move(tls).value();
  const bool readable = ::access(ca_file.c_str(), R_OK) == 0;
  return ops::Failure{
      .error = fmt::format(
          "venue.ca_file {} cannot be used: {}", ca_file,
          readable ? "no certificate can be read from it"
                   : boost::system::error_code(errno, boost::system::system_category()).message()),
      .remedy = "name a file of PEM certificates, or leave the key out"};
}

// Threads inherit it from the one that makes them; those of the path then go where they are pinned.
void keep_off(const config::Engine& engine, const std::vector<int>& usable) {
  const auto beside = cpus_beside(engine, usable);
  if (beside.empty() || beside.size() == usable.size()) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : beside) CPU_SET(static_cast<std::size_t>(cpu), &set);
  if (::sched_setaffinity(0, sizeof set, &set) != 0)
    log::warning(
        "control and metrics may run on the processors of the path: they could not be "
        "kept off them");
}

// A large block goes back to the kernel when it is freed. Else malloc learns from the first one (a
// segment of the journal while it is made smaller) to keep its like in the thread's heap for ever.
void return_large_blocks() {
  ::mallopt(M_MMAP_THRESHOLD, 128 << 10);
  // Of what is smaller so much stays in each thread's heap, so that nobody meets its pages anew.
  ::mallopt(M_TRIM_THRESHOLD, 1 << 20);
}

// What the path has touched once stays in memory, and no page of it goes to a disk. Only where the
// limit says that there is none: under a smaller one a later allocation would fail instead.
void lock_memory() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur != RLIM_INFINITY) return;
  if (::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0)
    log::warning("memory could not be locked: the path may wait for pages from the disk");
}

}  // namespace

int run_daemon(const DaemonOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  // Until the supervisor hears it: a reload that is asked for during the start must not end it.
  std::signal(SIGHUP, SIG_IGN);
  log::start(log::Options::from_environment(config::LogLevel::info));
  const auto configuration = usable_configuration(options.config_file);
  if (!configuration) return 1;
  const config::Config* const config = &configuration->first;
  log::start(log::Options::from_environment(config->log.level));
  const auto usable = usable_cpus();
  keep_off(config->engine, usable);
  lock_memory();
  return_large_blocks();

  const auto claim = ops::claim_state_directory(config->engine.state_dir);
  if (!claim) return not_started(claim.error());
  auto store = open_store(config->keys.file, options.passphrase_file);
  if (!store) return not_started(store.error());
  auto tls = trusted(config->venue.ca_file);
  if (!tls) return not_started(tls.error());
  const SteadyClock clock;
  const std::string credentials_directory = ops::environment(credentials_variable);
  Supervisor supervisor({.config = *config,
                         .config_file = options.config_file,
                         .config_text = configuration->second,
                         .venue_name = std::string(name_of(config->venue.name)),
                         .endpoints = endpoints_of(config->venue),
                         .tls = *tls,
                         .store = *store,
                         .clock = clock,
                         .usable_cpus = usable,
                         .credentials_directory = credentials_directory});
  return supervisor.run();
}

namespace {

ops::Outcome<std::vector<CheckedKey>> ask_about_keys(const config::Config& config,
                                                     const std::string& passphrase_file) {
  std::optional<ops::KeyStore> store;
  if (std::filesystem::exists(config.keys.file)) {
    auto opened = open_store(config.keys.file, passphrase_file);
    if (!opened) return std::move(opened).error();
    store = std::move(opened).value();
  }
  auto tls = trusted(config.venue.ca_file);
  if (!tls) return std::move(tls).error();
  const SteadyClock clock;
  const auto transport = net::make_tls_transport(*tls, clock);
  VenueApi venue(*transport, endpoints_of(config.venue), clock);
  const std::string venue_name(name_of(config.venue.name));
  return check_keys({.config = config,
                     .venue_name = venue_name,
                     .store = store ? &*store : nullptr,
                     .venue = venue,
                     .clock = clock});
}

// What `copyd check` has found.
struct Findings {
  std::vector<config::Fault> faults, notes;
  std::optional<ops::Outcome<std::vector<CheckedKey>>> keys;  // nothing: not asked

  bool good() const {
    if (!faults.empty()) return false;
    if (!keys) return true;
    return *keys && std::all_of((*keys)->begin(), (*keys)->end(),
                                [](const CheckedKey& key) { return key.good(); });
  }
};

void print_json(const Findings& found) {
  ops::JsonWriter out;
  out.begin_object().member("ok", found.good());
  out.key("faults").raw(config::as_json(found.faults));
  out.key("notes").raw(config::as_json(found.notes));
  if (found.keys && *found.keys) write(out.key("accounts"), **found.keys);
  if (found.keys && !*found.keys)
    out.member("error", found.keys->error().error).member("remedy", found.keys->error().remedy);
  out.end_object();
  fmt::print("{}\n", out.take());
}

void print_text(const Findings& found, const std::string& file) {
  fmt::print("{}{}", config::as_text(found.faults), config::as_text(found.notes));
  if (found.faults.empty()) fmt::print("{}: no faults\n", file);
  if (!found.keys) return;
  if (*found.keys) fmt::print("{}", as_text(**found.keys));
  else fmt::print("{}: {}\n", found.keys->error().error, found.keys->error().remedy);
}

}  // namespace

int run_check(const CheckOptions& options) {
  log::start(log::Options::from_environment(config::LogLevel::warning));
  const auto outcome = config::load_file(options.config_file);
  Findings found{.faults = outcome.faults, .notes = outcome.notes, .keys = {}};
  if (outcome.config) {
    auto alerts =
        alert_faults(outcome, options.config_file, ops::environment(credentials_variable));
    found.faults = std::move(alerts.faults);
    found.notes.insert(found.notes.end(), alerts.notes.begin(), alerts.notes.end());
  }
  if (options.online && found.faults.empty())
    found.keys = ask_about_keys(*outcome.config, options.passphrase_file);
  if (options.json) print_json(found);
  else print_text(found, options.config_file);
  return found.good() ? 0 : 1;
}

}  // namespace copyd::engine
