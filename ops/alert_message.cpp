#include <fmt/format.h>

#include <array>
#include <ctime>

#include "ops/alert_channel.hpp"
#include "ops/json.hpp"

namespace copyd::ops {
namespace {

std::string utc(std::int64_t wall_ns) {
  const auto seconds = static_cast<std::time_t>(wall_ns / 1'000'000'000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const auto size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), size};
}

}  // namespace

std::string as_json(const AlertMessage& message) {
  return JsonWriter()
      .begin_object()
      .member("id", message.id)
      .member("severity", name_of(message.severity))
      .member("state", message.resolved ? "resolved" : "firing")
      .member("key", message.key)
      .member("subject", message.subject)
      .member("text", message.text)
      .member("time", utc(message.wall_ns))
      .member("host", message.host)
      .member("version", message.version)
      .end_object()
      .take();
}

std::string as_text(const AlertMessage& message) {
  return fmt::format("copyd on {}: {}\n{}: {}\n{}, {}", message.host,
                     message.resolved ? "resolved" : name_of(message.severity), message.subject,
                     message.text, message.key, utc(message.wall_ns));
}

}  // namespace copyd::ops
