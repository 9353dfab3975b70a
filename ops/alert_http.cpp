// The alert channels that are HTTPS requests.
#include <simdjson.h>

#include <utility>

#include "ops/alert_channel.hpp"
#include "ops/json.hpp"

namespace copyd::ops {
namespace {

using namespace std::chrono_literals;

// The wait that Telegram asks for stands in the body too.
std::optional<std::chrono::seconds> retry_after(const net::HttpResponse& response) {
  if (response.retry_after) return response.retry_after;
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::int64_t seconds = 0;
  if (parser.parse(response.body).get(root) != simdjson::SUCCESS) return std::nullopt;
  if (root.at_pointer("/parameters/retry_after").get(seconds) != simdjson::SUCCESS || seconds < 0)
    return std::nullopt;
  return std::chrono::seconds(seconds);
}

// A 4xx is about the message, but for those that are about us, the address or the moment: they may
// end without a change of the message.
bool is_about_the_message(int status) noexcept {
  if (status < 400 || status >= 500) return false;
  for (const int other : {401, 403, 404, 405, 407, 408, 425, 429})
    if (status == other) return false;
  return true;
}

class HttpChannel : public AlertChannel {
 public:
  explicit HttpChannel(std::unique_ptr<net::Http> http) : http_(std::move(http)) {}

  int attempts_max() const noexcept override { return 0; }
  void begin(const AlertMessage& message, Mono) override {
    net::HttpRequest request;
    request.method = net::HttpRequest::Method::post;
    request.target = target();
    request.body = body(message);
    request.timeout = 10s;
    http_->request(std::move(request),
                   [this](const Result<net::HttpResponse>& result) { end_ = end_of(result); });
  }
  std::optional<Delivery> poll(Mono now) override {
    http_->poll(now);
    return std::exchange(end_, std::nullopt);
  }

 protected:
  virtual std::string target() const = 0;
  virtual std::string body(const AlertMessage& message) const = 0;

 private:
  static Delivery end_of(const Result<net::HttpResponse>& result) {
    if (!result) return {.end = Delivery::End::failed, .why = result.error().message()};
    if (result->status >= 200 && result->status < 300) return {};
    return {.end = is_about_the_message(result->status) ? Delivery::End::refused
                                                        : Delivery::End::failed,
            .why = "HTTP " + std::to_string(result->status),
            .retry_after = retry_after(*result)};
  }

  std::unique_ptr<net::Http> http_;
  std::optional<Delivery> end_;
};

class Webhook final : public HttpChannel {
 public:
  Webhook(std::unique_ptr<net::Http> http, Secret target)
      : HttpChannel(std::move(http)), target_(std::move(target)) {}
  std::string_view name() const noexcept override { return "webhook"; }
  std::chrono::milliseconds pace() const noexcept override { return 1s; }

 protected:
  std::string target() const override { return std::string(target_.reveal()); }
  std::string body(const AlertMessage& message) const override { return as_json(message); }

 private:
  Secret target_;
};

class Telegram final : public HttpChannel {
 public:
  Telegram(std::unique_ptr<net::Http> http, Secret token, std::string chat_id)
      : HttpChannel(std::move(http)), token_(std::move(token)), chat_id_(std::move(chat_id)) {}
  std::string_view name() const noexcept override { return "telegram"; }
  // A bot may send 20 messages a minute to one group.
  std::chrono::milliseconds pace() const noexcept override { return 3s; }

 protected:
  std::string target() const override {
    return "/bot" + std::string(token_.reveal()) + "/sendMessage";
  }
  std::string body(const AlertMessage& message) const override {
    return JsonWriter()
        .begin_object()
        .member("chat_id", chat_id_)
        .member("text", as_text(message))
        .member("disable_web_page_preview", true)
        .end_object()
        .take();
  }

 private:
  Secret token_;
  std::string chat_id_;
};

}  // namespace

std::unique_ptr<AlertChannel> make_webhook(std::unique_ptr<net::Http> http, Secret target) {
  return std::make_unique<Webhook>(std::move(http), std::move(target));
}

std::unique_ptr<AlertChannel> make_telegram(std::unique_ptr<net::Http> http, Secret token,
                                            std::string chat_id) {
  return std::make_unique<Telegram>(std::move(http), std::move(token), std::move(chat_id));
}

}  // namespace copyd::ops
