// `copyctl journal dump`: every record as a line, by journal/describe.hpp.
#include <fmt/format.h>

#include <algorithm>

#include "cli/journal_place.hpp"

namespace copyd::cli {
namespace {

using journal::FieldText;
using journal::Record;

struct Line {
  const Record& record;
  const journal::Segment& segment;
  std::string_view file;
  std::uint64_t offset = 0;
  const journal::SymbolNames& names;
};

std::string type_name(std::uint16_t type) {
  const auto* const known = journal::describe(type);
  return known != nullptr ? std::string(known->name) : fmt::format("type_{}", type);
}

// Text with spaces or signs that a terminal would obey stands in quotes.
std::string shown(const FieldText& field) {
  const bool plain = std::all_of(field.text.begin(), field.text.end(), [](char c) {
    return c > ' ' && c < 0x7F && c != '"' && c != '\\';
  });
  return plain && !field.text.empty() ? field.text : json_text(field.text);
}

std::string human(const Line& line) {
  std::string text =
      fmt::format("{} {} {} {}", utc_text(wall_of(line.record, line.segment)),
                  line.segment.writer.view(), line.record.sequence, type_name(line.record.type));
  for (const FieldText& field : journal::fields_of(line.record, line.names))
    text += fmt::format(" {}={}", field.name, shown(field));
  return text + '\n';
}

std::string json(const Line& line) {
  std::string fields;
  for (const FieldText& field : journal::fields_of(line.record, line.names))
    fields += fmt::format("{}\"{}\":{}", fields.empty() ? "" : ",", field.name,
                          field.quoted ? json_text(field.text) : field.text);
  return fmt::format(
      "{{\"time\":\"{}\",\"writer\":{},\"sequence\":{},\"type\":\"{}\",\"fields\":{{{}}},"
      "\"mono_ns\":{},\"durable\":{},\"file\":{},\"offset\":{}}}\n",
      utc_text(wall_of(line.record, line.segment)), json_text(line.segment.writer.view()),
      line.record.sequence, type_name(line.record.type), fields, line.record.mono_ns,
      line.record.durable, json_text(line.file), line.offset);
}

// Those of the run that had begun when the segment was made.
const journal::SymbolNames& names_at(const RunSymbols& symbols, std::int64_t wall_ns) {
  static const journal::SymbolNames none;
  const auto after = symbols.upper_bound(wall_ns);
  return after == symbols.begin() ? none : std::prev(after)->second;
}

// One that copyd has, whether or not it has written anything that is left.
bool is_writer(std::string_view name) {
  const bool lane = name.starts_with("lane") && name.size() > 4 &&
                    name.find_first_not_of("0123456789", 4) == std::string_view::npos;
  return lane || name == "copy" || name == "snapshot";
}

bool is_of(const Series& series, std::string_view writer) {
  return writer.empty() || series.writer == writer ||
         series.writer.starts_with(std::string(writer) + '-');
}

}  // namespace

int dump_journal(const JournalCommand& command, const JournalPlace& place,
                 const JournalOutput& output) {
  const bool known =
      command.writer.empty() || is_writer(command.writer) ||
      std::any_of(place.series.begin(), place.series.end(),
                  [&](const Series& series) { return is_of(series, command.writer); });
  if (!known)
    return fail(command,
                {.error = "no writer of the journal is called \"" + command.writer + '"',
                 .remedy = "the writers are copy, snapshot, and lane0 for the first lane"},
                output);
  bool failed = false;
  std::uint64_t left = command.limit == 0 ? UINT64_MAX : command.limit;
  for (const Series& series : place.series) {
    if (!is_of(series, command.writer)) continue;
    auto reader = series.open();
    while (left > 0) {
      const auto record = reader.next();
      if (!record) break;
      if (record->sequence < command.from) continue;
      const Line line{.record = *record,
                      .segment = reader.segment(),
                      .file = reader.file(),
                      .offset = reader.offset(),
                      .names = names_at(place.symbols, reader.segment().wall_ns)};
      output.out(command.json ? json(line) : human(line));
      --left;
    }
    const auto& end = reader.end();
    if (end.kind == journal::ReadEnd::Kind::clean) continue;
    const bool torn = end.kind == journal::ReadEnd::Kind::torn;
    failed = failed || !torn;
    output.err(fmt::format("copyctl: {} at {}: {}{}; `copyctl journal verify` says more\n",
                           end.file, end.offset, end.reason,
                           torn ? " (the end of what is written)" : ""));
  }
  return failed ? 1 : 0;
}

}  // namespace copyd::cli
