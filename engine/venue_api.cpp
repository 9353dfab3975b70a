#include "engine/venue_api.hpp"

#include <fmt/format.h>

namespace copyd::engine {
namespace {

constexpr int recv_window_ms = 5000;
constexpr std::int32_t timestamp_refused = -1021;

}  // namespace

std::string VenueAnswer::words() const {
  if (status == 0) return failure;
  const auto error = venue::decode_error(body);
  if (error.code == 0) return fmt::format("HTTP {}", status);
  return fmt::format("{} {}", error.code, error.message);
}

VenueApi::VenueApi(net::Transport& transport, venue::Endpoints endpoints, const Clock& clock)
    : clock_(clock), rest_(transport.http(endpoints.rest)) {
  if (!endpoints.sapi.empty()) sapi_ = transport.http(endpoints.sapi);
}

void VenueApi::send(net::Http& http, net::HttpRequest request, Handler handler) {
  const bool of_address = &http == rest_.get();
  const Mono now = clock_.now();
  if (address_ != nullptr && of_address) {
    const int weight = venue::weight_of(request.target);
    if (request.target.starts_with(venue::path::order_limits))
      address_->spend_by_timetable(now, weight);
    else address_->spend(now, weight);
  }
  http.request(std::move(request),
               [this, of_address, handler = std::move(handler)](Result<net::HttpResponse> result) {
                 VenueAnswer answer;
                 if (result) {
                   // An answer comes within the request's five seconds, and what was spent is
                   // remembered for a minute and five seconds: the minute it counts is known whole.
                   if (of_address && result->used_weight) told(*result->used_weight);
                   answer.status = result->status;
                   answer.body = std::move(result->body);
                   answer.retry_after = result->retry_after;
                 } else {
                   answer.failure = result.error().message();
                 }
                 handler(std::move(answer));
               });
}

void VenueApi::count_into(venue::AddressWeight& address) {
  address_ = &address;
  told(used_);
}

void VenueApi::told(std::int64_t used) {
  used_ = used;
  if (address_ != nullptr) address_->told(clock_.now(), used);
}

void VenueApi::time(TimeHandler handler) {
  const Mono sent = clock_.now();
  get(venue::path::time, [this, sent, handler = std::move(handler)](const VenueAnswer& answer) {
    if (!answer.ok()) return handler(std::nullopt, answer.words());
    const auto venue_time = venue::decode_time(answer.body);
    if (!venue_time) return handler(std::nullopt, venue_time.error().message());
    const Mono received = clock_.now();
    TimeReading reading;
    reading.at = sent + (received - sent) / 2;
    reading.venue = *venue_time;
    reading.round_trip = received - sent;
    venue_clock_.set(reading);
    handler(reading, {});
  });
}

void VenueApi::get(std::string_view path, Handler handler) {
  send(*rest_, {.target = std::string(path), .api_key = {}}, std::move(handler));
}

void VenueApi::signed_get(std::string_view path, venue::Credentials& credentials, Handler handler) {
  signed_get(path, {}, credentials, std::move(handler));
}

void VenueApi::signed_get(std::string_view path, const venue::Params& params,
                          venue::Credentials& credentials, Handler handler) {
  signed_call(net::HttpRequest::Method::get, path, params, credentials, std::move(handler));
}

void VenueApi::signed_post(std::string_view path, const venue::Params& params,
                           venue::Credentials& credentials, Handler handler) {
  signed_call(net::HttpRequest::Method::post, path, params, credentials, std::move(handler));
}

void VenueApi::signed_call(net::HttpRequest::Method method, std::string_view path,
                           const venue::Params& params, venue::Credentials& credentials,
                           Handler handler) {
  const auto judged = [this, handler = std::move(handler)](VenueAnswer answer) {
    if (answer.status >= 400 && venue::decode_error(answer.body).code == timestamp_refused)
      clock_doubted_ = true;
    handler(std::move(answer));
  };
  send(*rest_,
       {.method = method,
        .target = venue::signed_target(path, params, now(), recv_window_ms, credentials.signer),
        .api_key = std::string(credentials.api_key.reveal())},
       judged);
}

void VenueApi::permissions(venue::Credentials& credentials, Handler handler) {
  send(*sapi_,
       {.target = venue::signed_target(venue::path::api_restrictions, {}, now(), recv_window_ms,
                                       credentials.signer),
        .api_key = std::string(credentials.api_key.reveal())},
       std::move(handler));
}

int VenueApi::poll(Mono now) {
  return rest_->poll(now) + (sapi_ ? sapi_->poll(now) : 0);
}

}  // namespace copyd::engine
