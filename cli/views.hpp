// The view of each command's reply. Only render.cpp includes this.
#pragma once

#include <string>

#include "cli/fields.hpp"

namespace copyd::cli {

std::string status_view(Element reply);      // status
std::string latency_view(Element reply);     // latency
std::string positions_view(Element reply);   // positions
std::string changed_view(Element reply);     // pause, resume, halt
std::string card_view(Element reply);        // connect
std::string cards_view(Element reply);       // accounts
std::string disconnect_view(Element reply);  // disconnect

}  // namespace copyd::cli
