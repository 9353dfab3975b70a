#include "ops/log.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

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
bool journal_entries = false;

// sd_journal_sendv(3) drops what it is given when this is not there, and says nothing.
constexpr const char* journal_socket = "/run/systemd/journal/socket";

bool sent_to_journal(Level level, std::string_view message, const Fields& fields) {
  auto entry = journal_entry(level, message, fields);
  std::vector<iovec> parts;
  for (auto& field : entry) parts.push_back({.iov_base = field.data(), .iov_len = field.size()});
  return ::sd_journal_sendv(parts.data(), static_cast<int>(parts.size())) == 0;
}

}  // namespace

Options Options::from_environment(Level level) {
  struct stat status {};
  const bool known = ::fstat(2, &status) == 0;
  const std::string ours = fmt::format("{}:{}", status.st_dev, status.st_ino);
  const bool journal = known && environment("JOURNAL_STREAM") == ours;
  return {.level = level,
          .systemd = journal,
          .journal = journal && ::access(journal_socket, W_OK) == 0};
}

void start(const Options& options) {
  auto made =
      std::make_shared<spdlog::logger>("copyd", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  made->set_level(level_of(options.level));
  made->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      options.systemd ? "%v" : "%Y-%m-%dT%H:%M:%S.%eZ %-7l %v", spdlog::pattern_time_type::utc));
  made->flush_on(spdlog::level::debug);
  systemd_lines = options.systemd;
  journal_entries = options.journal;
  logger() = std::move(made);
}

void write(Level level, std::string_view message, const Fields& fields) {
  const auto& out = logger();
  if (!out || !out->should_log(level_of(level))) return;
  if (journal_entries && sent_to_journal(level, message, fields)) return;
  const std::string line = one_line(message);
  out->log(level_of(level), "{}{}", systemd_lines ? priority_of(level) : "", line);
}

std::vector<std::string> journal_entry(Level level, std::string_view message,
                                       const Fields& fields) {
  std::vector<std::string> entry{
      "MESSAGE=" + one_line(message),
      fmt::format("PRIORITY={}", priority_of(level).substr(1, 1)),
      "SYSLOG_IDENTIFIER=copyd",
  };
  const auto add = [&](const char* name, std::string_view value) {
    if (!value.empty()) entry.push_back(name + one_line(value));
  };
  add("COPYD_FOLLOWER=", fields.follower);
  add("COPYD_LEADER=", fields.leader);
  add("COPYD_REASON=", fields.reason);
  return entry;
}

std::string one_line(std::string_view message) {
  std::string line(message);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return line;
}

}  // namespace copyd::ops::log
