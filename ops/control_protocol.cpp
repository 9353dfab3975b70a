#include "ops/control_protocol.hpp"

#include <malloc.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "core/limits.hpp"
#include "ops/json.hpp"

namespace copyd::ops {
namespace {

constexpr std::size_t api_key_max = 256;
constexpr std::size_t secret_max = 16U << 10U;  // an RSA-4096 key as PEM has about 3,300 bytes

// Parses one text and afterwards wipes what the parser copied out of it. The text is padded in
// locked memory, as the parser wants it.
class Document {
 public:
  explicit Document(std::string_view text)
      : text_(Secret::of_size(text.size() + simdjson::SIMDJSON_PADDING)) {
    if (!text.empty()) std::memcpy(text_.writable(), text.data(), text.size());
    constexpr bool copy_if_unpadded = false;
    const auto parsed = parser_.parse(text_.reveal().data(), text.size(), copy_if_unpadded);
    ok_ = parsed.get_object().get(object_) == simdjson::SUCCESS;
  }
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;
  ~Document() {
    std::uint8_t* strings = parser_.doc.string_buf.get();
    if (strings != nullptr) wipe(strings, ::malloc_usable_size(strings));
  }

  bool ok() const noexcept { return ok_; }
  simdjson::dom::object object() const noexcept { return object_; }

 private:
  Secret text_;
  simdjson::dom::parser parser_;
  simdjson::dom::object object_;
  bool ok_ = false;
};

bool is_on_the_wire(const Argument& argument) noexcept {
  return argument.kind != Argument::Kind::terminal && argument.kind != Argument::Kind::choice;
}

std::string names_of(const ControlCommand& command) {
  std::string names = "\"command\"";
  for (const Argument& argument : command.arguments) {
    if (!is_on_the_wire(argument)) continue;
    names += ", \"" + std::string(argument.name) + '"';
  }
  return names;
}

Failure wrong_arguments(const ControlCommand& command, std::string error) {
  return {.error = std::string(command.name) + ": " + std::move(error),
          .remedy = "its members are " + names_of(command)};
}

bool printable(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

// What copyd.toml allows as a label, and the names of venues have; or nothing.
bool is_name(std::string_view text) noexcept {
  return text.size() <= limits::label_max && !text.starts_with('-') &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '.' || c == '-';
         });
}

// Keys: no space and nothing that a terminal would obey.
bool one_word(std::string_view text) noexcept {
  return printable(text) && text.find_first_of(" \"\\") == std::string_view::npos;
}

// Puts one string member where it belongs. False for a name that `request` has no place for.
bool take_text(ControlRequest& request, std::string_view name, std::string_view text) {
  for (const TextMember& member : text_members) {
    if (member.name != name) continue;
    request.*member.member = text;
    return true;
  }
  return false;
}

bool take_secret(Credentials& credentials, std::string_view name, std::string_view text) {
  if (name == "api_key") {
    credentials.api_key = Secret::copy_of(text);
    return true;
  }
  credentials.kind =
      name == "secret" ? Credentials::Kind::secret : Credentials::Kind::private_key_pem;
  // Both kinds of key in one request: which is meant cannot be told.
  if (!credentials.secret.empty()) return false;
  credentials.secret = Secret::copy_of(text);
  return true;
}

// One member of a request. The failure never quotes it: a key may stand in the wrong place.
std::optional<Failure> take_member(const ControlCommand& command, ControlRequest& request,
                                   std::string_view name, simdjson::dom::element value) {
  const auto known = std::find_if(
      command.arguments.begin(), command.arguments.end(), [&](const Argument& argument) {
        return argument.name == name && is_on_the_wire(argument);
      });
  if (known == command.arguments.end()) return wrong_arguments(command, "an unknown member");
  const std::string member = '"' + std::string(known->name) + '"';
  if (known->kind == Argument::Kind::flag) {
    bool& flag = known->name == "everything" ? request.everything
                 : known->name == "flatten"  ? request.flatten
                                             : request.all;
    if (value.get_bool().get(flag) == simdjson::SUCCESS) return std::nullopt;
    return wrong_arguments(command, member + " is true or false");
  }
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) {
    return wrong_arguments(command, member + " is a string");
  }
  if (known->kind == Argument::Kind::secret) {
    if (take_secret(request.credentials, known->name, text)) return std::nullopt;
    return wrong_arguments(command, "\"secret\" or \"private_key_pem\", not both");
  }
  if (take_text(request, known->name, text)) return std::nullopt;
  return wrong_arguments(command, "an unknown member");
}

// Members are few, so a quadratic look for one that stands twice is fine; a line has at most 64
// KiB.
bool has_duplicate(simdjson::dom::object object) {
  if (object.size() > 16) return true;
  for (auto a = object.begin(); a != object.end(); ++a) {
    auto b = a;
    for (++b; b != object.end(); ++b) {
      if (a.key() == b.key()) return true;
    }
  }
  return false;
}

std::optional<Failure> fault_of(const Credentials& credentials) {
  const auto fault = [](std::string error) {
    return Failure{.error = std::move(error),
                   .remedy = R"(give {"api_key":…,"secret":…} or )"
                             R"({"api_key":…,"private_key_pem":…})"};
  };
  const std::string_view api_key = credentials.api_key.reveal();
  const std::string_view secret = credentials.secret.reveal();
  if (api_key.empty()) return fault("the API key is missing");
  if (api_key.size() > api_key_max || !one_word(api_key)) {
    return fault("the API key is not one word of at most 256 characters");
  }
  if (secret.empty()) return fault("the secret or private key is missing");
  if (secret.size() > secret_max) return fault("the secret or private key is too long");
  if (credentials.kind == Credentials::Kind::secret && !one_word(secret)) {
    return fault("the secret is not one word");
  }
  if (credentials.kind == Credentials::Kind::private_key_pem &&
      secret.find("-----BEGIN ") == std::string_view::npos) {
    return fault("the private key does not begin with -----BEGIN");
  }
  return std::nullopt;
}

bool label_required(const ControlCommand& command) noexcept {
  return std::any_of(command.arguments.begin(), command.arguments.end(),
                     [](const Argument& a) { return a.name == "label" && a.required; });
}

// 1 to `max`, written as digits alone.
std::optional<int> number_within(std::string_view text, int max) noexcept {
  int number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  if (number < 1 || number > max) return std::nullopt;
  return number;
}

// An id, or SYMBOL:ID.
bool names_trade(std::string_view text) noexcept {
  const auto id = text.substr(text.rfind(':') + 1);
  return !id.empty() && id.size() <= 18 && text.front() != ':' &&
         std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// What is looked for in the history.
std::optional<Failure> fault_of_question(const ControlCommand& command,
                                         const ControlRequest& request) {
  constexpr std::size_t word_max = 64;
  for (const std::string* word : {&request.trade, &request.symbol, &request.cursor})
    if (word->size() > word_max || !one_word(*word))
      return wrong_arguments(command, "a trade, a symbol and a cursor are one word each");
  for (const std::string* label : {&request.leader, &request.follower})
    if (!is_name(*label)) return wrong_arguments(command, "a label is not one of an account");
  for (const std::string* when : {&request.since, &request.until})
    if (!when->empty() && !when_ms(*when, 0))
      return wrong_arguments(command, "a time is 2026-11-21, 2026-11-21T09:30Z, 30m, 2h or 7d");
  if (!request.limit.empty() && !number_within(request.limit, control_limit_max))
    return wrong_arguments(command,
                           "a limit is 1 to " + std::to_string(control_limit_max) + " rows");
  if (command.verb == Verb::why && !names_trade(request.trade))
    return wrong_arguments(command, "a trade is its id, or SYMBOL:ID");
  const bool known =
      request.what == "trades" || request.what == "skips" || request.what == "pnl";
  if (command.verb == Verb::export_ && !known)
    return wrong_arguments(command, "say what: trades, skips or pnl");
  return std::nullopt;
}

// Room for a text whose every character is escaped.
std::size_t escaped_max(std::string_view text) noexcept {
  return 6 * text.size() + 32;
}

Outcome<ControlRequest> decode_members(const ControlCommand& command,
                                       simdjson::dom::object object) {
  ControlRequest request;
  request.verb = command.verb;
  for (const auto field : object) {
    if (field.key == "command") continue;
    if (auto fault = take_member(command, request, field.key, field.value)) return *fault;
  }
  // In an emergency nobody should have to remember an option.
  if (command.verb == Verb::halt && request.label.empty()) request.all = true;
  if (auto fault = fault_of(request)) return *fault;
  return request;
}

}  // namespace

std::optional<Failure> fault_of(const ControlRequest& request) {
  const ControlCommand& command = command_of(request.verb);
  if (!is_name(request.label)) {
    return wrong_arguments(command,
                           "a label is 1 to " + std::to_string(limits::label_max) +
                               " characters of A-Z a-z 0-9 _ . - that do not begin with -");
  }
  if (request.label.empty() && label_required(command)) {
    return wrong_arguments(command, "the label is missing");
  }
  if (restricts(request.verb) && request.label.empty() != request.all) {
    return wrong_arguments(command, "name one label, or all");
  }
  if (request.reason.size() > control_reason_max || !printable(request.reason)) {
    return wrong_arguments(command, "a reason is one line of at most " +
                                        std::to_string(control_reason_max) + " characters");
  }
  if (!is_name(request.venue)) {
    return wrong_arguments(command, "the venue is not the name of one");
  }
  if (brings_key(request.verb)) return fault_of(request.credentials);
  return fault_of_question(command, request);
}

int limit_of(const ControlRequest& request) noexcept {
  return number_within(request.limit, control_limit_max).value_or(control_limit_default);
}

Secret encode_request(const ControlRequest& request) {
  const Credentials& credentials = request.credentials;
  JsonWriter json;
  std::size_t room = 256 + escaped_max(credentials.api_key.reveal()) +
                     escaped_max(credentials.secret.reveal());
  for (const TextMember& member : text_members) room += escaped_max(request.*member.member);
  json.reserve(room);
  json.begin_object().member("command", command_of(request.verb).name);
  for (const TextMember& member : text_members)
    if (!(request.*member.member).empty()) json.member(member.name, request.*member.member);
  if (request.all) json.member("all", true);
  if (request.everything) json.member("everything", true);
  if (request.flatten) json.member("flatten", true);
  if (!credentials.api_key.empty()) json.member("api_key", credentials.api_key.reveal());
  if (!credentials.secret.empty()) {
    json.member(credentials.kind == Credentials::Kind::secret ? "secret" : "private_key_pem",
                credentials.secret.reveal());
  }
  json.end_object();
  std::string text = json.take();
  Secret line = Secret::of_size(text.size() + 1);
  std::memcpy(line.writable(), text.data(), text.size());
  line.writable()[text.size()] = '\n';
  wipe(text);
  return line;
}

Outcome<ControlRequest> decode_request(std::string_view line) {
  const Document document(line);
  if (!document.ok()) {
    return Failure{.error = "the request is not a JSON object",
                   .remedy = R"(send one object per line, like {"command":"status"})"};
  }
  if (has_duplicate(document.object())) {
    return Failure{.error = "the request has a member twice, or too many of them",
                   .remedy = "give each member once"};
  }
  std::string_view name;
  if (document.object()["command"].get_string().get(name) != simdjson::SUCCESS) {
    return Failure{.error = "the request has no \"command\"",
                   .remedy = R"(say which, like {"command":"status"})"};
  }
  const ControlCommand* command = find_command(name);
  if (command == nullptr) {
    std::string known;
    for (const ControlCommand& each : control_commands) known += ' ' + std::string(each.name);
    return Failure{.error = "unknown command", .remedy = "the commands are" + known};
  }
  return decode_members(*command, document.object());
}

Outcome<Credentials> decode_credentials(std::string_view json) {
  const Failure shape{.error = "the key is not given as it should be",
                      .remedy = R"(give {"api_key":…,"secret":…} or )"
                                R"({"api_key":…,"private_key_pem":…}, nothing else)"};
  const Document document(json);
  if (!document.ok() || has_duplicate(document.object())) return shape;
  Credentials credentials;
  for (const auto field : document.object()) {
    std::string_view text;
    const bool known =
        field.key == "api_key" || field.key == "secret" || field.key == "private_key_pem";
    if (!known || field.value.get_string().get(text) != simdjson::SUCCESS) return shape;
    if (!take_secret(credentials, field.key, text)) return shape;
  }
  if (auto fault = fault_of(credentials)) return *fault;
  return credentials;
}

Outcome<Secret> decode_api_key(std::string_view json) {
  const Failure shape{.error = "the API key is not given as it should be",
                      .remedy = R"(give {"api_key":…}, nothing else)"};
  const Document document(json);
  std::string_view text;
  if (!document.ok() || document.object().size() != 1 ||
      document.object()["api_key"].get_string().get(text) != simdjson::SUCCESS)
    return shape;
  return Secret::copy_of(text);
}

std::string failure_reply(const Failure& failure) {
  JsonWriter json;
  json.begin_object().member("ok", false).member("error", failure.error);
  json.member("remedy", failure.remedy).end_object();
  return json.take();
}

}  // namespace copyd::ops
