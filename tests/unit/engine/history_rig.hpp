// A journal that is written by hand, as its agents would, and the history that is made of it.
#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "config/load.hpp"
#include "engine/history_feed.hpp"
#include "engine/recovery.hpp"
#include "engine/run_journal.hpp"
#include "journal/journal.hpp"
#include "support/memory_disk.hpp"

namespace copyd::engine::test {

using journal::Record;

// bob takes a half, carol the double but for no more than 10,000.
inline constexpr const char* history_config = R"(
[venue]
name = "binance-usdm"
[[leader]]
label = "alpha"
[[follower]]
label = "bob"
  [[follower.link]]
  leader = "alpha"
  sizing = { mode = "fixed_ratio", ratio = 0.5 }
  order = { type = "market" }
[[follower]]
label = "carol"
  [follower.limits]
  max_position_notional = 10000
  [[follower.link]]
  leader = "alpha"
  sizing = { mode = "fixed_ratio", ratio = 2 }
  order = { type = "market" }
)";

inline RunNames history_names() {
  RunNames names{.config_text = history_config, .config = {}, .symbols = {}, .wall_offset_ns = 0};
  const auto loaded = config::load(history_config, "test.toml");
  EXPECT_TRUE(loaded.config);
  names.config = std::make_shared<const config::Config>(*loaded.config);
  for (const char* symbol : {"BTCUSDT", "ETHUSDT"})
    names.symbols.add({.name = symbol,
                       .filters = SymbolFilters{.tick = *Price::parse("0.1"),
                                                .step = *Qty::parse("0.001"),
                                                .min_qty = *Qty::parse("0.001"),
                                                .max_qty = Qty::whole(100),
                                                .min_notional = Usd::whole(5)},
                       .copyable = true});
  return names;
}

class HistoryRig {
 public:
  explicit HistoryRig(std::uint64_t segment_records = journal::Settings{}.segment_records)
      : segment_records_(segment_records) {
    char name[] = "/tmp/copyd-history-XXXXXX";
    directory_ = ::mkdtemp(name);
    begin();
    for (std::uint16_t i = 0; i < 2; ++i)
      input(
          journal::Link{{.follower = FollowerId{i}, .ready = true, .mode = PositionMode::one_way}});
  }
  ~HistoryRig() {
    feed_.reset();
    std::filesystem::remove_all(directory_);
  }

  // ---- the journal

  // A start: what the run before left, put aside, and the books written again.
  void begin() {
    run_.emplace(RunJournal::Parts{.disk = disk,
                                   .directory = "journal",
                                   .clock = clock,
                                   .settings = {.segment_records = segment_records_}});
    const RunNames names = history_names();
    recovered_ = run_->recover(names).value();
    ASSERT_TRUE(run_->open(names, recovered_, 1));
    std::vector<Record> rows;
    for (const Record& row : recovered_.rows) {
      const auto type = static_cast<journal::Type>(row.type);
      const bool of_leader = type == journal::Type::leader_leg ||
                             type == journal::Type::seen_trade ||
                             type == journal::Type::leader_begun;
      if (!of_leader && type != journal::Type::books_end) rows.push_back(row);
    }
    if (rows.empty()) rows.push_back(journal::record_of(journal::Books{.settle_number = 5'000}));
    ASSERT_TRUE(run_->begin(names, std::move(rows), recovered_));
  }
  template <class Payload>
  void input(const Payload& payload) {
    ASSERT_TRUE(run_->copy()->append(payload, clock.now()));
  }
  template <class Payload>
  void at_lane(const Payload& payload) {
    ASSERT_TRUE(run_->lanes()[0]->append(payload, clock.now()));
  }
  void sync() { run_->finish(); }
  // What the journal's threads do in a second or two.
  void tend_journal() {
    for (int pass = 0; pass < 8; ++pass) {
      clock.advance(std::chrono::milliseconds(250));
      run_->agent().do_work();
      run_->compaction().do_work();
    }
  }
  void fill(std::int64_t trade, Side side, const char* qty, std::int64_t price = 50'000,
            std::uint16_t symbol = 0) {
    LeaderFill fill;
    fill.trade = TradeId{trade};
    fill.price = Price::whole(price);
    fill.qty = fill.order_qty = *Qty::parse(qty);
    fill.time = VenueTime{1'760'000'000'000 + trade};
    fill.received = clock.now();
    fill.decoded_ns = 700;
    fill.symbol = SymbolId{symbol};
    fill.side = side;
    input(journal::Fill{.fill = fill, .age_ms = 3});
    clock.advance(std::chrono::milliseconds(1));
  }
  // The order that was decided for a trade, by what the history says; once it has read so far.
  CopyId order_of(std::int64_t trade, const std::string& follower) {
    ops::Database database(path());
    auto rows = database.query(
        "SELECT copy_id FROM orders o JOIN fills f ON f.id=o.fill WHERE f.trade=? AND o.follower=? "
        "ORDER BY o.id DESC LIMIT 1",
        trade, follower);
    CopyId id;
    EXPECT_TRUE(rows.next()) << follower << " has no order for trade " << trade;
    const std::string bytes = rows.blob(0);
    std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
    return id;
  }
  struct Result {
    OrderEnd end = OrderEnd::executed;
    const char* filled = "0";
    std::int64_t price = 50'000;
    std::int64_t venue_ms = 0;
    std::int32_t code = 0;
    bool heard = true;  // by the copy agent
  };
  // Sends it, and has it answered and finished.
  void execute(const CopyId& id, std::uint16_t follower, const Result& result) {
    at_lane(journal::Intent{.copy_id = id,
                            .qty = *Qty::parse(result.filled),
                            .timestamp_ms = result.venue_ms,
                            .follower = FollowerId{follower}});
    at_lane(journal::Timing{.copy_id = id,
                            .received_ns = 1'000,
                            .decoded_ns = 1'700,
                            .decided_ns = 2'000,
                            .taken_ns = 2'500,
                            .signed_ns = 9'000,
                            .written_ns = 12'000,
                            .acknowledged_ns = 3'012'000,
                            .follower = FollowerId{follower}});
    at_lane(journal::Answer{.copy_id = id,
                            .filled = *Qty::parse(result.filled),
                            .average = Price::whole(result.price),
                            .venue_ms = result.venue_ms,
                            .status = result.code == 0 ? 200 : 400,
                            .code = result.code,
                            .follower = FollowerId{follower},
                            .final_ = 1});
    const OrderDone done{.ref = {},
                         .follower = FollowerId{follower},
                         .end = result.end,
                         .filled = *Qty::parse(result.filled),
                         .average = Price::whole(result.code == 0 ? result.price : 0),
                         .venue_time = VenueTime{result.venue_ms},
                         .venue_code = result.code};
    at_lane(journal::Finished{.copy_id = id,
                              .filled = done.filled,
                              .average = done.average,
                              .venue_ms = done.venue_time.ms,
                              .code = done.venue_code,
                              .follower = done.follower,
                              .end = done.end});
    if (result.heard) input(journal::Done{.copy_id = id, .done = done});
    clock.advance(std::chrono::milliseconds(1));
  }

  // ---- the history

  std::string path() const { return directory_ + "/history.sqlite"; }
  std::string directory() const { return directory_; }
  void open_feed(int records_per_pass = 2'000, bool by_writers = false) {
    std::vector<HistoryFeed::Source> sources;
    if (by_writers) {
      sources.push_back(
          {.name = "copy", .writer = run_->copy(), .first_segment = recovered_.copy.segment + 1});
      sources.push_back({.name = "lane0", .writer = run_->lanes()[0], .first_segment = 1});
    }
    feed_ = std::make_unique<HistoryFeed>(HistoryFeed::Parts{.disk = disk,
                                                             .path = path(),
                                                             .sources = std::move(sources),
                                                             .clock = clock,
                                                             .records_per_pass = records_per_pass});
  }
  HistoryFeed& feed() { return *feed_; }
  void close_feed() { feed_.reset(); }
  // Until there is nothing more to read.
  void read() {
    if (!feed_) open_feed();
    clock.advance(std::chrono::seconds(1));
    while (feed_->do_work() != 0) clock.advance(std::chrono::seconds(1));
  }
  ops::Outcome<std::string> ask(ops::ControlRequest request) {
    auto question = std::make_unique<HistoryFeed::Question>();
    question->number = 7;
    question->asked.now_ms = 1'770'000'000'000;
    question->asked.request = std::move(request);
    question->asked.label_is_known = false;
    EXPECT_TRUE(feed_->ask(std::move(question)));
    read();
    std::unique_ptr<HistoryFeed::Answer> answer;
    if (!feed_->next_answer(answer)) return ops::Failure{.error = "no answer", .remedy = ""};
    EXPECT_EQ(answer->number, 7U);
    return std::move(answer->said);
  }
  std::vector<std::string> notices() {
    std::vector<std::string> all;
    Notice notice;
    while (feed_->next_notice(notice)) all.emplace_back(notice.message());
    return all;
  }
  // Everything in the file but how far it has read. Orders by name: their numbers are given in the
  // order in which they are heard of, and of a whole journal the lanes are heard first.
  std::string dump() {
    std::string text;
    ops::Database database(path());
    const std::string named = "(SELECT hex(copy_id) FROM orders WHERE id=t.order_id)";
    for (const std::string table : {"fills", "copies", "followers", "links", "legs", "skips"})
      text += rows_of(database, table, "SELECT * FROM " + table);
    text += rows_of(database, "orders",
                    "SELECT hex(copy_id), fill, follower, symbol, leg, side, kind, reduce_only, "
                    "qty, limit_price, decided_wall_ns, unknown, ended, filled, average, venue_ms, "
                    "code, ended_wall_ns FROM orders ORDER BY 1");
    for (const std::string table : {"attempts", "answers", "finishes"}) {
      // The first column is the order.
      std::string columns;
      auto info =
          database.query("SELECT name FROM pragma_table_info(?) WHERE name<>'order_id'", table);
      while (info.next()) columns += ", " + info.text(0);
      text += rows_of(database, table,
                      "SELECT " + named + columns + " FROM " + table + " t ORDER BY 1, 2, 3");
    }
    text += rows_of(database, "rides",
                    "SELECT " + named +
                        ", hex(o.copy_id) FROM rides t JOIN orders o ON "
                        "o.id=t.carrier ORDER BY 1");
    return text + rows_of(database, "notes", "SELECT * FROM notes");
  }
  std::string one(const std::string& sql) {
    ops::Database database(path());
    auto rows = database.query(sql);
    if (!rows.next()) return "no row";
    return rows.is_null(0) ? "null" : rows.text(0);
  }

  copyd::test::MemoryDisk disk;
  ManualClock clock;

 private:
  static std::string rows_of(ops::Database& database, const std::string& name,
                             const std::string& sql) {
    std::string text;
    auto rows = database.query(sql);
    while (rows.next()) {
      text += name;
      for (int at = 0; at < rows.columns(); ++at)
        text += rows.is_null(at) ? " null" : ' ' + hexed(rows.blob(at));
      text += '\n';
    }
    return text;
  }
  static std::string hexed(const std::string& bytes) {
    std::string text;
    for (const char c : bytes)
      if (c >= ' ' && c <= '~') text += c;
      else text += "\\" + std::to_string(static_cast<unsigned char>(c));
    return text;
  }

  const std::uint64_t segment_records_;
  std::string directory_;
  std::optional<RunJournal> run_;
  Recovered recovered_;
  std::unique_ptr<HistoryFeed> feed_;
};

}  // namespace copyd::engine::test
