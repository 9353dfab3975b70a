// Params: the named parameters of one request, from a query string, a body or a JSON object.
// Cold; one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/json.hpp"
#include "sim/types.hpp"

namespace copyd::sim {

class Params {
 public:
  // "a=1&b=2", percent-decoded.
  static Params from_query(std::string_view query);
  static Params from_json(const JsonObject& object);

  void add(std::string name, std::string value) {
    items_.emplace_back(std::move(name), std::move(value));
  }
  // The first of that name counts; null when there is none or it is empty.
  const std::string* find(std::string_view name) const noexcept;
  bool has(std::string_view name) const noexcept { return find(name) != nullptr; }
  // Malformed numbers are refused by name. Absent: nothing.
  Answer<std::optional<std::int64_t>> integer(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& items() const noexcept { return items_; }

 private:
  std::vector<std::pair<std::string, std::string>> items_;
};

std::string percent_decode(std::string_view text);
std::string percent_encode(std::string_view text);

ApiError missing_parameter(std::string_view name);
ApiError bad_parameter(std::string_view name);

}  // namespace copyd::sim
