// Archive: what becomes of segments that nothing needs any more. Each is cut to what was written
// and kept under its name with `.past` behind it, which no start reads; the oldest of them are
// deleted when they are more than was asked to be kept.
//
// Several segments go all at once or not at all, wherever the machine stops: their names are
// written to `archive.todo` first, and while that file is there, none of them counts. A start calls
// finish_archive() before it reads anything. Cold; one thread at a time.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "journal/disk.hpp"

namespace copyd::journal {

inline constexpr std::string_view past_suffix = ".past";
inline constexpr std::uint64_t past_bytes_default = 1ULL << 30U;

// Names that are not there are passed over. REQUIRES: no writer has any of them open, but for one
// that is full and synced.
Result<void> archive(Disk& disk, std::span<const std::string> names,
                     std::uint64_t keep_bytes = past_bytes_default);

// What an archive() that a stop cut short had begun. Also when there is nothing to finish.
Result<void> finish_archive(Disk& disk, std::uint64_t keep_bytes = past_bytes_default);

// Segments that such an archive() had taken out; changes nothing.
Result<std::vector<std::string>> half_archived(Disk& disk);

}  // namespace copyd::journal
