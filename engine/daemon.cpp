#include "engine/daemon.hpp"

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>

#include "config/built.hpp"
#include "config/load.hpp"
#include "core/agent.hpp"
#include "engine/supervisor.hpp"
#include "ops/log.hpp"
#include "ops/unlock.hpp"

namespace copyd::engine {
namespace {

namespace log = ops::log;

std::string_view name_of(config::Venue::Name name) noexcept {
  switch (name) {
    case config::Venue::Name::binance_usdm: return "binance-usdm";
    case config::Venue::Name::binance_usdm_testnet: return "binance-usdm-testnet";
    case config::Venue::Name::custom: return "custom";
  }
  return "custom";
}

venue::Endpoints endpoints_of(const config::Venue& venue) {
  switch (venue.name) {
    case config::Venue::Name::binance_usdm: return venue::Endpoints::binance_usdm();
    case config::Venue::Name::binance_usdm_testnet: return venue::Endpoints::binance_usdm_testnet();
    case config::Venue::Name::custom: break;
  }
  return {.rest = venue.rest, .sapi = venue.sapi, .ws_api = venue.ws_api, .streams = venue.streams};
}

void log_faults(const std::vector<config::Fault>& faults) {
  for (const auto& fault : faults)
    log::error(fmt::format("{}:{}:{}: {}", fault.file, fault.line, fault.column, fault.message));
}

// The configuration, if `run` may start with it.
std::optional<config::Config> usable_configuration(const std::string& file) {
  auto outcome = config::load_file(file);
  if (!outcome.config) {
    log_faults(outcome.faults);
    return std::nullopt;
  }
  for (const auto& note : outcome.notes) log::warning(note.message);
  const auto unbuilt = config::not_built_yet(*outcome.config, outcome.positions, file);
  if (!unbuilt.empty()) {
    log_faults(unbuilt);
    return std::nullopt;
  }
  return std::move(outcome.config);
}

std::optional<ops::KeyStore> open_store(const std::string& path, const std::string& passphrase_file) {
  auto sources = ops::UnlockSources::from_environment();
  sources.passphrase_file = passphrase_file;
  sources.new_store = !std::filesystem::exists(path);
  const auto unlock = ops::find_unlock(sources);
  if (!unlock) {
    log::error(fmt::format("{}: {}", unlock.error().error, unlock.error().remedy));
    return std::nullopt;
  }
  auto store = ops::KeyStore::open(path, unlock.value());
  if (!store) {
    log::error(fmt::format("the key store {} cannot be opened: {}", path, store.error().message()));
    return std::nullopt;
  }
  return std::move(store).value();
}

}  // namespace

int run_daemon(const DaemonOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  log::start(log::Options::from_environment(config::LogLevel::info));
  const auto config = usable_configuration(options.config_file);
  if (!config) return 1;
  log::start(log::Options::from_environment(config->log.level));

  auto store = open_store(config->keys.file, options.passphrase_file);
  if (!store) return 1;
  auto tls = net::TlsContext::create(config->venue.ca_file);
  if (!tls) {
    log::error(fmt::format("venue.ca_file {} cannot be used: {}", config->venue.ca_file,
                           tls.error().message()));
    return 1;
  }
  log::warning(
      "books begin empty: what the followers hold from before this start is not copyd's and will "
      "not be closed by it");
  const SteadyClock clock;
  Supervisor supervisor({.config = *config,
                         .venue_name = std::string(name_of(config->venue.name)),
                         .endpoints = endpoints_of(config->venue),
                         .tls = *tls,
                         .store = *store,
                         .clock = clock,
                         .usable_cpus = usable_cpus()});
  return supervisor.run();
}

int run_check(const CheckOptions& options) {
  const auto outcome = config::load_file(options.config_file);
  auto faults = outcome.faults;
  std::vector<config::Fault> unbuilt;
  if (outcome.config)
    unbuilt = config::not_built_yet(*outcome.config, outcome.positions, options.config_file);
  if (options.json) {
    fmt::print("{{\"ok\":{},\"faults\":{},\"notes\":{},\"not_built\":{}}}\n", faults.empty(),
               config::as_json(faults), config::as_json(outcome.notes), config::as_json(unbuilt));
  } else {
    fmt::print("{}{}{}", config::as_text(faults), config::as_text(outcome.notes),
               config::as_text(unbuilt));
    if (faults.empty())
      fmt::print("{}: no faults{}\n", options.config_file,
                 unbuilt.empty() ? "" : ", but `copyd run` refuses what is not built yet");
  }
  return faults.empty() ? 0 : 1;
}

}  // namespace copyd::engine
