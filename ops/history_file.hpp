// The history's file: its tables (docs/HISTORY.md) and how it is opened.
#pragma once

#include <string>

#include "ops/database.hpp"

namespace copyd::ops {

// Makes the tables where there are none. False: it has to be made new, for the reason in `why_new`;
// or there is none for now, where that is empty.
bool prepare_history(Database& database, std::string& why_new);
void remove_history(const std::string& path);

}  // namespace copyd::ops
