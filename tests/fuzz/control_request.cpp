// Requests to the daemon: what is taken is sound and can be said again; what is refused is refused
// in words that hold nothing of the request.
#include <simdjson.h>

#include "ops/control_protocol.hpp"
#include "tests/fuzz/property.hpp"

namespace copyd::fuzz {
namespace {

using namespace copyd::ops;

// Longer than any word that the refusals are made of.
constexpr std::size_t telling = 16;

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
         c == '+' || c == '/' || c == '=';
}

// No long word of the line stands in the failure: a key may be in the wrong place.
void check_failure(const Failure& failure, std::string_view line) {
  PROPERTY(!failure.error.empty() && !failure.remedy.empty());
  const std::string said = failure.error + ' ' + failure.remedy;
  for (std::size_t i = 0; i < line.size();) {
    std::size_t end = i;
    while (end < line.size() && is_word(line[end])) ++end;
    if (end - i >= telling) PROPERTY(said.find(line.substr(i, end - i)) == said.npos);
    i = end + 1;
  }
  const std::string reply = failure_reply(failure);
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  bool ok = true;
  PROPERTY(reply.find('\n') == reply.npos);
  PROPERTY(!parser.parse(reply).get_object().get(object));
  PROPERTY(!object["ok"].get_bool().get(ok) && !ok);
}

std::string text_of(const Credentials& credentials) {
  std::string text = std::to_string(static_cast<int>(credentials.kind));
  text.append(" ").append(credentials.api_key.reveal());
  return text.append(" ").append(credentials.secret.reveal());
}

std::string text_of(const ControlRequest& request) {
  return std::string(command_of(request.verb).name) + " '" + request.label + "' " +
         std::to_string(request.all) + " '" + request.reason + "' '" + request.venue + "' " +
         text_of(request.credentials);
}

void check_request(std::string_view line) {
  const Copy copy(line);
  const auto request = decode_request(copy.view());
  if (request.has_error()) return check_failure(request.error(), line);
  PROPERTY(!fault_of(*request));
  const Secret encoded = encode_request(*request);
  PROPERTY(encoded.reveal().ends_with('\n'));
  const auto sent = encoded.reveal().substr(0, encoded.size() - 1);
  PROPERTY(sent.find('\n') == sent.npos);
  const auto again = decode_request(sent);
  PROPERTY(again.has_value());
  PROPERTY_SAME(text_of(*again), text_of(*request));
}

void check_credentials(std::string_view json) {
  const Copy copy(json);
  const auto credentials = decode_credentials(copy.view());
  if (credentials.has_error()) return check_failure(credentials.error(), json);
  PROPERTY(!credentials->api_key.empty() && !credentials->secret.empty());
}

}  // namespace
}  // namespace copyd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = copyd::fuzz::text_of(data, size);
  copyd::fuzz::check_request(text);
  copyd::fuzz::check_credentials(text);
  return 0;
}
