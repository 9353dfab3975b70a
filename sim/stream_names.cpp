#include "sim/stream_names.hpp"

namespace copyd::sim {

StreamTarget split_target(std::string_view target) noexcept {
  const auto question = target.find('?');
  if (question == std::string_view::npos) return {.path = target, .query = {}};
  return {.path = target.substr(0, question), .query = target.substr(question + 1)};
}

std::vector<std::string> split_names(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const auto end = text.find('/');
    if (const auto name = text.substr(0, end); !name.empty()) names.emplace_back(name);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return names;
}

std::optional<StreamRequest> read_stream_request(std::string_view text) {
  const auto object = JsonObject::parse(text);
  const JsonValue* method = object ? object->find("method") : nullptr;
  if (method == nullptr || method->kind != JsonValue::Kind::string) return std::nullopt;
  StreamRequest request;
  request.method = method->text;
  if (const JsonValue* id = object->find("id"); id != nullptr) {
    JsonWriter out;
    if (id->kind == JsonValue::Kind::string) out.string(id->text);
    else out.raw(id->text);
    request.id = out.take();
  }
  const JsonValue* params = object->find("params");
  const auto values = params != nullptr ? parse_array(params->text) : std::nullopt;
  if (!values) return request;
  for (const auto& value : *values) {
    if (value.kind == JsonValue::Kind::string) request.names.push_back(value.text);
    if (value.kind == JsonValue::Kind::boolean) request.combined = value.text == "true";
  }
  return request;
}

std::string stream_fault() {
  return R"({"error":{"code":2,"msg":"Invalid request: missing field `method`"},"id":null})";
}

std::string stream_result(const StreamRequest& request, std::string_view result) {
  JsonWriter out;
  out.object().key("result").raw(result).key("id").raw(request.id).end_object();
  return out.take();
}

std::string envelope(std::string_view stream, std::string_view json) {
  JsonWriter out;
  out.object().text("stream", stream).key("data").raw(json).end_object();
  return out.take();
}

}  // namespace copyd::sim
