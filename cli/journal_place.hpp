// What both commands on the journal need: where it is, in which files, and how times and texts are
// spelled. Only cli/journal*.cpp include this.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/journal.hpp"
#include "journal/describe.hpp"
#include "journal/disk.hpp"
#include "journal/reader.hpp"
#include "ops/control_protocol.hpp"

namespace copyd::cli {

// Records that follow one another: the segments of one writer, or one file alone.
struct Series {
  std::shared_ptr<journal::Disk> disk;
  std::string writer;                   // or the file's name
  std::vector<std::uint64_t> segments;  // empty: one file alone
  journal::Reader open() const;
};

// The symbols of each run, by when it began.
using RunSymbols = std::map<std::int64_t, journal::SymbolNames>;

struct JournalPlace {
  std::string directory;
  std::vector<Series> series;
  RunSymbols symbols;
};

// Segments that an archive cut short has taken out already are left out.
ops::Outcome<JournalPlace> find_journal(const JournalCommand& command);

// `engine.state_dir` of a configuration file, without reading the rest of it; empty when it does
// not say.
ops::Outcome<std::string> state_dir_of(std::string_view toml);

// "2026-11-20T19:24:27.123Z", of nanoseconds since 1970.
std::string utc_text(std::int64_t wall_ns);
// By the clocks of its segment.
std::int64_t wall_of(const journal::Record& record, const journal::Segment& segment) noexcept;
// With its quotes.
std::string json_text(std::string_view text);

// Says it as every command does, and is the exit status.
int fail(const JournalCommand& command, const ops::Failure& failure, const JournalOutput& output);

int verify_journal(const JournalCommand& command, const JournalPlace& place,
                   const JournalOutput& output);
int dump_journal(const JournalCommand& command, const JournalPlace& place,
                 const JournalOutput& output);

}  // namespace copyd::cli
