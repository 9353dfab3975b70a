#include "ops/order_ids.hpp"

#include <algorithm>
#include <cstring>
#include <span>

namespace copyd::ops {
namespace {

// More is forgotten, and looked up again: all orders are open while the lanes' journals are read
// into a new file, which comes before the copy agent's.
constexpr std::size_t recent_max = 65'536;

}  // namespace

CopyId copy_id_of(std::string_view bytes) noexcept {
  CopyId id;
  std::copy_n(bytes.begin(), std::min(bytes.size(), id.bytes.size()), id.bytes.begin());
  return id;
}

// Its bytes are a hash already.
std::size_t OrderIds::Hash::operator()(const CopyId& id) const noexcept {
  std::size_t hash = 0;
  std::memcpy(&hash, id.bytes.data(), sizeof(hash));
  return hash;
}

void OrderIds::load() {
  recent_.clear();
  ended_.clear();
  {
    auto rows = database_.query(
        "SELECT max(coalesce((SELECT max(id) FROM orders), 0), "
        "coalesce((SELECT max(id) FROM order_ids), 0))");
    next_ = rows.next() ? rows.integer(0) + 1 : 1;
  }
  whole_ = true;
  {
    auto rows = database_.query("SELECT copy_id, id FROM order_ids");
    while (whole_ && rows.next()) remember(copy_id_of(rows.blob(0)), rows.integer(1));
  }
  auto rows = database_.query(
      "SELECT i.copy_id FROM order_ids i JOIN orders o ON o.id=i.id WHERE o.ended IS NOT NULL "
      "ORDER BY o.ended_wall_ns, i.id");
  while (rows.next()) ended_.push_back(copy_id_of(rows.blob(0)));
}

std::int64_t OrderIds::of(const CopyId& order) {
  if (const auto known = find(order)) return *known;
  database_.run("INSERT INTO order_ids(copy_id, id) VALUES(?,?)", std::span(order.bytes), next_);
  remember(order, next_);
  return next_++;
}

std::optional<std::int64_t> OrderIds::find(const CopyId& order) {
  if (const auto at = recent_.find(order); at != recent_.end()) return at->second;
  if (whole_) return std::nullopt;
  auto rows = database_.query("SELECT id FROM order_ids WHERE copy_id=?", std::span(order.bytes));
  if (!rows.next()) return std::nullopt;
  remember(order, rows.integer(0));
  return rows.integer(0);
}

void OrderIds::remember(const CopyId& order, std::int64_t id) {
  if (recent_.size() >= recent_max) {
    recent_.clear();
    whole_ = false;
  }
  recent_.emplace(order, id);
}

// One that ends twice is in the queue twice, and taken out by the first.
void OrderIds::ended(const CopyId& order) {
  ended_.push_back(order);
  if (ended_.size() <= ended_kept) return;
  const CopyId oldest = ended_.front();
  ended_.pop_front();
  database_.run("DELETE FROM order_ids WHERE copy_id=?", std::span(oldest.bytes));
  recent_.erase(oldest);
}

}  // namespace copyd::ops
