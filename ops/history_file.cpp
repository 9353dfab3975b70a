#include "ops/history_file.hpp"

#include <filesystem>

namespace copyd::ops {
namespace {

constexpr std::int64_t schema_version = 3;

// A commit is a write to the write-ahead log; the disk is waited for when that is carried over to
// the file. A page that one transaction after the other writes is carried over once, so the log may
// grow to 16 MiB before it is. Rows are added at the ends of their tables: few pages are at work at
// once, and 4 MiB of them suffice.
constexpr const char* settings = R"(
PRAGMA journal_mode=WAL;
PRAGMA synchronous=NORMAL;
PRAGMA wal_autocheckpoint=4096;
PRAGMA cache_size=-4096;
)";

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
CREATE TABLE followers(label TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
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
CREATE TABLE orders(id INTEGER PRIMARY KEY, copy_id BLOB NOT NULL, fill INTEGER,
  follower TEXT NOT NULL, symbol TEXT NOT NULL, leg TEXT NOT NULL, side TEXT NOT NULL,
  kind TEXT NOT NULL, reduce_only INTEGER NOT NULL, qty INTEGER NOT NULL, limit_price INTEGER,
  decided_wall_ns INTEGER NOT NULL, unknown INTEGER NOT NULL DEFAULT 0, ended TEXT, filled INTEGER,
  average INTEGER, venue_ms INTEGER, code INTEGER, ended_wall_ns INTEGER) STRICT;
CREATE INDEX orders_by_fill ON orders(fill, follower);
CREATE INDEX orders_open ON orders(id) WHERE ended IS NULL;
CREATE TABLE order_ids(copy_id BLOB PRIMARY KEY, id INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE attempts(order_id INTEGER NOT NULL, attempt INTEGER NOT NULL, sent_wall_ns INTEGER,
  timestamp_ms INTEGER, qty INTEGER, lost_wall_ns INTEGER, absent_wall_ns INTEGER,
  received_ns INTEGER, decoded_ns INTEGER, decided_ns INTEGER, taken_ns INTEGER, signed_ns INTEGER,
  written_ns INTEGER, acknowledged_ns INTEGER, PRIMARY KEY(order_id, attempt))
  STRICT, WITHOUT ROWID;
CREATE TABLE answers(order_id INTEGER NOT NULL, attempt INTEGER NOT NULL, id INTEGER NOT NULL,
  wall_ns INTEGER NOT NULL, status INTEGER NOT NULL, code INTEGER NOT NULL, filled INTEGER NOT NULL,
  average INTEGER NOT NULL, venue_ms INTEGER NOT NULL, final INTEGER NOT NULL,
  PRIMARY KEY(order_id, attempt, id)) STRICT, WITHOUT ROWID;
CREATE TABLE finishes(order_id INTEGER PRIMARY KEY, ended INTEGER NOT NULL, filled INTEGER NOT NULL,
  average INTEGER NOT NULL, venue_ms INTEGER NOT NULL, code INTEGER NOT NULL,
  follower_id INTEGER NOT NULL, mono_ns INTEGER NOT NULL) STRICT;
CREATE TABLE rides(order_id INTEGER PRIMARY KEY, carrier INTEGER NOT NULL) STRICT;
CREATE INDEX rides_by_carrier ON rides(carrier);
)";

std::int64_t version_of(Database& database) {
  auto rows = database.query("PRAGMA user_version");
  return rows.next() ? rows.integer(0) : 0;
}

}  // namespace

void remove_history(const std::string& path) {
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix, ignored);
}

bool prepare_history(Database& database, std::string& why_new) {
  database.script(settings);
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
  database.script("PRAGMA user_version=3;");
  static_assert(schema_version == 3);
  if (database.commit()) return true;
  // Something else has tables under this name.
  if (database.fault() == Database::Fault::other) why_new = "it was not a history";
  database.roll_back();
  return false;
}

}  // namespace copyd::ops
