// How long the stages take, of all together and by follower.
#include "cli/table.hpp"
#include "cli/views.hpp"

namespace copyd::cli {
namespace {

// "" when there are none.
std::string stages_of(simdjson::dom::object stages) {
  Table table({{"STAGE"}, {"P50", true}, {"P99", true}, {"P99.9", true}, {"COUNT", true}});
  for (const auto stage : stages)
    table.add({printable(stage.key), nanoseconds_of(stage.value, "p50"),
               nanoseconds_of(stage.value, "p99"), nanoseconds_of(stage.value, "p999"),
               text_of(stage.value, "n")});
  return table.empty() ? "" : table.text();
}

// By which way each leader's fills came first, "" when there is but one.
std::string first_words(Element reply) {
  Table table({{"LEADER"},
               {"FIRST TOLD BY"},
               {"FILLS", true},
               {"AHEAD BY P50", true},
               {"P99", true},
               {"P99.9", true}});
  for (const FirstWord& word : first_words_of(reply))
    table.add({word.leader, word.by, word.fills, nanoseconds_of(word.ahead, "p50"),
               nanoseconds_of(word.ahead, "p99"), nanoseconds_of(word.ahead, "p999")});
  return table.empty() ? "" : '\n' + table.text();
}

// A row for each follower; the stages too, where there is one alone.
std::string followers_of(Element copies) {
  Table table({{"FOLLOWER"},
               {"ORDERS", true},
               {"TO WIRE P50", true},
               {"P99", true},
               {"ANSWER P50", true},
               {"P99", true},
               {"DELAY P50", true},
               {"P99", true},
               {"WORSE BPS P50", true},
               {"P99", true}});
  std::string stages;
  std::size_t count = 0;
  for (const Element row : array_of(copies, "followers")) {
    const Element times = member_of(row, "stages_ns");
    const Element wire = member_of(times, "fill_to_wire");
    const Element answer = member_of(times, "acknowledged");
    const Element delay = member_of(row, "delay_ms");
    const Element worse = member_of(row, "worse_bps");
    const auto ms = [&](std::string_view which) {
      const std::string number = text_of(delay, which);
      return number == "-" ? number : number + " ms";
    };
    table.add({text_of(row, "follower"), text_of(row, "orders"), nanoseconds_of(wire, "p50"),
               nanoseconds_of(wire, "p99"), nanoseconds_of(answer, "p50"),
               nanoseconds_of(answer, "p99"), ms("p50"), ms("p99"), text_of(worse, "p50"),
               text_of(worse, "p99")});
    stages = stages_of(object_of(row, "stages_ns"));
    ++count;
  }
  if (table.empty()) return "";
  const std::string which = is_true(copies, "newest_only") ? "the newest orders" : "all orders";
  return "\nCopies by the history, of " + which + ":\n" + table.text() +
         (count == 1 ? '\n' + stages : "");
}

}  // namespace

std::vector<FirstWord> first_words_of(Element reply) {
  std::vector<FirstWord> words;
  for (const Element leader : array_of(reply, "leaders")) {
    const std::string label = text_of(leader, "label");
    const auto leads = array_of(leader, "said_first_lead_ns");
    std::vector<FirstWord> race;
    bool raced = false;
    for (const Element fills : array_of(leader, "said_first")) {
      Element ahead;
      if (leads.at(race.size()).get(ahead) != simdjson::SUCCESS) break;
      raced = raced || text_of(fills) != "0";
      race.push_back({.leader = label,
                      .by = "connection " + std::to_string(race.size() + 1),
                      .fills = text_of(fills),
                      .ahead = ahead});
    }
    if (raced) words.insert(words.end(), race.begin(), race.end());
    if (integer_of(leader, "lite_fills").value_or(0) > 0)
      words.push_back({.leader = label,
                       .by = "TRADE_LITE",
                       .fills = text_of(leader, "lite_fills"),
                       .ahead = member_of(leader, "lite_lead_ns")});
  }
  return words;
}

std::string latency_view(Element reply) {
  const Element copies = member_of(reply, "copies");
  const std::string all = stages_of(object_of(reply, "latency_ns"));
  std::string text = all.empty() ? "Nothing was measured yet.\n" : all;
  if (const std::string note = text_of(reply, "note"); note != "-")
    text += "\nNothing by follower: " + note + '\n';
  return text + first_words(reply) + followers_of(copies) + more_of(copies);
}

}  // namespace copyd::cli
