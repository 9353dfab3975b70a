#include "engine/status.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <map>

#include "engine/version.hpp"

namespace copyd::engine {
namespace {

using ops::JsonWriter;

LeaderId leader_id(std::size_t index) {
  return LeaderId{static_cast<std::uint16_t>(index)};
}
FollowerId follower_id(std::size_t index) {
  return FollowerId{static_cast<std::uint16_t>(index)};
}

std::string_view name_of_leg(Leg leg) {
  switch (leg) {
    case Leg::both:
      return "BOTH";
    case Leg::long_:
      return "LONG";
    case Leg::short_:
      return "SHORT";
  }
  return "?";
}

std::int64_t milliseconds(Mono from, Mono to) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count();
}

feed::SessionState session_of(const StatusParts& parts, std::size_t leader) {
  if (parts.pipeline == nullptr) return feed::SessionState::not_connected;
  return static_cast<feed::SessionState>(parts.pipeline->leader(leader_id(leader)).state.get());
}

exec::LinkState link_of(const StatusParts& parts, std::size_t follower) {
  if (parts.pipeline == nullptr) return exec::LinkState::not_connected;
  return static_cast<exec::LinkState>(parts.pipeline->link(follower_id(follower)).link.get());
}

// Which causes restrict the follower, from the bits the copy agent shows.
void write_state(JsonWriter& out, const FollowerCells& cells) {
  out.member("state", name_of(static_cast<FollowerState>(cells.state.get())));
  out.key("causes").begin_array();
  const auto bits = cells.causes.get();
  for (std::size_t cause = 0; cause < state_cause_count; ++cause)
    if ((bits >> cause & 1) != 0) out.value(name_of(static_cast<StateCause>(cause)));
  out.end_array();
}

void write_equity(JsonWriter& out, const RosterAccount* account) {
  out.key("equity").value(account != nullptr ? account->equity : std::nullopt);
}

void write_row(JsonWriter& out, const SymbolTable& symbols, const BookRow& row) {
  out.member("symbol", symbols[row.symbol].name)
      .member("leg", name_of_leg(row.leg))
      .member("target", row.target)
      .member("position", row.position)
      .member("in_flight", row.in_flight);
}

void write_quantiles(JsonWriter& out, const Histogram& histogram) {
  out.begin_object()
      .member("p50", histogram.percentile(5000))
      .member("p99", histogram.percentile(9900))
      .member("p999", histogram.percentile(9990))
      .member("n", histogram.count())
      .end_object();
}

// What told a leader's fills first, and by how much before the other.
void write_first_words(JsonWriter& out, const feed::LeaderCells& cells) {
  out.key("said_first").begin_array();
  for (const Cell& said_first : cells.said_first) out.value(said_first.get());
  out.end_array().key("said_first_lead_ns").begin_array();
  for (const Histogram& lead : cells.said_first_lead) write_quantiles(out, lead);
  out.end_array().member("lite_fills", cells.lite_fills.get()).key("lite_lead_ns");
  write_quantiles(out, cells.lite_lead);
}

void write_leader(JsonWriter& out, const StatusParts& parts, std::size_t index) {
  const auto& label = parts.config.leaders[index].label;
  out.begin_object().member("label", label);
  out.member("state", feed::name_of(session_of(parts, index)));
  if (parts.pipeline != nullptr) {
    const auto& cells = parts.pipeline->leader(leader_id(index));
    out.key("last_fill_ms_ago");
    if (cells.last_fill_ns.get() == 0) out.null();
    else out.value(milliseconds(Mono{cells.last_fill_ns.get()}, parts.now));
    out.member("fills", cells.fills.get())
        .member("back_filled", cells.back_filled.get())
        .member("duplicates", cells.duplicates.get())
        .member("malformed", cells.malformed.get())
        .member("reconnects", cells.reconnects.get())
        .member("connections", cells.connections.get())
        .member("connections_lost", cells.connections_lost.get());
    write_first_words(out, cells);
  }
  write_equity(out, parts.roster.find(label));
  out.end_object();
}

void write_counts(JsonWriter& out, const FollowerCells& cells) {
  out.key("outcomes").begin_object();
  for (std::size_t i = 0; i < outcome_count; ++i)
    out.member(name_of(static_cast<Outcome>(i)), cells.outcomes[i].get());
  out.end_object();
  out.key("skipped").begin_object();
  for (std::size_t i = 0; i < reject_count; ++i)
    if (cells.skipped[i].get() != 0)
      out.member(name_of(static_cast<Reject>(i)), cells.skipped[i].get());
  out.end_object();
}

// What a shadow has made of it; null for everybody else.
void write_paper(JsonWriter& out, const FollowerCells& cells) {
  out.key("paper");
  if (cells.is_shadow.get() == 0) {
    out.null();
    return;
  }
  const auto usd = [](const Cell& cell) { return Usd::from_units(cell.get()); };
  out.begin_object()
      .member("realised", usd(cells.paper_realised))
      .member("fees", usd(cells.paper_fees))
      .member("unrealised", usd(cells.paper_unrealised))
      .end_object();
}

void write_follower(JsonWriter& out, const StatusParts& parts, std::size_t index) {
  const auto& label = parts.config.followers[index].label;
  out.begin_object().member("label", label);
  if (parts.pipeline != nullptr) {
    const auto& cells = parts.pipeline->follower(follower_id(index));
    const auto& link = parts.pipeline->link(follower_id(index));
    write_state(out, cells);
    write_counts(out, cells);
    write_paper(out, cells);
    out.member("orders", cells.orders.get())
        .member("in_flight", cells.in_flight.get())
        .member("unknown_orders", link.unknown.get())
        .member("flattening", cells.flattening.get() != 0)
        .member("quarantined", cells.quarantined.get())
        .member("drift_legs", link.drift.get())
        .member("reconnects", link.reconnects.get());
    out.key("last_read_ms_ago");
    if (link.last_read.get() == 0) out.null();
    else out.value(milliseconds(Mono{link.last_read.get()}, parts.now));
  }
  out.member("link", exec::name_of(link_of(parts, index)))
      .member("removed", parts.config.followers[index].removed);
  write_equity(out, parts.roster.find(label));
  if (parts.rows != nullptr) {
    out.key("positions").begin_array();
    for (const auto& row : *parts.rows) {
      if (row.follower != follower_id(index)) continue;
      out.begin_object();
      write_row(out, parts.symbols, row);
      out.end_object();
    }
    out.end_array();
  }
  out.end_object();
}

void write_latency(JsonWriter& out, const Pipeline* pipeline) {
  out.key("latency_ns").begin_object();
  if (pipeline != nullptr) {
    // On the heap: the histograms of all stages are too large for a comfortable stack.
    const auto stages = std::make_unique<StageTimes>();
    pipeline->merge_latency(*stages);
    for (std::size_t i = 0; i < stage_count; ++i) {
      out.key(name_of(static_cast<Stage>(i)));
      write_quantiles(out, stages->of[i]);
    }
  }
  out.end_object();
}

std::string_view account_status(const RosterAccount& account) {
  if (!account.connected()) return "Not connected";
  if (account.health.standing == AccountHealth::Standing::refused) return "Re-auth needed";
  // What agents and readers meet brings the check forward: Error is what it has found, and then
  // the follower is held back.
  return account.health.standing == AccountHealth::Standing::failing ? "Error" : "Connected";
}

std::string date_of(VenueTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(
      std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(time.ms)));
  const std::chrono::year_month_day date(day);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

void write_permissions(JsonWriter& out, const RosterAccount& account) {
  out.key("permissions");
  if (!account.permissions) {
    out.null();
    out.key("ip_list").null();
    out.key("trading_expires").null();
    return;
  }
  const auto& permissions = *account.permissions;
  out.begin_object()
      .member("reading", permissions.reading)
      .member("futures", permissions.futures)
      .member("withdrawals", permissions.withdrawals)
      .member("internal_transfer", permissions.internal_transfer)
      .member("universal_transfer", permissions.universal_transfer)
      .end_object();
  out.member("ip_list", permissions.ip_restrict);
  out.key("trading_expires");
  if (permissions.trading_expires) out.value(date_of(*permissions.trading_expires));
  else out.null();
}

bool is_multi_assets(const StatusParts& parts, const RosterAccount& account) {
  if (parts.pipeline == nullptr || !account.connected()) return false;
  return (account.leader && parts.pipeline->leader(*account.leader).multi_assets.get() != 0) ||
         (account.follower && parts.pipeline->link(*account.follower).multi_assets.get() != 0);
}

void write_card(JsonWriter& out, const StatusParts& parts, const ops::KeyStore& store,
                const RosterAccount& account) {
  const ops::Account* stored = store.find(account.label);
  out.begin_object()
      .member("label", account.label)
      .member("role", name_of(account.role()))
      .member("venue", stored != nullptr ? stored->venue : parts.venue_name);
  out.key("key_type");
  if (stored != nullptr) out.value(ops::name_of(stored->key_type));
  else out.null();
  out.key("api_key");
  if (stored != nullptr) out.value(masked(stored->api_key.reveal()));
  else out.null();
  out.member("status", account_status(account));
  out.key("message");
  const std::string& words = account.health.words.empty() ? account.error : account.health.words;
  if (words.empty()) out.null();
  else out.value(words);
  write_permissions(out, account);
  out.key("last_sync_ms_ago");
  if (account.last_sync.ns == 0) out.null();
  else out.value(milliseconds(account.last_sync, parts.now));
  write_equity(out, &account);
  out.key("warnings").begin_array();
  for (const auto& warning : account.warnings) out.value(warning);
  if (is_multi_assets(parts, account))
    out.value(
        "the account is in multi-assets mode: its equity is the venue's margin balance in USD, and "
        "isolated margin cannot be set");
  out.end_array().end_object();
}

std::int64_t bit_of(StateCause cause) {
  return std::int64_t{1} << static_cast<std::size_t>(cause);
}

// What will hold a follower back: what the operator and the file say, and of the other causes those
// that are in force now and do not end.
std::vector<SetState> holding_then(const StatusParts& parts, const Restrictions& restrictions,
                                   FollowerId follower, std::int64_t ended) {
  auto holding = restrictions.in_force(follower);
  const auto& cells = parts.pipeline->follower(follower);
  const auto now = static_cast<FollowerState>(cells.state.get());
  for (const auto cause :
       {StateCause::connection, StateCause::breach, StateCause::breaker, StateCause::health,
        StateCause::recovery, StateCause::journal, StateCause::kill}) {
    if ((cells.causes.get() & bit_of(cause) & ~ended) == 0) continue;
    // Only these two may be stricter; how strict each is, is not shown.
    const bool may_halt = cause == StateCause::breach || cause == StateCause::kill;
    holding.push_back({.follower = follower,
                       .cause = cause,
                       .state = may_halt ? std::max(now, FollowerState::reduce_only)
                                         : FollowerState::reduce_only});
  }
  return holding;
}

}  // namespace

bool is_shown(const StatusParts& parts, std::size_t follower) {
  const auto& config = parts.config.followers[follower];
  if (!config.removed) return true;
  const RosterAccount* account = parts.roster.find(config.label);
  return account != nullptr && account->follower.has_value();
}

bool is_shown(const StatusParts& parts, LeaderId leader) {
  const auto& config = parts.config.leaders[leader.value];
  if (!config.removed) return true;
  const RosterAccount* account = parts.roster.find(config.label);
  return account != nullptr && account->leader.has_value();
}

bool is_ready(const StatusParts& parts) {
  return parts.pipeline != nullptr && leaders_not_live(parts).empty();
}

std::string leaders_not_live(const StatusParts& parts) {
  std::string text;
  for (std::size_t i = 0; i < parts.config.leaders.size(); ++i) {
    const auto state = session_of(parts, i);
    if (state == feed::SessionState::live || !is_shown(parts, leader_id(i))) continue;
    text += fmt::format("{}{} is {}", text.empty() ? "" : ", ", parts.config.leaders[i].label,
                        feed::name_of(state));
  }
  return text;
}

std::string status_reply(const StatusParts& parts) {
  JsonWriter out;
  out.begin_object()
      .member("ok", true)
      .member("version", version)
      .member("generation", parts.pipeline == nullptr ? 0 : parts.pipeline->generation())
      .member("ready", is_ready(parts))
      .member("uptime_s", milliseconds(parts.started, parts.now) / 1000)
      .member("venue", parts.venue_name);
  out.key("waiting_for");
  if (parts.waiting_for.empty()) out.null();
  else out.value(parts.waiting_for);
  out.key("threads");
  if (parts.pipeline == nullptr) out.null();
  else out.value(parts.pipeline->plan().dedicated ? "dedicated" : "shared");
  out.key("leaders").begin_array();
  for (std::size_t i = 0; i < parts.config.leaders.size(); ++i)
    if (is_shown(parts, leader_id(i))) write_leader(out, parts, i);
  out.end_array();
  out.key("followers").begin_array();
  for (std::size_t i = 0; i < parts.config.followers.size(); ++i)
    if (is_shown(parts, i)) write_follower(out, parts, i);
  out.end_array();
  write_latency(out, parts.pipeline);
  out.end_object();
  return out.take();
}

std::string positions_reply(const StatusParts& parts, std::string_view label) {
  JsonWriter out;
  out.begin_object().member("ok", true);
  out.key("positions").begin_array();
  for (const auto& row : *parts.rows) {
    const auto& follower = parts.config.followers[row.follower.value].label;
    if (!label.empty() && label != follower) continue;
    if (!is_shown(parts, row.follower.value)) continue;
    out.begin_object().member("follower", follower);
    write_row(out, parts.symbols, row);
    out.end_object();
  }
  out.end_array().end_object();
  return out.take();
}

std::string latency_reply(const StatusParts& parts, const ops::Outcome<std::string>& copies) {
  JsonWriter out;
  out.begin_object().member("ok", true);
  write_latency(out, parts.pipeline);
  out.key("leaders").begin_array();
  for (std::size_t i = 0; parts.pipeline != nullptr && i < parts.config.leaders.size(); ++i) {
    if (!is_shown(parts, leader_id(i))) continue;
    out.begin_object().member("label", parts.config.leaders[i].label);
    write_first_words(out, parts.pipeline->leader(leader_id(i)));
    out.end_object();
  }
  out.end_array();
  out.key("copies");
  if (copies) out.raw(*copies);
  else out.null();
  out.key("note").value(copies ? std::nullopt : std::optional(copies.error().error));
  out.end_object();
  return out.take();
}

std::string accounts_reply(const StatusParts& parts, const ops::KeyStore& store) {
  JsonWriter out;
  out.begin_object().member("ok", true);
  out.key("accounts").begin_array();
  for (const auto& account : parts.roster.accounts()) {
    // A stranger to the configuration that was disconnected is gone.
    if (account.role() == Role::none && store.find(account.label) == nullptr) continue;
    write_card(out, parts, store, account);
  }
  out.end_array().end_object();
  return out.take();
}

std::string account_reply(const StatusParts& parts, const ops::KeyStore& store,
                          const RosterAccount& account) {
  JsonWriter out;
  out.begin_object().member("ok", true);
  out.key("account");
  write_card(out, parts, store, account);
  out.end_object();
  return out.take();
}

std::string changed_reply(const StatusParts& parts, const Restrictions& restrictions,
                          const std::vector<SetState>& changes,
                          const std::vector<FollowerId>& flattened) {
  // The copy agent applies the changes within microseconds, but has not yet: what is shown is what
  // will hold each follower then. `resume bob` shows a halt of everybody that goes on.
  std::map<std::uint16_t, std::int64_t> ended;  // follower → bits of causes that end with this
  for (const auto follower : flattened) ended[follower.value];
  for (const auto& change : changes)
    ended[change.follower.value] |=
        change.state == FollowerState::active ? bit_of(change.cause) : 0;
  JsonWriter out;
  out.begin_object().member("ok", true);
  out.key("changed").begin_array();
  for (const auto& [index, bits] : ended) {
    const bool flat =
        std::find(flattened.begin(), flattened.end(), FollowerId{index}) != flattened.end();
    const auto holding = holding_then(parts, restrictions, FollowerId{index}, bits);
    FollowerState state = FollowerState::active;
    for (const auto& one : holding) state = std::max(state, one.state);
    out.begin_object()
        .member("label", parts.config.followers[index].label)
        .member("state", name_of(state))
        .member("flattening", flat);
    out.key("causes").begin_array();
    for (const auto& one : holding) out.value(name_of(one.cause));
    out.end_array().end_object();
  }
  out.end_array().end_object();
  return out.take();
}

std::string status_line(const StatusParts& parts) {
  std::size_t live = 0;
  std::size_t leaders = 0;
  for (std::size_t i = 0; i < parts.config.leaders.size(); ++i) {
    if (!is_shown(parts, leader_id(i))) continue;
    ++leaders;
    live += session_of(parts, i) == feed::SessionState::live ? 1U : 0U;
  }
  std::size_t ready = 0;
  std::size_t followers = 0;
  std::int64_t unknown = 0;
  for (std::size_t i = 0; i < parts.config.followers.size(); ++i) {
    if (!is_shown(parts, i)) continue;
    ++followers;
    const bool shadow = parts.config.followers[i].state == config::FollowerMode::shadow;
    ready += shadow || link_of(parts, i) == exec::LinkState::ready ? 1U : 0U;
    if (parts.pipeline != nullptr) unknown += parts.pipeline->link(follower_id(i)).unknown.get();
  }
  return fmt::format("{}: {}/{} leaders, {}/{} followers, {} unknown",
                     is_ready(parts) ? "ready" : "connecting", live, leaders, ready, followers,
                     unknown);
}

}  // namespace copyd::engine
