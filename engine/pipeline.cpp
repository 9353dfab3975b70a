#include "engine/pipeline.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "core/assert.hpp"
#include "core/limits.hpp"
#include "engine/rehearsal.hpp"
#include "net/tls_transport.hpp"

namespace copyd::engine {

Pipeline::Lane::Lane()
    : orders(limits::orders_per_lane_max),
      reports(limits::reports_per_lane_max),
      // At start each follower's key and its legs are told before anybody listens.
      commands(8 * limits::followers_max + limits::commands_max),
      notices(limits::notices_max),
      news(limits::account_news_max),
      wanted(limits::commands_max) {}

Pipeline::Pipeline(const Parts& parts)
    : clock_(parts.clock),
      plan_(parts.plan),
      events_(limits::leader_events_max),
      feed_commands_(limits::commands_max),
      // `resume --all` is seven commands for each follower, at once.
      copy_commands_(8 * limits::followers_max + limits::commands_max),
      book_answers_(limits::commands_max),
      feed_notices_(limits::notices_max),
      feed_news_(limits::account_news_max),
      copy_notices_(limits::notices_max),
      // A reload may bring more of them.
      leader_cells_(limits::leaders_max),
      follower_cells_(limits::followers_max),
      link_cells_(limits::followers_max),
      feed_transport_(net::make_tls_transport(parts.tls, parts.clock)) {
  const auto seed = static_cast<std::uint64_t>(parts.start_ns);
  address_holds_.weight.set_limit(
      parts.weight_per_minute,
      static_cast<int>(parts.config.followers.size() + parts.config.leaders.size()));
  for (const auto& follower : parts.config.followers)
    increases_per_10s_.push_back(follower.limits.max_orders_per_10s.value_or(0));
  increases_per_10s_.resize(limits::followers_max);
  feed_ = std::make_unique<feed::LeaderFeed>(feed::Wiring{.transport = *feed_transport_,
                                                          .clock = parts.clock,
                                                          .symbols = parts.symbols,
                                                          .endpoints = parts.endpoints,
                                                          .events = events_,
                                                          .commands = feed_commands_,
                                                          .notices = feed_notices_,
                                                          .cells = leader_cells_,
                                                          .stages = feed_stages_,
                                                          .weight = &address_holds_.weight,
                                                          .seed = seed,
                                                          .news = &feed_news_});
  for (std::size_t i = 0; i < plan_.lanes.size(); ++i) {
    auto& lane = *lanes_.emplace_back(std::make_unique<Lane>());
    lane.transport = net::make_tls_transport(parts.tls, parts.clock);
    lane.agent = std::make_unique<exec::OrderLane>(exec::LaneWiring{
        .transport = *lane.transport,
        .clock = parts.clock,
        .symbols = parts.symbols,
        .endpoints = parts.endpoints,
        .orders = lane.orders,
        .reports = lane.reports,
        .commands = lane.commands,
        .notices = lane.notices,
        .followers = link_cells_,
        .cells = lane.cells,
        .stages = lane.stages,
        .books = follower_cells_,
        .kill = parts.kill,
        .increases_per_10s = increases_per_10s_,
        .journal = i < parts.lane_journals.size() ? parts.lane_journals[i] : nullptr,
        .books_journal = parts.copy_journal,
        .order_limits = parts.order_limits,
        .holds = &address_holds_,
        .batch = parts.config.engine.batch,
        // A lane that naps between its passes would get round too late.
        .links_per_pass = plan_.idle == Idle::spin ? limits::links_per_pass : 0,
        .seed = seed + i + 1,
        .prepare = &lane.wanted,
        .news = &lane.news});
    copier_lanes_.push_back({.orders = lane.orders, .reports = lane.reports});
  }
  for (std::size_t i = 0; i < parts.config.followers.size(); ++i)
    copier_followers_.push_back({.config = parts.config.followers[i],
                                 .lane = lane_of(FollowerId{static_cast<std::uint16_t>(i)})});
  copier_ = std::make_unique<risk::Copier>(risk::CopierSetup{.leaders = parts.config.leaders,
                                                             .followers = copier_followers_,
                                                             .lanes = copier_lanes_,
                                                             .symbols = parts.symbols,
                                                             .clock = parts.clock,
                                                             .leader_events = events_,
                                                             .commands = copy_commands_,
                                                             .answers = book_answers_,
                                                             .notices = copy_notices_,
                                                             .cells = follower_cells_,
                                                             .stages = copy_stages_,
                                                             .followers_per_pass =
                                                                 plan_.dedicated
                                                                     ? 0
                                                                     : limits::decided_per_pass,
                                                             .settle_start = parts.start_ns,
                                                             .journal = parts.copy_journal,
                                                             .doubt_until = parts.doubt_until,
                                                             .generation = parts.generation,
                                                             .reloads = &reloads_});
}

Pipeline::~Pipeline() {
  stop();
}

void Pipeline::restore(std::span<const journal::Record> rows) {
  for (const auto& row : rows) copier_->restore(row);
  copier_->restored();
}

void Pipeline::start() {
  std::vector<Agent*> agents{feed_.get(), copier_.get()};
  for (auto& lane : lanes_) agents.push_back(lane->agent.get());
  const auto run = [&](std::string name, std::vector<Agent*> its, std::optional<int> cpu,
                       Rehearsal::Parts parts) {
    auto rehearsal = plan_.idle == Idle::spin ? Rehearsal::create(clock_, parts) : nullptr;
    threads_.push_back(std::make_unique<AgentThread>(std::move(name), std::move(its), plan_.idle,
                                                     cpu, std::move(rehearsal)));
  };
  if (!plan_.dedicated)
    return run("copyd-all", agents, plan_.copy, {.feed = true, .copy = true, .lane = true});
  run("copyd-feed", {feed_.get()}, plan_.feed, {.feed = true});
  run("copyd-copy", {copier_.get()}, plan_.copy, {.copy = true});
  for (std::size_t i = 0; i < lanes_.size(); ++i)
    run(fmt::format("copyd-lane-{}", i), {lanes_[i]->agent.get()}, plan_.lanes[i], {.lane = true});
}

bool Pipeline::drain() {
  switch (drain_) {
    case Drain::no:
      tell_feed(feed::StopFeed{});
      drain_ = Drain::feed;
      return false;
    case Drain::feed:
      if (!feed_->stopped() || events_.size() != 0) return false;
      // Commands are taken between two fills: the answer to this question comes after the last
      // event was decided.
      tell_copier(QueryBook{.query = drain_query});
      drain_ = Drain::copier;
      return false;
    case Drain::copier:
      if (!copier_caught_up_) return false;
      for (auto& lane : lanes_) ASSERT(lane->commands.try_push(exec::DrainLane{}));
      drain_ = Drain::lanes;
      return false;
    case Drain::lanes:
      return std::all_of(lanes_.begin(), lanes_.end(), [](const auto& lane) {
        return lane->agent->drained() && lane->reports.size() == 0;
      });
  }
  return true;
}

void Pipeline::stop() {
  for (auto& thread : threads_) thread->stop();
  threads_.clear();
}

void Pipeline::tell_feed(feed::FeedCommand command) {
  ASSERT(feed_commands_.try_push(std::move(command)));
}

void Pipeline::tell_copier(const CopyCommand& command) {
  ASSERT(copy_commands_.try_push(command));
}

void Pipeline::reload(risk::ReloadPtr reload) {
  copier_->prepare(*reload);
  ASSERT(reloads_.to_copier.try_push(std::move(reload)));
}

void Pipeline::tell_lane(FollowerId follower, exec::LaneCommand command) {
  ASSERT(lanes_[lane_of(follower)]->commands.try_push(std::move(command)));
}

bool Pipeline::offer_lane(FollowerId follower, exec::LaneCommand command) {
  auto& commands = lanes_[lane_of(follower)]->commands;
  return commands.size() < commands.capacity() / 2 && commands.try_push(std::move(command));
}

void Pipeline::tell_lanes(exec::TrustPositions command) {
  for (auto& lane : lanes_) ASSERT(lane->commands.try_push(command));
}

void Pipeline::tell_time(TimeSample sample) {
  tell_feed(sample);
  tell_copier(sample);
  for (auto& lane : lanes_) ASSERT(lane->commands.try_push(sample));
}

bool Pipeline::next_notice(Notice& out) {
  if (feed_notices_.try_pop(out) || copy_notices_.try_pop(out)) return true;
  return std::any_of(lanes_.begin(), lanes_.end(),
                     [&](auto& lane) { return lane->notices.try_pop(out); });
}

bool Pipeline::next_news(venue::AccountNews& out) {
  if (feed_news_.try_pop(out)) return true;
  return std::any_of(lanes_.begin(), lanes_.end(),
                     [&](auto& lane) { return lane->news.try_pop(out); });
}

std::uint64_t Pipeline::news_lost() const noexcept {
  std::uint64_t lost = feed_news_.full_count();
  for (const auto& lane : lanes_) lost += lane->news.full_count();
  return lost;
}

bool Pipeline::next_book_answer(BookAnswer& out) {
  while (book_answers_.try_pop(out)) {
    const auto query = std::visit([](const auto& part) { return part.query; }, out);
    if (query != drain_query) return true;
    if (std::holds_alternative<BookEnd>(out)) copier_caught_up_ = true;
  }
  return false;
}

bool Pipeline::next_wanted(exec::PrepareSymbol& out) {
  return std::any_of(lanes_.begin(), lanes_.end(),
                     [&](auto& lane) { return lane->wanted.try_pop(out); });
}

void Pipeline::passes(std::vector<ThreadPasses>& into) const {
  for (const auto& thread : threads_)
    into.push_back({.name = thread->name(), .passes = thread->passes(), .on_path = true});
}

void Pipeline::merge_latency(StageTimes& into) const noexcept {
  for (std::size_t i = 0; i < stage_count; ++i) {
    into.of[i].merge(feed_stages_.of[i]);
    into.of[i].merge(copy_stages_.of[i]);
    for (const auto& lane : lanes_) into.of[i].merge(lane->stages.of[i]);
  }
}

}  // namespace copyd::engine
