// Fault: one sentence about a configuration file, with its place; and how a list of them is shown.
// What is wrong (a fault) and what is only worth knowing (a note) both have this shape. Plain
// values; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/schema.hpp"

namespace copyd::config {

// Line and column count from 1; 0: the file as a whole. The message says what would be right.
struct Fault {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string message;
  friend bool operator==(const Fault&, const Fault&) = default;
};

// Where every written value stands, by its path: "engine.lanes", "follower[0].link[1].leader".
// Tables and entries of [[…]] are listed too ("follower[0].limits"); an absent key is not.
using Positions = std::map<std::string, Position, std::less<>>;

// The place of `path`, or of the nearest table around it that is written.
Position position_of(const Positions& positions, std::string_view path);

// By line, then column; equal places keep their order.
void sort_by_place(std::vector<Fault>& faults);

// One "file:line:column: message" per line. Control characters and invalid UTF-8 are shown as
// such, so that a file cannot write to the terminal that reads about it.
std::string as_text(std::span<const Fault> faults);

// [{"file":"…","line":1,"column":2,"message":"…"},…], always valid UTF-8.
std::string as_json(std::span<const Fault> faults);

}  // namespace copyd::config
