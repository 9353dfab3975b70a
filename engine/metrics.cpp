#include "engine/metrics.hpp"

#include <algorithm>
#include <array>

#include "engine/version.hpp"

namespace copyd::engine {
namespace {

using ops::MetricsPage;

constexpr std::int64_t ns_per_second = 1'000'000'000;

std::string text(std::string_view view) {
  return std::string(view);
}

// A number of each follower: shown one by one, or as their sum.
struct FollowerNumber {
  bool counter;
  const char* name;
  const char* help;
  std::int64_t (*of)(const FollowerCells& book, const exec::FollowerLinkCells& link);
  std::int64_t per = 1;  // of the unit that is shown
};
constexpr std::array<FollowerNumber, 15> follower_numbers{{
    {true, "copyd_orders_total", "Orders decided and handed to a lane.",
     [](const FollowerCells& book, const exec::FollowerLinkCells&) { return book.orders.get(); }},
    {false, "copyd_orders_in_flight", "Orders decided and not finished.",
     [](const FollowerCells& book, const exec::FollowerLinkCells&) {
       return book.in_flight.get();
     }},
    {false, "copyd_orders_waiting", "Of the orders in flight, those that have not left.",
     [](const FollowerCells&, const exec::FollowerLinkCells& link) { return link.waiting.get(); }},
    {false, "copyd_unknown_orders", "Orders whose fate is being asked for at the venue.",
     [](const FollowerCells&, const exec::FollowerLinkCells& link) { return link.unknown.get(); }},
    {false, "copyd_quarantined_symbols", "Symbols on which a follower opens nothing.",
     [](const FollowerCells& book, const exec::FollowerLinkCells&) {
       return book.quarantined.get();
     }},
    {false, "copyd_drifting_legs", "Legs on which the venue holds more than copyd does.",
     [](const FollowerCells&, const exec::FollowerLinkCells& link) { return link.drift.get(); }},
    {false, "copyd_flattening_followers", "Followers that are being flattened.",
     [](const FollowerCells& book, const exec::FollowerLinkCells&) {
       return std::int64_t{book.flattening.get() != 0};
     }},
    {true, "copyd_follower_reconnects_total", "Connections of followers that were lost.",
     [](const FollowerCells&, const exec::FollowerLinkCells& link) {
       return link.reconnects.get();
     }},
    {true, "copyd_follower_transfers_total", "Times that money was moved in or out.",
     [](const FollowerCells&, const exec::FollowerLinkCells& link) {
       return link.transfers.get();
     }},
    {true, "copyd_follower_sends_total", "Orders that a fill caused and that left.",
     [](const FollowerCells&, const exec::FollowerLinkCells& link) { return link.left.get(); }},
    {true, "copyd_follower_event_to_send_seconds_total",
     "Of those, from the leader's event in our hands to the order on the wire, in all.",
     [](const FollowerCells&, const exec::FollowerLinkCells& link) { return link.left_ns.get(); },
     ns_per_second},
    {true, "copyd_timed_copies_total", "Copies with a time of execution at the venue.",
     [](const FollowerCells& book, const exec::FollowerLinkCells&) { return book.timed.get(); }},
    {true, "copyd_copy_delay_seconds_total",
     "Of those, how much later than the leader's, by the venue's clock, in all.",
     [](const FollowerCells& book, const exec::FollowerLinkCells&) { return book.delay_ms.get(); },
     1000},
    {true, "copyd_priced_copies_total", "Copies with a price.",
     [](const FollowerCells& book, const exec::FollowerLinkCells&) { return book.priced.get(); }},
    {false, "copyd_copy_price_worse_bps",
     "Of those, how much worse than the leader's price, in basis points, in all; better is less.",
     [](const FollowerCells& book, const exec::FollowerLinkCells&) { return book.worse.get(); },
     100},
}};

// A number of each leader.
struct LeaderNumber {
  const char* name;
  const char* help;
  Cell feed::LeaderCells::*cell;
};
constexpr std::array<LeaderNumber, 11> leader_numbers{{
    {"copyd_leader_fills_total", "Fills handed over.", &feed::LeaderCells::fills},
    {"copyd_leader_back_filled_fills_total", "Of the fills, those asked for after a gap.",
     &feed::LeaderCells::back_filled},
    {"copyd_leader_duplicate_fills_total", "Fills that were seen before.",
     &feed::LeaderCells::duplicates},
    {"copyd_leader_lite_fills_total", "Fills that TRADE_LITE told first.",
     &feed::LeaderCells::lite_fills},
    {"copyd_leader_contained_fills_total", "Fills that a position handed over held already.",
     &feed::LeaderCells::contained},
    {"copyd_leader_malformed_frames_total", "Frames that did not say what they must.",
     &feed::LeaderCells::malformed},
    {"copyd_leader_unknown_events_total", "Events whose name copyd does not know.",
     &feed::LeaderCells::unknown_events},
    {"copyd_leader_unknown_symbol_fills_total", "Fills on symbols that the venue does not list.",
     &feed::LeaderCells::unknown_symbols},
    {"copyd_leader_reconnects_total", "Times that a live stream was lost.",
     &feed::LeaderCells::reconnects},
    {"copyd_leader_renewals_total", "Times that a stream was replaced ahead of its end.",
     &feed::LeaderCells::renewals},
    {"copyd_leader_connections_lost_total",
     "Times that one of two connections was lost and the other went on.",
     &feed::LeaderCells::connections_lost},
}};

struct LaneNumber {
  const char* name;
  const char* help;
  Cell exec::LaneCells::*cell;
};
constexpr std::array<LaneNumber, 12> lane_numbers{{
    {"copyd_lane_orders_taken_total", "Orders taken from the queue.", &exec::LaneCells::taken},
    {"copyd_lane_orders_sent_total", "Orders that left.", &exec::LaneCells::sent},
    {"copyd_lane_orders_sent_by_rest_total", "Of the orders that left, those over REST.",
     &exec::LaneCells::sent_by_rest},
    {"copyd_lane_orders_joined_total", "Of the orders that left, those for several that waited.",
     &exec::LaneCells::joined},
    {"copyd_lane_orders_acknowledged_total", "Answers that belonged to an order in flight.",
     &exec::LaneCells::acknowledged},
    {"copyd_lane_late_answers_total", "Answers and events about orders that were finished.",
     &exec::LaneCells::late},
    {"copyd_lane_foreign_fills_total", "Fills on followers that are not copyd's.",
     &exec::LaneCells::foreign},
    {"copyd_lane_malformed_frames_total", "Frames that did not say what they must.",
     &exec::LaneCells::malformed},
    {"copyd_lane_stray_frames_total", "Frames of a shared user stream that were nobody's.",
     &exec::LaneCells::strays},
    {"copyd_lane_unknown_orders_found_total", "Unknown orders that the venue has shown.",
     &exec::LaneCells::found},
    {"copyd_lane_unknown_orders_absent_total", "Unknown orders proven never to have arrived.",
     &exec::LaneCells::absent},
    {"copyd_lane_notices_lost_total", "Log lines that the supervisor had no room for.",
     &exec::LaneCells::notices_lost},
}};

// The followers' numbers, by label or as one sum.
class Followers {
 public:
  Followers(MetricsPage& page, const StatusParts& parts)
      : page_(page), parts_(parts), config_(parts.config), pipeline_(*parts.pipeline) {}

  void write() {
    for (const auto& number : follower_numbers) {
      begin(number);
      each_or_sum(
          {},
          [&](const FollowerCells& book, const exec::FollowerLinkCells& link) {
            return number.of(book, link);
          },
          true, number.per);
    }
    write_outcomes();
    write_skips();
    write_states();
  }

 private:
  void begin(const FollowerNumber& number) {
    if (number.counter) page_.counters(number.name, number.help);
    else page_.gauges(number.name, number.help);
  }

  template <class Of>
  void each_or_sum(const MetricsPage::Labels& labels, Of of, bool zeros = true,
                   std::int64_t per = 1) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < config_.followers.size(); ++i) {
      if (!is_shown(parts_, i)) continue;
      const FollowerId id{static_cast<std::uint16_t>(i)};
      const std::int64_t value = of(pipeline_.follower(id), pipeline_.link(id));
      sum += value;
      if (!config_.metrics.per_follower || (value == 0 && !zeros)) continue;
      MetricsPage::Labels all = labels;
      all.emplace_back("follower", config_.followers[i].label);
      page_.sample(std::move(all), value, per);
    }
    if (!config_.metrics.per_follower) page_.sample(labels, sum, per);
  }

  // What is unknown is resolved one day: it alone may shrink, and is no counter.
  void write_outcomes() {
    page_.counters("copyd_fills_total", "Leader fill × follower, by how it ended.");
    for (std::size_t i = 0; i < outcome_count; ++i) {
      if (static_cast<Outcome>(i) == Outcome::unknown) continue;
      each_or_sum({{"outcome", text(name_of(static_cast<Outcome>(i)))}},
                  [i](const FollowerCells& book, const exec::FollowerLinkCells&) {
                    return book.outcomes[i].get();
                  });
    }
    page_.gauges("copyd_unknown_fills", "Leader fill × follower with an order that is unknown.");
    each_or_sum({}, [](const FollowerCells& book, const exec::FollowerLinkCells&) {
      return book.outcomes[static_cast<std::size_t>(Outcome::unknown)].get();
    });
  }

  void write_skips() {
    page_.counters("copyd_skipped_fills_total",
                   "Leader fill × follower that was skipped, by its first reason.");
    for (std::size_t i = 0; i < reject_count; ++i)
      each_or_sum(
          {{"reason", text(name_of(static_cast<Reject>(i)))}},
          [i](const FollowerCells& book, const exec::FollowerLinkCells&) {
            return book.skipped[i].get();
          },
          !config_.metrics.per_follower);
  }

  void write_states() {
    page_.gauges("copyd_followers", "Followers by the state in force.");
    for (const auto state :
         {FollowerState::active, FollowerState::reduce_only, FollowerState::halted})
      each_or_sum({{"state", text(name_of(state))}},
                  [state](const FollowerCells& book, const exec::FollowerLinkCells&) {
                    return std::int64_t{static_cast<FollowerState>(book.state.get()) == state};
                  });
    page_.gauges("copyd_followers_restricted", "Followers by cause; one may have several.");
    for (std::size_t cause = 0; cause < state_cause_count; ++cause)
      each_or_sum(
          {{"cause", text(name_of(static_cast<StateCause>(cause)))}},
          [cause](const FollowerCells& book, const exec::FollowerLinkCells&) {
            return book.causes.get() >> cause & 1;
          },
          !config_.metrics.per_follower);
    page_.gauges("copyd_follower_links", "Followers by how far their connections have come.");
    for (std::size_t state = 0; state < exec::link_state_count; ++state)
      each_or_sum({{"link", text(exec::name_of(static_cast<exec::LinkState>(state)))}},
                  [state](const FollowerCells&, const exec::FollowerLinkCells& link) {
                    return std::int64_t{static_cast<std::size_t>(link.link.get()) == state};
                  });
  }

  MetricsPage& page_;
  const StatusParts& parts_;
  const config::Config& config_;
  const Pipeline& pipeline_;
};

MetricsPage::Labels with_connection(MetricsPage::Labels labels, std::size_t index) {
  labels.emplace_back("connection", std::to_string(index + 1));
  return labels;
}

void write_leaders(MetricsPage& page, const StatusParts& parts) {
  const auto each = [&](auto write) {
    for (std::size_t i = 0; i < parts.config.leaders.size(); ++i) {
      const LeaderId id{static_cast<std::uint16_t>(i)};
      if (!is_shown(parts, id)) continue;
      write(MetricsPage::Labels{{"leader", parts.config.leaders[i].label}},
            parts.pipeline->leader(id));
    }
  };
  page.gauges("copyd_leader_live", "1 while the leader's fills flow.");
  each([&](MetricsPage::Labels labels, const feed::LeaderCells& cells) {
    const auto state = static_cast<feed::SessionState>(cells.state.get());
    page.sample(std::move(labels), state == feed::SessionState::live ? 1 : 0);
  });
  for (const auto& number : leader_numbers) {
    page.counters(number.name, number.help);
    each([&](MetricsPage::Labels labels, const feed::LeaderCells& cells) {
      page.sample(std::move(labels), (cells.*number.cell).get());
    });
  }
  page.gauges("copyd_leader_connections", "That the leader's fills flow by now; two race.");
  each([&](MetricsPage::Labels labels, const feed::LeaderCells& cells) {
    page.sample(std::move(labels), cells.connections.get());
  });
  page.counters("copyd_leader_said_first_total",
                "Fills that this one of two connections said before the other.");
  each([&](const MetricsPage::Labels& labels, const feed::LeaderCells& cells) {
    for (std::size_t i = 0; i < cells.said_first.size(); ++i)
      page.sample(with_connection(labels, i), cells.said_first[i].get());
  });
  page.histograms("copyd_leader_said_first_lead_seconds",
                  "By how much this one of two connections was ahead of the other.");
  each([&](const MetricsPage::Labels& labels, const feed::LeaderCells& cells) {
    for (std::size_t i = 0; i < cells.said_first_lead.size(); ++i)
      page.sample(with_connection(labels, i), cells.said_first_lead[i]);
  });
  page.histograms("copyd_leader_lite_lead_seconds",
                  "By how much TRADE_LITE was ahead of the whole event.");
  each([&](MetricsPage::Labels labels, const feed::LeaderCells& cells) {
    page.sample(std::move(labels), cells.lite_lead);
  });
  page.gauges("copyd_leader_last_fill_age_seconds", "Since the last fill was handed over.");
  each([&](MetricsPage::Labels labels, const feed::LeaderCells& cells) {
    const Mono last{cells.last_fill_ns.get()};
    if (last.ns != 0) page.sample(std::move(labels), (parts.now - last).count(), ns_per_second);
  });
}

void write_lanes(MetricsPage& page, const StatusParts& parts) {
  for (const auto& number : lane_numbers) {
    page.counters(number.name, number.help);
    for (std::size_t i = 0; i < parts.pipeline->lanes(); ++i)
      page.sample({{"lane", std::to_string(i)}}, (parts.pipeline->lane(i).*number.cell).get());
  }
  page.gauges("copyd_venue_hold_seconds",
              "For how long the venue has limited or banned this machine's address.");
  const auto& holds = parts.pipeline->address_holds();
  const auto hold = [&](const char* way, const venue::AddressHold& of) {
    const bool holds_now = of.holds(parts.now);
    page.sample({{"way", way}}, holds_now ? (of.until() - parts.now).count() : 0, ns_per_second);
  };
  hold("rest", holds.rest);
  hold("socket", holds.sockets);
}

// The whole way has a name of its own, and so has the venue's part.
void write_latency(MetricsPage& page, const Pipeline& pipeline) {
  // 130 KiB: too large for a comfortable stack.
  const auto stages = std::make_unique<StageTimes>();
  pipeline.merge_latency(*stages);
  page.histograms("copyd_leader_event_to_send_seconds",
                  "From the leader's event in our hands to the order on the wire.");
  page.sample({}, (*stages)[Stage::fill_to_wire]);
  page.histograms("copyd_order_ack_seconds", "From the order on the wire to the venue's answer.");
  page.sample({}, (*stages)[Stage::acknowledged]);
  page.histograms("copyd_stage_seconds", "Each stage of a copy, since the stage before it.");
  for (const auto stage : {Stage::feed, Stage::decode, Stage::decide, Stage::lane, Stage::sign,
                           Stage::write, Stage::filled})
    page.sample({{"stage", text(name_of(stage))}}, (*stages)[stage]);
}

void write_process(MetricsPage& page, const MetricsParts& parts) {
  page.gauges("copyd_build_info", "1, with the version as its label.");
  page.sample({{"version", version}}, 1);
  page.gauges("copyd_ready", "1 while every leader is live.");
  page.sample({}, is_ready(parts.status) ? 1 : 0);
  page.gauges("copyd_start_time_seconds", "When the daemon was started, since 1970.");
  page.sample({}, parts.wall_ns - (parts.status.now - parts.status.started).count(), ns_per_second);
  page.counters("copyd_thread_passes_total", "Rounds that a thread has made through its agents.");
  for (const auto& thread : parts.threads)
    page.sample({{"thread", thread.name}}, static_cast<std::int64_t>(thread.passes));
  page.gauges("copyd_thread_stalled_seconds", "Since a thread was last seen to make a round.");
  for (const auto& thread : parts.threads)
    page.sample({{"thread", thread.name}}, (parts.status.now - thread.moved).count(),
                ns_per_second);
  page.gauges("copyd_journal_failed", "1 when the journal cannot be written: nothing opens.");
  page.sample({}, parts.journal_failed ? 1 : 0);
  page.gauges("copyd_clock_offset_seconds", "The venue's clock ahead of this machine's.");
  if (parts.venue_ahead_ms) page.sample({}, *parts.venue_ahead_ms, 1000);
}

}  // namespace

ops::MetricsPage metrics_page(const MetricsParts& parts) {
  MetricsPage page;
  write_process(page, parts);
  if (parts.status.pipeline == nullptr) return page;
  write_leaders(page, parts.status);
  Followers(page, parts.status).write();
  write_lanes(page, parts.status);
  write_latency(page, *parts.status.pipeline);
  return page;
}

}  // namespace copyd::engine
