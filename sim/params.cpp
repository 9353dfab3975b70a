#include "sim/params.hpp"

#include <fmt/format.h>

#include <charconv>

namespace copyd::sim {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == '~';
}

}  // namespace

std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
        hex_digit(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (unreserved(c)) out.push_back(c);
    else out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
  return out;
}

Params Params::from_query(std::string_view query) {
  Params params;
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto item = query.substr(0, end);
    const auto equals = item.find('=');
    if (!item.empty())
      params.add(percent_decode(item.substr(0, equals)),
                 equals == std::string_view::npos ? "" : percent_decode(item.substr(equals + 1)));
    if (end == std::string_view::npos) break;
    query.remove_prefix(end + 1);
  }
  return params;
}

Params Params::from_json(const JsonObject& object) {
  Params params;
  for (const auto& [name, value] : object.members())
    if (value.kind != JsonValue::Kind::null) params.add(name, value.text);
  return params;
}

const std::string* Params::find(std::string_view name) const noexcept {
  for (const auto& [key, value] : items_)
    if (key == name) return value.empty() ? nullptr : &value;
  return nullptr;
}

Answer<std::optional<std::int64_t>> Params::integer(std::string_view name) const {
  const std::string* text = find(name);
  if (text == nullptr) return std::optional<std::int64_t>();
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size()) return bad_parameter(name);
  return std::optional(value);
}

ApiError missing_parameter(std::string_view name) {
  return {.code = -1102,
          .message = fmt::format(
              "Mandatory parameter '{}' was not sent, was empty/null, or malformed.", name)};
}

ApiError bad_parameter(std::string_view name) {
  return {.code = -1130,
          .message = fmt::format("Data sent for parameter '{}' is not valid.", name)};
}

}  // namespace copyd::sim
