// VenueApi: the supervisor's own calls to the venue over REST: time, symbols, and what is asked of
// an account at `connect` and for its equity. Cold; the supervisor's thread only.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "net/transport.hpp"
#include "venue/account_codec.hpp"
#include "venue/address_weight.hpp"
#include "venue/credentials.hpp"
#include "venue/rest.hpp"

namespace copyd::engine {

// What the venue answered, or why it did not.
struct VenueAnswer {
  int status = 0;  // 0: no answer
  std::string body;
  std::string failure;  // why there is no answer
  std::optional<std::chrono::seconds> retry_after;

  bool ok() const noexcept { return status == 200; }
  // The failure in the venue's own words, with its code; never a secret.
  std::string words() const;
};

// The venue's time, and how long it took to ask for it: the sample is off by half of that at most.
struct TimeReading : TimeSample {
  std::chrono::nanoseconds round_trip{0};
};

class VenueApi {
 public:
  using Handler = std::function<void(VenueAnswer)>;

  VenueApi(net::Transport& transport, venue::Endpoints endpoints, const Clock& clock);

  // The answer to `time`, as a sample taken in the middle of the round trip, or nothing and why.
  // The sample also becomes this object's own clock for signing, until `set_clock` knows better.
  using TimeHandler = std::function<void(std::optional<TimeReading>, const std::string& why)>;
  void time(TimeHandler handler);
  void set_clock(TimeSample sample) noexcept { venue_clock_.set(sample); }
  void get(std::string_view path, Handler handler);
  // REQUIRES: clock_known(), and credentials that outlive the call.
  void signed_get(std::string_view path, venue::Credentials& credentials, Handler handler);
  void signed_get(std::string_view path, const venue::Params& params,
                  venue::Credentials& credentials, Handler handler);
  // Changes something. REQUIRES: as signed_get.
  void signed_post(std::string_view path, const venue::Params& params,
                   venue::Credentials& credentials, Handler handler);
  // The key-permission record. REQUIRES: has_permission_record().
  void permissions(venue::Credentials& credentials, Handler handler);

  bool clock_known() const noexcept { return venue_clock_.known(); }
  VenueTime now() const noexcept { return venue_clock_.at(clock_.now()); }
  // Whether the venue has refused a request for its timestamp since this was last asked.
  bool take_clock_doubt() noexcept { return std::exchange(clock_doubted_, false); }
  bool has_permission_record() const noexcept { return sapi_ != nullptr; }
  // Where its weight is counted from now on, and what the venue has said of it; outlives its calls.
  void count_into(venue::AddressWeight& address);
  // Whether what can wait may be asked now.
  bool has_room() const noexcept {
    return address_ == nullptr ||
           address_->room(clock_.now(), venue::AddressWeight::Urgency::urgent) >=
               venue::call_weight::most;
  }
  int poll(Mono now);

 private:
  void told(std::int64_t used);
  void signed_call(net::HttpRequest::Method method, std::string_view path,
                   const venue::Params& params, venue::Credentials& credentials, Handler handler);
  void send(net::Http& http, net::HttpRequest request, Handler handler);

  const Clock& clock_;
  VenueClock venue_clock_;
  bool clock_doubted_ = false;
  std::unique_ptr<net::Http> rest_;
  std::unique_ptr<net::Http> sapi_;
  venue::AddressWeight* address_ = nullptr;
  std::int64_t used_ = 0;  // as the venue counted last
};

}  // namespace copyd::engine
