#include "config/keys.hpp"

#include <algorithm>
#include <array>

#include "config/text.hpp"
#include "core/limits.hpp"

namespace copyd::config {
namespace {

constexpr std::int64_t cpu_max = 4095;
constexpr std::int64_t day_ms = 86'400'000;
// Orders of one account that the venue takes in ten seconds.
constexpr std::int64_t venue_orders_per_10s = 300;

constexpr std::array table = {
    Key{.path = "engine.threads",
        .kind = Kind::choice,
        .standard = "\"auto\"",
        .restart = true,
        .choices = "auto|dedicated|shared"},
    Key{.path = "engine.idle",
        .kind = Kind::choice,
        .restart = true,
        .choices = "spin|backoff|sleep"},
    Key{.path = "engine.cpus.feed", .kind = Kind::cpu, .restart = true, .most = cpu_max},
    Key{.path = "engine.cpus.copy", .kind = Kind::cpu, .restart = true, .most = cpu_max},
    Key{.path = "engine.cpus.lanes", .kind = Kind::cpus, .restart = true, .most = cpu_max},
    Key{.path = "engine.batch",
        .kind = Kind::integer,
        .standard = "8",
        .restart = true,
        .least = 1,
        .most = 64},
    Key{.path = "engine.lanes",
        .kind = Kind::integer,
        .standard = "2",
        .restart = true,
        .least = 1,
        .most = limits::lanes_max},
    Key{.path = "engine.state_dir",
        .kind = Kind::path,
        .standard = "\"/var/lib/copyd\"",
        .restart = true},
    Key{.path = "engine.control",
        .kind = Kind::path,
        .standard = "\"/run/copyd/control.sock\"",
        .restart = true},
    Key{.path = "engine.http",
        .kind = Kind::address,
        .standard = "\"127.0.0.1:9464\"",
        .restart = true},
    Key{.path = "venue.name",
        .kind = Kind::choice,
        .required = true,
        .restart = true,
        .choices = "binance-usdm|binance-usdm-testnet|custom"},
    Key{.path = "venue.rest", .kind = Kind::https, .restart = true},
    Key{.path = "venue.sapi", .kind = Kind::https, .restart = true},
    Key{.path = "venue.ws_api", .kind = Kind::wss, .restart = true},
    Key{.path = "venue.streams", .kind = Kind::wss, .restart = true},
    Key{.path = "venue.ca_file", .kind = Kind::path, .restart = true},
    Key{.path = "keys.file",
        .kind = Kind::path,
        .standard = "\"/var/lib/copyd/keys.sealed\"",
        .restart = true},
    Key{.path = "leader.label", .kind = Kind::label, .required = true},
    Key{.path = "leader.connections",
        .kind = Kind::integer,
        .standard = "2",
        .restart = true,
        .least = 1,
        .most = 2},
    Key{.path = "follower.label", .kind = Kind::label, .required = true},
    Key{.path = "follower.state",
        .kind = Kind::choice,
        .standard = "\"active\"",
        .choices = "active|reduce_only|halted|shadow"},
    Key{.path = "follower.connection",
        .kind = Kind::choice,
        .standard = "\"auto\"",
        .choices = "auto|own|shared"},
    Key{.path = "follower.limits.max_order_notional", .kind = Kind::amount},
    Key{.path = "follower.limits.max_position_notional", .kind = Kind::amount},
    Key{.path = "follower.limits.max_total_notional", .kind = Kind::amount},
    Key{.path = "follower.limits.max_leverage", .kind = Kind::integer, .least = 1, .most = 125},
    Key{.path = "follower.limits.max_daily_loss", .kind = Kind::loss},
    Key{.path = "follower.limits.max_drawdown", .kind = Kind::loss},
    Key{.path = "follower.limits.equity_floor", .kind = Kind::amount},
    Key{.path = "follower.limits.max_orders_per_10s",
        .kind = Kind::integer,
        .least = 1,
        .most = venue_orders_per_10s},
    Key{.path = "follower.limits.max_price_deviation_bps",
        .kind = Kind::integer,
        .least = 1,
        .most = 10'000},
    Key{.path = "follower.limits.max_order_qty", .kind = Kind::quantities},
    Key{.path = "follower.link.leader", .kind = Kind::label, .required = true},
    Key{.path = "follower.link.sizing.mode",
        .kind = Kind::choice,
        .required = true,
        .choices = "fixed_ratio|equity_ratio|fixed_notional|fixed_quantity"},
    Key{.path = "follower.link.sizing.ratio", .kind = Kind::amount},
    Key{.path = "follower.link.sizing.multiplier", .kind = Kind::amount, .standard = "1"},
    Key{.path = "follower.link.sizing.notional", .kind = Kind::amount},
    Key{.path = "follower.link.sizing.quantity", .kind = Kind::amount},
    Key{.path = "follower.link.order.type",
        .kind = Kind::choice,
        .standard = "\"limit_ioc\"",
        .choices = "market|limit_ioc"},
    Key{.path = "follower.link.order.max_slippage_bps",
        .kind = Kind::integer,
        .standard = "50",
        .least = 1,
        .most = 10'000},
    Key{.path = "follower.link.inverse", .kind = Kind::boolean, .standard = "false"},
    Key{.path = "follower.link.min_order",
        .kind = Kind::choice,
        .standard = "\"carry\"",
        .choices = "carry|round_up"},
    Key{.path = "follower.link.round_up_from", .kind = Kind::share, .standard = "0.5"},
    Key{.path = "follower.link.max_fill_age_ms",
        .kind = Kind::integer,
        .standard = "2000",
        .least = 1,
        .most = day_ms},
    Key{.path = "follower.link.symbols.allow", .kind = Kind::symbols, .standard = "[]"},
    Key{.path = "follower.link.symbols.deny", .kind = Kind::symbols, .standard = "[]"},
    Key{.path = "follower.link.leverage",
        .kind = Kind::leverage,
        .standard = "\"mirror\"",
        .choices = "mirror|keep",
        .least = 1,
        .most = 125},
    Key{.path = "follower.link.margin",
        .kind = Kind::choice,
        .standard = "\"mirror\"",
        .choices = "mirror|keep|cross|isolated"},
    Key{.path = "follower.link.on_start",
        .kind = Kind::choice,
        .standard = "\"ignore\"",
        .choices = "ignore|adopt"},
    Key{.path = "alerts.webhook.url_credential", .kind = Kind::credential},
    Key{.path = "alerts.telegram.chat_id", .kind = Kind::chat},
    Key{.path = "alerts.telegram.token_credential", .kind = Kind::credential},
    Key{.path = "alerts.telegram.token_file", .kind = Kind::path},
    Key{.path = "alerts.command", .kind = Kind::path},
    Key{.path = "metrics.per_follower", .kind = Kind::boolean, .standard = "false"},
    Key{.path = "log.level",
        .kind = Kind::choice,
        .standard = "\"info\"",
        .choices = "debug|info|warning|error"},
};

std::string integer_range(const Key& key) {
  return "an integer from " + std::to_string(key.least) + " to " + std::to_string(key.most);
}

}  // namespace

std::span<const Key> all_keys() noexcept {
  return table;
}

const Key* find_key(std::string_view path) noexcept {
  const auto* found =
      std::find_if(table.begin(), table.end(), [&](const Key& key) { return key.path == path; });
  return found == table.end() ? nullptr : found;
}

std::vector<std::string_view> names_in(std::string_view parent) {
  std::vector<std::string_view> names;
  for (const Key& key : table) {
    std::string_view rest = key.path;
    if (!parent.empty()) {
      if (!rest.starts_with(parent) || rest.size() <= parent.size()) continue;
      if (rest[parent.size()] != '.') continue;
      rest.remove_prefix(parent.size() + 1);
    }
    rest = rest.substr(0, rest.find('.'));
    if (std::find(names.begin(), names.end(), rest) == names.end()) names.push_back(rest);
  }
  return names;
}

std::string must_be(const Key& key) {
  switch (key.kind) {
    case Kind::boolean:
      return "true or false";
    case Kind::integer:
      return integer_range(key);
    case Kind::cpu:
      return "the number of a CPU";
    case Kind::cpus:
      return "a list of CPU numbers, one per lane";
    case Kind::choice:
      return one_of(split(key.choices, '|'), "\"");
    case Kind::label:
      return "1 to " + std::to_string(limits::label_max) +
             " characters of A-Z a-z 0-9 _ . - that do not begin with -";
    case Kind::path:
      return "an absolute path";
    case Kind::https:
      return "an address like \"https://host:port\"";
    case Kind::wss:
      return "an address like \"wss://host:port\"";
    case Kind::address:
      return "\"host:port\", or \"\" for off";
    case Kind::credential:
      return "the name of a systemd credential";
    case Kind::chat:
      return "a Telegram chat id as a string";
    case Kind::amount:
      return "an amount above 0 with at most 8 decimals";
    case Kind::share:
      return "above 0, at most 1, with at most 8 decimals";
    case Kind::loss:
      return "an amount above 0, or a share from above 0% to 100% like \"5%\"";
    case Kind::leverage:
      return one_of(split(key.choices, '|'), "\"") + ", or " + integer_range(key);
    case Kind::symbols:
      return "a list of symbols like [\"BTCUSDT\"]";
    case Kind::quantities:
      return "a table of symbols and amounts like { BTCUSDT = 2 }";
  }
  return {};
}

}  // namespace copyd::config
