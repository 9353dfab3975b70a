#include "cli/export.hpp"

#include <simdjson.h>

#include "cli/render.hpp"
#include "cli/views.hpp"

namespace copyd::cli {
namespace {

constexpr std::string_view line_end = "\r\n";

// A field in quotes, where it has to be.
std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

// As it is: null is empty, true and false are words.
std::string raw_text(Element value) {
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS) return std::string(text);
  return value.is_null() ? "" : simdjson::minify(value);
}

std::string csv_row(Element reply, Element row) {
  std::string line;
  for (const Element column : array_of(reply, "columns")) {
    Element value;
    const bool there = row[raw_text(column)].get(value) == simdjson::SUCCESS;
    line += (there ? csv_field(raw_text(value)) : "") + ',';
  }
  line.resize(line.empty() ? 0 : line.size() - 1);
  return line + std::string(line_end);
}

std::string csv_header(Element reply) {
  std::string line;
  for (const Element column : array_of(reply, "columns"))
    line += (line.empty() ? "" : ",") + csv_field(raw_text(column));
  return line + std::string(line_end);
}

std::string csv_rows(Element reply) {
  std::string text;
  for (const Element row : array_of(reply, "rows")) text += csv_row(reply, row);
  return text;
}

}  // namespace

std::string export_view(Element reply) {
  return csv_header(reply) + csv_rows(reply);
}

ExportPage render_page(std::string_view reply, ExportFormat format, bool first) {
  simdjson::dom::parser parser;
  Element root;
  bool ok = false;
  if (parser.parse(reply.data(), reply.size()).get(root) != simdjson::SUCCESS ||
      root["ok"].get_bool().get(ok) != simdjson::SUCCESS || !ok)
    return {.ok = false, .text = render(ops::Verb::export_, reply).text, .next = {}};
  ExportPage page{.ok = true, .text = {}, .next = {}};
  const bool csv = format == ExportFormat::csv;
  if (csv && first) page.text = csv_header(root);
  if (csv) page.text += csv_rows(root);
  else
    for (const Element row : array_of(root, "rows")) page.text += simdjson::minify(row) + '\n';
  Element next;
  if (root["next"].get(next) == simdjson::SUCCESS) page.next = raw_text(next);
  return page;
}

int run_export(const Invocation& invocation,
               const std::function<ops::Outcome<std::string>(std::string_view)>& ask,
               const std::function<bool(std::string_view)>& out,
               const std::function<void(std::string_view)>& err) {
  ops::ControlRequest request;
  for (const auto& text : ops::text_members) request.*text.member = invocation.request.*text.member;
  request.verb = ops::Verb::export_;
  // One page is what is asked for by hand; without it, all of them.
  const bool one_page = !request.limit.empty();
  if (!one_page) request.limit = std::to_string(ops::control_limit_max);
  for (bool first = true;; first = false) {
    const auto reply = ask(ops::encode_request(request).reveal());
    if (reply.has_error()) {
      err(render_failure(reply.error()));
      return 1;
    }
    const ExportPage page = render_page(*reply, invocation.format, first);
    if (!page.ok) {
      err(page.text);
      return 1;
    }
    if (!out(page.text)) {
      err(render_failure({.error = "the rows cannot be written", .remedy = "is the disk full?"}));
      return 1;
    }
    if (page.next.empty() || one_page) return 0;
    request.cursor = page.next;
  }
}

}  // namespace copyd::cli
