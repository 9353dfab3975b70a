// The command line of copyctl, made from the table of commands in ops/control_protocol.hpp; and the
// commands that read what copyd has left on the disk, which no daemon is asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/journal.hpp"
#include "ops/control_protocol.hpp"

namespace copyd::cli {

enum class ExportFormat : std::uint8_t { csv, jsonl };

struct Invocation {
  ops::ControlRequest request;  // connect, rotate: without its credentials yet
  std::string socket;
  bool json = false;
  bool watch = false;
  bool from_stdin = false;
  bool generate = false;  // connect, rotate: a pair of our own
  bool yes = false;  // flatten: without asking
  ExportFormat format = ExportFormat::csv;
};

// Either something to ask the daemon or to read from the journal, or what to print and how to exit.
struct Parsed {
  std::optional<Invocation> invocation;
  int exit_code = 0;
  std::string out;
  std::string err;
  std::optional<JournalCommand> journal{};
};

Parsed parse_arguments(const std::vector<std::string>& arguments);

}  // namespace copyd::cli
