#include "engine/overview.hpp"

#include "ops/history.hpp"

namespace copyd::engine {
namespace {

// Less than a step, and what is below the venue's smallest quantity, cannot be sent.
std::string_view standing_of(const BookRow& row, const SymbolTable& symbols) {
  if (!row.in_flight.is_zero()) return "in_flight";
  Qty reachable = row.target;
  if (const auto& filters = symbols[row.symbol].filters) {
    reachable = trunc_to(row.target, filters->step);
    if (reachable.abs() < filters->min_qty) reachable = Qty();
  }
  return row.position == reachable ? "on_target" : "off_target";
}

}  // namespace

std::string drift_reply(const StatusParts& parts, std::string_view label) {
  ops::JsonWriter out;
  out.begin_object().member("ok", true);
  out.key("legs").begin_array();
  for (const auto& row : *parts.rows) {
    const auto& follower = parts.config.followers[row.follower.value].label;
    if (!label.empty() && label != follower) continue;
    if (!is_shown(parts, row.follower.value)) continue;
    out.begin_object()
        .member("follower", follower)
        .member("symbol", parts.symbols[row.symbol].name)
        .member("leg", ops::name_of_leg(row.leg))
        .member("target", row.target)
        .member("position", row.position)
        .member("in_flight", row.in_flight)
        .member("drift", row.position + row.in_flight - row.target)
        .member("state", standing_of(row, parts.symbols))
        .end_object();
  }
  out.end_array().key("foreign").begin_array();
  for (std::size_t i = 0; parts.pipeline != nullptr && i < parts.config.followers.size(); ++i) {
    const auto& follower = parts.config.followers[i].label;
    const auto legs = parts.pipeline->link(FollowerId{static_cast<std::uint16_t>(i)}).drift.get();
    if (legs == 0 || (!label.empty() && label != follower) || !is_shown(parts, i)) continue;
    out.begin_object().member("follower", follower).member("legs", legs).end_object();
  }
  out.end_array().end_object();
  return out.take();
}

std::string balance_reply(const StatusParts& parts, std::string_view label,
                          const TransfersOf& transfers) {
  ops::JsonWriter out;
  out.begin_object().member("ok", true);
  out.key("accounts").begin_array();
  for (const auto& account : parts.roster.accounts()) {
    if (account.role() == Role::none || (!label.empty() && label != account.label)) continue;
    const auto moved = transfers(account);
    std::optional<Usd> net;
    if (account.equity && moved) net = *account.equity - *moved;
    out.begin_object()
        .member("label", account.label)
        .member("role", name_of(account.role()))
        .member("connected", account.connected());
    out.key("equity").value(account.equity);
    out.key("transfers").value(moved);
    out.key("net_equity").value(net);
    out.key("last_sync_ms_ago");
    if (account.last_sync.ns == 0) out.null();
    else out.value((parts.now - account.last_sync).count() / 1'000'000);
    out.end_object();
  }
  out.end_array().end_object();
  return out.take();
}

std::string orders_reply(const StatusParts& parts, std::string_view label, std::string_view open) {
  ops::JsonWriter out;
  out.begin_object().member("ok", true);
  out.key("followers").begin_array();
  for (std::size_t i = 0; parts.pipeline != nullptr && i < parts.config.followers.size(); ++i) {
    const auto& follower = parts.config.followers[i].label;
    if ((!label.empty() && label != follower) || !is_shown(parts, i)) continue;
    const FollowerId id{static_cast<std::uint16_t>(i)};
    const auto& link = parts.pipeline->link(id);
    out.begin_object()
        .member("label", follower)
        .member("in_flight", parts.pipeline->follower(id).in_flight.get())
        .member("waiting", link.waiting.get())
        .member("written", link.written.get())
        .member("unknown", link.unknown.get())
        .end_object();
  }
  out.end_array().key("orders").raw(open).end_object();
  return out.take();
}

}  // namespace copyd::engine
