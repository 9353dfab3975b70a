#include "engine/key_refusal.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace copyd::engine {
namespace {

constexpr int forbidden = 403;
constexpr int too_many = 429;
constexpr int banned = 418;
constexpr int internal_error = 500;
constexpr std::size_t address_max = 45;  // of an IPv6 address in full

// The address in ", request ip: 203.0.113.7"; "" when there is none, or it is no address.
std::string asking_address(std::string_view message) {
  constexpr std::string_view before = "request ip: ";
  const auto at = message.find(before);
  if (at == std::string_view::npos) return {};
  const auto rest = message.substr(at + before.size());
  const auto address = rest.substr(0, rest.find_first_not_of("0123456789abcdefABCDEF.:"));
  return std::string(address.substr(0, address_max));
}

ops::Failure unknown_key(const venue::ErrorBody& error, const std::string& words,
                         const KeyQuestion& asked) {
  const std::string address = asking_address(error.message);
  if (asked.of_futures && asked.record_read)
    return {
        .error = "futures does not take this key, though its permission record is good: " + words,
        .remedy =
            "a key made before the futures account was opened, or for another product, "
            "never works there: open the futures account at the venue, then make a new "
            "key"};
  if (!address.empty())
    return {.error = fmt::format("the venue does not take this key from the address {}: {}",
                                 address, words),
            .remedy = fmt::format("add {} to the key's IP list at the venue (API Management, Edit "
                                  "restrictions). Where it stands there already, the key was "
                                  "deleted: make a new one",
                                  address)};
  if (asked.testnet)
    return {.error = "the testnet does not know this key: " + words,
            .remedy =
                "keys of the live venue do not work here: make one on the testnet's own "
                "site, or set venue.name to binance-usdm"};
  return {.error = "the venue does not know this key, or not from here: " + words,
          .remedy =
              "look at it in API Management at the venue: it may have been deleted, have "
              "expired, or lack this machine's address in its IP list. A key of the testnet "
              "does not work here: make one at the venue itself"};
}

ops::Failure wrong_secret(const std::string& words, ops::AccountKey key_type) {
  if (key_type == ops::AccountKey::hmac)
    return {.error = "the secret does not belong to this API key: " + words,
            .remedy =
                "copy both again. The venue shows a secret only once: if it is lost, make a "
                "new key"};
  return {.error = "the private key does not belong to this API key: " + words,
          .remedy =
              "give the private half of the pair whose public half stands at the venue, or "
              "make a new pair with --generate"};
}

ops::Failure without_code(const VenueAnswer& answer, const std::string& words) {
  if (answer.status == forbidden)
    return {.error = "a firewall before the venue refuses the request: " + words,
            .remedy =
                "the venue may block this machine's address or country, or it asked too "
                "often: wait some minutes, then try again"};
  if (answer.status == too_many || answer.status == banned)
    return {.error = "the venue limits this machine's address: " + words,
            .remedy = "wait some minutes, then try again"};
  return {.error = "the venue cannot say whether it takes the key: " + words,
          .remedy = "check the network and the venue's status page, then try again"};
}

}  // namespace

ops::Failure explain(const VenueAnswer& answer, const KeyQuestion& asked) {
  constexpr std::int32_t unknown_id = -2008;
  const auto error = answer.status == 0 ? venue::ErrorBody() : venue::decode_error(answer.body);
  const std::string words = answer.words();
  if (answer.status >= internal_error) return without_code(answer, words);
  switch (error.code) {
    case -2014:
      return {.error = "the API key is garbled: " + words,
              .remedy = "copy the API key again from API Management at the venue, whole"};
    case -2015:
    case unknown_id:
      return unknown_key(error, words, asked);
    case -1022:
      return wrong_secret(words, asked.key_type);
    case -2017:
      return {.error = "the venue has locked the keys of this account: " + words,
              .remedy =
                  "unlock them at the venue (API Management; a new password or a security "
                  "alarm locks them), then try again"};
    case -4109:
      return {.error = "the futures account is archived: " + words,
              .remedy =
                  "wake it up at the venue: open its futures page, or move money into the "
                  "futures wallet; then try again"};
    case -1021:
      return {.error = "the venue finds our clock wrong: " + words,
              .remedy =
                  "try again; copyd measures the venue's clock anew. If it persists, check "
                  "this machine's clock and network"};
    case 0:
    case -1003:
      return without_code(answer, words);
    default:
      return {.error = "the venue refuses the key: " + words,
              .remedy = "try again; if it persists, the venue's words say why"};
  }
}

}  // namespace copyd::engine
