// What a run says: a table for people, JSON for programs, charts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/fill_to_wire/burst.hpp"
#include "bench/fill_to_wire/goals.hpp"
#include "bench/fill_to_wire/hostile.hpp"
#include "bench/fill_to_wire/matrix.hpp"

namespace copyd::bench {

std::string table_of(const RowResult& row);
std::string table_of(const std::vector<Goal>& goals);

// Writes fill_to_wire.json, tail.svg and followers.svg (and peers.svg where bots took part) into
// the directory. False when it cannot.
bool write_report(const std::string& directory, const std::vector<RowResult>& rows,
                  const std::vector<Goal>& goals, const std::vector<BurstResult>& bursts,
                  const std::optional<HostileResult>& hostile);

// The processor, how many there are, the kernel, and the load before the run.
std::string machine_json();

bool write_file(const std::string& path, const std::string& text);

}  // namespace copyd::bench
