// What the simulator's tests share: a client that signs with code of its own, and eyes for JSON.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "sim/world.hpp"

namespace copyd::sim::testing {

// The names of an object's members.
std::set<std::string> keys_of(std::string_view json);
// The text of a member ("" when it is absent), by a path of names: "result.orderId".
std::string at(std::string_view json, std::string_view path);
std::vector<std::string> elements(std::string_view json);
// Where every value stands in a message: "assets[].asset". Rows of arrays are laid together.
std::set<std::string> paths_of(std::string_view json);
// A message of tests/golden/venue, or of tests/golden/sim.
std::string golden(const std::string& name);
// "TRADE_LITE", "NEW", "ACCOUNT_UPDATE", "TRADE", "ALGO_NEW", …
std::vector<std::string> event_names(const std::vector<std::string>& events);
using Names = std::vector<std::string>;

std::string hmac_hex(std::string_view secret, std::string_view payload);
std::string ed25519_base64(const std::string& private_pem, std::string_view payload);
std::string rsa_base64(const std::string& private_pem, std::string_view payload);

template <class T>
T read(std::string_view text) {
  return T::parse(text).value();
}
inline Price price(std::string_view text) {
  return read<Price>(text);
}
inline Qty qty(std::string_view text) {
  return read<Qty>(text);
}
inline Usd usd(std::string_view text) {
  return read<Usd>(text);
}

// One venue with its default accounts, spoken to as a client would, at a time that stands still.
class Bench {
 public:
  explicit Bench(WorldOptions options = {});

  HttpReply send(std::string_view method, const std::string& target, std::string_view label = {});
  // Signed with the account's key and the bench's time.
  HttpReply signed_call(std::string_view method, const std::string& path, std::string_view label,
                        const std::string& query = {});
  // A WebSocket-API request with apiKey, timestamp and signature added. `params` is a JSON object.
  std::string ws_call(WsSession& session, std::string_view method, std::string_view label,
                      const std::string& params = "{}");
  std::string sign(std::string_view label, std::string_view payload) const;

  // Every event the account's streams would send from now on, in order.
  std::vector<std::string>& listen(std::string_view label);

  AccountIndex account(std::string_view label) const;
  SymbolIndex symbol(const std::string& name) const;
  // Places an order directly; fails the test when the venue refuses.
  const Order* place(std::string_view label, OrderRequest request);
  int refusal(std::string_view label, OrderRequest request);  // its code, 0 when it is taken
  OrderRequest market(const std::string& symbol_name, Side side, std::string_view quantity);
  OrderRequest limit(const std::string& symbol_name, Side side, std::string_view quantity,
                     std::string_view at);
  // As limit, but it stays (GTC).
  OrderRequest resting(const std::string& symbol_name, Side side, std::string_view quantity,
                       std::string_view at);
  // The last price and the mark.
  void move(const std::string& symbol_name, std::string_view to);
  Position held(std::string_view label, const std::string& symbol_name, Leg leg = Leg::both) const;

  std::unique_ptr<World> world;
  VenueTime now{1'790'000'000'000};

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> events_;
};

}  // namespace copyd::sim::testing
