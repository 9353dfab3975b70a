// The replies of the control protocol that compare and count: drift, balance, orders. Pure
// rendering of what is handed in, as engine/status.hpp.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/status.hpp"

namespace copyd::engine {

// REQUIRES: rows.
std::string drift_reply(const StatusParts& parts, std::string_view label);

using TransfersOf = std::function<std::optional<Usd>(const RosterAccount&)>;
std::string balance_reply(const StatusParts& parts, std::string_view label,
                          const TransfersOf& transfers);

// `open`: the array of those that the history knows, as JSON.
std::string orders_reply(const StatusParts& parts, std::string_view label, std::string_view open);

}  // namespace copyd::engine
