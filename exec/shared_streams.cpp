#include "exec/shared_streams.hpp"

#include <algorithm>
#include <utility>

namespace copyd::exec {

SharedStreams::Line::~Line() {
  for (Member& member : members) wipe(member.listen_key);
}

std::size_t SharedStreams::Line::present() const noexcept {
  return static_cast<std::size_t>(std::ranges::count(members, true, &Member::present));
}

SharedStreams::Line* SharedStreams::gathering() const noexcept {
  for (const auto& line : lines_)
    if (line->stage == Stage::gathering && line->members.size() < members_max) return line.get();
  return nullptr;
}

SharedStreams::Line* SharedStreams::find(std::uint32_t serial) const noexcept {
  const auto at = std::ranges::find_if(lines_, [&](auto& line) { return line->serial == serial; });
  return at == lines_.end() ? nullptr : at->get();
}

std::span<const SharedStreams::Member> SharedStreams::members_of(
    std::uint32_t serial) const noexcept {
  const Line* line = find(serial);
  return line != nullptr ? line->members : std::span<const Member>{};
}

std::uint32_t SharedStreams::join(FollowerId follower, std::string_view listen_key, Mono until) {
  Line* line = gathering();
  if (line == nullptr) {
    line = lines_.emplace_back(std::make_unique<Line>()).get();
    line->members.reserve(members_max);
    line->serial = ++serials_;
    line->since = until;
  }
  line->members.push_back({.follower = follower, .listen_key = std::string(listen_key)});
  line->since = std::min(line->since, until);
  return line->serial;
}

void SharedStreams::leave(FollowerId follower, std::uint32_t serial) noexcept {
  Line* const found = find(serial);
  if (found == nullptr) return;
  Line& line = *found;
  const auto member = std::ranges::find_if(
      line.members, [&](const Member& m) { return m.follower == follower && m.present; });
  if (member == line.members.end()) return;
  member->present = false;
  // Not opened with its key yet.
  if (!line.socket) {
    wipe(member->listen_key);
    line.members.erase(member);
  }
  if (line.present() != 0) return;
  if (line.socket) line.socket->close();
  line.stage = Stage::over;
}

void SharedStreams::open_now(Mono now) noexcept {
  if (Line* line = gathering(); line != nullptr) line->since = now;
}

SharedStreams::Event SharedStreams::poll(Mono now) {
  for (; at_ < lines_.size(); ++at_, frames_ = 0) {
    if (frames_ == frames_in_turn) continue;
    polled_ = lines_[at_].get();
    const Event event = poll_line(*polled_, now);
    frames_ += event == Event::frame ? 1 : 0;
    if (event != Event::none) return event;
  }
  at_ = 0;
  std::erase_if(lines_, [](const auto& line) { return line->stage == Stage::over; });
  merge(now);
  return Event::none;
}

SharedStreams::Event SharedStreams::poll_line(Line& line, Mono now) {
  if (line.stage == Stage::over) return Event::none;
  if (line.stage == Stage::gathering) {
    if (now >= line.since || line.members.size() == members_max) open(line, now);
    return Event::none;
  }
  const bool hangs = line.stage == Stage::opening && now - line.begun >= opening_max;
  if (line.lost || hangs) return over(line, now);
  if (std::exchange(line.ending, false)) return Event::ending;
  if (line.stage == Stage::open && !line.proven && now - line.since >= steady) {
    line.proven = true;
    forgive();
  }
  switch (line.socket->poll(now)) {
    case net::WebSocket::Event::none:
      break;
    case net::WebSocket::Event::opened:
      line.stage = Stage::open;
      line.since = now;
      return Event::opened;
    case net::WebSocket::Event::frame:
      return Event::frame;
    case net::WebSocket::Event::closed:
      return over(line, now);
  }
  return Event::none;
}

void SharedStreams::open(Line& line, Mono now) {
  std::vector<std::string_view> keys;
  // Followers of one account have one key.
  for (const Member& member : line.members)
    if (std::ranges::find(keys, member.listen_key) == keys.end())
      keys.emplace_back(member.listen_key);
  std::string text = endpoints_.private_streams(keys);
  auto url = net::Url::parse(text, "wss");
  wipe(text);
  line.socket = transport_.websocket();
  line.stage = Stage::opening;
  line.begun = now;
  line.lost = !url;
  if (!url) return;
  line.socket->open(*url, now);
  wipe(url->path);
}

SharedStreams::Event SharedStreams::over(Line& line, Mono now) noexcept {
  const bool flaps = line.stage != Stage::open || now - line.since < steady;
  if (flaps) {
    ++objections_;
    const bool counts = own_stood_ && line.begun >= std::max(own_stood_since_, contrast_from_);
    if (counts) contrast_from_ = now + steady;
    if (counts && ++contrasts_ >= objections_max) given_up_ = true;
  }
  line.socket->close();
  line.stage = Stage::over;
  return Event::closed;
}

void SharedStreams::stray(Mono now) noexcept {
  polled_->lost = true;
  if (now - strayed_ > stray_memory) strays_ = 0;
  strayed_ = now;
  if (++strays_ >= objections_max) given_up_ = true;
}

// Those that have stood for a while and are half empty, as many as fit onto one.
void SharedStreams::merge(Mono now) noexcept {
  if (now < merge_at_) return;
  merge_at_ = now + merge_period;
  const auto chooser = [now] {
    return [now, room = members_max](const std::unique_ptr<Line>& line) mutable {
      const std::size_t size = line->present();
      const bool stands = line->stage == Stage::open && now - line->since >= merge_period;
      if (!stands || size > members_max / 2 || size > room) return false;
      room -= size;
      return true;
    };
  };
  if (std::ranges::count_if(lines_, chooser()) < 2) return;
  auto is_chosen = chooser();
  for (const auto& line : lines_) line->ending = is_chosen(line);
}

bool SharedStreams::wants_own(Mono now) noexcept {
  if (given_up_) return true;
  if (objections_ < objections_max || own_stood_ || now < own_again_) return false;
  own_again_ = now + steady;
  return true;
}

bool SharedStreams::own_stands(Mono now) noexcept {
  if (objections_ >= objections_max && !std::exchange(own_stood_, true)) own_stood_since_ = now;
  return given_up_ && !std::exchange(told_, true);
}

void SharedStreams::forgive() noexcept {
  objections_ = 0;
  contrasts_ = 0;
  own_stood_ = false;
}

}  // namespace copyd::exec
