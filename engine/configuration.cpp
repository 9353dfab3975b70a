#include "engine/configuration.hpp"

#include <fmt/format.h>

#include "core/agent.hpp"
#include "ops/alert_targets.hpp"

namespace copyd::engine {

AlertFindings alert_faults(const config::LoadOutcome& outcome, const std::string& file,
                           const std::string& credentials_directory) {
  AlertFindings findings;
  const auto reading = ops::read_alert_targets(outcome.config->alerts, credentials_directory);
  const auto at = [&](const std::string& key, const std::string& message) {
    const auto place = config::position_of(outcome.positions, key);
    return config::Fault{.file = file,
                         .line = place.line,
                         .column = place.column,
                         .message = fmt::format("`{}`: {}", key, message)};
  };
  for (const auto& fault : reading.faults)
    findings.faults.push_back(
        at(fault.key, fmt::format("{}; {}", fault.failure.error, fault.failure.remedy)));
  for (const auto& key : reading.unseen)
    findings.notes.push_back(at(key,
                                "not looked at: systemd credentials are there for the service "
                                "alone, and this was not started by systemd"));
  return findings;
}

config::LoadOutcome load_usable(const std::string& file, const std::string& credentials_directory) {
  // As they were at the start: the thread that asks again for a reload stays off those of the path.
  static const std::vector<int> cpus = usable_cpus();
  auto outcome = config::load_file(file, cpus);
  if (!outcome.config) return outcome;
  auto alerts = alert_faults(outcome, file, credentials_directory);
  outcome.notes.insert(outcome.notes.end(), alerts.notes.begin(), alerts.notes.end());
  outcome.faults = std::move(alerts.faults);
  if (!outcome.faults.empty()) outcome.config.reset();
  return outcome;
}

}  // namespace copyd::engine
