// Tells systemd how the service stands (sd_notify). Without $NOTIFY_SOCKET nothing happens, so the
// same code runs in a shell. The supervisor's thread; never blocks for long. Source: sd_notify(3).
#pragma once

#include <string_view>

namespace copyd::ops::notify {

// The service does its work; `status` is the line that `systemctl status` shows.
void ready(std::string_view status);
void status(std::string_view status);
void reloading();
void stopping();

}  // namespace copyd::ops::notify
