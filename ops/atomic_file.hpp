// Replaces a file whole or not at all: temporary file in the same directory, fsync, rename, fsync
// of the directory. Whoever reads the path, also after a power cut, sees the old content or the
// new. The file is readable by its owner alone (0600). One writer at a time; cold, blocks on the
// disk.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace copyd::ops {

// What has just been done. A test stops the process after each of them.
enum class ReplaceStep : std::uint8_t { created, half_written, written, synced, renamed, done };
using ReplaceObserver = std::function<void(ReplaceStep)>;

// An error is the operating system's own.
Result<void> replace_file(const std::string& path, std::string_view content,
                          const ReplaceObserver& observer = {});

// The whole content, or the operating system's error; Errc::too_large beyond `size_max`.
Result<std::string> read_file(const std::string& path, std::size_t size_max);

}  // namespace copyd::ops
