// Runs one case of vectors through a real FollowerBook.
#pragma once

#include <optional>
#include <string>

#include "tests/vectors/vector_file.hpp"

namespace copyd::vectors {

// Empty: every answer was the expected one. Else the first difference, in words.
std::optional<std::string> first_difference(const Case& test);

}  // namespace copyd::vectors
