#include "sim/control_fields.hpp"

#include <charconv>

namespace copyd::sim {

ApiError control_fault(std::string message) {
  return {.message = std::move(message)};
}

const JsonValue* Control::Fields::find(std::string_view name) const noexcept {
  const JsonValue* value = object_.find(name);
  return value == nullptr || value->kind == JsonValue::Kind::null ? nullptr : value;
}

bool Control::Fields::is_null(std::string_view name) const noexcept {
  const JsonValue* value = object_.find(name);
  return value != nullptr && value->kind == JsonValue::Kind::null;
}

Answer<std::string> Control::Fields::text(std::string_view name) const {
  const JsonValue* value = find(name);
  if (value == nullptr) return control_fault(std::string(name) + " is missing");
  if (value->kind != JsonValue::Kind::string)
    return control_fault(std::string(name) + " is not a string");
  return value->text;
}

Answer<std::int64_t> Control::Fields::integer(std::string_view name, std::int64_t absent) const {
  const JsonValue* value = find(name);
  if (value == nullptr) return absent;
  std::int64_t number = 0;
  const char* end = value->text.data() + value->text.size();
  const auto result = std::from_chars(value->text.data(), end, number);
  if (result.ec != std::errc() || result.ptr != end)
    return control_fault(std::string(name) + " is not an integer");
  return number;
}

Answer<bool> Control::Fields::flag(std::string_view name, bool absent) const {
  const JsonValue* value = find(name);
  if (value == nullptr) return absent;
  if (value->kind != JsonValue::Kind::boolean)
    return control_fault(std::string(name) + " is neither true nor false");
  return value->text == "true";
}

Answer<AccountIndex> Control::Fields::account() const {
  const auto label = text("account");
  if (!label.ok()) return label.error();
  const auto index = exchange_.find_account(label.value());
  if (!index) return control_fault("no account is labelled " + label.value());
  return *index;
}

Answer<SymbolIndex> Control::Fields::symbol() const {
  const auto name = text("symbol");
  if (!name.ok()) return name.error();
  const auto index = exchange_.find_symbol(name.value());
  if (!index) return control_fault("no symbol " + name.value());
  return *index;
}

}  // namespace copyd::sim
