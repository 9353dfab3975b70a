// `copyctl journal verify`: does what is there hold together?
#include <fmt/format.h>

#include <set>

#include "cli/journal_place.hpp"
#include "cli/table.hpp"

namespace copyd::cli {
namespace {

using journal::ReadEnd;
using journal::Reader;

// A daemon may write on while we read: what does not hold together is looked at again.
constexpr int looks_max = 5;

struct Survey {
  std::set<std::string> segments;
  std::uint64_t records = 0;
  std::uint64_t first_sequence = 0;
  std::uint64_t last_sequence = 0;
  std::int64_t first_ns = 0;
  std::int64_t last_ns = 0;
  ReadEnd end;

  bool failed() const {
    return end.kind == ReadEnd::Kind::corrupt || end.kind == ReadEnd::Kind::unreadable;
  }
  std::string_view state() const {
    switch (end.kind) {
      case ReadEnd::Kind::clean:
        return "clean";
      case ReadEnd::Kind::torn:
        return "torn";
      case ReadEnd::Kind::corrupt:
        return "corrupt";
      case ReadEnd::Kind::unreadable:
        break;
    }
    return end.newer ? "newer" : "unreadable";
  }
};

Survey survey_once(const Series& series) {
  Survey survey;
  Reader reader = series.open();
  while (const auto record = reader.next()) {
    const auto wall = wall_of(*record, reader.segment());
    if (survey.records++ == 0) {
      survey.first_sequence = record->sequence;
      survey.first_ns = wall;
    }
    survey.last_sequence = record->sequence;
    survey.last_ns = wall;
    survey.segments.insert(reader.file());
  }
  survey.end = reader.end();
  return survey;
}

Survey survey_of(const Series& series) {
  Survey survey = survey_once(series);
  for (int look = 1; look < looks_max && survey.end.kind != ReadEnd::Kind::clean; ++look) {
    Survey again = survey_once(series);
    const bool same = again.end.kind == survey.end.kind && again.end.file == survey.end.file &&
                      again.end.offset == survey.end.offset;
    survey = std::move(again);
    if (same) break;
  }
  return survey;
}

std::string advice(const Survey& survey) {
  const ReadEnd& end = survey.end;
  const std::string where = fmt::format("{} at {}: {}", end.file, end.offset, end.reason);
  switch (end.kind) {
    case ReadEnd::Kind::clean:
      return {};
    case ReadEnd::Kind::torn:
      return where +
             ". Nothing that was promised is missing: a running copyd is just writing it, or the "
             "next start cuts it off.\n";
    case ReadEnd::Kind::corrupt:
      return where +
             ". It was on the disk and has changed: the next start restricts every follower until "
             "`copyctl resume`. Look after the disk, and keep a copy of the file.\n";
    case ReadEnd::Kind::unreadable:
      break;
  }
  return fmt::format("{}: {}. {}\n", end.file, end.reason,
                     end.newer ? "Use the version of copyd that wrote it, or a later one."
                               : "Look after the disk and the rights of the file.");
}

std::string json_of(const Series& series, const Survey& survey) {
  const ReadEnd& end = survey.end;
  std::string text =
      fmt::format("{{\"writer\":{},\"segments\":{},\"records\":{},\"state\":\"{}\"",
                  json_text(series.writer), survey.segments.size(), survey.records, survey.state());
  if (survey.records > 0)
    text += fmt::format(
        ",\"first_sequence\":{},\"last_sequence\":{},\"first_time\":\"{}\",\"last_time\":\"{}\"",
        survey.first_sequence, survey.last_sequence, utc_text(survey.first_ns),
        utc_text(survey.last_ns));
  if (end.kind != ReadEnd::Kind::clean)
    text += fmt::format(",\"file\":{},\"offset\":{},\"reason\":{}", json_text(end.file), end.offset,
                        json_text(end.reason));
  return text + '}';
}

}  // namespace

int verify_journal(const JournalCommand& command, const JournalPlace& place,
                   const JournalOutput& output) {
  Table table({{"WRITER"},
               {"SEGMENTS", true},
               {"RECORDS", true},
               {"SEQUENCES"},
               {"FIRST"},
               {"LAST"},
               {"STATE"}});
  std::string rows;
  std::string advices;
  bool failed = false;
  for (const Series& series : place.series) {
    const Survey survey = survey_of(series);
    failed = failed || survey.failed();
    const bool some = survey.records > 0;
    table.add({series.writer, std::to_string(survey.segments.size()),
               std::to_string(survey.records),
               some ? fmt::format("{}–{}", survey.first_sequence, survey.last_sequence) : "-",
               some ? utc_text(survey.first_ns) : "-", some ? utc_text(survey.last_ns) : "-",
               std::string(survey.state())});
    rows += (rows.empty() ? "" : ",") + json_of(series, survey);
    advices += advice(survey);
  }
  if (command.json)
    output.out(fmt::format("{{\"ok\":{},\"directory\":{},\"writers\":[{}]}}\n", !failed,
                           json_text(place.directory), rows));
  else if (place.series.empty()) output.out("there is no journal in " + place.directory + "\n");
  else output.out(table.text() + advices);
  return failed ? 1 : 0;
}

}  // namespace copyd::cli
