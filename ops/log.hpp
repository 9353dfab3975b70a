// Log: one line an event, to stderr. Under systemd each line begins with its priority, <3> to <7>,
// and journald adds the time; elsewhere it begins with the time (UTC) and the level.
//
// For cold code only: no line is written on the way from fill to wire. Any thread may log once
// `start` has returned. What is logged never holds a secret: a Secret is not a text, and an API key
// is given as masked(key).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/schema.hpp"

namespace copyd::ops::log {

using Level = config::LogLevel;

struct Options {
  Level level = Level::info;
  bool systemd = false;  // stderr is the journal's stream

  // Whether stderr goes to the journal is told by $JOURNAL_STREAM.
  static Options from_environment(Level level);
};

// Before the first line; again to change the options.
void start(const Options& options);

void write(Level level, std::string_view message);
inline void debug(std::string_view message) {
  write(Level::debug, message);
}
inline void info(std::string_view message) {
  write(Level::info, message);
}
inline void warning(std::string_view message) {
  write(Level::warning, message);
}
inline void error(std::string_view message) {
  write(Level::error, message);
}

// An event's text as it stands in its one line: control characters become spaces.
std::string one_line(std::string_view message);

}  // namespace copyd::ops::log
