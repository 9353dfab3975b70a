#include "sim/json.hpp"

#include <fmt/format.h>
#include <simdjson.h>

namespace copyd::sim {

void JsonWriter::separate() {
  if (!first_) out_.push_back(',');
  first_ = false;
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  out_.push_back(bracket);
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  out_.push_back(bracket);
  first_ = false;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  string(name);
  out_.push_back(':');
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::string(std::string_view value) {
  separate();
  out_.push_back('"');
  for (const char c : value) {
    switch (c) {
      case '"':
        out_ += "\\\"";
        break;
      case '\\':
        out_ += "\\\\";
        break;
      case '\n':
        out_ += "\\n";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20)
          out_ += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        else out_.push_back(c);
    }
  }
  out_.push_back('"');
  return *this;
}

JsonWriter& JsonWriter::integer(std::int64_t value) {
  separate();
  fmt::format_to(std::back_inserter(out_), "{}", value);
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

std::string padded(std::int64_t units, int decimals) {
  const std::uint64_t magnitude =
      units < 0 ? 0 - static_cast<std::uint64_t>(units) : static_cast<std::uint64_t>(units);
  const std::string fraction = fmt::format("{:08}", magnitude % units_per_whole);
  std::string text = fmt::format("{}{}", units < 0 ? "-" : "", magnitude / units_per_whole);
  if (decimals == 0) return text;
  text.push_back('.');
  for (int place = 0; place < decimals; ++place)
    text.push_back(place < 8 ? fraction[static_cast<std::size_t>(place)] : '0');
  return text;
}

namespace {

namespace ondemand = simdjson::ondemand;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() &&
         (text.back() == ' ' || text.back() == '\n' || text.back() == '\r' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

bool read_value(ondemand::value value, JsonValue& out) {
  ondemand::json_type type{};
  if (value.type().get(type)) return false;
  std::string_view text;
  switch (type) {
    case ondemand::json_type::string:
      out.kind = JsonValue::Kind::string;
      if (value.get_string().get(text)) return false;
      break;
    case ondemand::json_type::number: {
      out.kind = JsonValue::Kind::number;
      text = trimmed(value.raw_json_token());
      ondemand::number number;
      if (value.get_number().get(number)) return false;
      break;
    }
    case ondemand::json_type::boolean: {
      out.kind = JsonValue::Kind::boolean;
      bool flag = false;
      if (value.get_bool().get(flag)) return false;
      text = flag ? "true" : "false";
      break;
    }
    case ondemand::json_type::null:
      out.kind = JsonValue::Kind::null;
      if (!value.is_null()) return false;
      text = "null";
      break;
    case ondemand::json_type::object: {
      out.kind = JsonValue::Kind::object;
      ondemand::object object;
      if (value.get_object().get(object) || object.raw_json().get(text)) return false;
      text = trimmed(text);
      break;
    }
    case ondemand::json_type::array: {
      out.kind = JsonValue::Kind::array;
      ondemand::array array;
      if (value.get_array().get(array) || array.raw_json().get(text)) return false;
      text = trimmed(text);
      break;
    }
  }
  out.text.assign(text);
  return true;
}

// Nothing but white space behind the value.
bool ended(ondemand::document& document) {
  const char* rest = nullptr;
  return document.current_location().get(rest) != simdjson::SUCCESS;
}

}  // namespace

std::optional<JsonObject> JsonObject::parse(std::string_view json) {
  const simdjson::padded_string copy(json);
  ondemand::parser parser;
  ondemand::document document;
  ondemand::object object;
  if (parser.iterate(copy).get(document) || document.get_object().get(object)) return std::nullopt;
  JsonObject result;
  for (auto field : object) {
    std::string_view name;
    ondemand::value value;
    JsonValue read;
    if (field.unescaped_key().get(name)) return std::nullopt;
    std::string owned(name);
    if (field.value().get(value) || !read_value(value, read)) return std::nullopt;
    result.members_.emplace_back(std::move(owned), std::move(read));
  }
  if (!ended(document)) return std::nullopt;
  return result;
}

const JsonValue* JsonObject::find(std::string_view name) const noexcept {
  for (const auto& [key, value] : members_)
    if (key == name) return &value;
  return nullptr;
}

std::optional<std::vector<JsonValue>> parse_array(std::string_view json) {
  const simdjson::padded_string copy(json);
  ondemand::parser parser;
  ondemand::document document;
  ondemand::array array;
  if (parser.iterate(copy).get(document) || document.get_array().get(array)) return std::nullopt;
  std::vector<JsonValue> result;
  for (auto element : array) {
    ondemand::value value;
    JsonValue read;
    if (element.get(value) || !read_value(value, read)) return std::nullopt;
    result.push_back(std::move(read));
  }
  if (!ended(document)) return std::nullopt;
  return result;
}

}  // namespace copyd::sim
