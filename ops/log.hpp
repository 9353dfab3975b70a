// Log: one line an event. When stderr is the journal's stream, an event goes to the journal with
// its fields (`journalctl -t copyd COPYD_FOLLOWER=bob`); elsewhere to stderr, beginning with the
// time (UTC) and the level. Where the journal's socket cannot be reached, the line goes to stderr
// behind its priority, <3> to <7>, as sd-daemon(3) has it.
//
// For cold code only: no line is written on the way from fill to wire. Any thread may log once
// `start` has returned. What is logged never holds a secret: a Secret is not a text, and an API key
// is given as masked(key).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/schema.hpp"

namespace copyd::ops::log {

using Level = config::LogLevel;

struct Options {
  Level level = Level::info;
  bool systemd = false;  // stderr is the journal's stream
  bool journal = false;  // and the journal's own socket is there: fields are kept

  // Whether stderr goes to the journal is told by $JOURNAL_STREAM.
  static Options from_environment(Level level);
};

// Before the first line; again to change the options.
void start(const Options& options);

// What an event is about, for those who search: labels of the configuration, and why it happened
// in one word of the code or in the operator's own words. Empty: says nothing.
struct Fields {
  std::string_view follower{};
  std::string_view leader{};
  std::string_view reason{};
};

void write(Level level, std::string_view message, const Fields& fields = {});
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

// An event as the journal takes it: MESSAGE=…, PRIORITY=…, COPYD_FOLLOWER=… and so on.
std::vector<std::string> journal_entry(Level level, std::string_view message, const Fields& fields);

// An event's text as it stands in its one line: control characters become spaces.
std::string one_line(std::string_view message);

}  // namespace copyd::ops::log
