#include "ops/notify.hpp"

#include <systemd/sd-daemon.h>

#include <cstdint>
#include <string>

namespace copyd::ops::notify {
namespace {

// Assignments stand one to a line, so a line break in a text would begin another one.
std::string status_assignment(std::string_view status) {
  std::string line = "STATUS=";
  for (const char c : status) line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  return line;
}

}  // namespace

void ready(std::string_view status) {
  ::sd_notify(0, ("READY=1\n" + status_assignment(status)).c_str());
}
void status(std::string_view status) {
  ::sd_notify(0, status_assignment(status).c_str());
}
void reloading() {
  ::sd_notify(0, "RELOADING=1");
}
void stopping() {
  ::sd_notify(0, "STOPPING=1");
}
void still_starting(std::chrono::microseconds more) {
  ::sd_notify(0, ("EXTEND_TIMEOUT_USEC=" + std::to_string(more.count())).c_str());
}

std::chrono::microseconds watchdog_period() {
  std::uint64_t period_us = 0;
  if (::sd_watchdog_enabled(0, &period_us) <= 0) return std::chrono::microseconds(0);
  return std::chrono::microseconds(period_us);
}
void watchdog() {
  ::sd_notify(0, "WATCHDOG=1");
}

}  // namespace copyd::ops::notify
