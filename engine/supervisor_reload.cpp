// Supervisor: the configuration file as it is now, against what runs.
#include <fmt/format.h>

#include "config/reload.hpp"
#include "engine/configuration.hpp"
#include "engine/supervisor.hpp"

namespace copyd::engine {
namespace {

constexpr std::size_t changes_named_max = 10;

// "follower[bob].limits.max_order_notional: 5000 → 8000, log.level: (absent) → \"debug\"".
std::string in_words(const std::vector<config::Change>& changes) {
  const auto shown = [](const std::string& value) { return value.empty() ? "(absent)" : value; };
  std::string words;
  for (std::size_t i = 0; i < changes.size() && i < changes_named_max; ++i)
    words += fmt::format("{}{}: {} → {}", i == 0 ? "" : ", ", changes[i].path,
                         shown(changes[i].before), shown(changes[i].after));
  if (changes.size() > changes_named_max)
    words += fmt::format(" and {} more", changes.size() - changes_named_max);
  return words;
}

std::string first_of(const std::vector<config::Fault>& faults) {
  std::string text = config::as_text({&faults.front(), 1});
  text.pop_back();  // its line end
  if (faults.size() > 1) text += fmt::format(" (and {} more)", faults.size() - 1);
  return text;
}

}  // namespace

// A changed file is compared and not applied: what differs is named, and needs a restart.
ops::Outcome<std::string> Supervisor::reload() {
  const auto fresh = load_usable(config_file_, credentials_directory_);
  if (!fresh.config)
    return ops::Failure{
        .error =
            fmt::format("the file is refused, nothing was changed: {}", first_of(fresh.faults)),
        .remedy = fmt::format("copyd check --config {} shows every fault", config_file_)};
  const auto changes = config::changes_between(config_text_, fresh.text);
  if (changes.empty())
    return ops::Outcome<std::string>(boost::system::in_place_value,
                                     "the file says what runs: nothing was changed");
  return ops::Failure{.error = fmt::format("nothing was changed: {} keys differ from what runs: {}",
                                           changes.size(), in_words(changes)),
                      .remedy = "restart copyd to apply them: systemctl restart copyd"};
}

}  // namespace copyd::engine
