// What a program says of itself with --help, read back: its commands, their options and examples.
// The one source of manual pages and completions, so that neither can be out of step with the
// program. Layout: CLI11's formatter.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace copyd::manual {

struct Entry {
  std::vector<std::string> names;  // "-h", "--help"; of a positional or a command: its name
  std::string value;               // "TEXT"; "" for a flag
  std::vector<std::string> choices;
  std::string help;
};

struct Command {
  std::vector<std::string> path;  // {"copyctl", "journal", "dump"}
  std::string summary;
  std::string usage;
  std::vector<Entry> positionals;
  std::vector<Entry> options;
  std::vector<Entry> names;       // of its commands
  std::vector<Command> commands;  // the same, each with its own help
  std::string footer;             // examples and what else is said, as it stands
};

// Pure. The commands' own help is not in it.
Command parse_help(std::string_view text);

// The program's help and that of all its commands. Nothing when the program cannot be run.
std::optional<Command> read_help(const std::string& program);

std::string joined(const std::vector<std::string>& words, std::string_view between);

}  // namespace copyd::manual
