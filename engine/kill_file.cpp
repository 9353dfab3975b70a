#include "engine/kill_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "ops/file_descriptor.hpp"

namespace copyd::engine {
namespace {

constexpr KillOrder unreadable{.word = KillWord::halt, .why = KillOrder::Why::unreadable};

FollowerState state_of(KillWord word) noexcept {
  switch (word) {
    case KillWord::none:
      return FollowerState::active;
    case KillWord::pause:
    case KillWord::flatten:
      return FollowerState::reduce_only;
    case KillWord::halt:
      break;
  }
  return FollowerState::halted;
}

std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view space = " \t\r\n";
  const auto begin = text.find_first_not_of(space);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(space) - begin + 1);
}

KillOrder order_of(std::string_view content) noexcept {
  const std::string_view word = trimmed(content);
  if (word == "pause") return {.word = KillWord::pause};
  if (word == "flatten") return {.word = KillWord::flatten};
  if (word == "halt" || word.empty()) return {.word = KillWord::halt};
  return {.word = KillWord::halt, .why = KillOrder::Why::not_understood};
}

std::string_view name_of(KillWord word) noexcept {
  constexpr std::array<std::string_view, 4> names{"none", "pause", "halt", "flatten"};
  return names[static_cast<std::size_t>(word)];
}

std::string sentence(const std::string& path, KillOrder order) {
  switch (order.why) {
    case KillOrder::Why::said:
      return fmt::format("{} says {}: every follower, until the file is removed", path,
                         name_of(order.word));
    case KillOrder::Why::not_understood:
      return fmt::format(
          "{} does not say pause, halt or flatten: halt of every follower, until it is removed",
          path);
    case KillOrder::Why::unreadable:
      return fmt::format(
          "{} exists and cannot be read: halt of every follower, until it is removed", path);
  }
  return {};
}

}  // namespace

KillFile::KillFile(const std::string& state_directory, const Clock& clock)
    : path_(state_directory + "/KILL"), clock_(clock), due_(clock.now() + period) {
  publish(look());
}

int KillFile::do_work() noexcept {
  const Mono now = clock_.now();
  if (now < due_) return 0;
  due_ = now + period;
  const KillOrder found = look();
  if (found == order()) return 0;
  publish(found);
  return 1;
}

KillOrder KillFile::order() const noexcept {
  const std::int64_t packed = order_.get();
  return {.word = static_cast<KillWord>(packed & 0xff),
          .why = static_cast<KillOrder::Why>(packed >> 8)};
}

void KillFile::publish(KillOrder order) noexcept {
  kill_.set(static_cast<std::int64_t>(state_of(order.word)));
  order_.set(static_cast<std::int64_t>(order.word) | static_cast<std::int64_t>(order.why) << 8);
}

// lstat: a link to nowhere is a file that somebody has made. Whatever is not surely absent counts.
KillOrder KillFile::look() const noexcept {
  struct stat status {};
  if (::lstat(path_.c_str(), &status) != 0)
    return errno == ENOENT || errno == ENOTDIR ? KillOrder() : unreadable;
  // Not blocking: it may be a pipe.
  const ops::FileDescriptor file(::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (file.get() < 0) {
    // Removed between the two calls.
    if (errno == ENOENT && ::lstat(path_.c_str(), &status) != 0 && errno == ENOENT) return {};
    return unreadable;
  }
  std::array<char, 64> content{};
  ssize_t got = 0;
  do got = ::read(file.get(), content.data(), content.size());
  while (got < 0 && errno == EINTR);
  if (got < 0) return unreadable;
  return order_of({content.data(), static_cast<std::size_t>(got)});
}

SetState KillOrders::of(FollowerId follower) const noexcept {
  return {.follower = follower, .cause = StateCause::kill, .state = state_of(last_.word)};
}

KillOrders::Change KillOrders::take(const KillFile& file) {
  const KillOrder order = file.order();
  if (order == last_) return {};
  const bool ended = order.word == KillWord::none;
  Change change{
      .states = {},
      .flatten = order.word == KillWord::flatten && last_.word != KillWord::flatten,
      .said = ended ? fmt::format("{} is gone: what it held back goes on. What it flattened stays "
                                  "halted until copyctl resume",
                                  file.path())
                    : sentence(file.path(), order)};
  for (std::size_t i = 0; i < followers_; ++i)
    change.states.push_back({.follower = FollowerId{static_cast<std::uint16_t>(i)},
                             .cause = StateCause::kill,
                             .state = state_of(order.word)});
  last_ = order;
  return change;
}

}  // namespace copyd::engine
