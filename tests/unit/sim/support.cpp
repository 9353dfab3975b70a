#include "support.hpp"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <simdjson.h>

#include <array>
#include <fstream>
#include <sstream>

namespace copyd::sim::testing {

namespace {

namespace dom = simdjson::dom;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string with_key(const std::string& pem, const EVP_MD* digest, std::string_view payload) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestSignInit(context, nullptr, digest, nullptr, key);
  std::array<unsigned char, 512> raw{};
  std::size_t size = raw.size();
  EVP_DigestSign(context, raw.data(), &size, bytes(payload), payload.size());
  std::array<unsigned char, 1024> text{};
  const int length = EVP_EncodeBlock(text.data(), raw.data(), static_cast<int>(size));
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
  BIO_free(bio);
  return {reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(length)};
}

void add_paths(std::set<std::string>& paths, const std::string& path, dom::element element) {
  dom::object object;
  dom::array array;
  if (!element.get(object)) {
    for (const auto field : object)
      add_paths(paths, path + (path.empty() ? "" : ".") + std::string(field.key), field.value);
  } else if (!element.get(array)) {
    for (const auto row : array) add_paths(paths, path + "[]", row);
  } else {
    paths.insert(path);
  }
}

}  // namespace

std::set<std::string> paths_of(std::string_view json) {
  dom::parser parser;
  dom::element element;
  std::set<std::string> paths;
  if (!parser.parse(json).get(element)) add_paths(paths, "", element);
  return paths;
}

std::set<std::string> keys_of(std::string_view json) {
  dom::parser parser;
  dom::object object;
  std::set<std::string> keys;
  if (parser.parse(json).get(object)) return keys;
  for (const auto field : object) keys.emplace(field.key);
  return keys;
}

std::string at(std::string_view json, std::string_view path) {
  dom::parser parser;
  dom::element element;
  if (parser.parse(json).get(element)) return "";
  while (!path.empty()) {
    const auto dot = path.find('.');
    const auto name = path.substr(0, dot);
    dom::array array;
    if (!element.get(array)) {
      if (array.at(static_cast<std::size_t>(std::stoul(std::string(name)))).get(element)) return "";
    } else if (element[name].get(element)) {
      return "";
    }
    if (dot == std::string_view::npos) break;
    path.remove_prefix(dot + 1);
  }
  std::string_view text;
  if (!element.get(text)) return std::string(text);
  return simdjson::minify(element);
}

std::vector<std::string> elements(std::string_view json) {
  dom::parser parser;
  dom::array array;
  std::vector<std::string> rows;
  if (parser.parse(json).get(array)) return rows;
  for (const auto element : array) rows.push_back(simdjson::minify(element));
  return rows;
}

std::string golden(const std::string& name) {
  const std::string root = std::string(COPYD_TESTS_DIR) + "/golden/";
  std::ifstream in(root + "venue/" + name);
  if (!in.is_open()) in.open(root + "sim/" + name);
  EXPECT_TRUE(in.is_open()) << name;
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> event_names(const std::vector<std::string>& events) {
  std::vector<std::string> result;
  for (const auto& event : events) {
    const auto kind = at(event, "e");
    if (kind == "ORDER_TRADE_UPDATE") result.push_back(at(event, "o.x"));
    else if (kind == "ALGO_UPDATE") result.push_back("ALGO_" + at(event, "o.X"));
    else result.push_back(kind);
  }
  return result;
}

std::string hmac_hex(std::string_view secret, std::string_view payload) {
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes(payload), payload.size(),
       digest.data(), &size);
  std::string hex;
  for (const unsigned char byte : digest) {
    hex.push_back("0123456789abcdef"[byte >> 4U]);
    hex.push_back("0123456789abcdef"[byte & 15U]);
  }
  return hex;
}

std::string ed25519_base64(const std::string& private_pem, std::string_view payload) {
  return with_key(private_pem, nullptr, payload);
}

std::string rsa_base64(const std::string& private_pem, std::string_view payload) {
  return with_key(private_pem, EVP_sha256(), payload);
}

Bench::Bench(WorldOptions options) : world(World::create(std::move(options))) {}

HttpReply Bench::send(std::string_view method, const std::string& target, std::string_view label) {
  const std::string key = label.empty() ? "" : world->member(label).api_key;
  return world->protocol().handle_rest(
      {.method = method, .target = target, .api_key = key, .body = {}}, now);
}

std::string Bench::sign(std::string_view label, std::string_view payload) const {
  const auto& member = world->member(label);
  return member.key_type == KeyType::hmac ? hmac_hex(member.secret, payload)
                                          : ed25519_base64(member.private_key_pem, payload);
}

HttpReply Bench::signed_call(std::string_view method, const std::string& path,
                             std::string_view label, const std::string& query) {
  const std::string payload =
      (query.empty() ? "" : query + "&") + "timestamp=" + std::to_string(now.ms);
  return send(method, path + "?" + payload + "&signature=" + percent_encode(sign(label, payload)),
              label);
}

std::string Bench::ws_call(WsSession& session, std::string_view method, std::string_view label,
                           const std::string& params) {
  std::map<std::string, JsonValue> sorted;
  const auto given = JsonObject::parse(params);
  for (const auto& [name, value] : given->members()) sorted[name] = value;
  if (!label.empty()) {
    sorted["apiKey"] = {.kind = JsonValue::Kind::string, .text = world->member(label).api_key};
    sorted["timestamp"] = {.kind = JsonValue::Kind::number, .text = std::to_string(now.ms)};
  }
  std::string payload;
  JsonWriter out;
  out.object().text("id", "a-1").text("method", method).key("params").object();
  for (const auto& [name, value] : sorted) {
    payload += (payload.empty() ? "" : "&") + name + "=" + value.text;
    out.key(name);
    if (value.kind == JsonValue::Kind::string) out.string(value.text);
    else out.raw(value.text);
  }
  if (!label.empty()) out.text("signature", sign(label, payload));
  out.end_object().end_object();
  return world->protocol().handle_ws_api(session, out.str(), now).text;
}

std::vector<std::string>& Bench::listen(std::string_view label) {
  auto& streams = world->protocol().streams();
  auto& events = events_[std::string(label)];
  streams.open("/private/ws/" + streams.create(account(label), now),
               [&events](const std::string& text) { events.push_back(text); });
  return events;
}

AccountIndex Bench::account(std::string_view label) const {
  return world->exchange().find_account(label).value();
}

SymbolIndex Bench::symbol(const std::string& name) const {
  return world->exchange().find_symbol(name).value();
}

const Order* Bench::place(std::string_view label, OrderRequest request) {
  const auto placed = world->exchange().place(account(label), request, now);
  EXPECT_TRUE(placed.ok()) << (placed.ok() ? "" : placed.error().message);
  return placed.ok() ? placed.value() : nullptr;
}

int Bench::refusal(std::string_view label, OrderRequest request) {
  const auto placed = world->exchange().place(account(label), request, now);
  return placed.ok() ? 0 : placed.error().code;
}

OrderRequest Bench::market(const std::string& name, Side side, std::string_view quantity) {
  return {.symbol = symbol(name), .side = side, .qty = qty(quantity)};
}

OrderRequest Bench::limit(const std::string& name, Side side, std::string_view quantity,
                          std::string_view where) {
  return {.symbol = symbol(name),
          .side = side,
          .type = OrderType::limit,
          .tif = TimeInForce::ioc,
          .qty = qty(quantity),
          .price = price(where)};
}

OrderRequest Bench::resting(const std::string& name, Side side, std::string_view quantity,
                            std::string_view where) {
  auto request = limit(name, side, quantity, where);
  request.tif = TimeInForce::gtc;
  return request;
}

void Bench::move(const std::string& name, std::string_view to) {
  world->exchange().set_price(symbol(name), price(to), price(to), now);
}

Position Bench::held(std::string_view label, const std::string& name, Leg leg) const {
  return world->exchange().account(account(label)).position(symbol(name), leg);
}

}  // namespace copyd::sim::testing
