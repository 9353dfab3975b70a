#include "cli/fields.hpp"

#include "cli/format.hpp"

namespace copyd::cli {
namespace {

const Element& empty_document() {
  static simdjson::dom::parser parser;
  static const Element empty = parser.parse(std::string_view(R"({"a":[],"o":{}})")).value();
  return empty;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string shown;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    // U+0080 to U+009F are control characters as well; in UTF-8 they begin with 0xc2.
    const bool second_set = byte == 0xc2 && next >= 0x80 && next <= 0x9f;
    if (byte < 0x20 || byte == 0x7f || second_set) {
      shown += '?';
      i += second_set ? 1 : 0;
    } else {
      shown += text[i];
    }
  }
  return shown;
}

std::string text_of(Element element) {
  switch (element.type()) {
    case simdjson::dom::element_type::STRING:
      return printable(element.get_string().value_unsafe());
    case simdjson::dom::element_type::INT64:
      return std::to_string(element.get_int64().value_unsafe());
    case simdjson::dom::element_type::UINT64:
      return std::to_string(element.get_uint64().value_unsafe());
    case simdjson::dom::element_type::BOOL:
      return element.get_bool().value_unsafe() ? "yes" : "no";
    default:
      return "-";
  }
}

std::string text_of(Element object, std::string_view name) {
  Element member;
  return object[name].get(member) == simdjson::SUCCESS ? text_of(member) : "-";
}

std::optional<std::int64_t> integer_of(Element object, std::string_view name) {
  std::int64_t value = 0;
  if (object[name].get_int64().get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

bool is_true(Element object, std::string_view name) {
  bool value = false;
  return object[name].get_bool().get(value) == simdjson::SUCCESS && value;
}

std::string nanoseconds_of(Element quantiles, std::string_view name) {
  const auto ns = integer_of(quantiles, name);
  return ns && integer_of(quantiles, "n").value_or(0) > 0 ? nanoseconds_text(*ns) : "-";
}

simdjson::dom::array array_of(Element object, std::string_view name) {
  simdjson::dom::array array;
  if (object[name].get_array().get(array) == simdjson::SUCCESS) return array;
  return empty_document()["a"].get_array().value_unsafe();
}

simdjson::dom::object object_of(Element object, std::string_view name) {
  simdjson::dom::object inner;
  if (object[name].get_object().get(inner) == simdjson::SUCCESS) return inner;
  return empty_document()["o"].get_object().value_unsafe();
}

Element member_of(Element object, std::string_view name) {
  Element inner;
  if (object[name].get(inner) == simdjson::SUCCESS && inner.is_object()) return inner;
  return empty_document()["o"].value_unsafe();
}

std::string list_of(Element object, std::string_view name) {
  std::string list;
  for (const Element item : array_of(object, name)) {
    if (!list.empty()) list += ", ";
    list += text_of(item);
  }
  return list.empty() ? "-" : list;
}

}  // namespace copyd::cli
