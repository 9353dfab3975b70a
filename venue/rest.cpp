#include "venue/rest.hpp"

namespace copyd::venue {
namespace {

// Everything but the unreserved characters of RFC 3986.
void append_encoded(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool unreserved = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                            (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.' || c == '~';
    if (unreserved) {
      out += c;
    } else {
      out += '%';
      out += hex[byte >> 4U];
      out += hex[byte & 15U];
    }
  }
}

void append_param(std::string& query, std::string_view name, std::string_view value) {
  if (!query.empty()) query += '&';
  query += name;
  query += '=';
  append_encoded(query, value);
}

std::string query_of(const Params& params) {
  std::string query;
  for (const auto& [name, value] : params) append_param(query, name, value);
  return query;
}

}  // namespace

Endpoints Endpoints::binance_usdm() {
  return {.rest = "https://fapi.binance.com",
          .sapi = "https://api.binance.com",
          .ws_api = "wss://ws-fapi.binance.com/ws-fapi/v1",
          .streams = "wss://fstream.binance.com"};
}

Endpoints Endpoints::binance_usdm_testnet() {
  return {.rest = "https://demo-fapi.binance.com",
          .sapi = "",
          .ws_api = "wss://testnet.binancefuture.com/ws-fapi/v1",
          .streams = "wss://fstream.binancefuture.com"};
}

std::string Endpoints::private_stream(std::string_view listen_key) const {
  std::string url = streams + "/private/ws/";
  append_encoded(url, listen_key);
  return url;
}

std::string Endpoints::private_streams(std::span<const std::string_view> listen_keys) const {
  std::string url = streams + "/private/stream";
  // So that no copy of a key is left where the text had less room.
  std::size_t room = url.size();
  for (const auto listen_key : listen_keys) room += sizeof "&listenKey=" + 3 * listen_key.size();
  url.reserve(room);
  char before = '?';
  for (const auto listen_key : listen_keys) {
    url += std::exchange(before, '&');
    url += "listenKey=";
    append_encoded(url, listen_key);
  }
  return url;
}

std::string signed_target(std::string_view path, const Params& params, VenueTime timestamp,
                          int recv_window_ms, Signer& signer) {
  std::string query = query_of(params);
  append_param(query, "recvWindow", std::to_string(recv_window_ms));
  append_param(query, "timestamp", std::to_string(timestamp.ms));
  const std::string signature = signer.sign_for_url(query);
  std::string target(path);
  target += '?';
  target += query;
  target += "&signature=";
  target += signature;
  return target;
}

std::string plain_target(std::string_view path, const Params& params) {
  std::string target(path);
  if (params.empty()) return target;
  target += '?';
  target += query_of(params);
  return target;
}

}  // namespace copyd::venue
