// A configuration that is written is read again as the same.
#include "config/write.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "document.hpp"

namespace copyd::config {
namespace {

void expect_same_again(const Config& config) {
  const std::string text = text_of(config);
  const LoadOutcome again = load_text(text);
  ASSERT_TRUE(again.config) << listed(again.faults) << text;
  EXPECT_TRUE(*again.config == config) << text << "\n--- and again\n" << text_of(*again.config);
  EXPECT_EQ(text_of(*again.config), text);
}

TEST(Write, TheSmallestFile) {
  expect_same_again(*Document().load().config);
}

TEST(Write, EveryKeyWithAnotherValueThanItsStandard) {
  const LoadOutcome outcome = load_text(R"(
[engine]
threads = "dedicated"
idle = "backoff"
cpus = { feed = 0, copy = 1, lanes = [2, 3, 1] }
batch = 8
lanes = 3
state_dir = "/srv/copy \"d\" ü"
control = "/srv/run/control"
http = ""
[venue]
name = "custom"
rest = "https://127.0.0.1:9443"
sapi = "https://127.0.0.1:9444"
ws_api = "wss://127.0.0.1:9443/ws-fapi/v1"
streams = "wss://127.0.0.1:9443"
ca_file = "/etc/ca.pem"
[keys]
file = "/srv/keys"
[[leader]]
label = "alpha"
connections = 2
[[leader]]
label = "beta"
[[follower]]
label = "bob"
state = "reduce_only"
connection = "shared"
limits.max_order_notional = 0.00000001
limits.max_position_notional = 92233720368.54775807
limits.max_total_notional = 3
limits.max_leverage = 7
limits.max_daily_loss = "12.345678%"
limits.max_drawdown = 250.5
limits.equity_floor = 10
limits.max_orders_per_10s = 40
limits.max_price_deviation_bps = 30
limits.max_order_qty = { BTCUSDT = 2.5, ETHUSDT = 1 }
[[follower.link]]
leader = "alpha"
sizing = { mode = "equity_ratio", multiplier = 1.5 }
order = { type = "market" }
inverse = true
min_order = "round_up"
round_up_from = 0.25
max_fill_age_ms = 1
symbols = { allow = ["BTCUSDT", "ETHUSDT"], deny = ["XRPUSDT"] }
leverage = 20
margin = "isolated"
on_start = "adopt"
[[follower.link]]
leader = "beta"
sizing = { mode = "fixed_notional", notional = 10 }
order = { max_slippage_bps = 7 }
leverage = "keep"
margin = "keep"
[[follower]]
label = "eve"
state = "shadow"
[[follower.link]]
leader = "beta"
sizing = { mode = "fixed_quantity", quantity = 0.001 }
margin = "cross"
[alerts]
webhook = { url_credential = "hook" }
telegram = { chat_id = "-100", token_file = "/etc/token" }
command = "/usr/bin/alert"
[metrics]
per_follower = true
[log]
level = "debug"
)");
  ASSERT_TRUE(outcome.config) << listed(outcome.faults);
  expect_same_again(*outcome.config);
}

TEST(Write, WhatIsRemovedIsReadOnlyOfWhatTheProgramWrote) {
  Config config = *Document().load().config;
  Follower eve = config.followers[0];
  eve.label = "eve";
  eve.removed = true;
  for (Link& link : eve.links) link.removed = true;
  config.followers.push_back(eve);
  Link second = config.followers[0].links[0];
  second.removed = true;
  config.followers[0].links.push_back(second);
  const std::string text = text_of(config);
  const LoadOutcome again = load_written(text, "journal");
  ASSERT_TRUE(again.config) << listed(again.faults);
  EXPECT_EQ(*again.config, config);
  EXPECT_NE(listed(load_text(text).faults).find("unknown key \"removed\" in `follower`"),
            std::string::npos)
      << "a user's file knows no such key: " << listed(load_text(text).faults);
}

TEST(Write, AnyAmounts) {
  std::mt19937_64 random(7);
  Config config = *Document().load().config;
  for (int i = 0; i < 2'000; ++i) {
    const auto units = [&] {
      return static_cast<std::int64_t>(1 + random() % (1ULL << (1 + random() % 62)));
    };
    Follower& bob = config.followers[0];
    bob.limits.max_order_notional = Usd::from_units(units());
    bob.limits.max_drawdown = LossLimit{Usd::from_units(units())};
    bob.limits.max_daily_loss =
        LossLimit{Ratio::from_units(1 + static_cast<std::int64_t>(random() % units_per_whole))};
    bob.links[0].sizing = FixedRatio{Ratio::from_units(units())};
    expect_same_again(config);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace copyd::config
