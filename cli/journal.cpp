#include "cli/journal.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "cli/journal_place.hpp"
#include "cli/render.hpp"
#include "journal/archive.hpp"

namespace copyd::cli {
namespace {

constexpr std::string_view state_dir_default = "/var/lib/copyd";
constexpr std::int64_t ns_per_s = 1'000'000'000;
constexpr std::int64_t ns_per_ms = 1'000'000;

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// A string of TOML without escapes; empty for anything else.
std::string_view plain_string(std::string_view value) {
  const char quote = value.empty() ? '\0' : value.front();
  if (quote != '"' && quote != '\'') return {};
  const auto end = value.find(quote, 1);
  if (end == std::string_view::npos) return {};
  const auto behind = trimmed(value.substr(end + 1));
  const auto inside = value.substr(1, end - 1);
  const bool plain =
      (behind.empty() || behind.front() == '#') && inside.find('\\') == std::string_view::npos;
  return plain ? inside : std::string_view();
}

ops::Outcome<std::string> journal_directory(const JournalCommand& command) {
  std::string state = command.state_dir;
  if (state.empty() && !command.config.empty()) {
    std::ifstream in(command.config);
    std::stringstream text;
    text << in.rdbuf();
    if (!in)
      return ops::Failure{.error = command.config + " cannot be read",
                          .remedy = "check the path, or say --state-dir"};
    auto said = state_dir_of(text.str());
    if (said.has_error()) return said.error();
    state = *said;
  }
  if (state.empty()) state = state_dir_default;
  return ops::Outcome<std::string>(boost::system::in_place_value, state + "/journal");
}

using Files = std::vector<std::string>;

// What a run calls its symbols stands at the beginning of the segment that it begins with.
void learn_symbols(journal::Disk& disk, const Files& files, RunSymbols& symbols) {
  for (const auto& file : files) {
    if (!file.starts_with("copy-") && !file.starts_with("snapshot-")) continue;
    auto reader = journal::Reader::of_file(disk, file);
    journal::SymbolNames names;
    std::int64_t begun = 0;
    while (const auto record = reader.next()) {
      const auto type = static_cast<journal::Type>(record->type);
      begun = reader.segment().wall_ns;
      journal::learn(names, *record);
      if (type != journal::Type::text && type != journal::Type::symbol &&
          type != journal::Type::snapshot)
        break;
    }
    if (!names.empty()) symbols[begun] = std::move(names);
  }
}

void add_all(const std::shared_ptr<journal::Disk>& disk, const Files& files, const Files& gone,
             std::vector<Series>& series) {
  std::map<std::string, std::vector<std::uint64_t>> writers;
  for (const auto& file : files) {
    const auto name = journal::parse_segment_name(file);
    if (!name || std::find(gone.begin(), gone.end(), file) != gone.end()) continue;
    // Each snapshot is whole by itself.
    if (name->writer == "snapshot")
      series.push_back({.disk = disk, .writer = file, .segments = {}});
    else writers[name->writer].push_back(name->number);
  }
  for (auto& [writer, segments] : writers)
    series.push_back({.disk = disk, .writer = writer, .segments = std::move(segments)});
}

ops::Failure no_directory(const std::string& directory, const boost::system::error_code& error) {
  return {.error = directory + " cannot be read: " + error.message(),
          .remedy =
              "say where copyd keeps its state with --state-dir or --config; the journal can "
              "be read by copyd's user alone"};
}

}  // namespace

// ---- places ------------------------------------------------------------------------------------

journal::Reader Series::open() const {
  return segments.empty() ? journal::Reader::of_file(*disk, writer)
                          : journal::Reader(*disk, writer, segments);
}

ops::Outcome<std::string> state_dir_of(std::string_view toml) {
  std::string table;
  std::istringstream lines{std::string(toml)};
  for (std::string line; std::getline(lines, line);) {
    const auto text = trimmed(line);
    if (text.starts_with('#') || text.empty()) continue;
    if (text.starts_with('[')) {
      table = trimmed(text.substr(0, text.find('#')));
      continue;
    }
    if (text.find("state_dir") == std::string_view::npos) continue;
    const auto equals = text.find('=');
    const auto key = trimmed(text.substr(0, equals));
    const bool meant =
        (table == "[engine]" && key == "state_dir") || (table.empty() && key == "engine.state_dir");
    const auto value = equals == std::string_view::npos
                           ? std::string_view()
                           : plain_string(trimmed(text.substr(equals + 1)));
    if (meant && !value.empty())
      return ops::Outcome<std::string>(boost::system::in_place_value, value);
    const bool comment = text.find('#') < text.find("state_dir");
    if (comment) continue;
    return ops::Failure{.error = "engine.state_dir is not written as a plain line of [engine]",
                        .remedy = "say the directory with --state-dir"};
  }
  return ops::Outcome<std::string>(boost::system::in_place_value);
}

ops::Outcome<JournalPlace> find_journal(const JournalCommand& command) {
  auto directory = journal_directory(command);
  if (directory.has_error()) return directory.error();
  JournalPlace place{.directory = *directory, .series = {}, .symbols = {}};
  const auto visit = [&](const std::string& where, const std::string& file) {
    auto opened = journal::open_for_reading(where);
    if (!opened) return opened.error();
    const std::shared_ptr<journal::Disk> disk = std::move(opened).value();
    const auto files = disk->list();
    if (!files) return files.error();
    learn_symbols(*disk, *files, place.symbols);
    if (!file.empty()) {
      place.series.push_back({.disk = disk, .writer = file, .segments = {}});
      return boost::system::error_code();
    }
    const auto gone = journal::half_archived(*disk);
    if (!gone) return gone.error();
    add_all(disk, *files, *gone, place.series);
    return boost::system::error_code();
  };
  if (command.files.empty()) {
    if (const auto error = visit(place.directory, "")) return no_directory(place.directory, error);
  }
  for (const auto& path : command.files) {
    const auto slash = path.rfind('/');
    const bool bare = slash == std::string::npos;
    const std::string where =
        bare ? place.directory : path.substr(0, std::max<std::size_t>(slash, 1));
    if (const auto error = visit(where, bare ? path : path.substr(slash + 1)))
      return no_directory(where, error);
  }
  return place;
}

// ---- spelling ----------------------------------------------------------------------------------

std::string utc_text(std::int64_t wall_ns) {
  const auto seconds = static_cast<std::time_t>(wall_ns / ns_per_s);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds),
                     wall_ns % ns_per_s / ns_per_ms);
}

std::int64_t wall_of(const journal::Record& record, const journal::Segment& segment) noexcept {
  return segment.wall_ns + (record.mono_ns - segment.mono_ns);
}

std::string json_text(std::string_view text) {
  const bool utf8 = simdjson::validate_utf8(text.data(), text.size());
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') out += fmt::format("\\{}", c);
    else if (c == '\n') out += "\\n";
    // A character cut in two by the end of a record is shown by its bytes.
    else if (byte < 0x20 || byte == 0x7F || (byte >= 0x80 && !utf8))
      out += fmt::format("\\u{:04x}", byte);
    else out += c;
  }
  return out + '"';
}

int fail(const JournalCommand& command, const ops::Failure& failure, const JournalOutput& output) {
  if (command.json) output.out(ops::failure_reply(failure) + '\n');
  output.err(render_failure(failure));
  return 1;
}

int run_journal(const JournalCommand& command, const JournalOutput& output) {
  const auto place = find_journal(command);
  if (place.has_error()) return fail(command, place.error(), output);
  return command.kind == JournalCommand::Kind::verify ? verify_journal(command, *place, output)
                                                      : dump_journal(command, *place, output);
}

}  // namespace copyd::cli
