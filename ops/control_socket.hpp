// Makes the listening socket of the control server: the path, its mode, a stale file in its place.
// At start; the supervisor's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ops/failure.hpp"
#include "ops/file_descriptor.hpp"

namespace copyd::ops {

// Mode 0660 from the first moment on. A socket file that nobody answers on is replaced; one that
// somebody answers on, or a file of another kind, is not.
Outcome<FileDescriptor> listen_on(const std::string& path);

// The id of a group by its name; nothing when there is none.
std::optional<std::uint32_t> group_id(const std::string& name);

}  // namespace copyd::ops
