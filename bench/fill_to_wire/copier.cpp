#include "bench/fill_to_wire/copier.hpp"

#include <fmt/format.h>
#include <simdjson.h>
#include <csignal>
#include <stdexcept>

#include "ops/json.hpp"
#include "sim/signature.hpp"

namespace copyd::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto bot_start_max = 60s;

class FloorCopier final : public Copier {
 public:
  FloorCopier(int group, const FloorSetup& setup) : Copier("floor", group), floor_(setup) {}
  void resume() override { floor_.resume(); }
  void pause() override { floor_.pause(); }

 private:
  Floor floor_;
};

class PeerCopier final : public Copier {
 public:
  PeerCopier(std::string name, int group, engine::Process process)
      : Copier(std::move(name), group), process_(std::move(process)) {}
  ~PeerCopier() override { process_.signal(SIGCONT); }
  void resume() override { process_.signal(SIGCONT); }
  void pause() override { process_.signal(SIGSTOP); }
  std::int64_t resident_kib() override { return resident_kib_of(process_.pid()); }

 private:
  engine::Process process_;
};

class EngineCopier final : public Copier {
 public:
  EngineCopier(const EngineOptions& options, int group)
      : Copier(options.name, group), engine_(options) {}
  EngineProcess& engine() noexcept { return engine_; }
  void resume() override { engine_.process().signal(SIGCONT); }
  void pause() override { engine_.process().signal(SIGSTOP); }
  std::string stages() override { return latency_of("/latency_ns"); }
  std::string first_words() override { return latency_of("/leaders/0"); }
  std::int64_t resident_kib() override { return resident_kib_of(engine_.process().pid()); }
  std::int64_t ready_ms() const override { return engine_.ready_ms(); }
  std::vector<std::int64_t> end_and_last_left(std::span<const TurnFills> turns) override {
    engine_.stop();
    return engine_.last_left(turns);
  }

 private:
  std::string latency_of(const char* pointer) {
    const std::string reply = engine_.ask("latency");
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    simdjson::dom::element part;
    if (parser.parse(reply).get(root) != simdjson::SUCCESS ||
        root.at_pointer(pointer).get(part) != simdjson::SUCCESS)
      return "{}";
    return simdjson::minify(part);
  }

  EngineProcess engine_;
};

std::vector<std::string> follower_keys(BenchVenue& venue, int group, std::size_t followers) {
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < followers; ++i)
    keys.push_back(venue.api_key(group, static_cast<int>(i)));
  return keys;
}

}  // namespace

Started start_floor(BenchVenue& venue, const FloorOptions& options) {
  const int group = venue.add_group("floor", options.followers);
  const FloorSetup setup{.port = venue.port(),
                         .leader_key = venue.api_key(group, BenchVenue::leader),
                         .follower_keys = follower_keys(venue, group, options.followers),
                         .shared_connection = options.shared_connection,
                         .logged_on = options.logged_on,
                         .cpu = options.cpu};
  try {
    return {.copier = std::make_unique<FloorCopier>(group, setup), .failure = {}};
  } catch (const std::runtime_error& error) { return {.copier = {}, .failure = error.what()}; }
}

Started start_peer(BenchVenue& venue, const PeerOptions& options) {
  const std::string name = options.client + "-" + options.way;
  const int group = venue.add_group(options.client + options.way, options.followers);
  const std::string host = fmt::format("127.0.0.1:{}", venue.port());
  ops::JsonWriter where;
  where.begin_object()
      .member("rest", "https://" + host)
      .member("wsApi", "wss://" + host + "/ws-fapi/v1")
      .member("streams", "wss://" + host)
      .member("leader", venue.api_key(group, BenchVenue::leader));
  where.key("followers").begin_array();
  for (const auto& key : follower_keys(venue, group, options.followers)) where.value(key);
  where.end_array().end_object();
  auto bot = engine::Process::spawn(
      {.arguments = {"/usr/bin/setpriv", "--pdeathsig", "KILL", "/usr/bin/env",
                     "NODE_EXTRA_CA_CERTS=" + venue.ca_file(), "LOG_LEVEL=error", "node",
                     COPYD_PEERS "/bot.mjs", options.client, options.way, where.take()},
       .input = {},
       .error_file = fmt::format("/tmp/copyd-bench-{}.log", name)});
  if (!bot) return {.copier = {}, .failure = name + ": node cannot be started"};
  const auto line = bot->read_line(bot_start_max);
  if (line != "ready")
    return {.copier = {},
            .failure = fmt::format("{}: {} (/tmp/copyd-bench-{}.log)", name,
                                   line.value_or("does not get ready"), name)};
  auto copier = std::make_unique<PeerCopier>(name, group, std::move(*bot));
  if (!venue.watched(group))
    return {.copier = {}, .failure = name + ": it does not listen to its leader"};
  copier->pause();
  return {.copier = std::move(copier), .failure = {}};
}

Started start_engine(BenchVenue& venue, const EngineOptions& options) {
  const int group = venue.add_group("copyd", options.followers);
  const std::string host = fmt::format("127.0.0.1:{}", venue.port());
  sim::Random random(1);
  std::vector<EngineKey> keys;
  for (int i = BenchVenue::leader; i < static_cast<int>(options.followers); ++i) {
    const bool pem = options.ed25519 && i != BenchVenue::leader;
    keys.push_back({.api_key = venue.api_key(group, i),
                    .secret = pem ? sim::new_ed25519_pem(random) : sim::new_hmac_secret(random),
                    .pem = pem});
  }
  auto copier = std::make_unique<EngineCopier>(options, group);
  auto failure = copier->engine().start({.rest = "https://" + host,
                                         .sapi = "https://" + host,
                                         .ws_api = "wss://" + host + "/ws-fapi/v1",
                                         .streams = "wss://" + host,
                                         .ca_file = venue.ca_file()},
                                        keys);
  if (!failure.empty()) return {.copier = {}, .failure = std::move(failure)};
  copier->pause();
  return {.copier = std::move(copier), .failure = {}};
}

}  // namespace copyd::bench
