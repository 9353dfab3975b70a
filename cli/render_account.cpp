#include "cli/format.hpp"
#include "cli/views.hpp"

namespace copyd::cli {
namespace {

std::string row(std::string name, const std::string& value) {
  name.resize(18, ' ');
  return "  " + name + value + '\n';
}

// What a right is called, and whether the key has it; unknown is said, never left out.
std::string permissions_of(Element card) {
  Element rights;
  if (card["permissions"].get(rights) != simdjson::SUCCESS || !rights.is_object()) return "unknown";
  std::string text;
  for (const auto right : object_of(card, "permissions")) {
    const std::string value = text_of(right.value);
    text += (text.empty() ? "" : ", ") + printable(right.key) + ' ' +
            (value == "-" ? "unknown" : value);
  }
  return text;
}

std::string card_text(Element card) {
  const auto synced = integer_of(card, "last_sync_ms_ago");
  std::string text = text_of(card, "label") + "  " + text_of(card, "status") + '\n';
  if (const std::string words = text_of(card, "message"); words != "-") text += row("", words);
  text += row("role", text_of(card, "role"));
  text += row("venue", text_of(card, "venue"));
  text += row("key", text_of(card, "key_type") + ' ' + text_of(card, "api_key"));
  text += row("permissions", permissions_of(card));
  text += row("IP list", text_of(card, "ip_list"));
  text += row("trading expires", text_of(card, "trading_expires"));
  text += row("equity", text_of(card, "equity"));
  text += row("last sync", synced ? ago_text(*synced) : "-");
  for (const Element warning : array_of(card, "warnings")) {
    text += "  WARNING: " + text_of(warning) + '\n';
  }
  return text;
}

}  // namespace

std::string card_view(Element reply) {
  Element card;
  if (reply["account"].get(card) != simdjson::SUCCESS) return "Connected.\n";
  return card_text(card);
}

std::string cards_view(Element reply) {
  std::string text;
  for (const Element card : array_of(reply, "accounts")) {
    text += (text.empty() ? "" : "\n") + card_text(card);
  }
  return text.empty() ? "No accounts. Add one: copyctl connect LABEL\n" : text;
}

std::string disconnect_view(Element reply) {
  const std::string note = text_of(reply, "note");
  return text_of(reply, "label") + " is disconnected; its key is forgotten.\n" +
         (note == "-" ? "" : note + '\n');
}

}  // namespace copyd::cli
