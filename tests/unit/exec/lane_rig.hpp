// A lane on a bench: virtual time, an in-memory venue and disk, and the copy agent's ends of its
// channels. In every test that uses it, no order arrives whose intent is not in the journal.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "exec/order_lane.hpp"
#include "fake_venue.hpp"
#include "journal/journal.hpp"
#include "journal/reader.hpp"
#include "support/memory_disk.hpp"
#include "venue/client_order_id.hpp"

namespace copyd {

// The tests' key to approved orders.
struct TestApproval {
  static Order order(const OrderTerms& terms) { return Order(Order::Approval{}, terms); }
};

namespace exec::test {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline Qty qty(const char* text) {
  return *Qty::parse(text);
}

inline venue::Credentials hmac_key(int follower) {
  return {.api_key = Secret::copy_of(FakeVenue::key_of(follower)),
          .signer = *venue::Signer::hmac(Secret::copy_of("not so secret"))};
}

inline venue::Credentials ed25519_key(int follower) {
  // A published test key.
  constexpr const char* pem =
      "-----BEGIN PRIVATE KEY-----\n"
      "MC4CAQAwBQYDK2VwBCIEIPQmzwVKJETqVd7L9E/DFbkvrOigy1tLL+9QF0mSn6dV\n"
      "-----END PRIVATE KEY-----\n";
  return {.api_key = Secret::copy_of(FakeVenue::key_of(follower)),
          .signer = *venue::Signer::private_key(Secret::copy_of(pem))};
}

class LaneRig {
 public:
  static constexpr std::size_t followers = 4;
  static constexpr int batch = 3;

  // `journal`: in place of the rig's own. `prepares`: what lanes want to be prepared goes to
  // `wanted`.
  explicit LaneRig(OrderLimits order_limits = {}, std::vector<int> own_limits = {},
                   journal::Writer* journal = nullptr, bool prepares = false,
                   std::size_t links_per_pass = 0)
      : venue(clock),
        cells(followers),
        books(followers),
        increases_per_10s(std::move(own_limits)),
        orders(limits::orders_per_lane_max),
        journal_(disk, clock, notices_, {.segment_records = segment_records, .sync_every = {}}),
        writer(journal != nullptr ? journal : journal_.open("lane0", {}, 0).value()),
        books_writer(journal_.open("copy", {}, 0).value()) {
    venue.on_order = [this](const std::string& id) {
      EXPECT_TRUE(is_intended(id) || writer->failed()) << "sent without a written intent: " << id;
    };
    btc = *symbols.add({.name = "BTCUSDT", .filters = SymbolFilters{}});
    eth = *symbols.add({.name = "ETHUSDT", .filters = SymbolFilters{}});
    const LaneWiring wiring{.transport = venue,
                            .clock = clock,
                            .symbols = symbols,
                            .endpoints = {.rest = "https://rest.test",
                                          .sapi = "",
                                          .ws_api = "wss://ws.test/ws-fapi/v1",
                                          .streams = "wss://streams.test"},
                            .orders = orders,
                            .reports = reports_,
                            .commands = commands,
                            .notices = notices_,
                            .followers = cells,
                            .cells = lane_cells,
                            .stages = stages,
                            .books = books,
                            .kill = &kill,
                            .increases_per_10s = increases_per_10s,
                            .journal = writer,
                            .books_journal = books_writer,
                            .order_limits = order_limits,
                            .holds = &holds,
                            .batch = batch,
                            .links_per_pass = links_per_pass,
                            .seed = 7,
                            .prepare = prepares ? &wanted : nullptr,
                            .name = "lane-0"};
    lane = std::make_unique<OrderLane>(wiring);
    tell_time();
  }

  // What the lane has written so far.
  std::vector<journal::Record> records() {
    auto reader = journal::Reader::open(disk, "lane0").value();
    std::vector<journal::Record> found;
    while (const auto record = reader.next()) found.push_back(*record);
    return found;
  }
  template <class P>
  std::vector<P> kept() {
    std::vector<P> found;
    for (const auto& record : records())
      if (record.type == static_cast<std::uint16_t>(P::type)) found.push_back(record.as<P>());
    return found;
  }
  std::vector<journal::Type> kinds() {
    std::vector<journal::Type> found;
    for (const auto& record : records()) found.push_back(static_cast<journal::Type>(record.type));
    return found;
  }

  void tell_time() {
    commands.try_push(LaneCommand{TimeSample{clock.now(), VenueTime{venue.now_ms()}}});
  }
  void add(int follower, venue::Credentials key, bool shares = false) {
    commands.try_push(LaneCommand{
        AddFollower{.follower = id(follower), .credentials = std::move(key), .shares = shares}});
  }
  // One follower, one-way mode, ready.
  void ready(int follower = 0) {
    add(follower, hmac_key(follower));
    run(milliseconds(5));
    reports.clear();
    notices.clear();
  }
  static FollowerId id(int follower) { return FollowerId{static_cast<std::uint16_t>(follower)}; }

  void run(std::chrono::nanoseconds time) {
    const Mono end = clock.now() + time;
    step();
    while (clock.now() < end) {
      clock.advance(milliseconds(1));
      step();
    }
  }
  // Hours and days, with a look every ten seconds.
  void pass(std::chrono::nanoseconds time) {
    const Mono end = clock.now() + time;
    while (clock.now() < end) {
      step();
      clock.advance(std::min<std::chrono::nanoseconds>(seconds(10), end - clock.now()));
    }
    step();
  }
  // Until nothing moves any more, without time passing.
  void step() {
    const auto work = [this] { return lane->do_work() + (syncs ? journal_.do_work() : 0); };
    for (int i = 0; i < 100 && work() != 0; ++i) {}
    Report report;
    while (reports_.try_pop(report)) reports.push_back(report);
    Notice notice;
    while (notices_.try_pop(notice)) notices.emplace_back(notice.message());
  }

  OrderTerms terms(OrderKind kind, Side side, const char* quantity, int follower = 0) {
    OrderTerms t;
    CopyIdParts parts;
    parts.follower = ++made_;
    t.copy_id = make_copy_id(parts);
    t.ref = {static_cast<std::uint32_t>(made_), 1};
    t.qty = qty(quantity);
    t.received = clock.now();
    t.expires = clock.now() + seconds(2);
    t.follower = id(follower);
    t.symbol = btc;
    t.side = side;
    t.kind = kind;
    t.reduce_only = kind == OrderKind::reduce;
    return t;
  }
  OrderTerms push(const OrderTerms& t) {
    EXPECT_TRUE(orders.try_push(TestApproval::order(t)));
    step();
    return t;
  }
  OrderTerms buy(const char* quantity, int follower = 0) {
    return push(terms(OrderKind::increase, Side::buy, quantity, follower));
  }
  OrderTerms close(const char* quantity, int follower = 0) {
    return push(terms(OrderKind::reduce, Side::sell, quantity, follower));
  }
  // Opens a position, as the venue and the lane see it.
  void hold(const char* quantity, int follower = 0) {
    buy(quantity, follower);
    fill_last(quantity);
    venue.accounts[follower].positions[{"BTCUSDT", "BOTH"}] = {quantity, venue.now_ms()};
    reports.clear();
  }
  void fill_last(const char* quantity) {
    venue.answer(venue.placed.size() - 1, "FILLED", quantity);
    step();
  }

  template <class T>
  std::vector<T> all() const {
    std::vector<T> found;
    for (const auto& report : reports)
      if (const auto* one = std::get_if<T>(&report)) found.push_back(*one);
    return found;
  }
  // The only result so far.
  OrderDone done() const {
    const auto found = all<OrderDone>();
    EXPECT_EQ(found.size(), 1U);
    return found.empty() ? OrderDone{} : found.front();
  }
  std::size_t results() const { return all<OrderDone>().size(); }
  bool noticed(std::string_view words) const {
    for (const auto& text : notices)
      if (text.find(words) != std::string::npos) return true;
    return false;
  }
  int notices_with(std::string_view words) const {
    int found = 0;
    for (const auto& text : notices) found += text.find(words) != std::string::npos ? 1 : 0;
    return found;
  }
  LinkState link(int follower = 0) const {
    return static_cast<LinkState>(cells[static_cast<std::size_t>(follower)].link.get());
  }

  ManualClock clock;
  copyd::test::MemoryDisk disk;
  FakeVenue venue;
  SymbolTable symbols;
  SymbolId btc, eth;
  std::vector<FollowerLinkCells> cells;
  std::vector<FollowerCells> books;  // the copy agent's word on each follower's state
  Cell kill;                         // of the kill file
  std::vector<int> increases_per_10s;
  LaneCells lane_cells;
  venue::AddressHolds holds;
  StageTimes stages;
  Channel<Order> orders;
  Channel<LaneCommand> commands{limits::commands_max};
  Channel<PrepareSymbol> wanted{16};
  std::unique_ptr<OrderLane> lane;
  std::vector<Report> reports;
  std::vector<std::string> notices;
  bool syncs = true;  // what is written gets to the disk

 private:
  static constexpr std::uint64_t segment_records = 2048;

  // Mostly the last record is it.
  bool is_intended(const std::string& client_order_id) {
    const auto is = [&](const journal::Record& record) {
      if (record.type != static_cast<std::uint16_t>(journal::Type::intent)) return false;
      const auto intent = record.as<journal::Intent>();
      return venue::client_order_id(intent.copy_id, intent.attempt).view() == client_order_id;
    };
    journal::Record last;
    const auto bytes = std::as_writable_bytes(std::span(&last, 1));
    const auto from = writer->appended() * journal::record_size;
    if (disk.read_at("lane0-00000001.seg", from, bytes).has_value() && is(last)) return true;
    const auto all = records();
    return std::any_of(all.begin(), all.end(), is);
  }

  Channel<Report> reports_{limits::reports_per_lane_max};
  Channel<Notice> notices_{limits::notices_max};
  std::uint64_t made_ = 0;
  journal::Journal journal_;

 public:
  journal::Writer* writer;
  journal::Writer* books_writer;  // the copy agent's
};

}  // namespace exec::test
}  // namespace copyd
