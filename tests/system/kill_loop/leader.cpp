#include "tests/system/kill_loop/leader.hpp"

#include <stdexcept>

namespace copyd::system_test {
namespace {

engine::LineClient connected(const std::string& address) {
  auto client = engine::LineClient::connect(address);
  if (!client) throw std::runtime_error("the venue's control port does not answer");
  return std::move(*client);
}

}  // namespace

Leader::Leader(const std::string& control_address, std::uint64_t seed)
    : venue_(connected(control_address)), script_(seed), thread_([this] { run(); }) {}

Leader::~Leader() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Leader::run() {
  for (;;) {
    const ScriptedTrade next = script_.next();
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, next.pause, [&] { return stopping_; });
    }
    // Made in any case, so that what the script holds is what the account holds.
    if (!trade(next)) return;
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
  }
}

bool Leader::trade(const ScriptedTrade& trade) {
  if (trade.units == 0) return true;
  const std::string request = trade.request(script_.noise());
  const auto reply = venue_.call(request);
  const bool good = reply && reply->find("\"ok\":true") != std::string::npos;
  {
    const std::lock_guard lock(mutex_);
    if (good) ++fills_;
    else fault_ = "the venue refused " + request + ": " + reply.value_or("no answer");
  }
  changed_.notify_all();
  return good;
}

void Leader::finish() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
  trade(script_.toward(0, 3));
  trade(script_.toward(1, -2));
  trade(script_.toward(2, 0));
  if (!fault_.empty()) throw std::runtime_error(fault_);
}

std::int64_t Leader::fills() const {
  const std::lock_guard lock(mutex_);
  return fills_;
}

bool Leader::wait_for_fill_after(std::int64_t fills, std::chrono::milliseconds within) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, within, [&] { return fills_ > fills; });
}

void Leader::wait(std::chrono::microseconds time) {
  std::unique_lock lock(mutex_);
  const auto until = std::chrono::steady_clock::now() + time;
  changed_.wait_until(lock, until, [&] { return std::chrono::steady_clock::now() >= until; });
}

}  // namespace copyd::system_test
