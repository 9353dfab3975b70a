// The configuration file as `copyd run` and a reload take it: without a fault, and with alerts that
// can go where they are to go. Reads files; blocks; any thread.
#pragma once

#include <string>
#include <vector>

#include "config/load.hpp"

namespace copyd::engine {

// Where alerts are to go and cannot.
struct AlertFindings {
  std::vector<config::Fault> faults;
  std::vector<config::Fault> notes;
};
// REQUIRES: outcome.config.
AlertFindings alert_faults(const config::LoadOutcome& outcome, const std::string& file,
                           const std::string& credentials_directory);

// `config` is there exactly when there are no faults of any kind.
config::LoadOutcome load_usable(const std::string& file, const std::string& credentials_directory);

}  // namespace copyd::engine
