#include "engine/monitor.hpp"

#include <fmt/format.h>
#include <boost/asio/post.hpp>
#include <utility>
#include <vector>

#include "ops/log.hpp"

namespace copyd::engine {
namespace {

using namespace std::chrono_literals;
namespace log = ops::log;
using Give = ops::HttpServer::Give;

constexpr auto look_period = 1s;
constexpr auto retry_period = 10s;
constexpr std::string_view metrics_path = "/metrics";
constexpr std::string_view health_path = "/healthz";
constexpr std::string_view ready_path = "/readyz";

ops::HttpAnswer plain(unsigned status, std::string text) {
  return {.status = status, .body = std::make_shared<const std::string>(std::move(text) + '\n')};
}

}  // namespace

// What is known of the last look, and who waits for the next. The server's thread only.
struct Monitor::Desk {
  explicit Desk(const Clock& given) : clock(given) {}

  void handle(std::string_view path, Give give) {
    if (path != metrics_path && path != health_path && path != ready_path)
      return give(plain(404, "there are /metrics, /healthz and /readyz"));
    if (seen && clock.now() < seen_at + look_period) return answer(path, give);
    waiting.emplace_back(std::string(path), std::move(give));
    if (asked) return;
    asked = true;
    ask();
  }

  void take(Look look) {
    asked = false;
    seen_at = clock.now();
    page = std::make_shared<const std::string>(look.metrics.text());
    seen = std::move(look);
    for (const auto& [path, give] : std::exchange(waiting, {})) answer(path, give);
  }

  void answer(std::string_view path, const Give& give) {
    if (path == metrics_path)
      return give({.content_type = ops::MetricsPage::content_type, .body = page});
    const std::string& fault = path == health_path ? seen->not_alive : seen->not_ready;
    give(fault.empty() ? plain(200, seen->summary) : plain(503, fault));
  }

  const Clock& clock;
  std::function<void()> ask;
  std::optional<Look> seen;
  Mono seen_at{};
  std::shared_ptr<const std::string> page;
  bool asked = false;
  std::vector<std::pair<std::string, Give>> waiting;
};

Monitor::Monitor(boost::asio::io_context& io, const Clock& clock, std::function<Look()> look)
    : io_(io), clock_(clock), look_(std::move(look)) {}

Monitor::~Monitor() = default;

void Monitor::open(const std::string& address) {
  address_ = address;
  try_open();
}

void Monitor::poll() {
  if (!address_.empty() && server_ == nullptr && clock_.now() >= retry_at_) try_open();
}

void Monitor::try_open() {
  if (address_.empty()) return;
  retry_at_ = clock_.now() + retry_period;
  desk_ = std::make_unique<Desk>(clock_);
  Desk& desk = *desk_;
  desk.ask = [this] {
    boost::asio::post(io_, [this] {
      auto look = std::make_shared<Look>(look_());
      server_->post([&desk = *desk_, look] { desk.take(std::move(*look)); });
    });
  };
  auto server = ops::HttpServer::open(
      {.address = address_},
      [&desk](std::string_view path, Give give) { desk.handle(path, std::move(give)); });
  if (!server) {
    if (!std::exchange(said_, true))
      log::error(fmt::format("{}: {}. Tried again every ten seconds", server.error().error,
                             server.error().remedy));
    return;
  }
  server_ = std::move(server).value();
  const std::string host = address_.substr(0, address_.rfind(':'));
  log::info(fmt::format("metrics and health on http://{}:{}/metrics", host, server_->port()));
}

}  // namespace copyd::engine
