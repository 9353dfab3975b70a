// Archive: records of the venue as JSON and back. Objects by name, maps as arrays of pairs,
// decimals as text, enumerators by number. Private to state.cpp.
#pragma once

#include <charconv>
#include <map>

#include "sim/json.hpp"
#include "sim/state_fields.hpp"

namespace copyd::sim {

class StateWriter {
 public:
  template <class T>
  void operator()(std::string_view name, const T& value) {
    out_.key(name);
    write(value);
  }
  JsonWriter& out() noexcept { return out_; }

  void write(bool value) { out_.boolean(value); }
  void write(const std::string& value) { out_.string(value); }
  void write(VenueTime value) { out_.integer(value.ms); }
  template <class Tag>
  void write(Fixed<Tag> value) {
    out_.string(FixedText(value).view());
  }
  template <class T>
  requires std::integral<T> || std::is_enum_v<T>
  void write(T value) {
    if constexpr (std::is_enum_v<T>) out_.integer(static_cast<std::int64_t>(value));
    else out_.raw(std::to_string(value));
  }
  template <class T>
  void write(const std::optional<T>& value) {
    if (value) write(*value);
    else out_.null();
  }
  template <class T>
  void write(const std::vector<T>& values) {
    out_.array();
    for (const auto& value : values) write(value);
    out_.end_array();
  }
  template <class A, class B>
  void write(const std::pair<A, B>& pair) {
    out_.array();
    write(pair.first);
    write(pair.second);
    out_.end_array();
  }
  template <class K, class V>
  void write(const std::map<K, V>& map) {
    out_.array();
    for (const auto& entry : map) write(entry);
    out_.end_array();
  }
  template <class T>
  requires requires(StateWriter& self, const T& value) { fields(self, value); }
  void write(const T& record) {
    out_.object();
    fields(*this, record);
    out_.end_object();
  }

 private:
  JsonWriter out_{};
};

// Remembers the first thing that is wrong, and reads on as if it were absent.
class StateReader {
 public:
  const std::string& fault() const noexcept { return fault_; }

  template <class T>
  void read_object(const std::string& json, T& record) {
    const auto object = JsonObject::parse(json);
    if (!object) return fail("not an object");
    const JsonObject* outer = std::exchange(object_, &*object);
    fields(*this, record);
    object_ = outer;
  }

  template <class T>
  void operator()(std::string_view name, T& value) {
    const JsonValue* found = object_->find(name);
    const std::string outer = name_;
    name_ += (name_.empty() ? "" : ".") + std::string(name);
    if (found == nullptr) fail("missing");
    else read(*found, value);
    name_ = outer;
  }

 private:
  void fail(std::string_view what) {
    if (fault_.empty()) fault_ = name_ + ": " + std::string(what);
  }

  void read(const JsonValue& json, bool& value) { value = json.text == "true"; }
  void read(const JsonValue& json, std::string& value) { value = json.text; }
  void read(const JsonValue& json, VenueTime& value) { read(json, value.ms); }
  template <class Tag>
  void read(const JsonValue& json, Fixed<Tag>& value) {
    const auto parsed = Fixed<Tag>::parse(json.text);
    if (parsed) value = *parsed;
    else fail("not a decimal");
  }
  template <class T>
  requires std::integral<T> || std::is_enum_v<T>
  void read(const JsonValue& json, T& value) {
    if constexpr (std::is_enum_v<T>) {
      int number = 0;
      read(json, number);
      value = static_cast<T>(number);
    } else {
      const char* end = json.text.data() + json.text.size();
      const auto result = std::from_chars(json.text.data(), end, value);
      if (result.ec != std::errc() || result.ptr != end) fail("not a number");
    }
  }
  template <class T>
  void read(const JsonValue& json, std::optional<T>& value) {
    value.reset();
    if (json.kind != JsonValue::Kind::null) read(json, value.emplace());
  }
  template <class Each>
  void each_element(const JsonValue& json, Each each) {
    const auto elements = parse_array(json.text);
    if (!elements) return fail("not an array");
    for (const auto& element : *elements) each(element);
  }
  template <class T>
  void read(const JsonValue& json, std::vector<T>& values) {
    values.clear();
    each_element(json, [&](const JsonValue& element) { read(element, values.emplace_back()); });
  }
  template <class A, class B>
  void read(const JsonValue& json, std::pair<A, B>& pair) {
    const auto elements = parse_array(json.text);
    if (!elements || elements->size() != 2) return fail("not a pair");
    read(elements->front(), pair.first);
    read(elements->back(), pair.second);
  }
  template <class K, class V>
  void read(const JsonValue& json, std::map<K, V>& map) {
    map.clear();
    each_element(json, [&](const JsonValue& element) {
      std::pair<K, V> entry;
      read(element, entry);
      map.insert(std::move(entry));
    });
  }
  template <class T>
  requires requires(StateReader& self, T& value) { fields(self, value); }
  void read(const JsonValue& json, T& record) { read_object(json.text, record); }

  const JsonObject* object_ = nullptr;
  std::string name_{};
  std::string fault_{};
};

}  // namespace copyd::sim
