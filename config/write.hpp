// A configuration as text: what config::load reads to the same again, and config::load_written
// where something of it is `removed`. Pure; any thread.
#pragma once

#include <string>

#include "config/schema.hpp"

namespace copyd::config {

// Keys that have their documented default are left out. Two configurations that are the same have
// the same text.
std::string text_of(const Config& config);

}  // namespace copyd::config
