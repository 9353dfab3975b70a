#include "ops/history.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

namespace copyd::ops {
namespace {

constexpr std::int64_t schema_version = 2;

// Strict tables: a column holds what it says. Names of outcomes, reasons and legs are those that
// the user sees.
constexpr const char* schema = R"(
CREATE TABLE places(writer TEXT PRIMARY KEY, segment INTEGER NOT NULL, sequence INTEGER NOT NULL,
  begun INTEGER NOT NULL) STRICT;
CREATE TABLE notes(wall_ns INTEGER NOT NULL, text TEXT NOT NULL) STRICT;
CREATE TABLE fills(id INTEGER PRIMARY KEY, leader TEXT NOT NULL, symbol TEXT NOT NULL,
  trade INTEGER NOT NULL, leg TEXT NOT NULL, side TEXT NOT NULL, qty INTEGER NOT NULL,
  price INTEGER NOT NULL, order_qty INTEGER NOT NULL, forced INTEGER NOT NULL,
  venue_ms INTEGER NOT NULL, age_ms INTEGER, received_ns INTEGER NOT NULL,
  decoded_ns INTEGER NOT NULL, decided_ns INTEGER NOT NULL, wall_ns INTEGER NOT NULL,
  UNIQUE(trade, symbol, leader, leg)) STRICT;
CREATE INDEX fills_by_time ON fills(venue_ms);
CREATE TABLE copies(fill INTEGER NOT NULL, follower TEXT NOT NULL, outcome TEXT, reason TEXT,
  PRIMARY KEY(fill, follower)) STRICT, WITHOUT ROWID;
CREATE INDEX copies_by_follower ON copies(follower, fill);
CREATE TABLE links(id INTEGER PRIMARY KEY, fill INTEGER NOT NULL, follower TEXT NOT NULL,
  link INTEGER NOT NULL, state TEXT NOT NULL, sizing TEXT NOT NULL, rate INTEGER, equity INTEGER,
  leader_equity INTEGER, closed INTEGER NOT NULL, opened INTEGER NOT NULL, sized INTEGER NOT NULL,
  leader_before INTEGER NOT NULL, leader_after INTEGER NOT NULL, target_before INTEGER NOT NULL,
  target_moved INTEGER NOT NULL, target_after INTEGER NOT NULL, lots_before TEXT NOT NULL,
  lots_after TEXT NOT NULL) STRICT;
CREATE INDEX links_by_fill ON links(fill, follower);
CREATE TABLE legs(id INTEGER PRIMARY KEY, fill INTEGER NOT NULL, follower TEXT NOT NULL,
  link INTEGER NOT NULL, leg TEXT NOT NULL, state TEXT NOT NULL, wanted INTEGER NOT NULL,
  position INTEGER NOT NULL, effective INTEGER NOT NULL, in_flight INTEGER NOT NULL,
  price INTEGER NOT NULL, to_do INTEGER NOT NULL, reducing INTEGER NOT NULL,
  increasing INTEGER NOT NULL, enters INTEGER NOT NULL, floor INTEGER NOT NULL,
  order_room INTEGER, position_room INTEGER, total_room INTEGER, max_order_qty INTEGER) STRICT;
CREATE INDEX legs_by_fill ON legs(fill, follower);
CREATE TABLE skips(id INTEGER PRIMARY KEY, fill INTEGER, follower TEXT NOT NULL,
  link INTEGER NOT NULL, symbol TEXT NOT NULL, reason TEXT NOT NULL, wall_ns INTEGER NOT NULL)
  STRICT;
CREATE INDEX skips_by_fill ON skips(fill, follower);
CREATE INDEX skips_by_time ON skips(wall_ns);
CREATE TABLE orders(id INTEGER PRIMARY KEY, copy_id BLOB NOT NULL UNIQUE, fill INTEGER,
  follower TEXT NOT NULL, symbol TEXT NOT NULL, leg TEXT NOT NULL, side TEXT NOT NULL,
  kind TEXT NOT NULL, reduce_only INTEGER NOT NULL, qty INTEGER NOT NULL, limit_price INTEGER,
  decided_wall_ns INTEGER NOT NULL, unknown INTEGER NOT NULL DEFAULT 0, ended TEXT, filled INTEGER,
  average INTEGER, venue_ms INTEGER, code INTEGER, ended_wall_ns INTEGER) STRICT;
CREATE INDEX orders_by_fill ON orders(fill, follower);
CREATE INDEX orders_open ON orders(follower) WHERE ended IS NULL;
CREATE TABLE attempts(copy_id BLOB NOT NULL, attempt INTEGER NOT NULL, sent_wall_ns INTEGER,
  timestamp_ms INTEGER, qty INTEGER, lost_wall_ns INTEGER, absent_wall_ns INTEGER,
  received_ns INTEGER, decoded_ns INTEGER, decided_ns INTEGER, taken_ns INTEGER, signed_ns INTEGER,
  written_ns INTEGER, acknowledged_ns INTEGER, PRIMARY KEY(copy_id, attempt)) STRICT, WITHOUT ROWID;
CREATE TABLE answers(copy_id BLOB NOT NULL, attempt INTEGER NOT NULL, id INTEGER NOT NULL,
  wall_ns INTEGER NOT NULL, status INTEGER NOT NULL, code INTEGER NOT NULL, filled INTEGER NOT NULL,
  average INTEGER NOT NULL, venue_ms INTEGER NOT NULL, final INTEGER NOT NULL,
  PRIMARY KEY(copy_id, attempt, id)) STRICT, WITHOUT ROWID;
CREATE TABLE finishes(copy_id BLOB PRIMARY KEY, ended INTEGER NOT NULL, filled INTEGER NOT NULL,
  average INTEGER NOT NULL, venue_ms INTEGER NOT NULL, code INTEGER NOT NULL,
  follower_id INTEGER NOT NULL, mono_ns INTEGER NOT NULL) STRICT;
CREATE TABLE rides(copy_id BLOB PRIMARY KEY, carrier BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX rides_by_carrier ON rides(carrier);
)";

constexpr std::array<std::string_view, 3> kinds{"increase", "reduce", "flip"};

std::string_view name_of(OrderKind kind) {
  return kinds[static_cast<std::size_t>(kind)];
}
std::string_view name_of(Side side) {
  return side == Side::buy ? "BUY" : "SELL";
}

std::optional<std::int64_t> unless_zero(std::int64_t value) {
  return value == 0 ? std::nullopt : std::optional(value);
}

void remove_files(const std::string& path) {
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix, ignored);
}

std::int64_t version_of(Database& database) {
  auto rows = database.query("PRAGMA user_version");
  return rows.next() ? rows.integer(0) : 0;
}

// False: it has to be made new, or there is none for now.
bool prepare(Database& database, std::string& why_new) {
  database.script("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;");
  const std::int64_t version = version_of(database);
  if (database.fault() == Database::Fault::damaged) why_new = "it was damaged";
  if (database.fault() != Database::Fault::none) return false;
  if (version == schema_version) {
    auto rows = database.query("PRAGMA quick_check(1)");
    const bool whole = rows.next() && rows.text(0) == "ok";
    const auto fault = database.fault();
    // What the disk refuses may be whole all the same.
    const bool unread = fault != Database::Fault::none && fault != Database::Fault::damaged;
    if (!whole && !unread) why_new = "it was damaged";
    return whole;
  }
  if (version != 0) {
    why_new = "it was of another version of copyd";
    return false;
  }
  database.begin();
  database.script(schema);
  database.script("PRAGMA user_version=2;");
  static_assert(schema_version == 2);
  if (database.commit()) return true;
  // Something else has tables under this name.
  if (database.fault() == Database::Fault::other) why_new = "it was not a history";
  database.roll_back();
  return false;
}

}  // namespace

std::string_view name_of(OrderEnd end) noexcept {
  switch (end) {
    case OrderEnd::executed:
      return "executed";
    case OrderEnd::refused:
      return "refused";
    case OrderEnd::expired:
      return "expired";
    case OrderEnd::lane_full:
      return "lane_full";
    case OrderEnd::flat:
      return "flat";
    case OrderEnd::unprepared:
      return "unprepared";
  }
  return "?";
}

std::string_view name_of_leg(Leg leg) noexcept {
  switch (leg) {
    case Leg::both:
      return "BOTH";
    case Leg::long_:
      return "LONG";
    case Leg::short_:
      return "SHORT";
  }
  return "?";
}

Outcome<History> History::open(const std::string& path) {
  std::string made_new;
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto database = std::make_unique<Database>(path);
    std::string why;
    if (prepare(*database, why)) {
      std::error_code ignored;
      namespace fs = std::filesystem;
      fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write, ignored);
      return History(std::move(database), made_new);
    }
    if (why.empty() || attempt == 1)
      return Failure{
          .error =
              path + ": " + (why.empty() ? database->fault_text() : std::string("cannot be made")),
          .remedy = "look after the disk and the directory's rights; copying goes on"};
    made_new = why;
    database.reset();
    remove_files(path);
  }
  return Failure{.error = path + ": cannot be made", .remedy = ""};
}

bool History::commit() {
  return database_->fault() == Database::Fault::none && database_->commit();
}

// ---- places ------------------------------------------------------------------------------------

History::Place History::place(std::string_view writer) {
  auto rows =
      database_->query("SELECT segment, sequence, begun FROM places WHERE writer=?", writer);
  if (!rows.next()) return {};
  return {.segment = static_cast<std::uint64_t>(rows.integer(0)),
          .sequence = static_cast<std::uint64_t>(rows.integer(1)),
          .begun = static_cast<std::uint64_t>(rows.integer(2))};
}

void History::set_place(std::string_view writer, const Place& place) {
  database_->run("INSERT OR REPLACE INTO places VALUES(?,?,?,?)", writer, place.segment,
                 place.sequence, place.begun);
}

void History::note(std::int64_t wall_ns, std::string_view text) {
  database_->run("INSERT INTO notes VALUES(?,?)", wall_ns, text);
}

// ---- the copy agent ----------------------------------------------------------------------------

std::int64_t History::add(const FillRow& row) {
  const LeaderFill& fill = row.fill;
  auto rows = database_->query(
      "INSERT INTO fills(leader, symbol, trade, leg, side, qty, price, order_qty, forced, "
      "venue_ms, age_ms, received_ns, decoded_ns, decided_ns, wall_ns) "
      "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) "
      "ON CONFLICT DO UPDATE SET wall_ns=excluded.wall_ns RETURNING id",
      row.leader, row.symbol, fill.trade.value, name_of_leg(fill.leg), name_of(fill.side), fill.qty,
      fill.price, fill.order_qty, fill.forced, fill.time.ms, row.age_ms, fill.received.ns,
      fill.decoded_ns, row.decided_ns, row.wall_ns);
  return rows.next() ? rows.integer(0) : 0;
}

std::optional<std::int64_t> History::find_fill(std::string_view leader, std::string_view symbol,
                                               const LeaderFill& fill) {
  auto rows =
      database_->query("SELECT id FROM fills WHERE trade=? AND symbol=? AND leader=? AND leg=?",
                       fill.trade.value, symbol, leader, name_of_leg(fill.leg));
  return rows.next() ? std::optional(rows.integer(0)) : std::nullopt;
}

void History::add_copy(std::int64_t fill, std::string_view follower) {
  database_->run("INSERT OR REPLACE INTO copies(fill, follower) VALUES(?,?)", fill, follower);
}

void History::set_outcome(std::int64_t fill, std::string_view follower, copyd::Outcome outcome,
                          std::optional<Reject> reason) {
  std::optional<std::string_view> why;
  if (outcome == copyd::Outcome::skipped && reason) why = copyd::name_of(*reason);
  database_->run("UPDATE copies SET outcome=?, reason=? WHERE fill=? AND follower=?",
                 copyd::name_of(outcome), why, fill, follower);
}

void History::add(const LinkRow& row) {
  database_->run(
      "INSERT INTO links(fill, follower, link, state, sizing, rate, equity, leader_equity, closed, "
      "opened, sized, leader_before, leader_after, target_before, target_moved, target_after, "
      "lots_before, lots_after) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
      row.fill, row.follower, row.link, row.state, row.sizing, row.rate, row.equity,
      row.leader_equity, row.closed, row.opened, row.sized, row.leader_before, row.leader_after,
      row.target_before, row.target_moved, row.target_after, row.lots_before, row.lots_after);
}

void History::add(const LegRow& row) {
  database_->run(
      "INSERT INTO legs(fill, follower, link, leg, state, wanted, position, effective, in_flight, "
      "price, to_do, reducing, increasing, enters, floor, order_room, position_room, total_room, "
      "max_order_qty) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
      row.fill, row.follower, row.link, name_of_leg(row.leg), row.state, row.wanted, row.position,
      row.effective, row.in_flight, row.price, row.to_do, row.reducing, row.increasing, row.enters,
      row.floor, row.order_room, row.position_room, row.total_room, row.max_order_qty);
}

void History::add(const SkipRow& row) {
  database_->run(
      "INSERT INTO skips(fill, follower, link, symbol, reason, wall_ns) VALUES(?,?,?,?,?,?)",
      row.fill, row.follower, row.link, row.symbol, copyd::name_of(row.reason), row.wall_ns);
}

void History::add(const OrderRow& row) {
  const OrderTerms& terms = row.terms;
  database_->run(
      "INSERT INTO orders(copy_id, fill, follower, symbol, leg, side, kind, reduce_only, qty, "
      "limit_price, decided_wall_ns) VALUES(?,?,?,?,?,?,?,?,?,?,?) "
      "ON CONFLICT(copy_id) DO UPDATE SET decided_wall_ns=excluded.decided_wall_ns",
      std::span(terms.copy_id.bytes), row.fill, row.follower, row.symbol, name_of_leg(terms.leg),
      name_of(terms.side), name_of(terms.kind), terms.reduce_only, terms.qty,
      unless_zero(terms.limit.units()), row.wall_ns);
}

void History::add_if_missing(const OrderRow& row) {
  auto known =
      database_->query("SELECT 1 FROM orders WHERE copy_id=?", std::span(row.terms.copy_id.bytes));
  if (!known.next()) add(row);
}

std::optional<std::int64_t> History::fill_of(const CopyId& order) {
  auto rows = database_->query("SELECT fill FROM orders WHERE copy_id=?", std::span(order.bytes));
  return rows.next() ? rows.maybe(0) : std::nullopt;
}

void History::set_unknown(const CopyId& order, bool quarantined) {
  database_->run("UPDATE orders SET unknown=max(unknown, ?) WHERE copy_id=?", quarantined ? 2 : 1,
                 std::span(order.bytes));
}

void History::end(const CopyId& order, const OrderDone& done, std::int64_t wall_ns) {
  database_->run(
      "UPDATE orders SET ended=?, filled=?, average=?, venue_ms=?, code=?, ended_wall_ns=? "
      "WHERE copy_id=?",
      name_of(done.end), done.filled, unless_zero(done.average.units()),
      unless_zero(done.venue_time.ms), unless_zero(done.venue_code), wall_ns,
      std::span(order.bytes));
}

void History::forget_all_but(std::span<const CopyId> orders, std::int64_t wall_ns) {
  const std::set<CopyId> kept(orders.begin(), orders.end());
  std::vector<CopyId> gone;
  {
    auto rows = database_->query("SELECT copy_id FROM orders WHERE ended IS NULL");
    while (rows.next()) {
      CopyId id;
      const std::string bytes = rows.blob(0);
      std::copy_n(bytes.begin(), std::min(bytes.size(), id.bytes.size()), id.bytes.begin());
      if (!kept.contains(id)) gone.push_back(id);
    }
  }
  for (const CopyId& id : gone) {
    database_->run(
        "UPDATE copies SET outcome='unknown' WHERE outcome IS NULL AND EXISTS(SELECT 1 FROM orders "
        "WHERE copy_id=? AND orders.fill=copies.fill AND orders.follower=copies.follower)",
        std::span(id.bytes));
    database_->run("UPDATE orders SET ended='forgotten', ended_wall_ns=? WHERE copy_id=?", wall_ns,
                   std::span(id.bytes));
  }
}

// ---- the lanes ---------------------------------------------------------------------------------

void History::add(const journal::Intent& intent, std::int64_t wall_ns) {
  database_->run(
      "INSERT INTO attempts(copy_id, attempt, sent_wall_ns, timestamp_ms, qty) VALUES(?,?,?,?,?) "
      "ON CONFLICT DO UPDATE SET sent_wall_ns=excluded.sent_wall_ns, "
      "timestamp_ms=excluded.timestamp_ms, qty=excluded.qty",
      std::span(intent.copy_id.bytes), intent.attempt, wall_ns, intent.timestamp_ms, intent.qty);
}

void History::add(const journal::Answer& answer, std::int64_t wall_ns) {
  database_->run(
      "INSERT INTO answers SELECT ?1, ?2, coalesce(max(id), 0) + 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9 "
      "FROM answers WHERE copy_id=?1 AND attempt=?2",
      std::span(answer.copy_id.bytes), answer.attempt, wall_ns, answer.status, answer.code,
      answer.filled, answer.average, answer.venue_ms, answer.final_);
}

void History::add(const journal::Timing& timing) {
  database_->run(
      "INSERT INTO attempts(copy_id, attempt, received_ns, decoded_ns, decided_ns, taken_ns, "
      "signed_ns, written_ns, acknowledged_ns) VALUES(?,?,?,?,?,?,?,?,?) "
      "ON CONFLICT DO UPDATE SET received_ns=excluded.received_ns, decoded_ns=excluded.decoded_ns, "
      "decided_ns=excluded.decided_ns, taken_ns=excluded.taken_ns, signed_ns=excluded.signed_ns, "
      "written_ns=excluded.written_ns, acknowledged_ns=excluded.acknowledged_ns",
      std::span(timing.copy_id.bytes), timing.attempt, unless_zero(timing.received_ns),
      unless_zero(timing.decoded_ns), unless_zero(timing.decided_ns), timing.taken_ns,
      timing.signed_ns, timing.written_ns, timing.acknowledged_ns);
}

void History::set_lost(const journal::Fate& fate, std::int64_t wall_ns) {
  database_->run(
      "INSERT INTO attempts(copy_id, attempt, lost_wall_ns) VALUES(?,?,?) "
      "ON CONFLICT DO UPDATE SET lost_wall_ns=excluded.lost_wall_ns",
      std::span(fate.copy_id.bytes), fate.attempt, wall_ns);
}

void History::set_absent(const journal::Fate& fate, std::int64_t wall_ns) {
  database_->run(
      "INSERT INTO attempts(copy_id, attempt, absent_wall_ns) VALUES(?,?,?) "
      "ON CONFLICT DO UPDATE SET absent_wall_ns=excluded.absent_wall_ns",
      std::span(fate.copy_id.bytes), fate.attempt, wall_ns);
}

void History::add(const journal::Riding& riding) {
  if (riding.carrier == CopyId{})
    database_->run("DELETE FROM rides WHERE copy_id=?", std::span(riding.copy_id.bytes));
  else
    database_->run("INSERT OR REPLACE INTO rides VALUES(?,?)", std::span(riding.copy_id.bytes),
                   std::span(riding.carrier.bytes));
}

void History::add(const journal::Finished& finished, std::int64_t mono_ns) {
  database_->run("INSERT OR REPLACE INTO finishes VALUES(?,?,?,?,?,?,?,?)",
                 std::span(finished.copy_id.bytes), static_cast<int>(finished.end), finished.filled,
                 finished.average, finished.venue_ms, finished.code, finished.follower.value,
                 mono_ns);
}

std::vector<journal::Finished> History::finished_and_open() {
  std::vector<journal::Finished> all;
  auto rows = database_->query(
      "SELECT f.copy_id, f.ended, f.filled, f.average, f.venue_ms, f.code, f.follower_id "
      "FROM orders o JOIN finishes f ON f.copy_id=o.copy_id WHERE o.ended IS NULL ORDER BY "
      "f.mono_ns");
  while (rows.next()) {
    journal::Finished finished;
    const std::string bytes = rows.blob(0);
    std::copy_n(bytes.begin(), std::min(bytes.size(), finished.copy_id.bytes.size()),
                finished.copy_id.bytes.begin());
    finished.end = static_cast<OrderEnd>(rows.integer(1));
    finished.filled = rows.amount<Qty>(2);
    finished.average = rows.amount<Price>(3);
    finished.venue_ms = rows.integer(4);
    finished.code = static_cast<std::int32_t>(rows.integer(5));
    finished.follower = FollowerId{static_cast<std::uint16_t>(rows.integer(6))};
    all.push_back(finished);
  }
  return all;
}

}  // namespace copyd::ops
