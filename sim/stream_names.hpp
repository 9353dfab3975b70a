// Reading the path, query and messages of a stream socket. Private to the stream files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/json.hpp"

namespace copyd::sim {

struct StreamTarget {
  std::string_view path;
  std::string_view query;
};
StreamTarget split_target(std::string_view target) noexcept;

// "a/b/c" → a, b, c; empty ones are left out.
std::vector<std::string> split_names(std::string_view text);

// One request of a client on a stream socket.
struct StreamRequest {
  std::string method{};
  std::vector<std::string> names{};  // the strings of `params`
  std::optional<bool> combined{};    // SET_PROPERTY ["combined", …]
  std::string id = "null";           // as JSON
};
// Nothing: the error answer is stream_fault().
std::optional<StreamRequest> read_stream_request(std::string_view text);
std::string stream_fault();
// {"result":…,"id":…}
std::string stream_result(const StreamRequest& request, std::string_view result);

// {"stream":…,"data":…}
std::string envelope(std::string_view stream, std::string_view json);

}  // namespace copyd::sim
