#include "ops/history.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "ops/history_file.hpp"

namespace copyd::ops {
namespace {

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
    if (prepare_history(*database, why)) {
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
    remove_history(path);
  }
  return Failure{.error = path + ": cannot be made", .remedy = ""};
}

History::History(std::unique_ptr<Database> database, std::string made_new)
    : database_(std::move(database)),
      order_ids_(std::make_unique<OrderIds>(*database_)),
      made_new_(std::move(made_new)) {
  order_ids_->load();
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
  if (followers_.contains(follower)) return;
  followers_.emplace(follower);
  database_->run("INSERT OR IGNORE INTO followers VALUES(?)", follower);
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
      "INSERT INTO orders(id, copy_id, fill, follower, symbol, leg, side, kind, reduce_only, qty, "
      "limit_price, decided_wall_ns) VALUES(?,?,?,?,?,?,?,?,?,?,?,?) "
      "ON CONFLICT(id) DO UPDATE SET decided_wall_ns=excluded.decided_wall_ns",
      order_ids_->of(terms.copy_id), std::span(terms.copy_id.bytes), row.fill, row.follower,
      row.symbol, name_of_leg(terms.leg), name_of(terms.side), name_of(terms.kind),
      terms.reduce_only, terms.qty, unless_zero(terms.limit.units()), row.wall_ns);
}

void History::add_if_missing(const OrderRow& row) {
  if (!knows(row.terms.copy_id)) add(row);
}

// A lane may have told of it alone.
bool History::knows(const CopyId& order) {
  auto rows = database_->query("SELECT 1 FROM orders WHERE id=?", order_ids_->find(order));
  return rows.next();
}

std::optional<std::int64_t> History::fill_of(const CopyId& order) {
  auto rows = database_->query("SELECT fill FROM orders WHERE id=?", order_ids_->find(order));
  return rows.next() ? rows.maybe(0) : std::nullopt;
}

void History::set_unknown(const CopyId& order, bool quarantined) {
  database_->run("UPDATE orders SET unknown=max(unknown, ?) WHERE id=?", quarantined ? 2 : 1,
                 order_ids_->find(order));
}

void History::end(const CopyId& order, const OrderDone& done, std::int64_t wall_ns) {
  database_->run(
      "UPDATE orders SET ended=?, filled=?, average=?, venue_ms=?, code=?, ended_wall_ns=? "
      "WHERE id=?",
      name_of(done.end), done.filled, unless_zero(done.average.units()),
      unless_zero(done.venue_time.ms), unless_zero(done.venue_code), wall_ns,
      order_ids_->find(order));
  if (database_->changed() != 0) order_ids_->ended(order);
}

void History::forget_all_but(std::span<const CopyId> orders, std::int64_t wall_ns) {
  const std::set<CopyId> kept(orders.begin(), orders.end());
  std::vector<std::pair<std::int64_t, CopyId>> gone;
  {
    auto rows = database_->query("SELECT id, copy_id FROM orders WHERE ended IS NULL");
    while (rows.next()) {
      const CopyId order = copy_id_of(rows.blob(1));
      if (!kept.contains(order)) gone.emplace_back(rows.integer(0), order);
    }
  }
  for (const auto& [id, order] : gone) {
    database_->run(
        "UPDATE copies SET outcome='unknown' WHERE outcome IS NULL AND "
        "(fill, follower)=(SELECT fill, follower FROM orders WHERE id=?)",
        id);
    database_->run("UPDATE orders SET ended='forgotten', ended_wall_ns=? WHERE id=?", wall_ns, id);
    order_ids_->ended(order);
  }
}

// ---- the lanes ---------------------------------------------------------------------------------

void History::add(const journal::Intent& intent, std::int64_t wall_ns) {
  database_->run(
      "INSERT INTO attempts(order_id, attempt, sent_wall_ns, timestamp_ms, qty) VALUES(?,?,?,?,?) "
      "ON CONFLICT DO UPDATE SET sent_wall_ns=excluded.sent_wall_ns, "
      "timestamp_ms=excluded.timestamp_ms, qty=excluded.qty",
      order_ids_->of(intent.copy_id), intent.attempt, wall_ns, intent.timestamp_ms, intent.qty);
}

void History::add(const journal::Answer& answer, std::int64_t wall_ns) {
  database_->run(
      "INSERT INTO answers SELECT ?1, ?2, coalesce(max(id), 0) + 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9 "
      "FROM answers WHERE order_id=?1 AND attempt=?2",
      order_ids_->of(answer.copy_id), answer.attempt, wall_ns, answer.status, answer.code,
      answer.filled, answer.average, answer.venue_ms, answer.final_);
}

void History::add(const journal::Timing& timing) {
  database_->run(
      "INSERT INTO attempts(order_id, attempt, received_ns, decoded_ns, decided_ns, taken_ns, "
      "signed_ns, written_ns, acknowledged_ns) VALUES(?,?,?,?,?,?,?,?,?) "
      "ON CONFLICT DO UPDATE SET received_ns=excluded.received_ns, decoded_ns=excluded.decoded_ns, "
      "decided_ns=excluded.decided_ns, taken_ns=excluded.taken_ns, signed_ns=excluded.signed_ns, "
      "written_ns=excluded.written_ns, acknowledged_ns=excluded.acknowledged_ns",
      order_ids_->of(timing.copy_id), timing.attempt, unless_zero(timing.received_ns),
      unless_zero(timing.decoded_ns), unless_zero(timing.decided_ns), timing.taken_ns,
      timing.signed_ns, timing.written_ns, timing.acknowledged_ns);
}

void History::set_lost(const journal::Fate& fate, std::int64_t wall_ns) {
  database_->run(
      "INSERT INTO attempts(order_id, attempt, lost_wall_ns) VALUES(?,?,?) "
      "ON CONFLICT DO UPDATE SET lost_wall_ns=excluded.lost_wall_ns",
      order_ids_->of(fate.copy_id), fate.attempt, wall_ns);
}

void History::set_absent(const journal::Fate& fate, std::int64_t wall_ns) {
  database_->run(
      "INSERT INTO attempts(order_id, attempt, absent_wall_ns) VALUES(?,?,?) "
      "ON CONFLICT DO UPDATE SET absent_wall_ns=excluded.absent_wall_ns",
      order_ids_->of(fate.copy_id), fate.attempt, wall_ns);
}

void History::add(const journal::Riding& riding) {
  if (riding.carrier == CopyId{})
    database_->run("DELETE FROM rides WHERE order_id=?", order_ids_->find(riding.copy_id));
  else
    database_->run("INSERT OR REPLACE INTO rides VALUES(?,?)", order_ids_->of(riding.copy_id),
                   order_ids_->of(riding.carrier));
}

void History::add(const journal::Finished& finished, std::int64_t mono_ns) {
  database_->run("INSERT OR REPLACE INTO finishes VALUES(?,?,?,?,?,?,?,?)",
                 order_ids_->of(finished.copy_id), static_cast<int>(finished.end), finished.filled,
                 finished.average, finished.venue_ms, finished.code, finished.follower.value,
                 mono_ns);
}

std::vector<journal::Finished> History::finished_and_open() {
  std::vector<journal::Finished> all;
  auto rows = database_->query(
      "SELECT o.copy_id, f.ended, f.filled, f.average, f.venue_ms, f.code, f.follower_id "
      "FROM orders o JOIN finishes f ON f.order_id=o.id WHERE o.ended IS NULL ORDER BY "
      "f.mono_ns");
  while (rows.next()) {
    journal::Finished finished;
    finished.copy_id = copy_id_of(rows.blob(0));
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
