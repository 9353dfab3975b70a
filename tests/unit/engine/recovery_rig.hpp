// A run's journal that is written by hand, as its agents would, and what a start makes of it.
#pragma once

#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "config/load.hpp"
#include "engine/recovery.hpp"
#include "support/memory_disk.hpp"

namespace copyd::engine {

using journal::Record;
using journal::Type;

inline constexpr const char* two_followers = R"(
[venue]
name = "binance-usdm"
[[leader]]
label = "alpha"
[[follower]]
label = "bob"
  [[follower.link]]
  leader = "alpha"
  sizing = { mode = "fixed_ratio", ratio = 0.5 }
[[follower]]
label = "carol"
  [[follower.link]]
  leader = "alpha"
  sizing = { mode = "fixed_ratio", ratio = 2 }
)";

inline SymbolFilters filters() {
  return {.tick = *Price::parse("0.1"),
          .step = *Qty::parse("0.001"),
          .min_qty = *Qty::parse("0.001"),
          .max_qty = Qty::whole(100),
          .min_notional = Usd::whole(5)};
}

inline RunNames names(const char* text, const std::vector<std::string>& symbols) {
  RunNames names{.config_text = text, .config = {}, .symbols = {}, .wall_offset_ns = 1'000};
  const auto loaded = config::load(text, "test.toml");
  if (!loaded.config) throw std::runtime_error(loaded.faults.front().message);
  names.config = std::make_shared<const config::Config>(*loaded.config);
  for (const auto& symbol : symbols)
    names.symbols.add({.name = symbol, .filters = filters(), .copyable = true});
  return names;
}

inline const std::vector<std::string> usual_symbols{"BTCUSDT", "ETHUSDT"};

// A run that is written by hand, as its agents would.
struct Rig {
  test::MemoryDisk disk;
  ManualClock clock;
  Channel<Notice> notices{16};
  journal::Journal journal{disk, clock, notices, {.segment_records = 4096}};
  journal::Writer* copy = nullptr;
  journal::Writer* lane = nullptr;

  explicit Rig(const RunNames& of = names(two_followers, usual_symbols)) { begin(of); }
  // One that an earlier run has left with a doubt.
  explicit Rig(VenueTime doubt_until) {
    begin(names(two_followers, usual_symbols), {}, doubt_until);
  }

  void begin(const RunNames& of, journal::Journal::Behind behind = {}, VenueTime doubt = {}) {
    copy = journal.open("copy", behind, 1'000 + clock.now().ns).value();
    lane = journal.open("lane0", behind, 1'000 + clock.now().ns).value();
    const Record books = record(journal::Books{.settle_number = 5'000, .doubt_until_ms = doubt.ms});
    const Record end = record(journal::BooksEnd{});
    ASSERT_TRUE(write_beginning(*copy, of, std::vector{books, end}, clock.now()));
  }
  template <class Payload>
  static Record record(const Payload& payload) {
    Record out{.type = static_cast<std::uint16_t>(Payload::type), .length = sizeof payload};
    std::memcpy(out.payload.data(), &payload, sizeof payload);
    return out;
  }
  template <class Payload>
  void input(const Payload& payload) {
    ASSERT_TRUE(copy->append(payload, clock.now()));
  }
  template <class Payload>
  void at_lane(const Payload& payload) {
    ASSERT_TRUE(lane->append(payload, clock.now()));
  }
  // The machine stopped, and what was not synced may be gone.
  void other_boot() {
    ASSERT_TRUE(journal.sync());
    auto& bytes = disk.bytes(journal::segment_name("copy", 1));
    Record header;
    std::memcpy(&header, bytes.data(), sizeof header);
    auto segment = header.as<journal::Segment>();
    segment.boot[0] ^= 0xFF;
    std::memcpy(header.payload.data(), &segment, sizeof segment);
    header.crc = journal::checksum(header);
    std::memcpy(bytes.data(), &header, sizeof header);
  }
  void synced(std::int64_t until) {
    input(journal::Synced{
        {.leader = LeaderId{0}, .begun = VenueTime{950}, .until = VenueTime{until}}});
  }
  void connect() {
    for (std::uint16_t i = 0; i < 2; ++i)
      input(
          journal::Link{{.follower = FollowerId{i}, .ready = true, .mode = PositionMode::one_way}});
  }
  void fill(std::int64_t trade, Side side, const char* qty) {
    LeaderFill fill;
    fill.trade = TradeId{trade};
    fill.price = Price::whole(50'000);
    fill.qty = fill.order_qty = *Qty::parse(qty);
    fill.time = VenueTime{1'000 + trade};
    fill.received = clock.now();
    fill.side = side;
    input(journal::Fill{.fill = fill, .age_ms = 3});
  }
  Recovered recovered(const RunNames& live = names(two_followers, usual_symbols)) {
    auto found = recover(disk, live);
    EXPECT_TRUE(found) << found.error().message();
    return found ? std::move(found).value() : Recovered();
  }
};

template <class Payload>
std::vector<Payload> rows(const Recovered& found) {
  std::vector<Payload> all;
  for (const Record& row : found.rows)
    if (row.type == static_cast<std::uint16_t>(Payload::type)) all.push_back(row.as<Payload>());
  return all;
}

}  // namespace copyd::engine
