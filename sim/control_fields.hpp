// Reading the fields of one control command. Private to the control files.
#pragma once

#include "sim/control.hpp"
#include "sim/json.hpp"

namespace copyd::sim {

ApiError control_fault(std::string message);

class Control::Fields {
 public:
  Fields(const Exchange& exchange, const JsonObject& object)
      : exchange_(exchange), object_(object) {}

  // Null when absent or null.
  const JsonValue* find(std::string_view name) const noexcept;
  bool is_null(std::string_view name) const noexcept;

  Answer<std::string> text(std::string_view name) const;
  Answer<std::int64_t> integer(std::string_view name, std::int64_t absent) const;
  Answer<bool> flag(std::string_view name, bool absent) const;
  // Within the two, both included.
  struct Range {
    std::int64_t least = 0;
    std::int64_t most = 0;
  };
  Answer<std::int64_t> number(std::string_view name, std::optional<std::int64_t> absent,
                              Range range) const;
  Answer<AccountIndex> account() const;
  // Absent: all of them.
  Answer<std::optional<AccountIndex>> optional_account() const;
  Answer<SymbolIndex> symbol() const;

  template <class T>
  Answer<T> decimal(std::string_view name) const {
    const JsonValue* value = find(name);
    if (value == nullptr) return control_fault(std::string(name) + " is missing");
    const auto parsed = T::parse(value->text);
    if (!parsed) return control_fault(std::string(name) + " is not a decimal");
    return *parsed;
  }

 private:
  const Exchange& exchange_;
  const JsonObject& object_;
};

}  // namespace copyd::sim
