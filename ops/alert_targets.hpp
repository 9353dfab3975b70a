// AlertTargets: where the configuration sends alerts, with the secrets that it only names: the
// webhook's address and the bot's token, from systemd credentials or a file of copyd's user. Read
// at start, by a reload that changes them, and by `copyd check`.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/schema.hpp"
#include "core/secret.hpp"
#include "net/tls_context.hpp"
#include "ops/alert_channel.hpp"
#include "ops/failure.hpp"

namespace boost::asio {
class io_context;
}

namespace copyd::ops {

struct AlertTargets {
  struct Webhook {
    std::string origin;  // "https://host:port"
    Secret target;       // path and query
  };
  struct Telegram {
    std::string chat_id;
    Secret token;
  };
  std::optional<Webhook> webhook;
  std::optional<Telegram> telegram;
  std::string command;  // "" = none
};

// What cannot be used, by the key of the configuration that asks for it.
struct AlertFault {
  std::string key;  // "alerts.command"
  Failure failure;
};

struct AlertReading {
  AlertTargets targets;
  std::vector<AlertFault> faults;
  // Keys whose credential is not to be had here: only systemd hands it out, to the service.
  std::vector<std::string> unseen;
};

// `credentials_directory`: $CREDENTIALS_DIRECTORY, or "" outside of a service.
AlertReading read_alert_targets(const config::Alerts& alerts,
                                const std::string& credentials_directory);

inline constexpr const char* telegram_origin = "https://api.telegram.org";

// `io`, `tls` and `clock` outlive the channels. Certificates are verified as the venue's are.
std::vector<std::unique_ptr<AlertChannel>> open_alert_channels(
    AlertTargets targets, boost::asio::io_context& io, net::TlsContext& tls, const Clock& clock,
    const std::string& telegram = telegram_origin);

}  // namespace copyd::ops
