// HTTP answers: how the bytes are split makes no difference, no body is larger than allowed, and a
// connection is used again only when nothing is left on it.
#include <algorithm>

#include "net/http_exchange.hpp"
#include "tests/fuzz/property.hpp"

namespace copyd::fuzz {
namespace {

using namespace copyd::net;

constexpr std::size_t body_max = 1024;

// Malformed, too large or cut short: which of them is said depends on how much of a broken header
// has come at once.
constexpr std::string_view no_answer = "no answer";

template <class Number>
std::string shown(const std::optional<Number>& number) {
  return number ? std::to_string(*number) : "none";
}

std::string finished(HttpAnswer& answer, bool keeps_alive) {
  const HttpResponse response = answer.take();
  PROPERTY(response.status >= 0 && response.status <= 999 && response.status / 100 != 1);
  PROPERTY(response.body.size() <= body_max);
  PROPERTY(!response.retry_after || response.retry_after->count() >= 0);
  PROPERTY(!response.used_weight || *response.used_weight >= 0);
  std::optional<std::int64_t> retry_after;
  if (response.retry_after) retry_after = response.retry_after->count();
  return "status " + std::to_string(response.status) + " retry after " + shown(retry_after) +
         " weight " + shown(response.used_weight) + " alive " + std::to_string(keeps_alive) +
         " body " + response.body;
}

// The outcome of `bytes`, handed over in pieces of `size`, and then the end of the stream.
std::string read(std::string_view bytes, std::size_t size) {
  HttpAnswer answer(body_max);
  while (!bytes.empty()) {
    const Copy piece(bytes.substr(0, size));
    bytes.remove_prefix(piece.view().size());
    const auto progress = answer.feed(piece.view());
    if (progress.has_error()) {
      PROPERTY(progress.error() == make_error_code(Errc::malformed) ||
               progress.error() == make_error_code(Errc::too_large));
      return std::string(no_answer);
    }
    // What is still to come was sent without being asked for.
    if (*progress == Progress::done) return finished(answer, answer.keeps_alive() && bytes.empty());
  }
  if (!answer.end()) return std::string(no_answer);
  PROPERTY(!answer.keeps_alive());
  return finished(answer, false);
}

void check(std::string_view bytes) {
  const std::string whole = read(bytes, std::max<std::size_t>(1, bytes.size()));
  PROPERTY_SAME(read(bytes, 1), whole);
  PROPERTY_SAME(read(bytes, 2 + choice_of(bytes) % 40), whole);
}

}  // namespace
}  // namespace copyd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  copyd::fuzz::check(copyd::fuzz::text_of(data, size));
  return 0;
}
