// A Copier with real channels and a clock that stands still, stepped by hand.
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/limits.hpp"
#include "risk/copier.hpp"
#include "tests/unit/risk/book_rig.hpp"

namespace copyd::test {

// Rows as records.
class RowRecords final : public journal::RowSink {
 public:
  void row(journal::Type type, std::span<const std::byte> payload) override {
    journal::Record record{.type = static_cast<std::uint16_t>(type),
                           .length = static_cast<std::uint16_t>(payload.size())};
    std::copy(payload.begin(), payload.end(), record.payload.begin());
    all.push_back(record);
  }
  std::size_t count(journal::Type type) const {
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const journal::Record& record) {
          return record.type == static_cast<std::uint16_t>(type);
        }));
  }
  std::vector<journal::Record> all;
};

inline RowRecords rows_of(const risk::Copier& copier) {
  RowRecords rows;
  copier.save(rows);
  return rows;
}

class CopierRig {
 public:
  struct Options {
    std::size_t followers = 3;
    std::size_t lanes = 2;
    std::size_t lane_capacity = limits::orders_per_lane_max;
    std::size_t answers_capacity = 1024;
    config::Link link = link_to("alpha", config::FixedRatio{Ratio::whole(1)});
    config::FollowerMode state = config::FollowerMode::active;
    config::Limits limits{};
    bool connected = true;
    PositionMode mode = PositionMode::one_way;
    journal::Writer* journal = nullptr;
    std::optional<VenueTime> doubt_until{};
    bool replays = false;
    std::size_t followers_per_pass = 0;
  };
  static constexpr std::size_t room = 2;  // for followers that a reload brings
  explicit CopierRig(const Options& options) : cells(options.followers + room) {
    leaders = {{.label = "alpha"}, {.label = "beta"}};
    answers.emplace(options.answers_capacity);
    for (std::size_t i = 0; i < options.lanes; ++i) {
      orders.push_back(std::make_unique<Channel<Order>>(options.lane_capacity));
      reports.push_back(std::make_unique<Channel<Report>>(limits::reports_per_lane_max));
    }
    for (std::size_t i = 0; i < options.followers; ++i) {
      config::Follower follower;
      follower.label = "follower" + std::to_string(i);
      follower.state = options.state;
      follower.limits = options.limits;
      follower.links = {options.link};
      configs.push_back(std::move(follower));
    }
    std::vector<risk::CopierSetup::Follower> followers;
    for (std::size_t i = 0; i < options.followers; ++i)
      followers.push_back({configs[i], i % options.lanes});
    std::vector<risk::CopierSetup::Lane> lanes;
    for (std::size_t i = 0; i < options.lanes; ++i) lanes.push_back({*orders[i], *reports[i]});
    copier = std::make_unique<risk::Copier>(risk::CopierSetup{.leaders = leaders,
                                                              .followers = followers,
                                                              .lanes = lanes,
                                                              .symbols = symbols,
                                                              .clock = clock,
                                                              .leader_events = events,
                                                              .commands = commands,
                                                              .answers = *answers,
                                                              .notices = notices,
                                                              .cells = cells,
                                                              .stages = stages,
                                                              .followers_per_pass =
                                                                  options.followers_per_pass,
                                                              .settle_start = 5'000,
                                                              .journal = options.journal,
                                                              .doubt_until = options.doubt_until,
                                                              .replays = options.replays,
                                                              .reloads = &reloads});
    command(TimeSample{.at = clock.now(), .venue = VenueTime{1'000'000}});
    if (!options.connected) return;
    for (std::uint16_t i = 0; i < options.followers; ++i) connect(FollowerId{i}, options.mode);
    step();
  }
  CopierRig() : CopierRig(Options{}) {}

  // Returns how many rows were dropped.
  std::size_t restore(const RowRecords& rows) {
    std::size_t dropped = 0;
    for (const auto& row : rows.all) dropped += copier->restore(row) ? 0U : 1U;
    copier->restored();
    return dropped;
  }
  // Passes until there is nothing left to do.
  void step() {
    for (int i = 0; i < 10'000 && copier->do_work() != 0; ++i) {}
  }
  void command(const CopyCommand& command) {
    EXPECT_TRUE(commands.try_push(command));
    step();
  }
  void report(const Report& report, std::size_t lane) {
    EXPECT_TRUE(reports[lane]->try_push(report));
    step();
  }
  void connect(FollowerId follower, PositionMode mode = PositionMode::one_way, bool ready = true) {
    report(FollowerLink{.follower = follower, .ready = ready, .mode = mode},
           follower.value % reports.size());
  }
  LeaderFill fill_of(Side side, Qty qty, Price price = "50000"_price) {
    LeaderFill fill;
    fill.trade = TradeId{++last_trade};
    fill.symbol = btc;
    fill.leader = alpha;
    fill.side = side;
    fill.qty = qty;
    fill.order_qty = qty;
    fill.price = price;
    fill.time = VenueTime{1'000'000};
    fill.received = clock.now();
    return fill;
  }
  void fill(Side side, Qty qty) { hand(fill_of(side, qty)); }
  void hand(const LeaderEvent& event) {
    EXPECT_TRUE(events.try_push(event));
    step();
  }
  // The supervisor's part of a reload: each follower's configuration becomes what `change` makes of
  // it. Until it came back.
  template <class Change>
  void reload(const Change& change) {
    EXPECT_TRUE(reloads.to_copier.try_push(prepared(change)));
    step();
    risk::ReloadPtr back;
    EXPECT_TRUE(reloads.taken.try_pop(back));
  }
  template <class Change>
  risk::ReloadPtr prepared(const Change& change) {
    config::Config running;
    running.leaders = leaders;
    running.followers.assign(configs.begin(), configs.end());
    config::Config next = running;
    for (auto& follower : next.followers) change(follower);
    return prepared_to(running, next);
  }
  // The same, to a configuration that has more of them.
  void reload_to(const std::vector<config::Follower>& followers) {
    config::Config running;
    running.leaders = leaders;
    running.followers.assign(configs.begin(), configs.end());
    config::Config next = running;
    next.followers = followers;
    EXPECT_TRUE(reloads.to_copier.try_push(prepared_to(running, next)));
    step();
    risk::ReloadPtr back;
    EXPECT_TRUE(reloads.taken.try_pop(back));
  }
  risk::ReloadPtr prepared_to(const config::Config& running, const config::Config& next) {
    auto made = std::make_unique<risk::Reload>(risk::reload_of(running, next, symbols));
    made->generation = copier->generation() + 1;
    made->text = "generation " + std::to_string(made->generation);
    copier->prepare(*made);
    configs.assign(next.followers.begin(), next.followers.end());
    return made;
  }

  // Everything a lane has got since the last call.
  std::vector<Order> taken(std::size_t lane) {
    std::vector<Order> all;
    Order order;
    while (orders[lane]->try_pop(order)) all.push_back(order);
    return all;
  }
  std::vector<Order> taken() {
    std::vector<Order> all;
    for (std::size_t lane = 0; lane < orders.size(); ++lane)
      for (const auto& order : taken(lane)) all.push_back(order);
    return all;
  }
  void done(const Order& order, OrderEnd end, Qty filled) {
    report(OrderDone{.ref = order->ref,
                     .follower = order->follower,
                     .end = end,
                     .filled = filled,
                     .average = {},
                     .venue_time = {}},
           order->follower.value % reports.size());
  }
  void executed(const std::vector<Order>& all) {
    for (const auto& order : all) done(order, OrderEnd::executed, order->qty);
  }
  std::vector<std::string> told() {
    std::vector<std::string> all;
    Notice notice;
    while (notices.try_pop(notice)) all.emplace_back(notice.message());
    return all;
  }
  std::int64_t outcome(std::size_t follower, Outcome outcome) const {
    return cells[follower].outcomes[static_cast<std::size_t>(outcome)].get();
  }
  std::int64_t skipped(std::size_t follower, Reject reason) const {
    return cells[follower].skipped[static_cast<std::size_t>(reason)].get();
  }
  risk::FollowerBook::LegRow row(std::uint16_t follower, Leg leg = Leg::both) const {
    const auto& book = copier->book(FollowerId{follower});
    for (std::size_t i = 0; i < book.rows(); ++i)
      if (book.row(i).symbol == btc && book.row(i).leg == leg) return book.row(i);
    return {
        .symbol = btc, .leg = leg, .target = {}, .position = {}, .effective = {}, .in_flight = {}};
  }

  SymbolTable symbols = symbols_for_tests();
  ManualClock clock;
  std::vector<config::Leader> leaders;
  std::deque<config::Follower> configs;
  std::vector<FollowerCells> cells;
  StageTimes stages;
  Channel<LeaderEvent> events{limits::leader_events_max};
  Channel<CopyCommand> commands{limits::commands_max};
  Channel<Notice> notices{limits::notices_max};
  std::optional<Channel<BookAnswer>> answers;
  risk::ReloadChannels reloads;
  std::vector<std::unique_ptr<Channel<Order>>> orders;
  std::vector<std::unique_ptr<Channel<Report>>> reports;
  std::unique_ptr<risk::Copier> copier;
  std::int64_t last_trade = 0;
};

}  // namespace copyd::test
