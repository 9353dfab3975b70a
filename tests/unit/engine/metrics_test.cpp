// Names, types and help of what /metrics shows (tests/golden/metrics.txt), and how many rows it may
// have.
#include "engine/metrics.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <set>
#include <sstream>

#include "core/limits.hpp"

namespace copyd::engine {
namespace {

config::Config config_of(std::size_t leaders, std::size_t followers, bool per_follower) {
  config::Config config;
  for (std::size_t i = 0; i < leaders; ++i)
    config.leaders.push_back({.label = "leader" + std::to_string(i)});
  for (std::size_t i = 0; i < followers; ++i) {
    config::Follower follower;
    follower.label = "follower" + std::to_string(i);
    config::Link link;
    link.leader = "leader0";
    follower.links = {link};
    config.followers.push_back(std::move(follower));
  }
  config.metrics.per_follower = per_follower;
  return config;
}

// An engine that was built and not started.
struct Built {
  explicit Built(config::Config given) : config(std::move(given)), roster(config) {
    symbols.add({.name = "BTCUSDT", .filters = SymbolFilters{}});
    plan.lanes.resize(2);
    pipeline = std::make_unique<Pipeline>(Pipeline::Parts{.config = config,
                                                          .symbols = symbols,
                                                          .endpoints = endpoints,
                                                          .clock = clock,
                                                          .tls = tls,
                                                          .plan = plan,
                                                          .start_ns = 1});
  }
  ops::MetricsPage page() {
    const StatusParts status{.config = config,
                             .venue_name = venue_name,
                             .symbols = symbols,
                             .roster = roster,
                             .pipeline = pipeline.get(),
                             .now = clock.now(),
                             .started = clock.now(),
                             .waiting_for = ""};
    const std::vector<Watchdog::Thread> threads{{.name = "copyd-all", .passes = 5, .moved = {}}};
    return metrics_page(
        {.status = status, .threads = threads, .wall_ns = 1'000'000'000, .venue_ahead_ms = 250});
  }

  config::Config config;
  const std::string venue_name = "custom";
  SymbolTable symbols;
  const venue::Endpoints endpoints{.rest = "https://venue.test",
                                   .sapi = "",
                                   .ws_api = "wss://venue.test",
                                   .streams = "wss://venue.test"};
  ManualClock clock;
  net::TlsContext tls = *net::TlsContext::create("");
  ThreadPlan plan;
  Roster roster;
  std::unique_ptr<Pipeline> pipeline;
};

std::string comments_of(const std::string& page) {
  std::istringstream lines(page);
  std::string comments;
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("#")) comments += line + '\n';
  return comments;
}

std::set<std::string> label_names_of(const std::string& page) {
  std::set<std::string> names;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    for (std::size_t at = 0; (at = line.find("=\"", at)) != std::string::npos; ++at) {
      const std::size_t begin = line.find_last_of("{,", at) + 1;
      names.insert(line.substr(begin, at - begin));
    }
  }
  return names;
}

// A dashboard, an alert or a query of somebody's depends on each of these names.
TEST(Metrics, NamesTypesAndHelpAreAsRecorded) {
  const std::string path = std::string(COPYD_SOURCE_DIR) + "/tests/golden/metrics.txt";
  std::ifstream file(path);
  std::ostringstream golden;
  golden << file.rdbuf();
  Built built(config_of(1, 1, false));
  EXPECT_EQ(comments_of(built.page().text()), golden.str()) << "recorded in " << path;
}

TEST(Metrics, WithoutPerFollowerNoRowIsAddedByAFollower) {
  const auto rows = [](std::size_t followers) {
    return Built(config_of(1, followers, false)).page().samples();
  };
  const std::size_t one = rows(1);
  EXPECT_EQ(rows(500), one);
  EXPECT_LT(one, 300U);
}

TEST(Metrics, WithPerFollowerRowsGrowByABoundedNumberForEach) {
  const auto rows = [](std::size_t followers) {
    return Built(config_of(1, followers, true)).page().samples();
  };
  const std::size_t one = rows(1);
  EXPECT_LE(rows(101) - one, 100U * 46U);
  EXPECT_GT(rows(101), one + 100U);
}

TEST(Metrics, LabelsAreOfAFixedSet) {
  EXPECT_EQ(label_names_of(Built(config_of(2, 3, false)).page().text()),
            (std::set<std::string>{"cause", "connection", "lane", "le", "leader", "link", "outcome",
                                   "reason", "stage", "state", "thread", "version", "way"}));
  EXPECT_TRUE(label_names_of(Built(config_of(2, 3, true)).page().text()).contains("follower"));
}

TEST(Metrics, BeforeTheVenueHasAnsweredTheProcessIsShown) {
  Built built(config_of(1, 1, false));
  built.pipeline.reset();
  const std::string text = built.page().text();
  EXPECT_NE(text.find("\ncopyd_ready 0\n"), std::string::npos) << text;
  EXPECT_NE(text.find("copyd_build_info{version="), std::string::npos);
  EXPECT_NE(text.find("\ncopyd_clock_offset_seconds 0.25\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("copyd_orders_total"), std::string::npos);
}

}  // namespace
}  // namespace copyd::engine
