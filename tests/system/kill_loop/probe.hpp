// What a killed daemon has left: the orders that it may have sent and knows no end of.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <utility>

#include "core/copy_id.hpp"

namespace copyd::system_test {

// The attempts with a written intent and neither a final answer, nor a proof of absence, nor an end
// of their order, by the lanes' journals. None when there is no journal yet.
std::set<std::pair<CopyId, int>> intents_without_result(const std::filesystem::path& journal);

}  // namespace copyd::system_test
