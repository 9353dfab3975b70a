#include "ops/alert_targets.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "net/https_client.hpp"
#include "net/url.hpp"
#include "ops/file_descriptor.hpp"
#include "ops/unlock.hpp"

namespace copyd::ops {
namespace {

Failure not_in_credentials(const std::string& name) {
  return {.error = "there is no systemd credential \"" + name + "\"",
          .remedy = "add LoadCredentialEncrypted=" + name + ":/etc/credstore.encrypted/copyd." +
                    name + " to the unit"};
}

Outcome<AlertTargets::Webhook> webhook_of(const Secret& address) {
  auto url = net::Url::parse(address.reveal(), "https");
  if (!url)
    return Failure{.error = "the credential holds no address like https://host/path",
                   .remedy = "make the credential again, with the address in one line"};
  return AlertTargets::Webhook{.origin = "https://" + url->host_header(),
                               .target = Secret::take(url->path)};
}

Outcome<Secret> token_of(Secret token) {
  const std::string_view text = token.reveal();
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == ':' ||
           c == '_' || c == '-';
  });
  if (plain && text.find(':') != text.npos) return token;
  return Failure{.error = "there is no bot's token like 123456:ABC-def",
                 .remedy = "write the token that @BotFather gave into it, in one line"};
}

std::optional<Failure> fault_of_command(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0)
    return Failure{.error = path + ": " + last_error().message(),
                   .remedy = "name a program by its absolute path"};
  if (!S_ISREG(status.st_mode) || ::access(path.c_str(), X_OK) != 0)
    return Failure{.error = path + " is not a program that can be run",
                   .remedy = "chmod 755 " + path};
  return std::nullopt;
}

class Reader {
 public:
  Reader(const std::string& directory, AlertReading& reading)
      : directory_(directory), reading_(reading) {}

  void fault(const char* key, Failure failure) {
    reading_.faults.push_back({.key = key, .failure = std::move(failure)});
  }
  std::optional<Secret> credential(const char* key, const std::string& name) {
    if (directory_.empty()) {
      reading_.unseen.emplace_back(key);
      return std::nullopt;
    }
    const std::string path = directory_ + "/" + name;
    if (::access(path.c_str(), F_OK) != 0) {
      fault(key, not_in_credentials(name));
      return std::nullopt;
    }
    return value(key, read_credential(path));
  }
  template <class T>
  std::optional<T> value(const char* key, Outcome<T> outcome) {
    if (outcome) return std::move(outcome).value();
    fault(key, outcome.error());
    return std::nullopt;
  }

 private:
  const std::string& directory_;
  AlertReading& reading_;
};

}  // namespace

AlertReading read_alert_targets(const config::Alerts& alerts,
                                const std::string& credentials_directory) {
  AlertReading reading;
  Reader reader(credentials_directory, reading);
  if (!alerts.webhook_url_credential.empty()) {
    const char* key = "alerts.webhook.url_credential";
    if (const auto address = reader.credential(key, alerts.webhook_url_credential))
      reading.targets.webhook = reader.value(key, webhook_of(*address));
  }
  if (!alerts.telegram_chat_id.empty()) {
    const bool from_file = !alerts.telegram_token_file.empty();
    const char* key = from_file ? "alerts.telegram.token_file" : "alerts.telegram.token_credential";
    auto token = from_file ? reader.value(key, read_secret_line(alerts.telegram_token_file))
                           : reader.credential(key, alerts.telegram_token_credential);
    if (token) token = reader.value(key, token_of(std::move(*token)));
    if (token)
      reading.targets.telegram.emplace(
          AlertTargets::Telegram{.chat_id = alerts.telegram_chat_id, .token = std::move(*token)});
  }
  if (!alerts.command.empty()) {
    if (auto fault = fault_of_command(alerts.command))
      reader.fault("alerts.command", std::move(*fault));
    else reading.targets.command = alerts.command;
  }
  return reading;
}

std::vector<std::unique_ptr<AlertChannel>> open_alert_channels(AlertTargets targets,
                                                               boost::asio::io_context& io,
                                                               net::TlsContext& tls,
                                                               const Clock& clock,
                                                               const std::string& telegram) {
  std::vector<std::unique_ptr<AlertChannel>> channels;
  if (targets.webhook)
    channels.push_back(make_webhook(net::make_https_client(io, tls, clock, targets.webhook->origin),
                                    std::move(targets.webhook->target)));
  if (targets.telegram)
    channels.push_back(make_telegram(net::make_https_client(io, tls, clock, telegram),
                                     std::move(targets.telegram->token),
                                     std::move(targets.telegram->chat_id)));
  if (!targets.command.empty()) channels.push_back(make_alert_command(std::move(targets.command)));
  return channels;
}

}  // namespace copyd::ops
