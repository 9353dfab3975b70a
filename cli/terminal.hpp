// How copyctl comes by an account's key: asked for without echo, or as JSON from standard input.
#pragma once

#include <string>

#include "ops/control_protocol.hpp"

namespace copyd::cli {

// Asks for the API key, then for the secret or a private key as PEM, which has several lines.
ops::Outcome<ops::Credentials> ask_for_credentials(const std::string& terminal);

// Reads to the end of the file.
ops::Outcome<ops::Credentials> read_credentials(int fd);

}  // namespace copyd::cli
