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

Answer<std::int64_t> Control::Fields::number(std::string_view name,
                                             std::optional<std::int64_t> absent,
                                             Range range) const {
  if (find(name) == nullptr && !absent) return control_fault(std::string(name) + " is missing");
  const auto value = integer(name, absent.value_or(0));
  if (!value.ok()) return value;
  if (value.value() < range.least || value.value() > range.most)
    return control_fault(std::string(name) + " is not " + std::to_string(range.least) + " to " +
                         std::to_string(range.most));
  return value;
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

Answer<std::optional<AccountIndex>> Control::Fields::optional_account() const {
  if (find("account") == nullptr) return std::optional<AccountIndex>();
  const auto index = account();
  if (!index.ok()) return index.error();
  return std::optional<AccountIndex>(index.value());
}

Answer<SymbolIndex> Control::Fields::symbol() const {
  const auto name = text("symbol");
  if (!name.ok()) return name.error();
  const auto index = exchange_.find_symbol(name.value());
  if (!index) return control_fault("no symbol " + name.value());
  return *index;
}

}  // namespace copyd::sim
