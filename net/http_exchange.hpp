// One HTTP/1.1 exchange, apart from any connection: the request as bytes, and an answer put
// together from bytes however they are split. Pure. Protocol: RFC 9112.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "net/http.hpp"
#include "net/progress.hpp"
#include "net/url.hpp"

namespace copyd::net {

// nullopt when a part could not stand in a request's header.
std::optional<std::string> http_request_text(const Url& origin, const HttpRequest& request);

class HttpAnswer {
 public:
  explicit HttpAnswer(std::size_t body_max);
  ~HttpAnswer();

  // Takes bytes in order; done once the answer is whole. Errc::malformed, Errc::too_large.
  // Bytes beyond the answer's end are kept out and make the connection unfit for another.
  Result<Progress> feed(std::string_view bytes);
  // The peer ended the stream; true if that ends the answer as it should.
  bool end();

  // Once whole, and once.
  HttpResponse take();
  // The connection may carry another exchange.
  bool keeps_alive() const noexcept { return keeps_alive_; }

 private:
  struct Parser;
  void renew();

  std::size_t body_max_;
  std::unique_ptr<Parser> parser_;
  std::string rest_;  // a line that is not whole yet
  bool keeps_alive_ = false;
};

}  // namespace copyd::net
