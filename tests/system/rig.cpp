#include "tests/system/rig.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "ops/json.hpp"

namespace copyd::system_test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// By value: a range-for over the result itself would look into a temporary that is gone.
simdjson::dom::array array_of(const simdjson::dom::element& object, std::string_view key) {
  simdjson::dom::array array;
  return object[key].get(array) == simdjson::SUCCESS ? array : simdjson::dom::array();
}

simdjson::dom::object object_of(const simdjson::dom::element& parent, std::string_view key) {
  simdjson::dom::object object;
  return parent[key].get(object) == simdjson::SUCCESS ? object : simdjson::dom::object();
}

std::string text_of(const simdjson::dom::element& object, std::string_view key) {
  std::string_view value;
  return object[key].get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
}

}  // namespace

Json::Json(const std::string& text)
    : source_(text), parser_(std::make_unique<simdjson::dom::parser>()) {
  valid_ = parser_->parse(source_).get(root_) == simdjson::SUCCESS;
}

std::string Json::text(std::string_view pointer) const {
  std::string_view value;
  if (!valid_ || root_.at_pointer(pointer).get(value) != simdjson::SUCCESS) return {};
  return std::string(value);
}

std::int64_t Json::number(std::string_view pointer) const {
  std::int64_t value = 0;
  if (!valid_ || root_.at_pointer(pointer).get(value) != simdjson::SUCCESS) return 0;
  return value;
}

bool Json::truth(std::string_view pointer) const {
  bool value = false;
  return valid_ && root_.at_pointer(pointer).get(value) == simdjson::SUCCESS && value;
}

Rig::Rig() {
  std::string pattern = (fs::temp_directory_path() / "copyd-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
  directory_ = pattern;
  fs::create_directory(directory_ / "state");
  fs::create_directory(directory_ / "venue");
}

Rig::~Rig() {
  if (!looked_) {
    const bool in_test = testing::UnitTest::GetInstance()->current_test_info() != nullptr;
    const auto places = find_secrets();
    for (const auto& place : places) {
      if (in_test) ADD_FAILURE() << place;
      else std::fprintf(stderr, "%s\n", place.c_str());
    }
    // Nobody else would see that it failed.
    if (!in_test && !places.empty()) std::abort();
  }
  daemon_.reset();
  venue_.reset();
  if (keep_) return;
  if (testing::Test::HasFailure()) {
    std::fprintf(stderr, "---- the daemon's log\n%s----\n", daemon_log().c_str());
  }
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

std::string Rig::program(const std::string& name) const {
  return (fs::path(COPYD_PROGRAMS) / name).string();
}

std::string Rig::daemon_log() const {
  return content_of(directory_ / "copyd.log");
}

// ---- what nobody may see ----------------------------------------------------------------------

void Rig::note_key(const Json& key) {
  canaries_.add("an API key", key.text("/api_key"));
  canaries_.add("a key's secret", key.text("/secret"));
  canaries_.add_private_key("a private key", key.text("/private_key_pem"));
}

void Rig::keep_secret(const std::string& name, std::string_view private_key_pem) {
  canaries_.add_private_key(name, std::string(private_key_pem));
}

void Rig::note_venue_secrets() {
  if (!control_) return;
  const Json secrets(control_->call(R"({"command":"secrets"})").value_or(""));
  if (!secrets.valid()) return;
  for (const auto key : array_of(secrets.root(), "listen_keys"))
    canaries_.add("a listen key", key.get_string().value());
  for (const auto signature : array_of(secrets.root(), "signatures"))
    canaries_.add("a signature", signature.get_string().value());
}

void Rig::heard(const std::string& text) {
  constexpr std::size_t much = 32U << 20U;
  heard_ += text;
  if (heard_.size() < much) return;
  note_venue_secrets();
  look_through_answers();
}

void Rig::look_through_answers() {
  for (const auto& name : canaries_.shown_in(heard_)) shown_.insert("an answer shows " + name);
  heard_.clear();
}

std::vector<std::string> Rig::find_secrets() {
  looked_ = true;
  daemon_.reset();
  note_venue_secrets();
  look_through_answers();
  auto found = canaries_.shown_below(directory_, left_out_);
  found.insert(found.end(), shown_.begin(), shown_.end());
  return found;
}

void Rig::start_venue(std::vector<std::string> more_arguments) {
  std::vector<std::string> arguments{program("venue-sim"), "--dir",
                                     (directory_ / "venue").string()};
  arguments.insert(arguments.end(), more_arguments.begin(), more_arguments.end());
  venue_ = engine::Process::spawn({.arguments = std::move(arguments),
                                   .input = {},
                                   .error_file = (directory_ / "venue.log").string()});
  ASSERT_TRUE(venue_);
  const auto line = venue_->read_line(30s);
  ASSERT_TRUE(line) << content_of(directory_ / "venue.log");
  const Json ready(*line);
  ASSERT_TRUE(ready.valid()) << *line;
  for (const char* url : {"rest", "sapi", "ws_api", "streams", "ca_file"})
    urls_[url] = ready.text(std::string("/") + url);
  for (const auto account : array_of(ready.root(), "accounts")) {
    const auto text = [&](const char* key) { return text_of(account, key); };
    ops::JsonWriter key;
    key.begin_object().member("api_key", text("api_key"));
    if (text("secret").empty()) key.member("private_key_pem", text("private_key_pem"));
    else key.member("secret", text("secret"));
    keys_[text("label")] = key.end_object().take();
    note_key(Json(keys_[text("label")]));
  }
  control_address_ = ready.text("/control");
  control_ = engine::LineClient::connect(control_address_);
  ASSERT_TRUE(control_);
}

TcpProxy& Rig::use_proxy() {
  const std::string& rest = urls_.at("rest");
  const std::string port = rest.substr(rest.rfind(':') + 1);
  proxy_ = std::make_unique<TcpProxy>(static_cast<std::uint16_t>(std::stoi(port)));
  for (const char* url : {"rest", "sapi", "ws_api", "streams"}) {
    std::string& address = urls_.at(url);
    address.replace(address.find(":" + port), port.size() + 1, fmt::format(":{}", proxy_->port()));
  }
  return *proxy_;
}

void Rig::unlock_with_key() {
  by_key_ = true;
  const auto directory = directory_ / "credentials";
  fs::create_directory(directory);
  const auto keyring = directory / "keyring";
  const std::string key = std::string("a key of 32 bytes, for tests only").substr(0, 32);
  canaries_.add("the key of the store", key);
  std::ofstream(keyring, std::ios::binary) << key;
  fs::permissions(keyring, fs::perms::owner_read | fs::perms::owner_write);
}

void Rig::configure(const std::string& engine_lines, const std::string& accounts) {
  // Many daemons run beside each other in tests, and one address is the default of all.
  const bool http = engine_lines.find("http = ") != std::string::npos;
  std::ofstream(directory_ / "copyd.toml") << fmt::format(
      "[engine]\n{}{}\nstate_dir = \"{}\"\ncontrol = \"{}\"\n"
      "[venue]\nname = \"custom\"\nrest = \"{}\"\nsapi = \"{}\"\nws_api = \"{}\"\nstreams = "
      "\"{}\"\n"
      "ca_file = \"{}\"\n[keys]\nfile = \"{}\"\n{}\n",
      engine_lines, http ? "" : "\nhttp = \"\"", (directory_ / "state").string(),
      (directory_ / "control.sock").string(), urls_["rest"], urls_["sapi"], urls_["ws_api"],
      urls_["streams"], urls_["ca_file"], (directory_ / "state/keys.sealed").string(), accounts);
  const auto passphrase = directory_ / "passphrase";
  constexpr std::string_view words = "a passphrase of the tests";
  canaries_.add("the passphrase", words);
  std::ofstream(passphrase) << words << "\n";
  fs::permissions(passphrase, fs::perms::owner_read | fs::perms::owner_write);
}

std::vector<std::string> Rig::daemon_command(const std::string& command) const {
  std::vector<std::string> words;
  if (by_key_)
    words = {"/usr/bin/env",
             fmt::format("CREDENTIALS_DIRECTORY={}", (directory_ / "credentials").string())};
  for (const auto& word : {program("copyd"), command, std::string("--config"),
                           (directory_ / "copyd.toml").string(), std::string("--passphrase-file"),
                           (directory_ / "passphrase").string()})
    words.push_back(word);
  return words;
}

void Rig::launch_daemon(const std::vector<std::string>& before) {
  std::vector<std::string> arguments = before;
  const auto command = daemon_command();
  arguments.insert(arguments.end(), command.begin(), command.end());
  daemon_.reset();
  daemon_ = engine::Process::spawn({.arguments = std::move(arguments),
                                    .input = {},
                                    .error_file = (directory_ / "copyd.log").string()});
  ASSERT_TRUE(daemon_);
}

void Rig::start_daemon() {
  launch_daemon();
  wait_until("the control socket answers", [&] { return status().valid(); });
}

CommandResult Rig::run_daemon_to_its_end() {
  return run(daemon_command());
}

CommandResult Rig::check(const std::vector<std::string>& more) {
  auto words = daemon_command("check");
  words.insert(words.end(), more.begin(), more.end());
  return run(std::move(words));
}

int Rig::stop_daemon() {
  daemon_->signal(SIGTERM);
  const int code = daemon_->wait(20s).value_or(-1);
  daemon_.reset();
  return code;
}

void Rig::kill_daemon() {
  daemon_->signal(SIGKILL);
  EXPECT_EQ(daemon_->wait(20s), 128 + SIGKILL);
  daemon_.reset();
}

bool Rig::daemon_runs() {
  return daemon_ && !daemon_->wait(0ms);
}

CommandResult Rig::run(std::vector<std::string> arguments, const std::string& input) {
  const auto error_file = directory_ / fmt::format("stderr-{}", ++commands_);
  auto command = engine::Process::spawn(
      {.arguments = std::move(arguments), .input = input, .error_file = error_file.string()});
  CommandResult result;
  if (!command) return result;
  result.output = command->read_rest(60s);
  result.exit_code = command->wait(10s).value_or(-1);
  result.errors = content_of(error_file);
  heard(result.output);
  return result;
}

CommandResult Rig::copyctl(std::vector<std::string> arguments, const std::string& input) {
  std::vector<std::string> all{program("copyctl"), "--socket",
                               (directory_ / "control.sock").string()};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return run(std::move(all), input);
}

void Rig::connect(const std::string& label) {
  const auto result = copyctl({"connect", label, "--stdin"}, key_of(label) + "\n");
  ASSERT_EQ(result.exit_code, 0) << result.output << result.errors;
}

Json Rig::status() {
  const auto result = copyctl({"--json", "status"});
  return Json(result.exit_code == 0 ? result.output : std::string());
}

Json Rig::venue(const std::string& request) {
  const auto answer = control_->call(request);
  Json json(answer.value_or(""));
  EXPECT_TRUE(json.truth("/ok")) << request << " → " << json.source();
  if (json.valid() && request.find("new_key") != std::string::npos) note_key(json);
  return json;
}

Positions Rig::positions() {
  const Json ledger = venue(R"({"command":"ledger"})");
  Positions positions;
  for (const auto account : array_of(ledger.root(), "accounts")) {
    const std::string label = text_of(account, "label");
    for (const auto row : array_of(account, "positions")) {
      const auto qty = Qty::parse(text_of(row, "qty"));
      if (qty && !qty->is_zero())
        positions[{label, text_of(row, "symbol"), text_of(row, "leg")}] = *qty;
    }
  }
  return positions;
}

void Rig::wait_until(const std::string& what, const std::function<bool()>& condition,
                     std::chrono::seconds within) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) FAIL() << "not in time: " << what;
    if (daemon_) {
      if (daemon_->wait(10ms)) FAIL() << "the daemon ended while waiting for: " << what;
    }
  }
}

void Rig::wait_until_ready(const std::vector<std::string>& followers) {
  wait_until("ready", [&] {
    const Json now = status();
    if (!now.valid() || !now.truth("/ready")) return false;
    std::size_t ready = 0;
    for (const auto row : array_of(now.root(), "followers")) {
      const std::string label = text_of(row, "label");
      if (std::find(followers.begin(), followers.end(), label) == followers.end()) continue;
      const bool good = text_of(row, "link") == "ready" && text_of(row, "state") == "active";
      ready += good ? 1 : 0;
    }
    return ready == followers.size();
  });
}

void Rig::wait_until_quiet(std::int64_t fills, std::chrono::seconds within) {
  wait_until(
      fmt::format("{} fills answered and nothing in flight", fills),
      [&] {
        const Json now = status();
        if (!now.valid()) return false;
        for (const auto row : array_of(now.root(), "followers")) {
          std::int64_t answered = 0;
          std::int64_t in_flight = 0;
          if (row["in_flight"].get(in_flight) != simdjson::SUCCESS) return false;
          for (const auto [name, count] : object_of(row, "outcomes"))
            answered += count.get_int64().value();
          if (answered != fills || in_flight != 0) return false;
        }
        return true;
      },
      within);
}

}  // namespace copyd::system_test
