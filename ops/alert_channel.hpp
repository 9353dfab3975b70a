// AlertChannel: one way on which alerts leave: a webhook, a Telegram chat, a command.
//
//   webhook    POST of the JSON below to an https address; any 2xx is a delivery.
//   Telegram   sendMessage of the Bot API; 429 says how long to wait.
//   command    the program, without a shell and without arguments, gets the JSON on its standard
//              input; exit code 0 is a delivery. It gets PATH and LANG, no other descriptor, no
//              output, and ten seconds; then it and what it started is killed.
//
//   {"id":"19bf2c7e0a4-3","severity":"page|warning|info","state":"firing|resolved",
//    "key":"breach/bob","subject":"bob","text":"…","time":"2026-11-21T12:29:27Z","host":"trader1",
//    "version":"0.1.0"}
//
// `id` is the incident's: its repeats and its resolved notice bear the same. A delivery whose
// answer was lost is made again, with the same id, state and time.
//
// One thread, which polls; nothing here waits. Addresses and tokens are secrets: none is in a name,
// in `why`, or in a log line.
// Protocol: Telegram Bot API, "Making requests", "sendMessage", "ResponseParameters".
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/secret.hpp"
#include "net/http.hpp"

namespace copyd::ops {

enum class Severity : std::uint8_t {
  info,
  warning,  // to be looked at
  page,     // to be looked at now: money is not copied, or not protected, as it should be
};
constexpr std::string_view name_of(Severity severity) noexcept {
  switch (severity) {
    case Severity::info:
      return "info";
    case Severity::warning:
      return "warning";
    case Severity::page:
      break;
  }
  return "page";
}

// One message about one incident, as it leaves. Holds no secret.
struct AlertMessage {
  std::string id;
  Severity severity = Severity::page;
  bool resolved = false;
  std::string key;
  std::string subject;
  std::string text;
  std::int64_t wall_ns = 0;  // since 1970
  std::string host;
  std::string version;
};
std::string as_json(const AlertMessage& message);
// For people, in a few lines.
std::string as_text(const AlertMessage& message);

// How one attempt ended.
struct Delivery {
  enum class End : std::uint8_t {
    delivered,
    failed,   // to be tried again
    refused,  // this message will never be taken
  };
  End end = End::delivered;
  std::string why;                                    // "" when delivered
  std::optional<std::chrono::seconds> retry_after{};  // as the receiver asks
};

class AlertChannel {
 public:
  virtual ~AlertChannel() = default;
  virtual std::string_view name() const noexcept = 0;
  // The least time between two deliveries.
  virtual std::chrono::milliseconds pace() const noexcept = 0;
  // After so many failed attempts a message is given up; 0: never.
  virtual int attempts_max() const noexcept = 0;
  // Begins one attempt. REQUIRES: the last one has ended.
  virtual void begin(const AlertMessage& message, Mono now) = 0;
  // The end of the attempt, once.
  virtual std::optional<Delivery> poll(Mono now) = 0;
};

// `http` is of the address's origin; `target` its path and query.
std::unique_ptr<AlertChannel> make_webhook(std::unique_ptr<net::Http> http, Secret target);
// `http` is of the Bot API's origin.
std::unique_ptr<AlertChannel> make_telegram(std::unique_ptr<net::Http> http, Secret token,
                                            std::string chat_id);
inline constexpr std::chrono::seconds alert_command_time{10};
std::unique_ptr<AlertChannel> make_alert_command(
    std::string program, std::chrono::milliseconds time = alert_command_time);

}  // namespace copyd::ops
