// Config: what copyd.toml says, checked and typed. Aggregates with the documented default on every
// member; no secret stands here. Made by config/load, read by the engine; plain values.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/flow.hpp"
#include "core/units.hpp"

namespace copyd::config {

// Where a value stands in the file, for messages. Line and column count from 1; 0: not written.
struct Position {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  friend bool operator==(const Position&, const Position&) = default;
};

enum class Threads : std::uint8_t { auto_, dedicated, shared };
enum class IdleKind : std::uint8_t { by_threads, spin, backoff, sleep };

struct Cpus {
  std::optional<int> feed;
  std::optional<int> copy;
  std::vector<int> lanes;
  friend bool operator==(const Cpus&, const Cpus&) = default;
};

struct Engine {
  Threads threads = Threads::auto_;
  IdleKind idle = IdleKind::by_threads;
  Cpus cpus;
  int batch = 8;
  int lanes = 2;
  std::string state_dir = "/var/lib/copyd";
  std::string control = "/run/copyd/control.sock";
  std::string http = "127.0.0.1:9464";  // "" = off
  friend bool operator==(const Engine&, const Engine&) = default;
};

struct Venue {
  enum class Name : std::uint8_t { binance_usdm, binance_usdm_testnet, custom };
  Name name = Name::binance_usdm;
  // Only with `custom`; otherwise ignored with a note.
  std::string rest;
  std::string sapi;
  std::string ws_api;
  std::string streams;
  std::string ca_file;  // trusted in addition to the system's; allowed with every name
  friend bool operator==(const Venue&, const Venue&) = default;
};

struct Keys {
  std::string file = "/var/lib/copyd/keys.sealed";
  friend bool operator==(const Keys&, const Keys&) = default;
};

struct Leader {
  std::string label;
  int connections = 2;   // user-data connections that race each other
  bool removed = false;  // as of a link; heard until what its links hold is closed
  friend bool operator==(const Leader&, const Leader&) = default;
};

struct FixedRatio {
  Ratio ratio;
  friend bool operator==(const FixedRatio&, const FixedRatio&) = default;
};
struct EquityRatio {
  Ratio multiplier = Ratio::whole(1);
  friend bool operator==(const EquityRatio&, const EquityRatio&) = default;
};
struct FixedNotional {
  Usd notional;  // per leader order
  friend bool operator==(const FixedNotional&, const FixedNotional&) = default;
};
struct FixedQuantity {
  Qty quantity;  // per leader order
  friend bool operator==(const FixedQuantity&, const FixedQuantity&) = default;
};
using Sizing = std::variant<FixedRatio, EquityRatio, FixedNotional, FixedQuantity>;

struct OrderStyle {
  enum class Type : std::uint8_t { market, limit_ioc };
  Type type = Type::limit_ioc;
  std::int32_t max_slippage_bps = 50;  // limit_ioc only
  friend bool operator==(const OrderStyle&, const OrderStyle&) = default;
};

enum class MinOrder : std::uint8_t { carry, round_up };
enum class OnStart : std::uint8_t { ignore, adopt };

// Leverage of a symbol: as the leader has it, as it is, or a number.
struct Leverage {
  enum class Kind : std::uint8_t { mirror, keep, fixed };
  Kind kind = Kind::mirror;
  int value = 0;  // fixed only, 1..125
  friend bool operator==(const Leverage&, const Leverage&) = default;
};
enum class Margin : std::uint8_t { mirror, keep, cross, isolated };

struct Link {
  std::string leader;
  Sizing sizing;
  OrderStyle order;
  bool inverse = false;
  MinOrder min_order = MinOrder::carry;
  Ratio round_up_from = Ratio::from_units(units_per_whole / 2);
  std::optional<std::chrono::milliseconds> max_fill_age = std::chrono::milliseconds(2000);
  std::vector<std::string> allow;  // empty: all
  std::vector<std::string> deny;
  Leverage leverage;
  Margin margin = Margin::mirror;
  OnStart on_start = OnStart::ignore;
  // No longer in the file (config/reload.hpp): nothing opens by it any more, and its closes go on
  // until it is flat. In what text_of writes, and never read from a user's file.
  bool removed = false;
  friend bool operator==(const Link&, const Link&) = default;
};

// A limit on losses: an amount or a share of the base.
struct LossLimit {
  std::variant<Usd, Ratio> value;
  friend bool operator==(const LossLimit&, const LossLimit&) = default;
};

// Absent: no such limit.
struct Limits {
  std::optional<Usd> max_order_notional;
  std::optional<Usd> max_position_notional;
  std::optional<Usd> max_total_notional;
  std::optional<int> max_leverage;  // the most that is set, mirrored or fixed
  std::optional<LossLimit> max_daily_loss;
  std::optional<LossLimit> max_drawdown;
  std::optional<Usd> equity_floor;
  std::optional<int> max_orders_per_10s;
  std::optional<std::int32_t> max_price_deviation_bps;
  std::map<std::string, Qty> max_order_qty;
  friend bool operator==(const Limits&, const Limits&) = default;
};

enum class FollowerMode : std::uint8_t { active, reduce_only, halted, shadow };
enum class Connection : std::uint8_t { auto_, own, shared };

struct Follower {
  std::string label;
  FollowerMode state = FollowerMode::active;
  Connection connection = Connection::auto_;
  Limits limits;
  std::vector<Link> links;
  bool removed = false;  // as of a link; then all of its links are
  friend bool operator==(const Follower&, const Follower&) = default;
};

struct Alerts {
  std::string webhook_url_credential;
  std::string telegram_chat_id;
  std::string telegram_token_credential;
  std::string telegram_token_file;
  std::string command;
  friend bool operator==(const Alerts&, const Alerts&) = default;
};

struct Metrics {
  bool per_follower = false;
  friend bool operator==(const Metrics&, const Metrics&) = default;
};

enum class LogLevel : std::uint8_t { debug, info, warning, error };
struct Log {
  LogLevel level = LogLevel::info;
  friend bool operator==(const Log&, const Log&) = default;
};

struct Config {
  Engine engine;
  Venue venue;
  Keys keys;
  std::vector<Leader> leaders;
  std::vector<Follower> followers;
  Alerts alerts;
  Metrics metrics;
  Log log;
  friend bool operator==(const Config&, const Config&) = default;
};

}  // namespace copyd::config
