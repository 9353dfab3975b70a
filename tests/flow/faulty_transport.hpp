// FaultyTransport: passes everything on, and lets Faults rewrite and repeat what the venue said.
#pragma once

#include <memory>

#include "faults.hpp"

namespace copyd::flow {

std::unique_ptr<net::Transport> make_faulty(std::unique_ptr<net::Transport> inner, Faults& faults);

}  // namespace copyd::flow
