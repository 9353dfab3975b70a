// The HTTP client of MemoryVenue: both ends.
#include <charconv>

#include "sim/memory_links.hpp"

namespace copyd::sim {

namespace {

std::string_view name_of(net::HttpRequest::Method method) {
  switch (method) {
    case net::HttpRequest::Method::get:
      return "GET";
    case net::HttpRequest::Method::post:
      return "POST";
    case net::HttpRequest::Method::put:
      return "PUT";
    case net::HttpRequest::Method::delete_:
      return "DELETE";
  }
  return "GET";
}

std::optional<std::int64_t> header(const HttpReply& reply, std::string_view name) {
  for (const auto& [key, value] : reply.headers) {
    if (key != name) continue;
    std::int64_t number = 0;
    std::from_chars(value.data(), value.data() + value.size(), number);
    return number;
  }
  return std::nullopt;
}

}  // namespace

MemoryVenue::CallPtr MemoryVenue::call(std::string owner, net::HttpRequest request) {
  pump(clock_.now());
  auto call = std::make_shared<Call>();
  call->id = next_link_++;
  call->owner = std::move(owner);
  call->deadline = clock_.now() + request.timeout;
  call->request = std::move(request);
  calls_.emplace(call->id, call);
  const MemoryFate decided = fate({.link = call->id,
                                   .owner = call->owner,
                                   .kind = LinkKind::http,
                                   .to_venue = true,
                                   .target = call->request.target,
                                   .text = {}});
  if (decided.cut) {
    call->lost = true;
    answer(call, Errc::closed, clock_.now());
  } else if (!decided.lose) {
    at(clock_.now() + latency_ + decided.delay, [this, call] { handle(call); });
  }
  return call;
}

void MemoryVenue::handle(const CallPtr& call) {
  if (call->lost) return;
  if (refused(now_)) return answer(call, Errc::not_connected, now_ + latency_);
  const auto reply = world_->protocol().handle_rest({.method = name_of(call->request.method),
                                                     .target = call->request.target,
                                                     .api_key = call->request.api_key,
                                                     .body = {}},
                                                    venue_time(now_));
  if (reply.drop) return answer(call, Errc::closed, now_ + latency_);
  const MemoryFate decided = fate({.link = call->id,
                                   .owner = call->owner,
                                   .kind = LinkKind::http,
                                   .to_venue = false,
                                   .target = call->request.target,
                                   .text = reply.body});
  if (decided.cut) return answer(call, Errc::closed, now_ + latency_);
  if (decided.lose) return;
  net::HttpResponse response;
  response.status = reply.status;
  response.body = reply.body;
  response.used_weight = header(reply, "X-MBX-USED-WEIGHT-1M");
  if (const auto seconds = header(reply, "Retry-After"))
    response.retry_after = std::chrono::seconds(*seconds);
  answer(call, std::move(response), now_ + latency_ + reply.delay + decided.delay);
}

void MemoryVenue::answer(const CallPtr& call, Result<net::HttpResponse> result, Mono due) {
  if (call->done) return;
  call->result = std::move(result);
  call->due = due;
}

void MemoryHttp::request(net::HttpRequest request, Handler handler) {
  calls_.push_back(venue_.call(owner_, std::move(request)));
  calls_.back()->handler = std::move(handler);
}

int MemoryHttp::poll(Mono now) {
  venue_.pump(now);
  // Handlers may ask again, so what is ready is taken out first.
  std::vector<MemoryVenue::CallPtr> ready;
  std::erase_if(calls_, [&](const MemoryVenue::CallPtr& call) {
    const bool answered = call->due && *call->due <= now && *call->due <= call->deadline;
    if (!answered && now < call->deadline) return false;
    if (!answered) call->result = Errc::timeout;
    ready.push_back(call);
    return true;
  });
  for (const auto& call : ready) {
    venue_.calls_.erase(call->id);
    // A request that is still under way is carried out all the same; nobody hears of it.
    call->done = true;
    call->handler(std::move(call->result));
  }
  return static_cast<int>(ready.size());
}

}  // namespace copyd::sim
