#include "engine/pipeline.hpp"

#include <gtest/gtest.h>

#include <string>

#include "core/limits.hpp"

namespace copyd::engine {
namespace {

venue::Credentials some_key() {
  return {.api_key = Secret::copy_of("key"),
          .signer = *venue::Signer::hmac(Secret::copy_of("secret"))};
}

// The largest bursts that the supervisor makes while nobody takes anything.
TEST(Pipeline, AsManyFollowersAsThereMayBeAreToldBeforeItStarts) {
  config::Config config;
  config.leaders = {{.label = "leader"}};
  for (std::size_t i = 0; i < limits::followers_max; ++i) {
    config::Follower follower;
    follower.label = "follower" + std::to_string(i);
    config::Link link;
    link.leader = "leader";
    follower.links = {link};
    config.followers.push_back(std::move(follower));
  }
  SymbolTable symbols;
  symbols.add({.name = "BTCUSDT", .filters = SymbolFilters{}});
  const venue::Endpoints endpoints{.rest = "https://venue.test",
                                   .sapi = "",
                                   .ws_api = "wss://venue.test",
                                   .streams = "wss://venue.test"};
  const ManualClock clock;
  auto tls = net::TlsContext::create("");
  ASSERT_TRUE(tls);
  ThreadPlan plan;
  plan.lanes.resize(1);
  Pipeline pipeline({.config = config,
                     .symbols = symbols,
                     .endpoints = endpoints,
                     .clock = clock,
                     .tls = *tls,
                     .plan = plan,
                     .start_ns = 1});
  pipeline.tell_time({.at = clock.now(), .venue = VenueTime{1}});
  for (std::size_t i = 0; i < limits::followers_max; ++i) {
    const FollowerId id{static_cast<std::uint16_t>(i)};
    pipeline.tell_lane(id, exec::AddFollower{.follower = id, .credentials = some_key()});
    for (const auto cause : {StateCause::engine, StateCause::operator_, StateCause::leader})
      pipeline.tell_copier(SetState{.follower = id, .cause = cause});
  }
  EXPECT_FALSE(pipeline.drain());
}

}  // namespace
}  // namespace copyd::engine
