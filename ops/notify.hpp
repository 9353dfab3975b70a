// Tells systemd how the service stands (sd_notify). Without $NOTIFY_SOCKET nothing happens, so the
// same code runs in a shell. The supervisor's thread; never blocks for long. Source: sd_notify(3).
#pragma once

#include <chrono>
#include <string_view>

namespace copyd::ops::notify {

// The service does its work; `status` is the line that `systemctl status` shows.
void ready(std::string_view status);
void status(std::string_view status);
void reloading();
void stopping();
// The start takes longer, and goes on: systemd waits for that long from now on.
void still_starting(std::chrono::microseconds more);

// How often systemd wants to hear that the service lives (WatchdogSec=); 0: never. At start, before
// there are threads.
std::chrono::microseconds watchdog_period();
void watchdog();

}  // namespace copyd::ops::notify
