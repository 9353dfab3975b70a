#include "sim/event_faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace copyd::sim {

namespace {

// A shuffle that keeps the events of each type in their order.
void restore_types(std::vector<UserEvent>& shuffled, const std::vector<UserEvent>& original) {
  std::map<std::string, std::size_t> next;
  for (auto& event : shuffled) {
    auto& from = next[event.type];
    while (original[from].type != event.type) ++from;
    event = original[from++];
  }
}

}  // namespace

void EventFaults::silence(AccountIndex account, std::chrono::milliseconds time) {
  ++lines_[account].silences;
  later_(time, [this, account] { --lines_[account].silences; });
}

bool EventFaults::is_silent(AccountIndex account) const noexcept {
  const auto line = lines_.find(account);
  return line != lines_.end() && line->second.silences > 0;
}

std::optional<EventPlan::Chosen> EventFaults::take(std::vector<EventPlan::Chosen>& from,
                                                   const UserEvent& event) {
  if (from.empty()) return std::nullopt;
  std::string execution;
  std::string status;
  const auto object = JsonObject::parse(event.json);
  const JsonValue* inner = object ? object->find("o") : nullptr;
  if (const auto order = inner != nullptr ? JsonObject::parse(inner->text) : std::nullopt) {
    if (const JsonValue* x = order->find("x")) execution = x->text;
    if (const JsonValue* state = order->find("X")) status = state->text;
  }
  for (auto at = from.begin(); at != from.end(); ++at) {
    if (at->what != event.type && at->what != execution && at->what != status) continue;
    const auto chosen = *at;
    if (--at->left == 0) from.erase(at);
    return chosen;
  }
  return std::nullopt;
}

void EventFaults::push(AccountIndex account, UserEvent event) {
  const auto at = lines_.find(account);
  if (at == lines_.end()) return release_(account, event);
  Line& line = at->second;
  if (line.silences > 0 || take(line.plan.withheld, event)) return;
  if (const auto late = take(line.plan.overtaken, event))
    return later_(late->delay, [this, account, event] {
      if (!is_silent(account)) release_(account, event);
    });
  int copies = 1;
  if (line.plan.doubled > 0) {
    --line.plan.doubled;
    copies = line.plan.copies;
  }
  for (int copy = 0; copy < copies; ++copy) gather(account, line, event);
}

void EventFaults::gather(AccountIndex account, Line& line, UserEvent event) {
  if (line.plan.reordered == 0) return enqueue(account, line, std::move(event));
  --line.plan.reordered;
  line.window.push_back(std::move(event));
  if (line.window.size() >= line.plan.window || line.plan.reordered == 0)
    return let_go(account, line);
  if (line.window.size() > 1) return;
  later_(window_patience, [this, account, number = line.windows] {
    Line& late = lines_[account];
    if (late.windows == number) let_go(account, late);
  });
}

void EventFaults::let_go(AccountIndex account, Line& line) {
  ++line.windows;
  const auto original = std::move(line.window);
  line.window.clear();
  auto shuffled = original;
  for (std::size_t i = shuffled.size(); i > 1; --i)
    std::swap(shuffled[i - 1], shuffled[random_.below(i)]);
  if (!line.plan.within_type) restore_types(shuffled, original);
  for (auto& event : shuffled) enqueue(account, line, std::move(event));
}

void EventFaults::enqueue(AccountIndex account, Line& line, UserEvent event) {
  const bool late = line.plan.late > 0;
  if (!late && line.queue.empty()) return release_(account, event);
  const auto number = next_++;
  line.queue.push_back({.event = std::move(event), .number = number, .waits = late});
  if (!late) return;
  --line.plan.late;
  later_(line.plan.delay, [this, account, number] {
    Line& after = lines_[account];
    for (auto& held : after.queue)
      if (held.number == number) held.waits = false;
    drain(account, after);
  });
}

void EventFaults::drain(AccountIndex account, Line& line) {
  while (!line.queue.empty() && !line.queue.front().waits) {
    const UserEvent event = std::move(line.queue.front().event);
    line.queue.pop_front();
    if (line.silences == 0) release_(account, event);
  }
}

std::optional<OddFrame> odd_frame(std::string_view kind, VenueTime now) {
  const auto order = [now](std::string_view quantity, std::string_view more) {
    return fmt::format(
        R"({{"e":"ORDER_TRADE_UPDATE","T":{0},"E":{0},"o":{{"s":"BTCUSDT","c":"odd","S":"BUY",)"
        R"("o":"MARKET","f":"GTC","q":"1","p":"0","ap":"60000","sp":"0","x":"TRADE","X":"FILLED",)"
        R"("i":999999999,"l":{1},"z":"1","L":"60000","n":"0","N":"USDT","T":{0},"t":999999999,)"
        R"("b":"0","a":"0","m":false,"R":false,"wt":"CONTRACT_PRICE","ot":"MARKET","ps":"BOTH",)"
        R"("cp":false,"rp":"0","pP":false,"si":0,"ss":0,"V":"EXPIRE_MAKER","pm":"NONE","gtd":0,)"
        R"("er":"0"{2}}}}})",
        now.ms, quantity, more);
  };
  if (kind == "truncated") {
    const auto whole = order(R"("1")", "");
    return OddFrame{.text = whole.substr(0, whole.size() / 2)};
  }
  if (kind == "wrong_types")
    return OddFrame{.text = order(R"({"not":["a","number"]})", ""), .wrapped = true};
  if (kind == "duplicate_key")
    return OddFrame{.text = order(R"("1")", R"(,"l":"2","X":"NEW")"), .wrapped = true};
  if (kind == "not_json") return OddFrame{.text = "<html>Service Unavailable</html>"};
  if (kind == "invalid_utf8") return OddFrame{.text = order("\"1\xC3\x28\xFF\"", "")};
  if (kind == "unknown_event")
    return OddFrame{
        .text = fmt::format(R"({{"e":"SOMETHING_NEW","T":{0},"E":{0},"x":{{"y":[1]}}}})", now.ms),
        .wrapped = true};
  if (kind == "empty") return OddFrame{};
  if (kind == "binary") return OddFrame{.text = std::string("\0\1\2\xFF{}", 6), .binary = true};
  if (kind == "deep") return OddFrame{.text = std::string(100'000, '[')};
  return std::nullopt;
}

OddFrame huge_frame(std::size_t bytes, VenueTime now) {
  return {.text = fmt::format(R"({{"e":"SOMETHING_HUGE","T":{0},"E":{0},"x":"{1}"}})", now.ms,
                              std::string(bytes, 'x')),
          .wrapped = true};
}

}  // namespace copyd::sim
