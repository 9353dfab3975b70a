// Completions of a program's commands and options, for three shells. Pure.
#pragma once

#include <string>

#include "manual/help.hpp"

namespace copyd::manual {

std::string bash_completion(const Command& program);
std::string zsh_completion(const Command& program);
std::string fish_completion(const Command& program);

}  // namespace copyd::manual
