#include "sim/memory_venue.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <cstring>

#include "sim/memory_links.hpp"

namespace copyd::sim {

namespace {

constexpr std::chrono::seconds tick_period{1};

class MemoryTransport final : public net::Transport {
 public:
  MemoryTransport(MemoryVenue& venue, std::string owner)
      : venue_(venue), owner_(std::move(owner)) {}
  std::unique_ptr<net::WebSocket> websocket() override {
    return std::make_unique<MemoryWebSocket>(venue_, owner_);
  }
  std::unique_ptr<net::Http> http(const std::string&) override {
    return std::make_unique<MemoryHttp>(venue_, owner_);
  }

 private:
  MemoryVenue& venue_;
  std::string owner_;
};

}  // namespace

MemoryVenue::MemoryVenue(ManualClock& clock, Options options)
    : clock_(clock),
      world_(World::create(std::move(options.world))),
      control_(*world_, *this),
      start_(options.start),
      started_(clock.now()),
      latency_(options.latency),
      socket_life_(options.socket_life) {
  world_->protocol().set_later([this](std::chrono::milliseconds delay, Action action) {
    at(happening() + delay, std::move(action));
  });
}

MemoryVenue::~MemoryVenue() = default;

std::unique_ptr<net::Transport> MemoryVenue::transport(std::string owner) {
  return std::make_unique<MemoryTransport>(*this, std::move(owner));
}

VenueTime MemoryVenue::venue_time(Mono at) const noexcept {
  return start_ + std::chrono::duration_cast<std::chrono::milliseconds>(at - started_) +
         clock_offset_;
}

// What is due before the command happens before it.
std::string MemoryVenue::control(std::string_view line) {
  pump(clock_.now());
  now_ = clock_.now();
  return control_.handle(line, venue_time(now_));
}

void MemoryVenue::at(Mono due, Action action) {
  actions_.emplace(std::pair(due.ns, next_action_++), std::move(action));
}

void MemoryVenue::pump(Mono now) {
  if (pumping_) return;
  pumping_ = true;
  while (!actions_.empty() && actions_.begin()->first.first <= now.ns) {
    auto node = actions_.extract(actions_.begin());
    now_ = Mono{node.key().first};
    node.mapped()();
  }
  now_ = now;
  if (now >= next_tick_) second_has_passed(now);
  pumping_ = false;
}

void MemoryVenue::second_has_passed(Mono now) {
  next_tick_ = now + tick_period;
  world_->protocol().tick(venue_time(now));
  const auto open = links_;
  for (const auto& [id, link] : open)
    if (link->accepted && now >= link->opened + socket_life_)
      cut_link(link, boost::asio::error::eof);
}

std::optional<Mono> MemoryVenue::next_due() const {
  std::optional<Mono> earliest;
  const auto consider = [&](Mono due) {
    if (!earliest || due < *earliest) earliest = due;
  };
  if (!actions_.empty()) consider(Mono{actions_.begin()->first.first});
  if (world_->protocol().market().has_subscribers()) consider(next_tick_);
  for (const auto& [id, link] : links_)
    if (!link->inbox.empty()) consider(link->inbox.front().due);
  for (const auto& [id, weak] : calls_)
    if (const auto call = weak.lock())
      consider(std::min(call->due.value_or(call->deadline), call->deadline));
  return earliest;
}

MemoryFate MemoryVenue::fate(const MemoryFrame& frame) {
  constexpr std::uint64_t prime = 0x9E3779B97F4A7C15ULL;
  const auto mix_word = [this](std::uint64_t word) {
    digest_ = (digest_ ^ word) * prime;
    digest_ ^= digest_ >> 32U;
  };
  // Eight bytes at a time: every byte of a day is mixed in.
  const auto mix = [&](std::string_view text) {
    mix_word(text.size());
    for (; text.size() >= sizeof(std::uint64_t); text.remove_prefix(sizeof(std::uint64_t))) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data(), sizeof word);
      mix_word(word);
    }
    std::uint64_t rest = 0;
    if (!text.empty()) std::memcpy(&rest, text.data(), text.size());
    mix_word(rest);
  };
  mix_word(static_cast<std::uint64_t>(now_.ns));
  mix_word(frame.link);
  mix_word(frame.to_venue ? 1 : 0);
  mix(frame.target);
  mix(frame.text);
  return decide_ ? decide_(frame) : MemoryFate{};
}

void MemoryVenue::drop_all() {
  pump(clock_.now());
  const auto open = links_;
  for (const auto& [id, link] : open) cut_link(link, boost::asio::error::connection_reset);
  const auto asked = calls_;
  for (const auto& [id, weak] : asked)
    if (const auto call = weak.lock(); call && (!call->due || *call->due > now_)) {
      call->lost = true;
      answer(call, Errc::closed, now_);
    }
}

void MemoryVenue::drop_connections(std::chrono::milliseconds refuse) {
  drop_all();
  refuse_until(clock_.now() + refuse);
}

std::size_t MemoryVenue::connections() const {
  return links().size();
}

std::size_t MemoryVenue::half_open(std::optional<AccountIndex> account) {
  std::size_t count = 0;
  for (const auto& [id, link] : links_) {
    if (!link->accepted || link->lost || link->left || link->dead) continue;
    const bool meant =
        !account || (link->kind == LinkKind::ws_api
                         ? link->session.accounts.count(*account) != 0
                         : world_->protocol().streams().serves(link->stream, *account));
    if (!meant) continue;
    link->dead = true;
    ++count;
  }
  return count;
}

std::size_t MemoryVenue::tell_sessions(const Tell& tell) {
  std::size_t count = 0;
  for (const auto& [id, link] : links_) {
    if (link->kind != LinkKind::ws_api || !link->accepted || link->lost || link->left) continue;
    auto text = tell(link->session);
    if (!text) continue;
    deliver(link, std::move(*text));
    ++count;
  }
  return count;
}

std::vector<MemoryVenue::LinkInfo> MemoryVenue::links() const {
  std::vector<LinkInfo> open;
  for (const auto& [id, link] : links_)
    if (link->accepted && !link->lost && !link->left)
      open.push_back({.id = id, .owner = link->owner, .kind = link->kind, .target = link->target});
  return open;
}

bool MemoryVenue::cut(std::uint64_t id) {
  pump(clock_.now());
  const auto at = links_.find(id);
  if (at == links_.end()) return false;
  cut_link(LinkPtr(at->second), boost::asio::error::connection_reset);
  return true;
}

}  // namespace copyd::sim
