// The SHA256_* functions are deprecated and are the only ones that keep a midstate.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "bench/floor/floor.hpp"

#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <array>
#include <charconv>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "bench/floor/client_socket.hpp"
#include "bench/venue/cpus.hpp"
#include "bench/venue/messages.hpp"

namespace copyd::bench {
namespace {

constexpr std::size_t block_size = 64;
constexpr std::size_t record_max = 16'000;  // bytes of orders that leave in one record
constexpr std::size_t order_max = 768;

// HMAC-SHA256 whose key block, and the payload's constant beginning, are hashed once.
class Hmac {
 public:
  Hmac(std::string_view key, std::string_view constant) {
    std::array<unsigned char, block_size> pad{};
    std::memcpy(pad.data(), key.data(), std::min(key.size(), block_size));
    for (auto& byte : pad) byte ^= 0x36U;
    SHA256_Init(&inner_);
    SHA256_Update(&inner_, pad.data(), block_size);
    SHA256_Update(&inner_, constant.data(), constant.size());
    for (auto& byte : pad) byte ^= 0x36U ^ 0x5CU;
    SHA256_Init(&outer_);
    SHA256_Update(&outer_, pad.data(), block_size);
  }
  void hex(std::string_view rest, char* to) const noexcept {
    static constexpr char digits[] = "0123456789abcdef";
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256_CTX context = inner_;
    SHA256_Update(&context, rest.data(), rest.size());
    SHA256_Final(digest, &context);
    context = outer_;
    SHA256_Update(&context, digest, sizeof digest);
    SHA256_Final(digest, &context);
    for (std::size_t i = 0; i < sizeof digest; ++i) {
      to[2 * i] = digits[digest[i] >> 4U];
      to[2 * i + 1] = digits[digest[i] & 15U];
    }
  }

 private:
  SHA256_CTX inner_;
  SHA256_CTX outer_;
};

struct LeaderFill {
  std::string_view side;
  std::string_view quantity;
  std::string_view time;
};

// Of TRADE_LITE, which comes first; the ORDER_TRADE_UPDATE of the same trade is none. Fields in the
// order in which the venue sends them, each looked for behind the one before.
bool scan(std::string_view frame, LeaderFill& fill) {
  std::size_t at = frame.find("\"TRADE_LITE\"");
  if (at == frame.npos) return false;
  const auto next = [&](std::string_view key, std::string_view& value) {
    at = frame.find(key, at);
    if (at == frame.npos) return false;
    at += key.size();
    const auto end = frame.find_first_of("\",", at);
    value = frame.substr(at, end - at);
    return true;
  };
  return next("\"T\":", fill.time) && next("\"S\":\"", fill.side) &&
         next("\"l\":\"", fill.quantity);
}

// Writes behind each other, no checks: the texts are ours.
struct Cursor {
  char* at;
  void put(std::string_view text) noexcept {
    std::memcpy(at, text.data(), text.size());
    at += text.size();
  }
  void put(std::uint64_t number) noexcept { at = std::to_chars(at, at + 20, number).ptr; }
};

class Follower {
 public:
  Follower(const std::string& key, bool logged_on)
      : hmac_(key, "apiKey=" + key + "&newClientOrderId="), signs_(!logged_on) {
    head_ = R"(","method":"order.place","params":{)";
    if (signs_) head_ += R"("apiKey":")" + key + R"(",)";
  }

  // Appends the order as a masked frame; returns its size.
  std::size_t write(const LeaderFill& fill, std::uint64_t id, char* to) const noexcept {
    char text[order_max];
    char payload[order_max];
    Cursor json{text};
    Cursor sign{payload};
    json.put(R"({"id":")");
    json.put(id);
    json.put(head_);
    json.put(R"("newClientOrderId":"c1floor000000000)");
    char* const number = json.at;
    json.put(1'000'000'000'000'000'000ULL + id);
    sign.put("c1floor000000000");
    sign.put({number, static_cast<std::size_t>(json.at - number)});
    put(json, sign, "newOrderRespType", "RESULT", "\"");
    put(json, sign, "positionSide", "BOTH", "\"");
    put(json, sign, "quantity", fill.quantity, "\"");
    put(json, sign, "recvWindow", "2000", "");
    put(json, sign, "selfTradePreventionMode", "EXPIRE_TAKER", "\"");
    put(json, sign, "side", fill.side, "\"");
    put(json, sign, "symbol", bench_symbol, "\"");
    put(json, sign, "timestamp", fill.time, "");
    put(json, sign, "type", "MARKET", "\"");
    if (signs_) {
      json.put(R"(,"signature":")");
      hmac_.hex({payload, static_cast<std::size_t>(sign.at - payload)}, json.at);
      json.at += 2 * SHA256_DIGEST_LENGTH;
      json.put("\"");
    }
    json.put("}}");
    return masked_frame({text, static_cast<std::size_t>(json.at - text)}, to);
  }

 private:
  static void put(Cursor& json, Cursor& sign, std::string_view name, std::string_view value,
                  std::string_view quote) noexcept {
    json.put(name == "newOrderRespType" ? "\",\"" : ",\"");
    json.put(name);
    json.put("\":");
    json.put(quote);
    json.put(value);
    json.put(quote);
    sign.put("&");
    sign.put(name);
    sign.put("=");
    sign.put(value);
  }

  std::string head_;
  Hmac hmac_;
  bool signs_;
};

// The sockets and the followers of one floor responder.
class Responder {
 public:
  Responder(const FloorSetup& setup, SSL_CTX* tls)
      : stream_(tls, setup.port, "/private/ws/" + setup.leader_key),
        shared_(setup.shared_connection) {
    for (const auto& key : setup.follower_keys) {
      followers_.emplace_back(key, setup.logged_on);
      if (sockets_.empty() || !shared_)
        sockets_.push_back(std::make_unique<ClientSocket>(tls, setup.port, "/ws-fapi/v1"));
      if (!setup.logged_on) continue;
      std::array<char, order_max> frame;
      const auto size = masked_frame(
          R"({"id":"logon","method":"session.logon","params":{"apiKey":")" + key + R"("}})",
          frame.data());
      sockets_.back()->write({frame.data(), size});
    }
    record_.resize(followers_.size() * order_max + record_max);
  }

  // One spin: a fill is answered, or one of the order sockets is emptied.
  void spin() {
    const std::string_view frame = stream_.read();
    if (frame.empty()) {
      sockets_[next_drain_]->read();
      next_drain_ = next_drain_ + 1 == sockets_.size() ? 0 : next_drain_ + 1;
      return;
    }
    LeaderFill fill;
    if (!scan(frame, fill)) return;
    if (shared_) send_together(fill);
    else send_apart(fill);
  }

 private:
  void send_apart(const LeaderFill& fill) {
    for (std::size_t i = 0; i < followers_.size(); ++i)
      sockets_[i]->write({record_.data(), followers_[i].write(fill, ++id_, record_.data())});
  }
  void send_together(const LeaderFill& fill) {
    std::size_t size = 0;
    for (const auto& follower : followers_) {
      size += follower.write(fill, ++id_, record_.data() + size);
      if (size + order_max <= record_max) continue;
      sockets_[0]->write({record_.data(), size});
      size = 0;
    }
    if (size != 0) sockets_[0]->write({record_.data(), size});
  }

  ClientSocket stream_;
  const bool shared_;
  std::vector<Follower> followers_;
  std::vector<std::unique_ptr<ClientSocket>> sockets_;
  std::vector<char> record_;
  std::size_t next_drain_ = 0;
  std::uint64_t id_ = 0;
};

struct ContextDeleter {
  void operator()(SSL_CTX* tls) const noexcept { SSL_CTX_free(tls); }
};

}  // namespace

Floor::Floor(const FloorSetup& setup) : setup_(setup), thread_([this] { run(); }) {
  ready_.wait(false);
  if (failure_.empty()) return;
  thread_.join();
  throw std::runtime_error(failure_);
}

Floor::~Floor() {
  become(State::stopped);
  thread_.join();
}

void Floor::run() {
  pin_to(setup_.cpu);
  try {
    const std::unique_ptr<SSL_CTX, ContextDeleter> tls(SSL_CTX_new(TLS_client_method()));
    Responder responder(setup_, tls.get());
    ready_ = true;
    ready_.notify_all();
    for (auto state = state_.load(); state != State::stopped; state = state_.load()) {
      if (state == State::active) responder.spin();
      else state_.wait(state);
    }
  } catch (const std::exception& error) {
    failure_ = error.what();
    ready_ = true;
    ready_.notify_all();
  }
}

}  // namespace copyd::bench
