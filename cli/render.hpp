// Replies as a person reads them: the text of a reply in, the text to print out. Pure.
#pragma once

#include <string>
#include <string_view>

#include "ops/control_protocol.hpp"

namespace copyd::cli {

struct Rendered {
  bool ok = false;   // the reply says that it worked
  std::string text;  // for stdout, or for stderr when it did not
};

Rendered render(ops::Verb verb, std::string_view reply);

// The error and, on a line of its own, the remedy.
std::string render_failure(const ops::Failure& failure);

}  // namespace copyd::cli
