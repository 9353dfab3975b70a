// The venue's refusals, sorted by what may be done next. By code; by text only where the venue
// gives no code (HTTP 503).
#pragma once

#include <cstdint>
#include <string_view>

namespace copyd::venue {

enum class RetryClass : std::uint8_t {
  ok,       // nothing had to change: success
  retry,    // a definite failure; may be decided again after a pause, under a new client order id
  resync,   // our clock is off: a definite failure; take the time, then as retry
  query,    // the outcome is unknown: ask before anything else
  final_,   // a definite failure; not to be sent again as it is
  pause,    // the account cannot trade: a definite failure, and a matter for a person
  backoff,  // a rate limit: a definite failure; nothing of that kind until its window has passed
};

// `status` is the HTTP status (or the WebSocket API's), `code` the venue's, 0 when there is none.
// Anything that is not known to be definite is `query`.
RetryClass classify(int status, std::int32_t code, std::string_view message) noexcept;

}  // namespace copyd::venue
