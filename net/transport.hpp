// Transport: where an agent gets its connections from. The engine hands every agent one; tests
// hand in an in-memory venue. Each agent's transport is used by that agent's thread alone.
#pragma once

#include <memory>
#include <string>

#include "net/http.hpp"
#include "net/websocket.hpp"

namespace copyd::net {

class Transport {
 public:
  virtual ~Transport() = default;
  virtual std::unique_ptr<WebSocket> websocket() = 0;
  // `origin` is "https://host[:port]".
  virtual std::unique_ptr<Http> http(const std::string& origin) = 0;
};

}  // namespace copyd::net
