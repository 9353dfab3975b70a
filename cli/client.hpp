// One question to the daemon over its control socket.
#pragma once

#include <string>
#include <string_view>

#include "ops/control_protocol.hpp"

namespace copyd::cli {

// Sends the line and waits for the reply, which it returns without its line end. A failure names
// the cause and the remedy: no daemon, no permission, no answer.
ops::Outcome<std::string> ask(const std::string& socket, std::string_view line);

}  // namespace copyd::cli
