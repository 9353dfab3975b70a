#include "config/write.hpp"

#include <span>
#include <string_view>

#include "config/text.hpp"

namespace copyd::config {
namespace {

// The words of a choice, in the order of its enumeration.
using Words = std::span<const std::string_view>;
constexpr std::string_view threads[] = {"auto", "dedicated", "shared"};
constexpr std::string_view idles[] = {"", "spin", "backoff", "sleep"};
constexpr std::string_view venues[] = {"binance-usdm", "binance-usdm-testnet", "custom"};
constexpr std::string_view order_types[] = {"market", "limit_ioc"};
constexpr std::string_view min_orders[] = {"carry", "round_up"};
constexpr std::string_view margins[] = {"mirror", "keep", "cross", "isolated"};
constexpr std::string_view on_starts[] = {"ignore", "adopt"};
constexpr std::string_view states[] = {"active", "reduce_only", "halted", "shadow"};
constexpr std::string_view connections[] = {"auto", "own", "shared"};
constexpr std::string_view levels[] = {"debug", "info", "warning", "error"};

template <class Tag>
std::string decimal(Fixed<Tag> value) {
  return json_string(FixedText(value).view());
}

std::string share(Ratio share) {
  constexpr std::int64_t hundred = 100;
  return json_string(std::string(FixedText(Ratio::from_units(share.units() * hundred)).view()) +
                     '%');
}

std::string value(bool on) {
  return on ? "true" : "false";
}
std::string value(int number) {
  return std::to_string(number);
}
std::string value(const std::string& text) {
  return json_string(text);
}
template <class Tag>
std::string value(Fixed<Tag> amount) {
  return decimal(amount);
}
std::string value(const LossLimit& limit) {
  if (const auto* amount = std::get_if<Usd>(&limit.value)) return decimal(*amount);
  return share(std::get<Ratio>(limit.value));
}
std::string value(const Leverage& leverage) {
  switch (leverage.kind) {
    case Leverage::Kind::mirror:
      return "\"mirror\"";
    case Leverage::Kind::keep:
      return "\"keep\"";
    case Leverage::Kind::fixed:
      return std::to_string(leverage.value);
  }
  return {};
}
std::string value(const std::vector<std::string>& texts) {
  std::string list;
  for (const auto& text : texts) list += (list.empty() ? "" : ", ") + json_string(text);
  return '[' + list + ']';
}
std::string value(const std::vector<int>& numbers) {
  std::string list;
  for (const int number : numbers) list += (list.empty() ? "" : ", ") + std::to_string(number);
  return '[' + list + ']';
}
std::string value(const std::map<std::string, Qty>& quantities) {
  std::string table;
  for (const auto& [symbol, quantity] : quantities)
    table += (table.empty() ? "" : ", ") + json_string(symbol) + " = " + decimal(quantity);
  return "{ " + table + " }";
}

// Lines of `key = value`, each only where it differs from what an absent key means.
class Lines {
 public:
  void table(std::string_view header) { text_ += std::string(header) + '\n'; }

  template <class T>
  void put(std::string_view key, const T& now, const T& standard) {
    if (now != standard) line(key, value(now));
  }
  template <class T>
  void put(std::string_view key, const std::optional<T>& now) {
    if (now) line(key, value(*now));
  }
  template <class Enum>
  void put(std::string_view key, Enum now, Enum standard, Words words) {
    if (now != standard) choose(key, now, words);
  }
  template <class Enum>
  void choose(std::string_view key, Enum now, Words words) {
    line(key, json_string(words[static_cast<std::size_t>(now)]));
  }
  void line(std::string_view key, const std::string& written) {
    text_ += std::string(key) + " = " + written + '\n';
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void write(Lines& out, const Engine& engine) {
  const Engine standard;
  out.table("[engine]");
  out.put("threads", engine.threads, standard.threads, threads);
  out.put("idle", engine.idle, standard.idle, idles);
  out.put("cpus.feed", engine.cpus.feed);
  out.put("cpus.copy", engine.cpus.copy);
  out.put("cpus.lanes", engine.cpus.lanes, standard.cpus.lanes);
  out.put("batch", engine.batch, standard.batch);
  out.put("lanes", engine.lanes, standard.lanes);
  out.put("state_dir", engine.state_dir, standard.state_dir);
  out.put("control", engine.control, standard.control);
  out.put("http", engine.http, standard.http);
}

void write(Lines& out, const Venue& venue) {
  const Venue standard;
  out.table("[venue]");
  out.choose("name", venue.name, venues);
  out.put("rest", venue.rest, standard.rest);
  out.put("sapi", venue.sapi, standard.sapi);
  out.put("ws_api", venue.ws_api, standard.ws_api);
  out.put("streams", venue.streams, standard.streams);
  out.put("ca_file", venue.ca_file, standard.ca_file);
}

void write(Lines& out, const Limits& limits) {
  out.put("limits.max_order_notional", limits.max_order_notional);
  out.put("limits.max_position_notional", limits.max_position_notional);
  out.put("limits.max_total_notional", limits.max_total_notional);
  out.put("limits.max_leverage", limits.max_leverage);
  out.put("limits.max_daily_loss", limits.max_daily_loss);
  out.put("limits.max_drawdown", limits.max_drawdown);
  out.put("limits.equity_floor", limits.equity_floor);
  out.put("limits.max_orders_per_10s", limits.max_orders_per_10s);
  out.put("limits.max_price_deviation_bps", limits.max_price_deviation_bps);
  out.put("limits.max_order_qty", limits.max_order_qty, Limits().max_order_qty);
}

std::string text_of(const Sizing& sizing) {
  const auto mode = [](std::string_view name, std::string_view key, const auto& amount) {
    return "{ mode = " + json_string(name) + ", " + std::string(key) + " = " + decimal(amount) +
           " }";
  };
  if (const auto* ratio = std::get_if<FixedRatio>(&sizing))
    return mode("fixed_ratio", "ratio", ratio->ratio);
  if (const auto* equity = std::get_if<EquityRatio>(&sizing))
    return mode("equity_ratio", "multiplier", equity->multiplier);
  if (const auto* notional = std::get_if<FixedNotional>(&sizing))
    return mode("fixed_notional", "notional", notional->notional);
  return mode("fixed_quantity", "quantity", std::get<FixedQuantity>(sizing).quantity);
}

void write(Lines& out, const Link& link) {
  const Link standard;
  out.table("[[follower.link]]");
  out.line("leader", value(link.leader));
  out.line("sizing", text_of(link.sizing));
  out.put("order.type", link.order.type, standard.order.type, order_types);
  if (link.order.type == OrderStyle::Type::limit_ioc)
    out.put("order.max_slippage_bps", link.order.max_slippage_bps, standard.order.max_slippage_bps);
  out.put("inverse", link.inverse, standard.inverse);
  out.put("min_order", link.min_order, standard.min_order, min_orders);
  out.put("round_up_from", link.round_up_from, standard.round_up_from);
  if (link.max_fill_age && link.max_fill_age != standard.max_fill_age)
    out.line("max_fill_age_ms", std::to_string(link.max_fill_age->count()));
  out.put("symbols.allow", link.allow, standard.allow);
  out.put("symbols.deny", link.deny, standard.deny);
  out.put("leverage", link.leverage, standard.leverage);
  out.put("margin", link.margin, standard.margin, margins);
  out.put("on_start", link.on_start, standard.on_start, on_starts);
  out.put("removed", link.removed, standard.removed);
}

void write(Lines& out, const Alerts& alerts) {
  const Alerts standard;
  out.table("[alerts]");
  out.put("webhook.url_credential", alerts.webhook_url_credential, standard.webhook_url_credential);
  out.put("telegram.chat_id", alerts.telegram_chat_id, standard.telegram_chat_id);
  out.put("telegram.token_credential", alerts.telegram_token_credential,
          standard.telegram_token_credential);
  out.put("telegram.token_file", alerts.telegram_token_file, standard.telegram_token_file);
  out.put("command", alerts.command, standard.command);
}

}  // namespace

std::string text_of(const Config& config) {
  Lines out;
  write(out, config.engine);
  write(out, config.venue);
  out.table("[keys]");
  out.put("file", config.keys.file, Keys().file);
  for (const Leader& leader : config.leaders) {
    out.table("[[leader]]");
    out.line("label", value(leader.label));
    out.put("connections", leader.connections, Leader().connections);
    out.put("removed", leader.removed, Leader().removed);
  }
  for (const Follower& follower : config.followers) {
    out.table("[[follower]]");
    out.line("label", value(follower.label));
    out.put("state", follower.state, Follower().state, states);
    out.put("connection", follower.connection, Follower().connection, connections);
    out.put("removed", follower.removed, Follower().removed);
    write(out, follower.limits);
    for (const Link& link : follower.links) write(out, link);
  }
  write(out, config.alerts);
  out.table("[metrics]");
  out.put("per_follower", config.metrics.per_follower, Metrics().per_follower);
  out.table("[log]");
  out.put("level", config.log.level, Log().level, levels);
  return out.take();
}

}  // namespace copyd::config
