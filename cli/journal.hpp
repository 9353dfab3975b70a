// `copyctl journal verify` and `journal dump`: the journal read as it lies on the disk, without the
// daemon and beside it. Nothing is changed, and every file is opened for reading alone; what a
// running daemon is just writing looks like a torn end, and is told as one. Blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace copyd::cli {

struct JournalCommand {
  enum class Kind : std::uint8_t { verify, dump };
  Kind kind = Kind::verify;
  std::string state_dir{};           // "": as `config` says, or where copyd keeps it
  std::string config{};              // "": none
  std::vector<std::string> files{};  // paths, or names in the journal; empty: all of the journal
  std::string writer{};              // dump: "" all
  std::uint64_t from = 0;            // dump: the first sequence
  std::uint64_t limit = 0;           // dump: 0 all
  bool json = false;
};

// Takes text for stdout, and lines for stderr.
struct JournalOutput {
  std::function<void(std::string_view)> out;
  std::function<void(std::string_view)> err;
};

// The exit status: 0 all of it is whole, but for a torn end; 1 some of it is corrupt or cannot be
// read; 2 it was called wrongly.
int run_journal(const JournalCommand& command, const JournalOutput& output);

}  // namespace copyd::cli
