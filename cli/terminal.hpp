// What copyctl asks of the person before it: an account's key, without echo (or as JSON from
// standard input), and whether something that cannot be undone is meant.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ops/control_protocol.hpp"

namespace copyd::cli {

// Asks for the API key, then for the secret or a private key as PEM, which has several lines.
ops::Outcome<ops::Credentials> ask_for_credentials(const std::string& terminal);

// Asks for the API key alone. Empty: cancelled, or nothing was typed.
ops::Outcome<Secret> ask_for_api_key(const std::string& terminal);

// Read to the end of the file: a key, or {"api_key":…}.
ops::Outcome<ops::Credentials> read_credentials(int fd);
ops::Outcome<Secret> read_api_key(int fd);

// Asks on the terminal; only "yes" is a yes. Empty: there is no terminal to ask on.
std::optional<bool> confirm(const std::string& terminal, std::string_view question);

}  // namespace copyd::cli
