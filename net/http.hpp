// Http: keep-alive HTTPS requests to one host, answered by callback on the thread that polls it.
// Cold: allocates, and takes its time. The real one is net/https_client.hpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/clock.hpp"
#include "core/result.hpp"

namespace copyd::net {

struct HttpRequest {
  enum class Method { get, post, put, delete_ };
  Method method = Method::get;
  std::string target;   // path and query, begins with '/'; may hold a signature: never logged
  std::string api_key;  // sent as X-MBX-APIKEY unless empty; never logged
  std::string body{};   // JSON, or ""; not with get
  std::chrono::milliseconds timeout{5000};
};

struct HttpResponse {
  int status = 0;
  std::string body;  // followed by no padding
  std::optional<std::chrono::seconds> retry_after;
  std::optional<std::int64_t> used_weight;  // X-MBX-USED-WEIGHT-1M
  std::optional<std::int64_t> orders_10s;   // X-MBX-ORDER-COUNT-10S, with answers about orders
  std::optional<std::int64_t> orders_1m;    // X-MBX-ORDER-COUNT-1M
};

class Http {
 public:
  // An error means no answer: the request may or may not have been carried out, unless the error
  // is Errc::not_connected or Errc::tls_untrusted: then it surely was not sent.
  using Handler = std::function<void(Result<HttpResponse>)>;

  virtual ~Http() = default;
  // Queued; at most a few requests are under way at once. The handler is called exactly once, from
  // within a later poll(), or never if the client is destroyed first.
  virtual void request(HttpRequest request, Handler handler) = 0;
  // Moves on; returns how much happened.
  virtual int poll(Mono now) = 0;
};

}  // namespace copyd::net
