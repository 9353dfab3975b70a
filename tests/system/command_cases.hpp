// What can be typed, with right and with wrong arguments, and what has to come of it. Read by
// commands_test.cpp, which fails for a command, or an option of one, that has no case here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/system/rig.hpp"

namespace copyd::system_test {

enum class Form : std::uint8_t { both, words, json };

struct CommandCase {
  std::string command;  // "copyctl journal dump"
  std::vector<std::string> arguments{};
  int exit_code = 0;
  std::string words{};    // what a person reads, parts separated by |
  std::string members{};  // of the reply as JSON, as pointers separated by spaces
  Form form = Form::both;
  std::string input{};
};
using CommandCases = std::vector<CommandCase>;

// In this order. They are of leader alpha; of bob, who copies half; of dave, who copies all but
// ETHUSDT; and of carol, whom the configuration does not know. `trade`: an id of one of BTCUSDT.
CommandCases command_cases(Rig& rig, const std::string& trade);

}  // namespace copyd::system_test
