#include "config/load.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <numeric>
#include <system_error>
#include <utility>

#include "config/load_tree.hpp"
#include "config/table.hpp"
#include "config/validate.hpp"

namespace copyd::config {
namespace {

void read_engine(const Table& file, Engine& engine) {
  const Table table = file.inner("engine", "[engine]");
  table.read("threads", engine.threads, {Threads::auto_, Threads::dedicated, Threads::shared});
  table.read("idle", engine.idle, {IdleKind::spin, IdleKind::backoff, IdleKind::sleep});
  const Table cpus = table.inner("cpus", "{ feed = 2, copy = 3, lanes = [4, 5] }");
  cpus.read("feed", engine.cpus.feed);
  cpus.read("copy", engine.cpus.copy);
  cpus.read("lanes", engine.cpus.lanes);
  table.read("batch", engine.batch);
  table.read("lanes", engine.lanes);
  table.read("state_dir", engine.state_dir);
  table.read("control", engine.control);
  table.read("http", engine.http);
}

// A path is appended to these addresses, and it brings its own slash.
void drop_last_slash(std::string& url) {
  while (url.ends_with('/')) url.pop_back();
}

void read_venue(const Table& file, Venue& venue) {
  const Table table = file.inner("venue", "[venue]");
  Findings& findings = table.findings();
  if (!file.has("venue")) {
    findings.fault({.line = 1, .column = 1}, "`venue.name` is missing; it must be " +
                                                 must_be(*find_key("venue.name")) +
                                                 " in a table [venue]");
  }
  using Name = Venue::Name;
  const bool named = table.read("name", venue.name,
                                {Name::binance_usdm, Name::binance_usdm_testnet, Name::custom});
  table.read("rest", venue.rest);
  table.read("sapi", venue.sapi);
  table.read("ws_api", venue.ws_api);
  table.read("streams", venue.streams);
  table.read("ca_file", venue.ca_file);
  drop_last_slash(venue.rest);
  drop_last_slash(venue.sapi);
  drop_last_slash(venue.streams);
  if (!named) return;
  for (const auto& [name, value] : {std::pair<std::string_view, std::string*>{"rest", &venue.rest},
                                    {"sapi", &venue.sapi},
                                    {"ws_api", &venue.ws_api},
                                    {"streams", &venue.streams}}) {
    const std::string key = "`" + table.key_path(name) + "`";
    if (venue.name != Name::custom) {
      value->clear();
      if (table.has(name)) {
        findings.note(table.key_place_of(name),
                      key + " is ignored: it counts with venue.name = \"custom\" only");
      }
    } else if (!table.has(name)) {
      findings.fault(table.place_of("name"), key +
                                                 " is missing; with venue.name = \"custom\" it "
                                                 "must be " +
                                                 must_be(*find_key(table.key_path(name))));
    }
  }
}

void read_leaders(const Table& file, std::vector<Leader>& leaders) {
  for (const Table& table : file.entries("leader")) {
    Leader& leader = leaders.emplace_back();
    table.read("label", leader.label);
    table.read("connections", leader.connections);
  }
}

// The amount that a sizing mode goes by.
struct ModeAmount {
  std::string_view mode;
  std::string_view name;
};
constexpr ModeAmount mode_amounts[] = {{.mode = "fixed_ratio", .name = "ratio"},
                                       {.mode = "equity_ratio", .name = "multiplier"},
                                       {.mode = "fixed_notional", .name = "notional"},
                                       {.mode = "fixed_quantity", .name = "quantity"}};

void read_sizing(const Table& link, Sizing& sizing) {
  constexpr std::string_view example = "{ mode = \"fixed_ratio\", ratio = 0.5 }";
  const Table table = link.inner("sizing", example);
  if (!link.has("sizing")) {
    table.findings().fault(
        link.place_of("sizing"),
        "`follower.link.sizing` is missing; it must be a table like " + std::string(example));
  }
  FixedRatio ratio;
  EquityRatio equity;
  FixedNotional notional;
  FixedQuantity quantity;
  table.read("ratio", ratio.ratio);
  table.read("multiplier", equity.multiplier);
  table.read("notional", notional.notional);
  table.read("quantity", quantity.quantity);
  std::size_t mode = 0;
  if (!table.read("mode", mode, {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{3}})) {
    return;
  }
  if (mode == 0) sizing = ratio;
  if (mode == 1) sizing = equity;
  if (mode == 2) sizing = notional;
  if (mode == 3) sizing = quantity;
  const ModeAmount& own = mode_amounts[mode];
  const std::string with_mode = "with mode = \"" + std::string(own.mode) + "\"";
  for (const ModeAmount& other : mode_amounts) {
    if (other.name == own.name || !table.has(other.name)) continue;
    table.findings().fault(table.key_place_of(other.name),
                           "`" + table.key_path(other.name) + "` has no meaning " + with_mode +
                               "; that mode takes `" + std::string(own.name) + "`");
  }
  // A multiplier has a default.
  if (mode == 1 || table.has(own.name)) return;
  table.findings().fault(table.place_of(own.name),
                         "`" + table.key_path(own.name) + "` is missing; " + with_mode +
                             " it must be " + must_be(*find_key(table.key_path(own.name))));
}

void read_order(const Table& link, OrderStyle& order) {
  using Type = OrderStyle::Type;
  const Table table = link.inner("order", "{ type = \"limit_ioc\", max_slippage_bps = 50 }");
  table.read("type", order.type, {Type::market, Type::limit_ioc});
  table.read("max_slippage_bps", order.max_slippage_bps);
  // It would look like a protection and be none.
  if (order.type == Type::market && table.has("max_slippage_bps")) {
    table.findings().fault(table.key_place_of("max_slippage_bps"),
                           "`" + table.key_path("max_slippage_bps") +
                               "` does not bound a market order; write type = \"limit_ioc\" or "
                               "leave it out");
  }
}

void read_link(const Table& table, Link& link) {
  table.read("leader", link.leader);
  read_sizing(table, link.sizing);
  read_order(table, link.order);
  table.read("inverse", link.inverse);
  table.read("min_order", link.min_order, {MinOrder::carry, MinOrder::round_up});
  table.read("round_up_from", link.round_up_from);
  std::optional<std::int64_t> age;
  table.read("max_fill_age_ms", age);
  if (age) link.max_fill_age = std::chrono::milliseconds(*age);
  const Table symbols = table.inner("symbols", "{ allow = [], deny = [] }");
  symbols.read("allow", link.allow);
  symbols.read("deny", link.deny);
  table.read("leverage", link.leverage);
  table.read("margin", link.margin,
             {Margin::mirror, Margin::keep, Margin::cross, Margin::isolated});
  table.read("on_start", link.on_start, {OnStart::ignore, OnStart::adopt});
}

void read_limits(const Table& follower, Limits& limits) {
  const Table table = follower.inner("limits", "[follower.limits]");
  table.read("max_order_notional", limits.max_order_notional);
  table.read("max_position_notional", limits.max_position_notional);
  table.read("max_total_notional", limits.max_total_notional);
  table.read("max_leverage", limits.max_leverage);
  table.read("max_daily_loss", limits.max_daily_loss);
  table.read("max_drawdown", limits.max_drawdown);
  table.read("equity_floor", limits.equity_floor);
  table.read("max_orders_per_10s", limits.max_orders_per_10s);
  table.read("max_price_deviation_bps", limits.max_price_deviation_bps);
  table.read("max_order_qty", limits.max_order_qty);
}

void read_followers(const Table& file, std::vector<Follower>& followers) {
  using Mode = FollowerMode;
  for (const Table& table : file.entries("follower")) {
    Follower& follower = followers.emplace_back();
    table.read("label", follower.label);
    table.read("state", follower.state,
               {Mode::active, Mode::reduce_only, Mode::halted, Mode::shadow});
    table.read("connection", follower.connection,
               {Connection::auto_, Connection::own, Connection::shared});
    read_limits(table, follower.limits);
    for (const Table& link : table.entries("link")) read_link(link, follower.links.emplace_back());
  }
}

void read_alerts(const Table& file, Alerts& alerts) {
  const Table table = file.inner("alerts", "[alerts]");
  const Table webhook = table.inner("webhook", "{ url_credential = \"alert_webhook\" }");
  webhook.read("url_credential", alerts.webhook_url_credential);
  const Table telegram =
      table.inner("telegram", "{ chat_id = \"…\", token_credential = \"telegram\" }");
  telegram.read("chat_id", alerts.telegram_chat_id);
  telegram.read("token_credential", alerts.telegram_token_credential);
  telegram.read("token_file", alerts.telegram_token_file);
  table.read("command", alerts.command);
  Findings& findings = file.findings();
  if (webhook.written() && !webhook.has("url_credential")) {
    findings.fault(webhook.place_of("url_credential"),
                   "`alerts.webhook.url_credential` is missing; it must be the name of a systemd "
                   "credential that holds the address");
  }
  if (!telegram.written()) return;
  if (!telegram.has("chat_id")) {
    findings.fault(telegram.place_of("chat_id"),
                   "`alerts.telegram.chat_id` is missing; it must be a Telegram chat id");
  }
  if (telegram.has("token_credential") == telegram.has("token_file")) {
    findings.fault(telegram.place_of(""),
                   "`alerts.telegram` takes exactly one of `token_credential` and `token_file`");
  }
}

Config read_config(const Table& file) {
  Config config;
  read_engine(file, config.engine);
  read_venue(file, config.venue);
  const Table keys = file.inner("keys", "[keys]");
  keys.read("file", config.keys.file);
  read_leaders(file, config.leaders);
  read_followers(file, config.followers);
  read_alerts(file, config.alerts);
  const Table metrics = file.inner("metrics", "[metrics]");
  metrics.read("per_follower", config.metrics.per_follower);
  const Table log = file.inner("log", "[log]");
  using Level = LogLevel;
  log.read("level", config.log.level, {Level::debug, Level::info, Level::warning, Level::error});
  return config;
}

LoadOutcome refused(std::string_view file, Position at, const std::string& message) {
  LoadOutcome outcome;
  outcome.faults.push_back(
      {.file = std::string(file), .line = at.line, .column = at.column, .message = message});
  return outcome;
}

// Of each leader and follower, and of each of a follower's links, whether it is `removed`. It is no
// key of a file.
struct Removed {
  struct Follower {
    bool itself = false;
    std::vector<bool> links;
  };
  std::vector<bool> leaders;
  std::vector<Follower> followers;
};

bool take_removed(Node& table) {
  return std::erase_if(table.members, [](const Member& member) {
           return member.key == "removed" && member.value.boolean;
         }) != 0;
}

// The tables of [[name]]; none when it is anything else.
std::vector<Node>* entries_of(Node& table, std::string_view name) {
  for (Member& member : table.members)
    if (member.key == name && member.value.kind == Node::Kind::array) return &member.value.items;
  return nullptr;
}

Removed take_all_removed(Node& root) {
  Removed removed;
  if (auto* const leaders = entries_of(root, "leader"))
    for (Node& leader : *leaders) removed.leaders.push_back(take_removed(leader));
  auto* const followers = entries_of(root, "follower");
  if (followers == nullptr) return removed;
  for (Node& follower : *followers) {
    auto& one = removed.followers.emplace_back();
    one.itself = take_removed(follower);
    if (auto* const links = entries_of(follower, "link"))
      for (Node& link : *links) one.links.push_back(take_removed(link));
  }
  return removed;
}

void put_removed(const std::vector<bool>& removed, auto& entries) {
  for (std::size_t i = 0; i < std::min(removed.size(), entries.size()); ++i)
    entries[i].removed = removed[i];
}

void put_removed(const Removed& removed, Config& config) {
  put_removed(removed.leaders, config.leaders);
  auto& followers = config.followers;
  for (std::size_t f = 0; f < std::min(removed.followers.size(), followers.size()); ++f) {
    followers[f].removed = removed.followers[f].itself;
    put_removed(removed.followers[f].links, followers[f].links);
  }
}

LoadOutcome load_any(std::string_view toml_text, std::string_view file_name,
                     const std::vector<int>& cpus, bool knows_removed) {
  if (toml_text.size() > file_bytes_max) {
    return refused(file_name, {}, "the file is larger than 16 MiB");
  }
  Tree tree = read_tree(toml_text);
  if (tree.error) return refused(file_name, tree.error_at, "not valid TOML: " + *tree.error);
  Removed removed;
  if (knows_removed) removed = take_all_removed(tree.root);
  Findings findings;
  findings.file = file_name;
  const Table file(findings, tree.root);
  Config config = read_config(file);
  put_removed(removed, config);
  validate(config, cpus, findings);
  sort_by_place(findings.faults);
  sort_by_place(findings.notes);
  LoadOutcome outcome{.config = std::nullopt,
                      .faults = std::move(findings.faults),
                      .notes = std::move(findings.notes),
                      .positions = std::move(findings.positions),
                      .text = std::string(toml_text)};
  if (outcome.faults.empty()) outcome.config = std::move(config);
  return outcome;
}

}  // namespace

LoadOutcome load(std::string_view toml_text, std::string_view file_name,
                 const std::vector<int>& cpus) {
  return load_any(toml_text, file_name, cpus, false);
}

LoadOutcome load_written(std::string_view toml_text, std::string_view name) {
  constexpr int cpus_max = 4096;
  std::vector<int> any(cpus_max);
  std::iota(any.begin(), any.end(), 0);
  return load_any(toml_text, name, any, true);
}

LoadOutcome load_file(const std::string& path, const std::vector<int>& cpus) {
  const auto why = [] { return std::error_code(errno, std::generic_category()).message(); };
  errno = 0;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                             std::fclose);
  if (!file)
    return refused(path, {}, "cannot be opened: " + why() + "; name a file that can be read");
  std::string text;
  constexpr std::size_t chunk = 65536;
  while (text.size() <= file_bytes_max) {
    const std::size_t size = text.size();
    text.resize(size + chunk);
    const std::size_t got = std::fread(text.data() + size, 1, chunk, file.get());
    text.resize(size + got);
    if (got < chunk) break;
  }
  if (std::ferror(file.get()) != 0)
    return refused(path, {}, "cannot be read: " + why() + "; name a file that can be read");
  return load(text, path, cpus);
}

}  // namespace copyd::config
