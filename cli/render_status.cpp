#include <algorithm>

#include "cli/format.hpp"
#include "cli/table.hpp"
#include "cli/views.hpp"

namespace copyd::cli {
namespace {

std::string ago_of(Element object, std::string_view name) {
  const auto ms = integer_of(object, name);
  return ms ? ago_text(*ms) : "-";
}

std::string headline(Element reply) {
  bool ready = false;
  const bool known = reply["ready"].get_bool().get(ready) == simdjson::SUCCESS;
  const auto uptime = integer_of(reply, "uptime_s");
  std::string_view waiting;
  const bool waits = reply["waiting_for"].get_string().get(waiting) == simdjson::SUCCESS;
  return "copyd " + text_of(reply, "version") + "  " + text_of(reply, "venue") + "  " +
         (known && ready ? "ready" : "NOT READY") + "  up " +
         (uptime ? duration_text(*uptime) : "-") + "  configuration " +
         text_of(reply, "generation") + "  threads " + text_of(reply, "threads") + '\n' +
         (waits ? "waiting for the venue: " + printable(waiting) + '\n' : "");
}

std::string leaders_table(Element reply) {
  Table table({{"LEADER"}, {"STATE"}, {"LAST FILL"}, {"FILLS", true}, {"EQUITY", true}});
  for (const Element leader : array_of(reply, "leaders")) {
    table.add({text_of(leader, "label"), text_of(leader, "state"),
               ago_of(leader, "last_fill_ms_ago"), text_of(leader, "fills"),
               text_of(leader, "equity")});
  }
  return table.empty() ? "No leaders.\n" : table.text();
}

// What has told the leaders' fills first, one line each.
std::string first_words(Element reply) {
  std::string text;
  std::string leader;
  for (const FirstWord& word : first_words_of(reply)) {
    if (word.leader != leader) {
      text += (text.empty() ? "" : "\n") + word.leader + " was first told by ";
      leader = word.leader;
    } else {
      text += ", ";
    }
    text += word.by + ": " + word.fills + " (p50 " + nanoseconds_of(word.ahead, "p50") + " ahead)";
  }
  return text.empty() ? "" : text + '\n';
}

std::string outcome(Element follower, std::string_view name) {
  Element outcomes;
  if (follower["outcomes"].get(outcomes) != simdjson::SUCCESS) return "-";
  return text_of(outcomes, name);
}

std::string followers_table(Element reply) {
  Table table({{"FOLLOWER"},
               {"STATE"},
               {"CAUSES"},
               {"LINK"},
               {"COPIED", true},
               {"CARRIED", true},
               {"SKIPPED", true},
               {"FAILED", true},
               {"UNKNOWN", true},
               {"NONE", true},
               {"ORDERS", true},
               {"IN FLIGHT", true},
               {"EQUITY", true}});
  for (const Element follower : array_of(reply, "followers")) {
    table.add({text_of(follower, "label"), text_of(follower, "state"), list_of(follower, "causes"),
               text_of(follower, "link"), outcome(follower, "copied"), outcome(follower, "carried"),
               outcome(follower, "skipped"), outcome(follower, "failed"),
               outcome(follower, "unknown"), outcome(follower, "none"), text_of(follower, "orders"),
               text_of(follower, "in_flight"), text_of(follower, "equity")});
  }
  return table.empty() ? "No followers.\n" : table.text();
}

// Why fills were skipped, one line per follower that skipped any.
std::string skips(Element reply) {
  std::string text;
  for (const Element follower : array_of(reply, "followers")) {
    std::string reasons;
    for (const auto reason : object_of(follower, "skipped")) {
      reasons +=
          (reasons.empty() ? "" : ", ") + printable(reason.key) + ' ' + text_of(reason.value);
    }
    if (!reasons.empty())
      text += "skipped by " + text_of(follower, "label") + ": " + reasons + '\n';
  }
  return text;
}

// What shadows have made of it, one line each.
std::string papers(Element reply) {
  std::string text;
  for (const Element follower : array_of(reply, "followers")) {
    Element paper;
    if (follower["paper"].get(paper) != simdjson::SUCCESS || paper.is_null()) continue;
    text += text_of(follower, "label") + " is a shadow, nothing is sent for it: on paper realised " +
            text_of(paper, "realised") + ", fees " + text_of(paper, "fees") + ", unrealised " +
            text_of(paper, "unrealised") + '\n';
  }
  return text;
}

// What a person should look at, one line each.
std::string cautions(Element reply) {
  std::string text;
  for (const Element follower : array_of(reply, "followers")) {
    const std::string label = text_of(follower, "label");
    if (is_true(follower, "flattening")) text += label + " is being flattened\n";
    if (const auto symbols = integer_of(follower, "quarantined").value_or(0); symbols > 0)
      text += label + ": nothing opens on " + std::to_string(symbols) +
              " of its symbols: an order is unknown for long\n";
    if (const auto legs = integer_of(follower, "drift_legs").value_or(0); legs > 0)
      text += label + ": the venue holds more than copyd does on " + std::to_string(legs) +
              " of its legs\n";
  }
  return text;
}

// The sum of one outcome, or of orders in flight, over all followers.
std::int64_t total(Element reply, std::string_view name, bool is_outcome) {
  std::int64_t sum = 0;
  for (const Element follower : array_of(reply, "followers")) {
    Element source = follower;
    if (is_outcome && follower["outcomes"].get(source) != simdjson::SUCCESS) continue;
    sum += integer_of(source, name).value_or(0);
  }
  return sum;
}

std::string totals(Element reply) {
  Element stage;
  std::string latency = "fill_to_wire -";
  if (reply["latency_ns"]["fill_to_wire"].get(stage) == simdjson::SUCCESS) {
    latency = "fill_to_wire p50 " + nanoseconds_of(stage, "p50") + ", p99 " +
              nanoseconds_of(stage, "p99");
  }
  return "in flight " + std::to_string(total(reply, "in_flight", false)) + "  unknown " +
         std::to_string(total(reply, "unknown", true)) + "  failed " +
         std::to_string(total(reply, "failed", true)) + "  " + latency + '\n';
}

}  // namespace

std::string status_view(Element reply) {
  const std::string behind = papers(reply) + cautions(reply) + skips(reply);
  return headline(reply) + totals(reply) + '\n' + leaders_table(reply) + first_words(reply) +
         '\n' +
         followers_table(reply) + (behind.empty() ? "" : "\n" + behind);
}

std::string positions_view(Element reply) {
  Table table({{"FOLLOWER"},
               {"SYMBOL"},
               {"LEG"},
               {"TARGET", true},
               {"POSITION", true},
               {"IN FLIGHT", true}});
  for (const Element row : array_of(reply, "positions")) {
    table.add({text_of(row, "follower"), text_of(row, "symbol"), text_of(row, "leg"),
               text_of(row, "target"), text_of(row, "position"), text_of(row, "in_flight")});
  }
  return table.empty() ? "No positions.\n" : table.text();
}

std::string changed_view(Element reply) {
  Table table({{"FOLLOWER"}, {"STATE"}, {"CAUSES"}});
  for (const Element follower : array_of(reply, "changed")) {
    table.add(
        {text_of(follower, "label"),
         text_of(follower, "state") + (is_true(follower, "flattening") ? " (being flattened)" : ""),
         list_of(follower, "causes")});
  }
  return table.empty() ? "No follower is concerned.\n" : table.text();
}

}  // namespace copyd::cli
