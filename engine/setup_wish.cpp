#include "engine/setup_wish.hpp"

#include <algorithm>

#include "engine/link_symbols.hpp"

namespace copyd::engine {
namespace {

using venue::MarginType;

// Nothing: what the leader has is not known.
std::optional<SymbolSetup> setup_of(std::string_view leader, std::span<const LeaderSetup> leaders) {
  for (const auto& one : leaders)
    if (one.label == leader) return one.setup;
  return std::nullopt;
}

SetupWish wish_of(const config::Link& link, const SymbolSetup& leader, std::optional<int> cap) {
  SetupWish wish;
  using Kind = config::Leverage::Kind;
  if (link.leverage.kind == Kind::fixed) wish.leverage = link.leverage.value;
  if (link.leverage.kind == Kind::mirror && leader.leverage > 0) wish.leverage = leader.leverage;
  if (wish.leverage && cap) wish.leverage = std::min(*wish.leverage, *cap);
  switch (link.margin) {
    case config::Margin::keep:
      break;
    case config::Margin::mirror:
      if (leader.margin != MarginType::unknown) wish.margin = leader.margin;
      break;
    case config::Margin::cross:
      wish.margin = MarginType::cross;
      break;
    case config::Margin::isolated:
      wish.margin = MarginType::isolated;
      break;
  }
  return wish;
}

// True if they differ.
template <class T>
bool settle(std::optional<T>& decided, const std::optional<T>& also) {
  if (!decided) decided = also;
  return also && *also != *decided;
}

}  // namespace

FollowerWish wish_of(const config::Follower& follower, const Symbol& symbol,
                     std::span<const LeaderSetup> leaders) {
  FollowerWish result;
  for (const auto& link : follower.links) {
    if (link.removed || !permits(link, symbol)) continue;
    const auto leader = setup_of(link.leader, leaders).value_or(SymbolSetup());
    const SetupWish wish = wish_of(link, leader, follower.limits.max_leverage);
    const bool leverage = settle(result.wish.leverage, wish.leverage);
    const bool margin = settle(result.wish.margin, wish.margin);
    result.disputed = result.disputed || leverage || margin;
  }
  return result;
}

bool prepares(const config::Follower& follower) noexcept {
  return std::any_of(follower.links.begin(), follower.links.end(), [](const config::Link& link) {
    return link.leverage.kind != config::Leverage::Kind::keep ||
           link.margin != config::Margin::keep;
  });
}

bool prepares_otherwise(const config::Follower& running, const config::Follower& next) {
  const auto same = [](const config::Link& a, const config::Link& b) {
    return a.leverage == b.leverage && a.margin == b.margin && a.allow == b.allow &&
           a.deny == b.deny && a.removed == b.removed;
  };
  const bool all_same = running.limits.max_leverage == next.limits.max_leverage &&
                        std::equal(running.links.begin(), running.links.end(), next.links.begin(),
                                   next.links.end(), same);
  return prepares(next) && !all_same;
}

SetupCall next_call(const SymbolSetup& has, const SetupWish& wish) noexcept {
  if (wish.margin && *wish.margin != has.margin) return SetMargin{*wish.margin};
  if (wish.leverage && *wish.leverage != has.leverage) return SetLeverage{*wish.leverage};
  return std::monostate();
}

SetupAnswer judge_setup(int status, std::int32_t code, std::string_view message) noexcept {
  constexpr int timeout = 408;
  // Between the venue's own troubles and what it says of a request.
  constexpr std::int32_t first_of_requests = -1100;
  switch (venue::classify(status, code, message)) {
    case venue::RetryClass::ok:
      return SetupAnswer::set;
    case venue::RetryClass::retry:
    case venue::RetryClass::resync:
    case venue::RetryClass::backoff:
      return SetupAnswer::later;
    case venue::RetryClass::final_:
    case venue::RetryClass::pause:
      // Without a code it is a gateway's refusal, which ends with the gateway's trouble.
      return code != 0 ? SetupAnswer::refused : SetupAnswer::later;
    case venue::RetryClass::query:
      break;
  }
  const bool said = status >= 400 && status < 500 && status != timeout && code <= first_of_requests;
  return said ? SetupAnswer::refused : SetupAnswer::unknown;
}

}  // namespace copyd::engine
