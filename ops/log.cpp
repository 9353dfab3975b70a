#include "ops/log.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <sys/stat.h>

#include <memory>

#include "ops/environment.hpp"

namespace copyd::ops::log {
namespace {

// Replaced by `start` alone, before other threads log.
std::shared_ptr<spdlog::logger>& logger() {
  static std::shared_ptr<spdlog::logger> instance;
  return instance;
}

spdlog::level::level_enum level_of(Level level) noexcept {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

// The priorities of syslog, as sd-daemon reads them in front of a line.
std::string_view priority_of(Level level) noexcept {
  switch (level) {
    case Level::debug:
      return "<7>";
    case Level::info:
      return "<6>";
    case Level::warning:
      return "<4>";
    case Level::error:
      return "<3>";
  }
  return "<6>";
}

bool systemd_lines = false;

}  // namespace

Options Options::from_environment(Level level) {
  struct stat status {};
  const bool known = ::fstat(2, &status) == 0;
  const std::string ours = fmt::format("{}:{}", status.st_dev, status.st_ino);
  return {.level = level, .systemd = known && environment("JOURNAL_STREAM") == ours};
}

void start(const Options& options) {
  auto made =
      std::make_shared<spdlog::logger>("copyd", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  made->set_level(level_of(options.level));
  made->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      options.systemd ? "%v" : "%Y-%m-%dT%H:%M:%S.%eZ %-7l %v", spdlog::pattern_time_type::utc));
  made->flush_on(spdlog::level::debug);
  systemd_lines = options.systemd;
  logger() = std::move(made);
}

void write(Level level, std::string_view message) {
  const auto& out = logger();
  if (!out || !out->should_log(level_of(level))) return;
  const std::string line = one_line(message);
  out->log(level_of(level), "{}{}", systemd_lines ? priority_of(level) : "", line);
}

std::string one_line(std::string_view message) {
  std::string line(message);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return line;
}

}  // namespace copyd::ops::log
