// The state directory belongs to one daemon at a time: two with the same keys would copy every fill
// twice. Held by an open file that the kernel releases however the daemon ends. Cold; at start.
#pragma once

#include <string>

#include "ops/failure.hpp"
#include "ops/file_descriptor.hpp"

namespace copyd::ops {

// The directory is this process's until what is returned is closed.
Outcome<FileDescriptor> claim_state_directory(const std::string& path);

}  // namespace copyd::ops
