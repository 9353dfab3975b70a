#include "cli/render.hpp"

#include "cli/views.hpp"

namespace copyd::cli {
namespace {

std::string view_of(ops::Verb verb, Element reply) {
  switch (verb) {
    case ops::Verb::status:
      return status_view(reply);
    case ops::Verb::pause:
    case ops::Verb::resume:
    case ops::Verb::halt:
    case ops::Verb::flatten:
      return changed_view(reply);
    case ops::Verb::connect:
      return card_view(reply);
    case ops::Verb::rotate:
      return card_view(reply) + "The old key is not used any more: delete it at the venue.\n";
    case ops::Verb::accounts:
      return cards_view(reply);
    case ops::Verb::disconnect:
      return disconnect_view(reply);
    case ops::Verb::positions:
      return positions_view(reply);
    case ops::Verb::latency:
      return latency_view(reply);
    case ops::Verb::why:
      return why_view(reply);
    case ops::Verb::history:
      return history_view(reply);
    case ops::Verb::skips:
      return skips_view(reply);
    case ops::Verb::drift:
      return drift_view(reply);
    case ops::Verb::balance:
      return balance_view(reply);
    case ops::Verb::orders:
      return orders_view(reply);
    case ops::Verb::export_:
      return export_view(reply);
    case ops::Verb::reload:
      return text_of(reply, "said") + '\n';
    case ops::Verb::version:
      return "copyd " + text_of(reply, "version") + '\n';
  }
  return {};
}

}  // namespace

Rendered render(ops::Verb verb, std::string_view reply) {
  simdjson::dom::parser parser;
  Element root;
  bool ok = false;
  if (parser.parse(reply.data(), reply.size()).get(root) != simdjson::SUCCESS ||
      root["ok"].get_bool().get(ok) != simdjson::SUCCESS) {
    return {.ok = false,
            .text = render_failure({.error = "the daemon's answer cannot be read",
                                    .remedy = "are copyctl and copyd of the same version?"})};
  }
  if (ok) return {.ok = true, .text = view_of(verb, root)};
  const std::string remedy = text_of(root, "remedy");
  return {.ok = false,
          .text = render_failure(
              {.error = text_of(root, "error"), .remedy = remedy == "-" ? "" : remedy})};
}

std::string render_failure(const ops::Failure& failure) {
  std::string text = "copyctl: " + failure.error + '\n';
  if (!failure.remedy.empty()) text += "  what to do: " + failure.remedy + '\n';
  return text;
}

}  // namespace copyd::cli
