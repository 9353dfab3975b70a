#include "engine/preparation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ops/log.hpp"

namespace copyd::engine {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
namespace log = ops::log;

constexpr int read_weight = 5;
constexpr int set_weight = 1;
// 200 at once and 400 a minute: in no minute more than a quarter of 2,400.
constexpr int weight_burst = 200;
constexpr auto weight_spacing = 150ms;
constexpr nanoseconds retry_time = 5s;     // of a read
constexpr nanoseconds refused_first = 2s;  // doubling
constexpr nanoseconds refused_max = 60s;
constexpr nanoseconds later_first = 1s;  // doubling
constexpr nanoseconds later_max = 8s;
constexpr nanoseconds held_time = 1s;      // between two looks at a follower that is halted
constexpr nanoseconds banned_time = 120s;  // when the venue does not say how long
constexpr int overviews_per_turn = 4;      // each looks at all symbols

nanoseconds doubled(nanoseconds first, int times, nanoseconds most) {
  for (int i = 0; i < times && first < most; ++i) first *= 2;
  return std::min(first, most);
}

std::string_view word_of(venue::MarginType margin) {
  return margin == venue::MarginType::isolated ? "ISOLATED" : "CROSSED";
}

std::string words_of(const SetupCall& call) {
  if (const auto* margin = std::get_if<SetMargin>(&call))
    return margin->margin == venue::MarginType::isolated ? "isolated margin" : "cross margin";
  return fmt::format("leverage {}", std::get<SetLeverage>(call).leverage);
}

}  // namespace

Preparation::Preparation(Parts parts)
    : config_(parts.config),
      roster_(parts.roster),
      venue_(parts.venue),
      symbols_(parts.symbols),
      clock_(parts.clock),
      tell_(std::move(parts.tell)),
      cells_of_(std::move(parts.cells_of)),
      may_change_(std::move(parts.may_change)),
      weight_(weight_burst, weight_spacing) {
  take_places();
}

void Preparation::connected(RosterAccount& account) {
  const Mono now = clock_.now();
  if (account.leader) {
    Leader& leader = leaders_[account.leader->value];
    ++leader.key;
    leader.connected = true;
    leader.asking = leader.failing = false;
    leader.setups.clear();
    leader.read_at = leader.positions_at = now;
    leader.positions_due = true;
    leader.changes_seen = cells_of_(*account.leader).config_changes.get();
  }
  if (account.follower && prepares(*account.follower)) begin(*account.follower);
}

void Preparation::begin(FollowerId id) {
  Follower& follower = followers_[id.value];
  ++follower.key;
  follower.connected = true;
  follower.asking = false;
  follower.read = false;
  follower.setups.assign(symbols_.size(), {});
  follower.read_at = clock_.now();
  follower.overview_due = true;
  // Its lane has forgotten what it was told, and asks again.
  for (auto& [symbol, job] : follower.jobs) job = Job{.said = std::move(job.said)};
  follower.waiting = 0;
  for (const auto& link : config_.followers[id.value].links)
    for (const auto& name : link.allow)
      if (const auto symbol = symbols_.find(name)) want(id.value, *symbol);
}

void Preparation::disconnected(RosterAccount& account) {
  if (account.leader) {
    Leader& leader = leaders_[account.leader->value];
    ++leader.key;
    leader.connected = false;
    leader.setups.clear();
  }
  if (!account.follower) return;
  Follower& follower = followers_[account.follower->value];
  ++follower.key;
  follower.connected = false;
}

void Preparation::renew(Job& job) {
  job.state = Job::State::due;
  job.try_at = clock_.now();
  job.failures = 0;
}

void Preparation::ask(const exec::PrepareSymbol& wanted) {
  Follower& follower = followers_[wanted.follower.value];
  if (!follower.connected) return;
  Job& job = follower.jobs[wanted.symbol];
  if (job.state == Job::State::done) job.state = Job::State::untold;
  if (!std::exchange(job.waits, true)) ++follower.waiting;
}

void Preparation::poll() {
  const Mono now = clock_.now();
  if (!venue_.clock_known() || followers_.empty()) return;
  spent_ = now < held_off_until_;
  overviews_left_ = overviews_per_turn;
  read_leaders(now);
  // Each in its turn is the first to find the bucket full.
  first_ = (first_ + 1) % followers_.size();
  for (const bool urgent : {true, false})
    for (std::size_t i = 0; i < followers_.size(); ++i)
      serve((first_ + i) % followers_.size(), urgent, now);
}

// One call of a follower is under way at a time.
void Preparation::serve(std::size_t index, bool urgent, Mono now) {
  Follower& follower = followers_[index];
  if (!follower.connected || follower.held || follower.asking || (urgent && follower.waiting == 0))
    return;
  if (!follower.read && !urgent) {
    if (now >= follower.read_at && take(read_weight, now)) read_follower(index, std::nullopt);
    return;
  }
  if (!leaders_known(follower)) return;
  if (!urgent && follower.overview_due && overviews_left_ > 0) tell_overview(index);
  for (auto& [symbol, job] : follower.jobs) {
    if (urgent && !job.waits) continue;
    if (job.state == Job::State::done && job.code != 0 && now >= job.try_at)
      job.state = Job::State::due;
    if (job.state == Job::State::untold) tell(index, symbol, job);
    if (job.state != Job::State::due || now < job.try_at || spent_) continue;
    advance(index, symbol, job, now);
    if (follower.asking) return;
  }
}

// Mirroring something that will be known in a moment is waited for.
bool Preparation::leaders_known(const Follower& follower) const {
  return std::none_of(follower.leaders.begin(), follower.leaders.end(), [&](std::size_t index) {
    const Leader& leader = leaders_[index];
    return leader.connected && leader.setups.empty();
  });
}

FollowerWish Preparation::wish_for(std::size_t index, SymbolId symbol) const {
  std::vector<LeaderSetup> setups;
  for (const std::size_t leader : followers_[index].leaders)
    if (!leaders_[leader].setups.empty())
      setups.push_back(
          {.label = config_.leaders[leader].label, .setup = leaders_[leader].setups[symbol.value]});
  return wish_of(config_.followers[index], symbols_[symbol], setups);
}

void Preparation::advance(std::size_t index, SymbolId symbol, Job& job, Mono now) {
  Follower& follower = followers_[index];
  const auto [wish, disputed] = wish_for(index, symbol);
  if (disputed && !std::exchange(job.disputed, true))
    log::warning(fmt::format(
        "{}: {}: its links want different leverage or margin types: the first of them decides",
        follower.account->label, symbols_[symbol].name));
  if (job.doubtful) {
    if (take(read_weight, now)) read_follower(index, symbol);
    return;
  }
  const SetupCall call = next_call(follower.setups[symbol.value], wish);
  if (std::holds_alternative<std::monostate>(call)) return finish(index, symbol, job, 0);
  if (!may_change_(follower_id(index))) job.try_at = now + held_time;
  else if (take(set_weight, now)) make(index, symbol, call);
}

void Preparation::read_follower(std::size_t index, std::optional<SymbolId> symbol) {
  Follower& follower = followers_[index];
  follower.asking = true;
  venue::Params params;
  if (symbol) params.emplace_back("symbol", symbols_[*symbol].name);
  venue_.signed_get(venue::path::symbol_config, params, *follower.account->credentials,
                    [this, index, symbol, key = follower.key](const VenueAnswer& answer) {
                      if (followers_[index].key == key) take_follower(index, symbol, answer);
                    });
}

void Preparation::take_follower(std::size_t index, std::optional<SymbolId> symbol,
                                const VenueAnswer& answer) {
  Follower& follower = followers_[index];
  follower.asking = false;
  const auto rows = read_setups(*follower.account, follower.said, answer);
  if (!rows) {
    const Mono again = clock_.now() + retry_time;
    if (symbol) follower.jobs[*symbol].try_at = again;
    else follower.read_at = again;
    return;
  }
  if (symbol) follower.jobs[*symbol].doubtful = false;
  else follower.read = true;
  for (const auto& row : *rows)
    if (row.symbol) follower.setups[row.symbol->value] = {row.leverage, row.margin};
}

// Empty: there is no answer, which is said when it changes.
std::optional<std::vector<venue::SymbolConfig>> Preparation::read_setups(
    const RosterAccount& account, std::string& said, const VenueAnswer& answer) {
  hold_off(answer);
  std::string failure = answer.ok() ? "" : answer.words();
  if (answer.ok()) {
    auto rows = venue::decode_symbol_configs(answer.body, symbols_);
    if (rows) {
      said.clear();
      return std::move(rows).value();
    }
    failure = rows.error().message();
  }
  if (failure != said)
    log::warning(fmt::format("{}: its leverage and margin types cannot be read: {}; trying again",
                             account.label, failure));
  said = std::move(failure);
  return std::nullopt;
}

// What is as it is to be needs no question.
void Preparation::tell_overview(std::size_t index) {
  Follower& follower = followers_[index];
  --overviews_left_;
  std::vector<std::uint8_t> ready(symbols_.size());
  for (std::size_t i = 0; i < ready.size(); ++i) {
    const SymbolId symbol{static_cast<std::uint16_t>(i)};
    ready[i] = fulfils(follower.setups[i], wish_for(index, symbol).wish) ? 1 : 0;
  }
  follower.overview_due =
      !tell_(follower_id(index),
             exec::SymbolsPrepared{.follower = follower_id(index), .ready = std::move(ready)});
}

void Preparation::make(std::size_t index, SymbolId symbol, const SetupCall& call) {
  Follower& follower = followers_[index];
  follower.asking = true;
  venue::Params params{{"symbol", symbols_[symbol].name}};
  auto path = venue::path::leverage;
  if (const auto* margin = std::get_if<SetMargin>(&call)) {
    path = venue::path::margin_type;
    params.emplace_back("marginType", word_of(margin->margin));
  } else {
    params.emplace_back("leverage", std::to_string(std::get<SetLeverage>(call).leverage));
  }
  venue_.signed_post(path, params, *follower.account->credentials,
                     [this, index, symbol, call, key = follower.key](const VenueAnswer& answer) {
                       if (followers_[index].key == key) take_set(index, symbol, call, answer);
                     });
}

void Preparation::take_set(std::size_t index, SymbolId symbol, const SetupCall& call,
                           const VenueAnswer& answer) {
  Follower& follower = followers_[index];
  follower.asking = false;
  hold_off(answer);
  Job& job = follower.jobs[symbol];
  const auto error = venue::decode_error(answer.body);
  switch (judge_setup(answer.status, error.code, error.message)) {
    case SetupAnswer::set:
      if (const auto* margin = std::get_if<SetMargin>(&call))
        follower.setups[symbol.value].margin = margin->margin;
      else follower.setups[symbol.value].leverage = std::get<SetLeverage>(call).leverage;
      return;
    case SetupAnswer::refused:
      say(index, symbol, job, words_of(call) + " is refused: " + answer.words());
      return finish(index, symbol, job, error.code);
    case SetupAnswer::unknown:
      job.doubtful = true;
      break;
    case SetupAnswer::later:
      break;
  }
  job.try_at = clock_.now() + doubled(later_first, job.failures++, later_max);
}

void Preparation::finish(std::size_t index, SymbolId symbol, Job& job, std::int32_t code) {
  Follower& follower = followers_[index];
  if (std::exchange(job.waits, false)) --follower.waiting;
  job.code = code;
  if (code != 0) {
    job.try_at = clock_.now() + doubled(refused_first, job.failures++, refused_max);
  } else {
    job.failures = 0;
    if (!job.said.empty())
      log::info(fmt::format("{}: {} is set up as it is to be, and opens again",
                            follower.account->label, symbols_[symbol].name));
    job.said.clear();
  }
  job.state = Job::State::untold;
  tell(index, symbol, job);
}

void Preparation::tell(std::size_t index, SymbolId symbol, Job& job) {
  const bool told = tell_(follower_id(index),
                          exec::SymbolPrepared{.follower = follower_id(index),
                                               .symbol = symbol,
                                               .state = job.code == 0 ? exec::Preparedness::ready
                                                                      : exec::Preparedness::refused,
                                               .venue_code = job.code});
  if (told) job.state = Job::State::done;
}

// Tried again and again, said when it changes.
void Preparation::say(std::size_t index, SymbolId symbol, Job& job, const std::string& words) {
  if (words != job.said)
    log::error(
        fmt::format("{}: nothing opens on {}: {}. Set it by hand, close what stands in its "
                    "way, or write \"keep\" in the link",
                    followers_[index].account->label, symbols_[symbol].name, words));
  job.said = words;
}

bool Preparation::take(int weight, Mono now) {
  if (!spent_) spent_ = !venue_.has_room() || !weight_.take(now, weight);
  return !spent_;
}

// Every request that a limited address makes makes it worse.
void Preparation::hold_off(const VenueAnswer& answer) {
  if (answer.status != 429 && answer.status != 418) return;
  held_off_until_ = std::max(
      held_off_until_,
      clock_.now() + (answer.retry_after ? nanoseconds(*answer.retry_after) : banned_time));
}

}  // namespace copyd::engine
