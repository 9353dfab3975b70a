// HttpServer: serves a few pages over plain HTTP/1.1, on a cold thread of its own.
//
// One request is answered on a connection, then it is closed. Nothing that a client does costs more
// than its bounded share: a header has at most 8 KiB, a request with a body is refused unread, a
// request must arrive and an answer be taken in time, and of the connections beyond the limit the
// one that has dawdled longest over its request makes room.
// `open`, `port` and the destructor belong to one thread; the handler runs on the server's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "ops/failure.hpp"

namespace copyd::ops {

struct HttpAnswer {
  unsigned status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";
  std::shared_ptr<const std::string> body;  // many connections may be sent the same one
};

struct HttpOptions {
  std::string address;  // "host:port"; port 0: any free one
  std::size_t connections_max = 64;
  std::chrono::milliseconds request_timeout{5'000};  // for the whole request to come
  std::chrono::milliseconds answer_timeout{5'000};   // for the handler to give an answer
  std::chrono::milliseconds write_timeout{10'000};   // for the client to take it
};

class HttpServer {
 public:
  // To be called once, at once or later, on the server's thread (see `post`). Without an answer in
  // time the client is told so; one that comes after that goes nowhere.
  using Give = std::function<void(HttpAnswer)>;
  // `path`: of a GET or HEAD, without its query.
  using Handler = std::function<void(std::string_view path, Give give)>;

  // Listens from now on, and answers on a thread named copyd-http.
  static Outcome<std::unique_ptr<HttpServer>> open(HttpOptions options, Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const noexcept;
  // Runs `work` on the server's thread. From any thread, while the server lives.
  void post(std::function<void()> work);

 private:
  struct Impl;
  class Session;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace copyd::ops
