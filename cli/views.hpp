// The view of each command's reply. Only render.cpp includes this.
#pragma once

#include <string>
#include <vector>

#include "cli/fields.hpp"

namespace copyd::cli {

std::string status_view(Element reply);      // status
std::string latency_view(Element reply);     // latency
std::string positions_view(Element reply);   // positions
std::string changed_view(Element reply);     // pause, resume, halt
std::string card_view(Element reply);        // connect, rotate
std::string cards_view(Element reply);       // accounts
std::string disconnect_view(Element reply);  // disconnect
std::string why_view(Element reply);         // why
std::string history_view(Element reply);     // history
std::string skips_view(Element reply);       // skips
std::string drift_view(Element reply);       // drift
std::string balance_view(Element reply);     // balance
std::string orders_view(Element reply);      // orders
std::string export_view(Element reply);      // export: one page, as CSV

// What has told a leader's fills first: one of two connections, or the short event of a fill.
struct FirstWord {
  std::string leader;
  std::string by;
  std::string fills;
  Element ahead;  // by how much before the other: quantiles in nanoseconds
};
// Of all leaders of the reply; none of one whose fills come by one way alone.
std::vector<FirstWord> first_words_of(Element reply);

std::string more_of(Element reply);  // how a list goes on, if it does

}  // namespace copyd::cli
