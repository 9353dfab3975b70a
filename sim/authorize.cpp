// Who asks, and may they: keys, signatures, the time window, permissions.
#include <fmt/format.h>

#include <algorithm>

#include "sim/encode.hpp"
#include "sim/protocol.hpp"

namespace copyd::sim {

namespace {

constexpr std::int64_t default_window_ms = 5000;
constexpr std::int64_t largest_window_ms = 60000;

bool looks_like_a_key(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
         });
}

ApiError bad_signature() {
  return {.code = -1022, .message = "Signature for this request is not valid."};
}

ApiError not_allowed() {
  return {
      .code = -2015, .message = "Invalid API-key, IP, or permissions for action.", .status = 401};
}

// A query string or body without its last parameter, when that is the signature. Signatures that
// stand elsewhere are not taken out, so they never verify.
struct Signed {
  std::string_view payload;
  std::optional<std::string> signature;
};
Signed split_signature(std::string_view text) {
  constexpr std::string_view name = "signature=";
  const auto last = text.rfind('&');
  const auto item = last == std::string_view::npos ? text : text.substr(last + 1);
  if (!item.starts_with(name)) return {.payload = text, .signature = std::nullopt};
  return {.payload = last == std::string_view::npos ? std::string_view() : text.substr(0, last),
          .signature = percent_decode(item.substr(name.size()))};
}

// The WebSocket API signs all parameters but the signature, sorted by name. Clients differ in
// whether values are percent-encoded for it; the venue takes both.
std::string ws_payload(const Params& params, bool encoded) {
  auto items = params.items();
  std::sort(items.begin(), items.end());
  std::string payload;
  for (const auto& [name, value] : items) {
    if (name == "signature") continue;
    if (!payload.empty()) payload.push_back('&');
    payload += name + "=" + (encoded ? percent_encode(value) : value);
  }
  return payload;
}

}  // namespace

Answer<const ApiKey*> Protocol::find_key(std::string_view text, std::string_view address,
                                         bool wallet) const {
  if (!looks_like_a_key(text))
    return ApiError{.code = -2014, .message = "API-key format invalid.", .status = 401};
  const ApiKey* key = exchange_.find_key(std::string(text));
  if (key == nullptr || key->deleted) return not_allowed();
  const auto refusal = refusals_.find(key->account);
  if (refusal != refusals_.end() && refusal->second.strikes(wallet)) return refusal->second.error;
  const auto& listed = key->permissions.ip_list;
  if (!listed.empty() && std::find(listed.begin(), listed.end(), address) == listed.end()) {
    auto error = not_allowed();
    error.message += fmt::format(", request ip: {}", address);
    return error;
  }
  return key;
}

void Protocol::revoke_keys(AccountIndex account) {
  refusals_[account] = {.error = not_allowed()};
}

std::optional<std::string> Protocol::end_revoked(WsSession& session) const {
  if (session.logged_on == nullptr) return std::nullopt;
  const auto key = find_key(session.logged_on->text, session.address, false);
  if (key.ok()) return std::nullopt;
  session.logged_on = nullptr;
  JsonWriter out;
  out.object().key("id").null().number("status", key.error().status);
  out.key("error").raw(encode::error(key.error())).end_object();
  return out.take();
}

void Protocol::remember_signature(const Params& params) {
  constexpr std::size_t remembered = 2000;
  const std::string* signature = params.find("signature");
  if (signature == nullptr) return;
  signatures_.push_back(*signature);
  if (signatures_.size() > remembered) signatures_.pop_front();
}

std::optional<ApiError> Protocol::check_time(const Params& params, VenueTime now) {
  const auto timestamp = params.integer("timestamp");
  if (!timestamp.ok()) return timestamp.error();
  if (!timestamp.value()) return missing_parameter("timestamp");
  const auto window = params.integer("recvWindow");
  if (!window.ok()) return window.error();
  const std::int64_t allowed = window.value().value_or(default_window_ms);
  if (allowed <= 0 || allowed > largest_window_ms) return bad_parameter("recvWindow");
  const std::int64_t sent = *timestamp.value();
  if (sent >= now.ms + 1000)
    return ApiError{
        .code = -1021,
        .message = fmt::format("Timestamp for this request was {}ms ahead of the server's time.",
                               sent - now.ms)};
  if (now.ms - sent > allowed)
    return ApiError{.code = -1021,
                    .message = "Timestamp for this request is outside of the recvWindow."};
  return std::nullopt;
}

std::optional<ApiError> Protocol::check_permission(const ApiKey& key, Security security,
                                                   VenueTime now) {
  const auto& expires = key.permissions.trading_expires;
  const bool trades = key.permissions.futures && (!expires || now < *expires);
  if (security == Security::trade && !trades) return not_allowed();
  if (security == Security::signed_ && !key.permissions.reading) return not_allowed();
  return std::nullopt;
}

Answer<Protocol::Caller> Protocol::authorize_rest(const HttpCall& call, std::string_view query,
                                                  const Params& params, Security security,
                                                  VenueTime now) const {
  if (security == Security::none) return Caller{};
  const bool wallet = call.target.starts_with("/sapi/");
  const auto key = find_key(call.api_key, call.address, wallet);
  if (!key.ok()) return key.error();
  const Caller caller{key.value(), key.value()->account};
  if (security == Security::key) return caller;
  const Signed in_query = split_signature(query);
  const Signed in_body = split_signature(call.body);
  const auto& signature = in_body.signature ? in_body.signature : in_query.signature;
  if (!signature && !params.has("signature")) return missing_parameter("signature");
  if (auto error = check_time(params, now)) return *error;
  const std::string payload = std::string(in_query.payload) + std::string(in_body.payload);
  if (!signature || !key.value()->verifier.verify(payload, *signature)) return bad_signature();
  if (auto error = check_permission(*key.value(), security, now)) return *error;
  return caller;
}

Answer<Protocol::Caller> Protocol::authorize_ws(const WsSession& session, const Params& params,
                                                Security security, VenueTime now) const {
  if (security == Security::none) return Caller{};
  const std::string* text = params.find("apiKey");
  if (text == nullptr && session.logged_on == nullptr) return missing_parameter("apiKey");
  const auto key =
      find_key(text == nullptr ? session.logged_on->text : *text, session.address, false);
  if (!key.ok()) return key.error();
  const Caller caller{key.value(), key.value()->account};
  if (security == Security::key) return caller;
  const std::string* signature = params.find("signature");
  // A session that logged on with this key needs no signature any more.
  const bool vouched = signature == nullptr && key.value() == session.logged_on;
  if (signature == nullptr && !vouched) return missing_parameter("signature");
  if (auto error = check_time(params, now)) return *error;
  if (!vouched && !key.value()->verifier.verify(ws_payload(params, false), *signature) &&
      !key.value()->verifier.verify(ws_payload(params, true), *signature))
    return bad_signature();
  if (auto error = check_permission(*key.value(), security, now)) return *error;
  return caller;
}

}  // namespace copyd::sim
