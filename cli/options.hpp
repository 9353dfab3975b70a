// The command line of copyctl, made from the table of commands in ops/control_protocol.hpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ops/control_protocol.hpp"

namespace copyd::cli {

struct Invocation {
  ops::ControlRequest request;  // connect: without its credentials yet
  std::string socket;
  bool json = false;
  bool watch = false;
  bool from_stdin = false;
};

// Either something to do, or what to print and how to exit.
struct Parsed {
  std::optional<Invocation> invocation;
  int exit_code = 0;
  std::string out;
  std::string err;
};

Parsed parse_arguments(const std::vector<std::string>& arguments);

}  // namespace copyd::cli
