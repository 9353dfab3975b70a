// Reading single values: what is taken, what is refused, where and with which words.
#include "config/load.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "config/keys.hpp"
#include "document.hpp"

namespace copyd::config {
namespace {

// The one fault of a document in which `key` has this value; it stands at the value.
std::string fault_of(std::string_view key, std::string_view value) {
  Document document;
  document.set(key, value);
  const LoadOutcome outcome = document.load();
  EXPECT_FALSE(outcome.config.has_value());
  if (outcome.faults.size() != 1) return "not one fault:\n" + listed(outcome.faults);
  const Fault& fault = outcome.faults.front();
  const Position at = document.place_of(key);
  EXPECT_EQ(fault.line, at.line) << fault.message;
  EXPECT_EQ(fault.column, at.column) << fault.message;
  EXPECT_EQ(fault.file, "test.toml");
  return fault.message;
}

Config config_of(const Document& document) {
  LoadOutcome outcome = document.load();
  EXPECT_EQ(listed(outcome.faults), "");
  return outcome.config.value_or(Config{});
}

TEST(Load, TheSmallestFileHasTheDefaults) {
  const Config config = config_of(Document());
  Config expected;
  expected.leaders = {{.label = "alpha"}};
  Link link;
  link.leader = "alpha";
  link.sizing = FixedRatio{Ratio::whole(1)};
  Follower follower;
  follower.label = "bob";
  follower.links = {link};
  expected.followers = {follower};
  EXPECT_EQ(config, expected);
}

TEST(Load, EveryKeyIsTakenOver) {
  const LoadOutcome outcome = load_text(R"(
[engine]
threads = "dedicated"
idle = "backoff"
cpus = { feed = 0, copy = 1, lanes = [2, 3, 1] }
batch = 8
lanes = 3
state_dir = "/srv/copyd"
control = "/srv/run/control"
http = "127.0.0.1:9464"
[venue]
name = "custom"
rest = "https://127.0.0.1:9443/"
sapi = "https://localhost:9444"
ws_api = "wss://[::1]:9443/ws-fapi/v1"
streams = "wss://127.0.0.1:9443"
ca_file = "/tmp/ca.pem"
[keys]
file = "/srv/keys"
[[leader]]
label = "alpha"
connections = 2
[[leader]]
label = "beta"
[[follower]]
label = "bob"
state = "shadow"
connection = "shared"
  [follower.limits]
  max_order_notional = 5000
  max_position_notional = 20_000.5
  max_total_notional = "50000"
  max_leverage = 10
  max_daily_loss = "5%"
  max_drawdown = 12.25
  equity_floor = 200
  max_orders_per_10s = 100
  max_price_deviation_bps = 200
  max_order_qty = { BTCUSDT = 2, ETHUSDT = "0.5" }
  [[follower.link]]
  leader = "beta"
  sizing = { mode = "equity_ratio", multiplier = 1.5 }
  order = { type = "limit_ioc", max_slippage_bps = 30 }
  inverse = true
  min_order = "round_up"
  round_up_from = 0.25
  max_fill_age_ms = 600000
  symbols = { allow = ["BTCUSDT", "ETHUSDT"], deny = ["DOGEUSDT"] }
  leverage = 20
  margin = "isolated"
  on_start = "adopt"
[alerts]
webhook = { url_credential = "hook" }
telegram = { chat_id = "-100123", token_credential = "telegram" }
command = "/usr/local/bin/alert"
[metrics]
per_follower = true
[log]
level = "warning"
)");
  ASSERT_EQ(listed(outcome.faults), "");
  const Config& config = *outcome.config;
  EXPECT_EQ(config.engine, (Engine{.threads = Threads::dedicated,
                                   .idle = IdleKind::backoff,
                                   .cpus = {.feed = 0, .copy = 1, .lanes = {2, 3, 1}},
                                   .batch = 8,
                                   .lanes = 3,
                                   .state_dir = "/srv/copyd",
                                   .control = "/srv/run/control",
                                   .http = "127.0.0.1:9464"}));
  EXPECT_EQ(config.venue, (Venue{.name = Venue::Name::custom,
                                 .rest = "https://127.0.0.1:9443",
                                 .sapi = "https://localhost:9444",
                                 .ws_api = "wss://[::1]:9443/ws-fapi/v1",
                                 .streams = "wss://127.0.0.1:9443",
                                 .ca_file = "/tmp/ca.pem"}));
  EXPECT_EQ(config.keys.file, "/srv/keys");
  EXPECT_EQ(config.leaders, (std::vector<Leader>{{.label = "alpha", .connections = 2},
                                                 {.label = "beta", .connections = 2}}));
  ASSERT_EQ(config.followers.size(), 1U);
  const Follower& follower = config.followers[0];
  EXPECT_EQ(follower.label, "bob");
  EXPECT_EQ(follower.state, FollowerMode::shadow);
  EXPECT_EQ(follower.connection, Connection::shared);
  const Limits& limits = follower.limits;
  EXPECT_EQ(limits.max_order_notional, Usd::whole(5000));
  EXPECT_EQ(limits.max_position_notional, Usd::parse("20000.5"));
  EXPECT_EQ(limits.max_total_notional, Usd::whole(50000));
  EXPECT_EQ(limits.max_leverage, 10);
  EXPECT_EQ(limits.max_daily_loss, LossLimit{*Ratio::parse("0.05")});
  EXPECT_EQ(limits.max_drawdown, LossLimit{*Usd::parse("12.25")});
  EXPECT_EQ(limits.equity_floor, Usd::whole(200));
  EXPECT_EQ(limits.max_orders_per_10s, 100);
  EXPECT_EQ(limits.max_price_deviation_bps, 200);
  EXPECT_EQ(limits.max_order_qty, (std::map<std::string, Qty>{{"BTCUSDT", Qty::whole(2)},
                                                              {"ETHUSDT", *Qty::parse("0.5")}}));
  ASSERT_EQ(follower.links.size(), 1U);
  Link link;
  link.leader = "beta";
  link.sizing = EquityRatio{*Ratio::parse("1.5")};
  link.order = {.type = OrderStyle::Type::limit_ioc, .max_slippage_bps = 30};
  link.inverse = true;
  link.min_order = MinOrder::round_up;
  link.round_up_from = *Ratio::parse("0.25");
  link.max_fill_age = std::chrono::milliseconds(600000);
  link.allow = {"BTCUSDT", "ETHUSDT"};
  link.deny = {"DOGEUSDT"};
  link.leverage = {.kind = Leverage::Kind::fixed, .value = 20};
  link.margin = Margin::isolated;
  link.on_start = OnStart::adopt;
  EXPECT_EQ(follower.links[0], link);
  EXPECT_EQ(config.alerts, (Alerts{.webhook_url_credential = "hook",
                                   .telegram_chat_id = "-100123",
                                   .telegram_token_credential = "telegram",
                                   .telegram_token_file = "",
                                   .command = "/usr/local/bin/alert"}));
  EXPECT_TRUE(config.metrics.per_follower);
  EXPECT_EQ(config.log.level, LogLevel::warning);
}

TEST(Load, EveryChoiceIsTakenAsItsOwnValue) {
  const auto engine = [](std::string_view key, std::string_view value) {
    return config_of(Document().set(key, value)).engine;
  };
  EXPECT_EQ(engine("engine.threads", "\"auto\"").threads, Threads::auto_);
  EXPECT_EQ(engine("engine.threads", "\"dedicated\"").threads, Threads::dedicated);
  EXPECT_EQ(engine("engine.threads", "\"shared\"").threads, Threads::shared);
  EXPECT_EQ(engine("engine.idle", "\"spin\"").idle, IdleKind::spin);
  EXPECT_EQ(engine("engine.idle", "\"backoff\"").idle, IdleKind::backoff);
  EXPECT_EQ(engine("engine.idle", "\"sleep\"").idle, IdleKind::sleep);
  const auto venue = [](std::string_view value) {
    return config_of(Document().set("venue.name", value)).venue.name;
  };
  EXPECT_EQ(venue("\"binance-usdm\""), Venue::Name::binance_usdm);
  EXPECT_EQ(venue("\"binance-usdm-testnet\""), Venue::Name::binance_usdm_testnet);
  const auto follower = [](std::string_view key, std::string_view value) {
    return config_of(Document().set(key, value)).followers.at(0);
  };
  EXPECT_EQ(follower("follower.state", "\"active\"").state, FollowerMode::active);
  EXPECT_EQ(follower("follower.state", "\"reduce_only\"").state, FollowerMode::reduce_only);
  EXPECT_EQ(follower("follower.state", "\"halted\"").state, FollowerMode::halted);
  EXPECT_EQ(follower("follower.state", "\"shadow\"").state, FollowerMode::shadow);
  EXPECT_EQ(follower("follower.connection", "\"auto\"").connection, Connection::auto_);
  EXPECT_EQ(follower("follower.connection", "\"own\"").connection, Connection::own);
  EXPECT_EQ(follower("follower.connection", "\"shared\"").connection, Connection::shared);
  const auto link = [](std::string_view key, std::string_view value) {
    return config_of(Document().set(key, value)).followers.at(0).links.at(0);
  };
  using Type = OrderStyle::Type;
  EXPECT_EQ(link("follower.link.order.type", "\"market\"").order.type, Type::market);
  EXPECT_EQ(link("follower.link.order.type", "\"limit_ioc\"").order.type, Type::limit_ioc);
  EXPECT_EQ(link("follower.link.min_order", "\"carry\"").min_order, MinOrder::carry);
  EXPECT_EQ(link("follower.link.min_order", "\"round_up\"").min_order, MinOrder::round_up);
  EXPECT_EQ(link("follower.link.leverage", "\"mirror\"").leverage.kind, Leverage::Kind::mirror);
  EXPECT_EQ(link("follower.link.leverage", "\"keep\"").leverage.kind, Leverage::Kind::keep);
  EXPECT_EQ(link("follower.link.margin", "\"mirror\"").margin, Margin::mirror);
  EXPECT_EQ(link("follower.link.margin", "\"keep\"").margin, Margin::keep);
  EXPECT_EQ(link("follower.link.margin", "\"cross\"").margin, Margin::cross);
  EXPECT_EQ(link("follower.link.margin", "\"isolated\"").margin, Margin::isolated);
  EXPECT_EQ(link("follower.link.on_start", "\"ignore\"").on_start, OnStart::ignore);
  EXPECT_EQ(link("follower.link.on_start", "\"adopt\"").on_start, OnStart::adopt);
  const auto level = [](std::string_view value) {
    return config_of(Document().set("log.level", value)).log.level;
  };
  EXPECT_EQ(level("\"debug\""), LogLevel::debug);
  EXPECT_EQ(level("\"info\""), LogLevel::info);
  EXPECT_EQ(level("\"warning\""), LogLevel::warning);
  EXPECT_EQ(level("\"error\""), LogLevel::error);
}

TEST(Load, EverySizingModeTakesItsAmount) {
  const auto sizing = [](std::string_view text) {
    Document document;
    document.remove("follower.link.sizing.mode").remove("follower.link.sizing.ratio");
    return config_of(document.set("follower.link.sizing", text)).followers.at(0).links.at(0).sizing;
  };
  EXPECT_EQ(sizing("{ mode = 'fixed_ratio', ratio = 0.1 }"),
            Sizing(FixedRatio{*Ratio::parse("0.1")}));
  EXPECT_EQ(sizing("{ mode = 'equity_ratio' }"), Sizing(EquityRatio{Ratio::whole(1)}));
  EXPECT_EQ(sizing("{ mode = 'equity_ratio', multiplier = 2 }"),
            Sizing(EquityRatio{Ratio::whole(2)}));
  EXPECT_EQ(sizing("{ mode = 'fixed_notional', notional = 100 }"),
            Sizing(FixedNotional{Usd::whole(100)}));
  EXPECT_EQ(sizing("{ mode = 'fixed_quantity', quantity = '0.01' }"),
            Sizing(FixedQuantity{*Qty::parse("0.01")}));
}

// Every key of the table is read: a value that no kind takes is refused at its place, by name.
TEST(Load, EveryKeyRefusesAValueOfTheWrongType) {
  for (const Key& key : all_keys()) {
    Document document;
    document.set(key.path, "2020-01-01");
    const LoadOutcome outcome = document.load();
    const Position at = document.place_of(key.path);
    bool named = false;
    for (const Fault& fault : outcome.faults) {
      named = named || (fault.line == at.line && fault.column == at.column &&
                        fault.message == "`" + std::string(key.path) + "` must be " + must_be(key) +
                                             ", not a date or time");
    }
    EXPECT_TRUE(named) << key.path << '\n' << listed(outcome.faults);
  }
}

TEST(Load, WholeNumbersHaveBounds) {
  struct Bound {
    std::string_view key;
    std::int64_t least;
    std::int64_t most;
  };
  for (const Bound& bound :
       {Bound{"engine.lanes", 1, 16}, Bound{"engine.batch", 1, 64},
        Bound{"leader.connections", 1, 2}, Bound{"follower.limits.max_leverage", 1, 125},
        Bound{"follower.limits.max_orders_per_10s", 1, 300},
        Bound{"follower.limits.max_price_deviation_bps", 1, 10000},
        Bound{"follower.link.order.max_slippage_bps", 1, 10000},
        Bound{"follower.link.max_fill_age_ms", 1, 86'400'000}}) {
    const std::string range = "`" + std::string(bound.key) + "` must be an integer from " +
                              std::to_string(bound.least) + " to " + std::to_string(bound.most);
    for (const std::int64_t good : {bound.least, bound.most}) {
      EXPECT_TRUE(Document().set(bound.key, std::to_string(good)).load().config) << bound.key;
    }
    for (const std::int64_t bad : {bound.least - 1, bound.most + 1, std::int64_t{-1}, INT64_MAX}) {
      const std::string text = std::to_string(bad);
      EXPECT_EQ(fault_of(bound.key, text), range + ", not " + text);
    }
    EXPECT_EQ(fault_of(bound.key, "2.0"), range + ", not 2.0");
    EXPECT_EQ(fault_of(bound.key, "true"), range + ", not true");
    EXPECT_EQ(fault_of(bound.key, "\"2\""),
              range + ", not the string \"2\": write it without quotes");
  }
  EXPECT_TRUE(Document().set("follower.link.leverage", "125").load().config);
  const std::string leverage =
      "`follower.link.leverage` must be \"mirror\" or \"keep\", or an integer from 1 to 125, not ";
  EXPECT_EQ(fault_of("follower.link.leverage", "126"), leverage + "126");
  EXPECT_EQ(fault_of("follower.link.leverage", "0"), leverage + "0");
  EXPECT_EQ(fault_of("follower.link.leverage", "\"mirrored\""),
            leverage + "the string \"mirrored\": did you mean \"mirror\"?");
}

TEST(Load, ChoicesSayWhatThereIsAndWhatWasMeant) {
  EXPECT_EQ(fault_of("venue.name", "\"binance\""),
            "`venue.name` must be \"binance-usdm\", \"binance-usdm-testnet\" or \"custom\", not "
            "the string \"binance\": did you mean \"binance-usdm\"?");
  EXPECT_EQ(fault_of("engine.threads", "\"Dedicated\""),
            "`engine.threads` must be \"auto\", \"dedicated\" or \"shared\", not the string "
            "\"Dedicated\": did you mean \"dedicated\"?");
  EXPECT_EQ(fault_of("follower.state", "\"on\""),
            "`follower.state` must be \"active\", \"reduce_only\", \"halted\" or \"shadow\", not "
            "the string \"on\"");
  EXPECT_EQ(fault_of("log.level", "3"),
            "`log.level` must be \"debug\", \"info\", \"warning\" or \"error\", not 3");
  EXPECT_EQ(fault_of("follower.link.inverse", "\"no\""),
            "`follower.link.inverse` must be true or false, not the string \"no\"");
}

TEST(Load, LabelsPathsAndAddressesHaveAForm) {
  const std::string label =
      "`leader.label` must be 1 to 31 characters of A-Z a-z 0-9 _ . - that do not begin with -, "
      "not ";
  for (const std::string& bad : {std::string("a b"), std::string("ä"), std::string(32, 'x'),
                                 std::string("a/b"), std::string("--all")}) {
    Document document;
    document.set("leader.label", '"' + bad + '"').set("follower.link.leader", '"' + bad + '"');
    const LoadOutcome outcome = document.load();
    ASSERT_EQ(outcome.faults.size(), 2U) << listed(outcome.faults);
    EXPECT_EQ(outcome.faults[0].message, label + "the string \"" + bad + '"');
  }
  const std::string longest(31, 'x');
  EXPECT_TRUE(Document().set("follower.label", '"' + longest + '"').load().config);
  EXPECT_EQ(fault_of("engine.state_dir", "\"var\""),
            "`engine.state_dir` must be an absolute path, not the string \"var\": it does not "
            "begin with /");
  EXPECT_EQ(fault_of("keys.file", "\"\""),
            "`keys.file` must be an absolute path, not the string \"\": it is empty");
  EXPECT_EQ(fault_of("venue.ca_file", "\"/etc/../ca.pem\""),
            "`venue.ca_file` must be an absolute path, not the string \"/etc/../ca.pem\": write it "
            "without \"..\"");
  EXPECT_EQ(fault_of("engine.http", "\"9464\""),
            "`engine.http` must be \"host:port\", or \"\" for off, not the string \"9464\": it has "
            "no port");
  EXPECT_EQ(fault_of("engine.http", "\"localhost:65536\""),
            "`engine.http` must be \"host:port\", or \"\" for off, not the string "
            "\"localhost:65536\": its port is not a number from 0 to 65535");
  EXPECT_TRUE(Document().set("engine.http", "\"localhost:0\"").load().config);
  EXPECT_TRUE(Document().set("engine.http", "\"[::1]:9464\"").load().config);
}

TEST(Load, ACustomVenueNeedsItsFourAddresses) {
  Document document;
  document.set("venue.name", "\"custom\"");
  EXPECT_EQ(listed(document.load().faults),
            "2:14: `venue.rest` is missing; with venue.name = \"custom\" it must be an address "
            "like \"https://host:port\"\n"
            "2:14: `venue.sapi` is missing; with venue.name = \"custom\" it must be an address "
            "like \"https://host:port\"\n"
            "2:14: `venue.ws_api` is missing; with venue.name = \"custom\" it must be an address "
            "like \"wss://host:port\"\n"
            "2:14: `venue.streams` is missing; with venue.name = \"custom\" it must be an address "
            "like \"wss://host:port\"\n");
  document.set("venue.rest", "\"https://127.0.0.1:9443\"");
  document.set("venue.sapi", "\"https://127.0.0.1:9443\"");
  document.set("venue.ws_api", "\"wss://127.0.0.1:9443/ws-fapi/v1\"");
  document.set("venue.streams", "\"wss://127.0.0.1:9443/\"");
  const LoadOutcome outcome = document.load();
  ASSERT_EQ(listed(outcome.faults), "");
  EXPECT_EQ(outcome.config->venue.streams, "wss://127.0.0.1:9443");
  EXPECT_TRUE(outcome.notes.empty());
}

TEST(Load, AnAddressHasItsSchemeAHostAndNothingElse) {
  const auto why = [](std::string_view key, std::string value) {
    const std::string message = fault_of(key, '"' + value + '"');
    const std::string shown = "not the string \"" + value + "\": ";
    const std::size_t at = message.find(shown);
    return at == std::string::npos ? message : message.substr(at + shown.size());
  };
  EXPECT_EQ(why("venue.rest", "http://venue.test"), "it does not begin with https://");
  EXPECT_EQ(why("venue.sapi", "wss://venue.test"), "it does not begin with https://");
  EXPECT_EQ(why("venue.ws_api", "ws://venue.test"), "it does not begin with wss://");
  EXPECT_EQ(why("venue.streams", "https://venue.test"), "it does not begin with wss://");
  EXPECT_EQ(why("venue.rest", "https://"), "it has no valid host");
  EXPECT_EQ(why("venue.rest", "https://:9443"), "it has no valid host");
  EXPECT_EQ(why("venue.rest", "https://a b"), "it contains a space or a special character");
  EXPECT_EQ(why("venue.rest", "https://user@venue.test"), "it names a user");
  EXPECT_EQ(why("venue.rest", "https://venue.test?x=1"), "it has a query or a fragment");
  EXPECT_EQ(why("venue.rest", "https://venue.test:0"), "its port is not a number from 1 to 65535");
  EXPECT_EQ(why("venue.rest", "https://venue.test:65536"),
            "its port is not a number from 1 to 65535");
  EXPECT_EQ(why("venue.rest", "https://venue.test:"), "its port is not a number from 1 to 65535");
}

TEST(Load, AddressesAreIgnoredWithANoteUnlessTheVenueIsCustom) {
  const LoadOutcome outcome =
      Document().set("venue.rest", "\"https://venue.test\"").set("venue.ca_file", "'/a'").load();
  ASSERT_TRUE(outcome.config) << listed(outcome.faults);
  EXPECT_EQ(outcome.config->venue.rest, "");
  EXPECT_EQ(outcome.config->venue.ca_file, "/a");
  EXPECT_EQ(listed(outcome.notes),
            "3:7: `venue.rest` is ignored: it counts with venue.name = \"custom\" only\n");
}

TEST(Load, SizingTakesTheAmountOfItsModeAlone) {
  Document document;
  document.set("follower.link.sizing.mode", "\"fixed_notional\"");
  EXPECT_EQ(listed(document.load().faults),
            "9:1: `follower.link.sizing.notional` is missing; with mode = \"fixed_notional\" it "
            "must be an amount above 0 with at most 8 decimals\n"
            "10:8: `follower.link.sizing.ratio` has no meaning with mode = \"fixed_notional\"; "
            "that mode takes `notional`\n");
  EXPECT_EQ(fault_of("follower.link.sizing.mode", "\"ratio\""),
            "`follower.link.sizing.mode` must be \"fixed_ratio\", \"equity_ratio\", "
            "\"fixed_notional\" or \"fixed_quantity\", not the string \"ratio\"");
}

TEST(Load, AMarketOrderHasNoSlippageBound) {
  Document document;
  document.set("follower.link.order.type", "\"market\"");
  document.set("follower.link.order.max_slippage_bps", "50");
  EXPECT_EQ(listed(document.load().faults),
            "12:7: `follower.link.order.max_slippage_bps` does not bound a market order; write "
            "type = \"limit_ioc\" or leave it out\n");
}

TEST(Load, RequiredKeysAreMissed) {
  EXPECT_EQ(listed(Document().remove("venue.name").load().faults),
            "1:1: `venue.name` is missing; it must be \"binance-usdm\", \"binance-usdm-testnet\" "
            "or \"custom\" in a table [venue]\n");
  EXPECT_EQ(
      listed(load_text("[venue]\nca_file = '/a'\n[[leader]]\n[[follower]]\n"
                       "[[follower.link]]\n")
                 .faults),
      "1:1: `venue.name` is missing; it must be \"binance-usdm\", \"binance-usdm-testnet\" "
      "or \"custom\"\n"
      "3:1: `leader.label` is missing; it must be 1 to 31 characters of A-Z a-z 0-9 _ . - "
      "that do not begin with -\n"
      "4:1: `follower.label` is missing; it must be 1 to 31 characters of A-Z a-z 0-9 _ . - "
      "that do not begin with -\n"
      "5:1: `follower.link.leader` is missing; it must be 1 to 31 characters of A-Z a-z 0-9 _ "
      ". - that do not begin with -\n"
      "5:1: `follower.link.sizing` is missing; it must be a table like { mode = "
      "\"fixed_ratio\", ratio = 0.5 }\n");
}

TEST(Load, UnknownKeysSayWhatWasMeant) {
  const auto message = [](std::string_view key) {
    Document document;
    document.set(key, "1");
    const LoadOutcome outcome = document.load();
    if (outcome.faults.size() != 1) return "not one fault:\n" + listed(outcome.faults);
    EXPECT_EQ(outcome.faults[0].line, document.place_of(key).line);
    return outcome.faults[0].message;
  };
  EXPECT_EQ(message("engine.lane"), "unknown key \"lane\" in `engine`; did you mean `lanes`?");
  EXPECT_EQ(message("engine.State-Dir"),
            "unknown key \"State-Dir\" in `engine`; did you mean `state_dir`?");
  EXPECT_EQ(message("follower.limits.max_oder_notional"),
            "unknown key \"max_oder_notional\" in `follower.limits`; did you mean "
            "`max_order_notional`?");
  EXPECT_EQ(message("follower.link.order.max_slippage"),
            "unknown key \"max_slippage\" in `follower.link.order`; did you mean "
            "`max_slippage_bps`?");
  EXPECT_EQ(message("leader.state_dir"),
            "unknown key \"state_dir\" in `leader`; it belongs in `engine`");
  EXPECT_EQ(message("metrics.quux"),
            "unknown key \"quux\" in `metrics`; known here: `per_follower`");
  EXPECT_EQ(message("alert"),
            "unknown key \"alert\" at the top of the file; did you mean "
            "`alerts`?");
  EXPECT_EQ(message("follower.link.sizing.rati0"),
            "unknown key \"rati0\" in `follower.link.sizing`; did you mean `ratio`?");
}

TEST(Load, AnUnknownKeyStandsAtTheKey) {
  const LoadOutcome outcome = load_text("venue.name = 'custom'\n[engine]\n   lone = 1\n");
  ASSERT_FALSE(outcome.faults.empty());
  bool found = false;
  for (const Fault& fault : outcome.faults) found = found || (fault.line == 3 && fault.column == 4);
  EXPECT_TRUE(found) << listed(outcome.faults);
}

TEST(Load, TablesAndListsAreToldApart) {
  EXPECT_EQ(fault_of("engine", "5"), "`engine` must be a table like [engine], not 5");
  EXPECT_EQ(fault_of("follower.link.symbols", "[\"BTCUSDT\"]"),
            "`follower.link.symbols` must be a table like { allow = [], deny = [] }, not a list");
  EXPECT_EQ(listed(load_text("venue.name = 'binance-usdm'\n[leader]\nlabel = 'alpha'\n"
                             "[[follower]]\nlabel = 'bob'\n[[follower.link]]\nleader = 'alpha'\n"
                             "sizing = { mode = 'equity_ratio' }\n")
                       .faults),
            "2:1: `leader` is a list: write [[leader]]\n");
  EXPECT_EQ(listed(load_text("venue.name = 'binance-usdm'\nfollower = 1\nleader = [2]\n").faults),
            "2:12: `follower` must be written as [[follower]] tables, not 1\n"
            "3:11: an entry of `leader` must be a [[leader]] table, not 2\n");
}

TEST(Load, SymbolListsHoldSymbols) {
  const auto message = [](std::string_view value) {
    const LoadOutcome outcome = Document().set("follower.link.symbols.allow", value).load();
    return listed(outcome.faults);
  };
  const std::string start =
      "11:18: `follower.link.symbols.allow` must hold symbols like "
      "\"BTCUSDT\", not ";
  EXPECT_EQ(message("[\"btcusdt\"]"),
            start + "the string \"btcusdt\": a symbol is written in capital letters\n");
  EXPECT_EQ(message("[\"BTC USDT\"]"),
            start + "the string \"BTC USDT\": a symbol has neither spaces nor punctuation\n");
  EXPECT_EQ(message("[7]"), start + "7: it is no string\n");
  EXPECT_EQ(message("[\"\"]"), start + "the string \"\": it is empty\n");
  EXPECT_EQ(message("[\"A\", \"A\"]"),
            "11:23: `follower.link.symbols.allow` must hold symbols like \"BTCUSDT\", not the "
            "string \"A\": it stands in the list twice\n");
  EXPECT_EQ(message("[\"币安人生USDT\", \"1000PEPEUSDT\", \"BTCUSDT_260925\"]"), "");
}

TEST(Load, QuantitiesBySymbolNameWhatIsWrong) {
  EXPECT_EQ(
      listed(
          Document().set("follower.limits.max_order_qty", "{ btc = 1, ETH = -1 }").load().faults),
      "7:26: `follower.limits.max_order_qty` must name symbols like BTCUSDT, not \"btc\": a "
      "symbol is written in capital letters\n"
      "7:41: the quantity of \"ETH\" in `follower.limits.max_order_qty` must be an amount "
      "above 0 with at most 8 decimals, not -1: it is not above 0\n");
}

TEST(Load, AlertsAreWhole) {
  EXPECT_EQ(listed(Document().set("alerts.telegram.chat_id", "'5'").load().faults),
            "3:8: `alerts.telegram` takes exactly one of `token_credential` and `token_file`\n");
  EXPECT_EQ(listed(load_text(Document().text() + "[alerts]\ntelegram = { token_credential = 'a', "
                                                 "token_file = '/b' }\nwebhook = {}\n")
                       .faults),
            "12:12: `alerts.telegram.chat_id` is missing; it must be a Telegram chat id\n"
            "12:12: `alerts.telegram` takes exactly one of `token_credential` and `token_file`\n"
            "13:11: `alerts.webhook.url_credential` is missing; it must be the name of a systemd "
            "credential that holds the address\n");
  EXPECT_EQ(fault_of("alerts.webhook.url_credential", "\"https://hook.test\""),
            "`alerts.webhook.url_credential` must be the name of a systemd credential, not the "
            "string \"https://hook.test\"");
  EXPECT_EQ(fault_of("alerts.command", "\"alert --now\""),
            "`alerts.command` must be an absolute path, not the string \"alert --now\": it does "
            "not begin with /");
}

TEST(Load, AllFaultsAreShownInTheOrderOfTheFile) {
  Document document;
  document.set("engine.lanes", "17").set("engine.threads", "\"many\"").set("engine.bacth", "2");
  document.set("follower.link.sizing.ratio", "0").set("follower.link.leader", "\"alpah\"");
  EXPECT_EQ(listed(document.load().faults),
            "3:16: `engine.lanes` must be an integer from 1 to 16, not 17\n"
            "4:18: `engine.threads` must be \"auto\", \"dedicated\" or \"shared\", not the string "
            "\"many\"\n"
            "5:8: unknown key \"bacth\" in `engine`; did you mean `batch`?\n"
            "11:10: there is no leader \"alpah\"; did you mean \"alpha\"?\n"
            "13:16: `follower.link.sizing.ratio` must be an amount above 0 with at most 8 "
            "decimals, not 0: it is not above 0\n");
}

TEST(Load, ASyntaxErrorEndsReading) {
  const LoadOutcome outcome = load_text("[engine]\nlanes = 99\nbatch = = 1\nthreads = 5\n");
  ASSERT_EQ(outcome.faults.size(), 1U);
  EXPECT_EQ(outcome.faults[0].line, 3U);
  EXPECT_EQ(outcome.faults[0].column, 9U);
  EXPECT_TRUE(outcome.faults[0].message.starts_with("not valid TOML: ")) << listed(outcome.faults);
  EXPECT_FALSE(outcome.config);
  const LoadOutcome twice = load_text("[engine]\nlanes = 1\nlanes = 2\n");
  ASSERT_EQ(twice.faults.size(), 1U);
  EXPECT_EQ(twice.faults[0].line, 3U);
}

TEST(Load, PlacesOfEveryWrittenKeyAreKept) {
  Document document;
  document.set("engine.lanes", "3");
  const Positions positions = document.load().positions;
  EXPECT_EQ(positions.at("engine.lanes"), document.place_of("engine.lanes"));
  EXPECT_EQ(positions.at("follower[0].link[0].sizing.ratio"),
            document.place_of("follower.link.sizing.ratio"));
  EXPECT_FALSE(positions.contains("engine.batch"));
}

TEST(Load, AFileIsReadAndAMissingOneSaysWhy) {
  const LoadOutcome missing = load_file("/nonexistent/copyd.toml", test_cpus);
  EXPECT_EQ(as_text(missing.faults),
            "/nonexistent/copyd.toml: cannot be opened: No such file or directory; "
            "name a file that can be read\n");
  const LoadOutcome directory = load_file("/", test_cpus);
  EXPECT_EQ(as_text(directory.faults), "/: cannot be read: Is a directory; name a file that can be read\n");
  const std::string path = testing::TempDir() + "copyd_load_test.toml";
  std::ofstream(path) << Document().text();
  const LoadOutcome outcome = load_file(path, test_cpus);
  std::remove(path.c_str());
  EXPECT_TRUE(outcome.config) << listed(outcome.faults);
}

}  // namespace
}  // namespace copyd::config
