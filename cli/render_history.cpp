// The views of what the history answers: trades, skips, orders, drift, balances.
#include "cli/format.hpp"
#include "cli/table.hpp"
#include "cli/views.hpp"

namespace copyd::cli {
namespace {

// "12 ms", and "-" where nothing was executed.
std::string delay_of(Element row) {
  const auto ms = integer_of(row, "delay_ms");
  return ms ? std::to_string(*ms) + " ms" : "-";
}

std::string outcome_of(Element row) {
  const std::string reason = text_of(row, "reason");
  return text_of(row, "outcome") + (reason == "-" ? "" : " (" + reason + ')');
}

std::string trade_of(Element row) {
  const std::string trade = text_of(row, "trade");
  return trade == "-" ? "-" : text_of(row, "symbol") + ':' + trade;
}

}  // namespace

std::string more_of(Element reply) {
  const std::string next = text_of(reply, "next");
  return next == "-" ? "" : "There may be more: --cursor " + next + ", or a larger --limit.\n";
}

std::string history_view(Element reply) {
  Table table({{"TIME (UTC)"},
               {"LEADER"},
               {"TRADE"},
               {"SIDE"},
               {"QTY", true},
               {"PRICE", true},
               {"FOLLOWER"},
               {"OUTCOME"},
               {"COPIED", true},
               {"AT", true},
               {"DELAY", true},
               {"WORSE BPS", true}});
  for (const Element row : array_of(reply, "trades"))
    table.add({text_of(row, "time"), text_of(row, "leader"), trade_of(row), text_of(row, "side"),
               text_of(row, "qty"), text_of(row, "price"), text_of(row, "follower"),
               outcome_of(row), text_of(row, "copied_qty"), text_of(row, "copied_price"),
               delay_of(row), text_of(row, "worse_bps")});
  return table.empty() ? "No trades.\n" : table.text() + more_of(reply);
}

std::string skips_view(Element reply) {
  Table table({{"TIME (UTC)"},
               {"FOLLOWER"},
               {"SYMBOL"},
               {"REASON"},
               {"LEADER"},
               {"TRADE"},
               {"SIDE"},
               {"QTY", true},
               {"PRICE", true}});
  for (const Element row : array_of(reply, "skips"))
    table.add({text_of(row, "time"), text_of(row, "follower"), text_of(row, "symbol"),
               text_of(row, "reason"), text_of(row, "leader"), trade_of(row), text_of(row, "side"),
               text_of(row, "qty"), text_of(row, "price")});
  return table.empty() ? "Nothing was skipped.\n" : table.text() + more_of(reply);
}

std::string orders_view(Element reply) {
  Table counts({{"FOLLOWER"}, {"WAITING", true}, {"WRITTEN", true}, {"UNKNOWN", true}});
  for (const Element row : array_of(reply, "followers"))
    counts.add({text_of(row, "label"), text_of(row, "waiting"), text_of(row, "written"),
                text_of(row, "unknown")});
  Table orders({{"DECIDED (UTC)"},
                {"FOLLOWER"},
                {"SYMBOL"},
                {"LEG"},
                {"SIDE"},
                {"KIND"},
                {"QTY", true},
                {"FILLED", true},
                {"STATE"},
                {"ATTEMPTS", true},
                {"FOR"}});
  for (const Element row : array_of(reply, "orders"))
    orders.add({text_of(row, "decided"), text_of(row, "follower"), text_of(row, "symbol"),
                text_of(row, "leg"), text_of(row, "side"), text_of(row, "kind"),
                text_of(row, "qty"), text_of(row, "filled"), text_of(row, "state"),
                text_of(row, "attempts"), trade_of(row)});
  return (counts.empty() ? "No followers.\n" : counts.text()) + '\n' +
         (orders.empty() ? "No order is open.\n" : orders.text());
}

std::string drift_view(Element reply) {
  Table table({{"FOLLOWER"},
               {"SYMBOL"},
               {"LEG"},
               {"TARGET", true},
               {"POSITION", true},
               {"IN FLIGHT", true},
               {"DRIFT", true},
               {"STATE"}});
  int off = 0;
  for (const Element row : array_of(reply, "legs")) {
    const std::string state = text_of(row, "state");
    off += state == "off_target" ? 1 : 0;
    table.add({text_of(row, "follower"), text_of(row, "symbol"), text_of(row, "leg"),
               text_of(row, "target"), text_of(row, "position"), text_of(row, "in_flight"),
               text_of(row, "drift"), state});
  }
  std::string text = table.empty() ? "Nothing is wanted, held or in flight.\n" : table.text();
  if (off > 0)
    text += std::to_string(off) +
            " off target: what is below the venue's smallest order waits for the next opening; "
            "copyctl skips and copyctl status say what holds back the rest.\n";
  for (const Element row : array_of(reply, "foreign"))
    text += text_of(row, "follower") + ": the venue holds more than copyd does on " +
            text_of(row, "legs") + " of its legs: opened by others, and left alone\n";
  return text;
}

std::string balance_view(Element reply) {
  Table table({{"ACCOUNT"},
               {"ROLE"},
               {"EQUITY", true},
               {"TRANSFERS", true},
               {"NET EQUITY", true},
               {"LAST READ"}});
  for (const Element row : array_of(reply, "accounts")) {
    const auto ms = integer_of(row, "last_sync_ms_ago");
    table.add({text_of(row, "label"), text_of(row, "role"), text_of(row, "equity"),
               text_of(row, "transfers"), text_of(row, "net_equity"), ms ? ago_text(*ms) : "-"});
  }
  return table.empty() ? "No accounts.\n" : table.text();
}

}  // namespace copyd::cli
