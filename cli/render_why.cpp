// The whole story of one trade, in the order in which a person asks: what was traded, what each
// follower did, why, and how long it took.
#include "cli/format.hpp"
#include "cli/views.hpp"

namespace copyd::cli {
namespace {

bool is_known(Element object, std::string_view name) {
  return text_of(object, name) != "-";
}

std::string line(const std::string& text) {
  return "    " + text + '\n';
}

std::string headline(Element trade) {
  const auto age = integer_of(trade, "age_ms");
  const auto decode = integer_of(trade, "decode_ns");
  return text_of(trade, "leader") + "  " + text_of(trade, "side") + ' ' + text_of(trade, "qty") +
         ' ' + text_of(trade, "symbol") + " at " + text_of(trade, "price") + "  (trade " +
         text_of(trade, "trade") + ", leg " + text_of(trade, "leg") + ", of an order of " +
         text_of(trade, "order_qty") + ")\n" +
         (is_true(trade, "forced") ? "  the venue forced it: it closes, and opens nothing\n" : "") +
         "  traded   " + text_of(trade, "traded") + "  by the venue's clock\n" + "  decided  " +
         text_of(trade, "decided") + "  by ours" +
         (age ? ", when it was " + std::to_string(*age) + " ms old" : "") +
         (decode ? "; decoded " + nanoseconds_text(*decode) + " after it was received" : "") + '\n';
}

std::string what_it_means(const std::string& outcome) {
  if (outcome == "copied") return "its orders were filled";
  if (outcome == "carried") return "its target moved, and no order was needed or possible yet";
  if (outcome == "skipped") return "a part was not copied";
  if (outcome == "failed") return "the venue refused an order of it for good";
  if (outcome == "unknown") return "an order's fate is not known and is being found out";
  if (outcome == "none") return "it held no share of this: nothing to do";
  return "its orders are on their way";
}

std::string link_lines(Element link) {
  std::string text = line("link " + text_of(link, "link") + " (" + text_of(link, "sizing") + ", " +
                          text_of(link, "state") + "): leader " + text_of(link, "leader_before") +
                          " -> " + text_of(link, "leader_after") + ", target " +
                          text_of(link, "target_before") + " -> " + text_of(link, "target_after"));
  if (is_known(link, "equity") || is_known(link, "leader_equity"))
    text += line("  equity " + text_of(link, "equity") + ", the leader's " +
                 text_of(link, "leader_equity") + ", ratio " + text_of(link, "rate"));
  text += line("  closes " + text_of(link, "closed") + ", opens " + text_of(link, "opened") +
               " of the leader's; the opening is " + text_of(link, "sized") + " here");
  if (text_of(link, "target_moved") != text_of(link, "target_after"))
    text += line("  given up: the target was " + text_of(link, "target_moved") +
                 " before what could not be had was taken off");
  const std::string lots = text_of(link, "lots_before") + "] -> [" + text_of(link, "lots_after");
  return text + line("  lots (leader:target) [" + lots + "]");
}

std::string leg_lines(Element leg) {
  std::string rooms;
  for (const auto room : object_of(leg, "room"))
    if (const std::string value = text_of(room.value); value != "-")
      rooms += (rooms.empty() ? "" : ", ") + printable(room.key) + " leaves " + value;
  return line("leg " + text_of(leg, "leg") + ": wanted " + text_of(leg, "wanted") + ", held " +
              text_of(leg, "position") + ", with orders in flight " + text_of(leg, "effective") +
              "; to do " + text_of(leg, "to_do") + " (reducing " + text_of(leg, "reducing") +
              ", increasing " + text_of(leg, "increasing") + ")") +
         line("  smallest order " + text_of(leg, "floor") + " at " + text_of(leg, "price") +
              (rooms.empty() ? "; no limit binds" : "; " + rooms));
}

std::string stages_line(Element attempt) {
  std::string text;
  for (const auto stage : object_of(attempt, "stages_ns")) {
    std::int64_t ns = 0;
    if (stage.value.get_int64().get(ns) != simdjson::SUCCESS) continue;
    text += (text.empty() ? "" : ", ") + printable(stage.key) + ' ' + nanoseconds_text(ns);
  }
  return text.empty() ? "" : line("    stages: " + text);
}

std::string attempt_lines(Element attempt) {
  std::string text = line("  attempt " + text_of(attempt, "attempt") + ": " +
                          text_of(attempt, "qty") + " sent " + text_of(attempt, "sent"));
  if (is_known(attempt, "lost"))
    text += line("    its fate was lost at " + text_of(attempt, "lost"));
  if (is_known(attempt, "absent"))
    text += line("    proven absent at " + text_of(attempt, "absent") + ": it never got there");
  for (const Element answer : array_of(attempt, "answers")) {
    const auto code = integer_of(answer, "code").value_or(0);
    text += line(
        "    " + text_of(answer, "time") +
        (text_of(answer, "by") == "stream" ? " stream" : " answer") + ": " +
        (code != 0 ? "refused with " + std::to_string(code)
                   : "filled " + text_of(answer, "filled") + " at " + text_of(answer, "average")) +
        (is_true(answer, "final") ? ", final" : ""));
  }
  return text + stages_line(attempt);
}

// Orders that waited together leave as one.
std::string company_line(Element order) {
  Element carrier;
  if (order["left_with"].get(carrier) == simdjson::SUCCESS && carrier.is_object())
    return line("  waited, and left within the order of " + text_of(carrier, "trade"));
  const auto others = integer_of(order, "left_for_others").value_or(0);
  if (others == 0) return "";
  return line("  waited, and left for " + std::to_string(others) + " more that waited behind it");
}

std::string order_lines(Element order) {
  const bool open = !is_known(order, "end");
  std::string text = line(
      "order " + text_of(order, "side") + ' ' + text_of(order, "qty") + ' ' +
      text_of(order, "symbol") + ' ' + text_of(order, "leg") + ", " + text_of(order, "kind") +
      (is_true(order, "reduce_only") ? " (reduce only)" : "") +
      (is_known(order, "limit") ? ", limit " + text_of(order, "limit") : ", market") + ": " +
      (open ? (is_true(order, "unknown") ? "UNKNOWN, being found out" : "not finished")
            : text_of(order, "end") + ", filled " + text_of(order, "filled") + " at " +
                  text_of(order, "average")) +
      (is_known(order, "venue_code") ? ", the venue's error " + text_of(order, "venue_code") : ""));
  if (const auto delay = integer_of(order, "delay_ms"))
    text +=
        line("  " + std::to_string(*delay) + " ms behind the leader by the venue's clock; price " +
             (is_known(order, "worse_bps") ? text_of(order, "worse_bps") + " bps worse" : "-"));
  text += company_line(order);
  for (const Element attempt : array_of(order, "attempts")) text += attempt_lines(attempt);
  return text;
}

std::string follower_text(Element follower) {
  const std::string outcome = text_of(follower, "outcome");
  std::string text =
      "\n  " + text_of(follower, "follower") + ": " + outcome +
      (is_known(follower, "reason") ? " (" + text_of(follower, "reason") + ')' : "") + " - " +
      what_it_means(outcome) + '\n';
  for (const Element link : array_of(follower, "links")) text += link_lines(link);
  for (const Element leg : array_of(follower, "legs")) text += leg_lines(leg);
  for (const Element skip : array_of(follower, "skips"))
    text += line("skipped by link " + text_of(skip, "link") + ": " + text_of(skip, "reason"));
  for (const Element order : array_of(follower, "orders")) text += order_lines(order);
  return text;
}

}  // namespace

std::string why_view(Element reply) {
  Element trade;
  if (reply["trade"].get(trade) != simdjson::SUCCESS) return "Nothing is known of it.\n";
  std::string text = headline(trade);
  for (const Element follower : array_of(reply, "followers")) text += follower_text(follower);
  const std::string next = text_of(reply, "next");
  if (next != "-")
    text +=
        "\nThere may be more followers: --cursor " + next + ", --follower or a larger --limit.\n";
  return text;
}

}  // namespace copyd::cli
