// Control: what goes wrong with events, frames and connections.
#include "sim/control_fields.hpp"

namespace copyd::sim {

namespace {

using std::chrono::milliseconds;

constexpr std::int64_t day_ms = 24 * 3'600'000LL;
constexpr std::int64_t many = 1'000'000;
constexpr std::int64_t largest_frame = 64LL << 20U;

}  // namespace

Answer<std::string> Control::duplicate_events(const Fields& fields, VenueTime) {
  const auto account = fields.account();
  if (!account.ok()) return account.error();
  const auto times = fields.number("times", 2, {.least = 1, .most = 1000});
  if (!times.ok()) return times.error();
  const auto count = fields.number("count", 1, {.least = 0, .most = many});
  if (!count.ok()) return count.error();
  auto& plan = world_.protocol().streams().faults().plan(account.value());
  plan.doubled = static_cast<int>(count.value());
  plan.copies = static_cast<int>(times.value());
  return std::string();
}

Answer<std::string> Control::reorder_events(const Fields& fields, VenueTime) {
  const auto account = fields.account();
  if (!account.ok()) return account.error();
  const auto window = fields.number("window", std::nullopt, {.least = 2, .most = 1000});
  if (!window.ok()) return window.error();
  const auto count = fields.number("count", window.value(), {.least = 0, .most = many});
  if (!count.ok()) return count.error();
  const auto within = fields.flag("within_type", false);
  if (!within.ok()) return within.error();
  auto& plan = world_.protocol().streams().faults().plan(account.value());
  plan.reordered = static_cast<int>(count.value());
  plan.window = static_cast<std::size_t>(window.value());
  plan.within_type = within.value();
  return std::string();
}

Answer<std::string> Control::withhold(const Fields& fields, VenueTime) {
  const auto account = fields.account();
  if (!account.ok()) return account.error();
  const auto event = fields.text("event");
  if (!event.ok()) return event.error();
  const auto count = fields.number("count", 1, {.least = 1, .most = many});
  if (!count.ok()) return count.error();
  auto& plan = world_.protocol().streams().faults().plan(account.value());
  plan.withheld.push_back({.what = event.value(), .left = static_cast<int>(count.value())});
  return std::string();
}

Answer<std::string> Control::silence(const Fields& fields, VenueTime) {
  const auto account = fields.optional_account();
  if (!account.ok()) return account.error();
  const auto time = fields.number("ms", std::nullopt, {.least = 0, .most = day_ms});
  if (!time.ok()) return time.error();
  auto& protocol = world_.protocol();
  const milliseconds length(time.value());
  for (AccountIndex index = 0; index < world_.exchange().accounts().size(); ++index)
    if (!account.value() || *account.value() == index)
      protocol.streams().faults().silence(index, length);
  if (!account.value()) {
    protocol.market().set_silent(true);
    protocol.after(length, [&protocol] { protocol.market().set_silent(false); });
  }
  return std::string();
}

Answer<std::string> Control::half_open(const Fields& fields, VenueTime) {
  const auto account = fields.optional_account();
  if (!account.ok()) return account.error();
  return "\"connections\":" + std::to_string(door_.half_open(account.value()));
}

Answer<std::string> Control::inject(const Fields& fields, const OddFrame& frame) {
  const auto account = fields.account();
  if (!account.ok()) return account.error();
  const auto sent = world_.protocol().streams().inject(account.value(), frame);
  if (sent == 0) return control_fault("the account has no stream open");
  return "\"streams\":" + std::to_string(sent);
}

Answer<std::string> Control::malformed_frame(const Fields& fields, VenueTime now) {
  const auto kind = fields.text("kind");
  if (!kind.ok()) return kind.error();
  const auto frame = odd_frame(kind.value(), now);
  if (!frame) return control_fault("unknown kind " + kind.value());
  return inject(fields, *frame);
}

Answer<std::string> Control::huge_frame(const Fields& fields, VenueTime now) {
  const auto bytes = fields.number("bytes", 10'000'000, {.least = 0, .most = largest_frame});
  if (!bytes.ok()) return bytes.error();
  return inject(fields, sim::huge_frame(static_cast<std::size_t>(bytes.value()), now));
}

Answer<std::string> Control::send_raw(const Fields& fields, VenueTime) {
  const auto text = fields.text("text");
  if (!text.ok()) return text.error();
  return inject(fields, {.text = text.value()});
}

Answer<std::string> Control::fragment_frames(const Fields& fields, VenueTime) {
  const auto on = fields.flag("on", true);
  if (!on.ok()) return on.error();
  door_.fragment_frames(on.value());
  return std::string();
}

}  // namespace copyd::sim
