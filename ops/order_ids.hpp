// OrderIds: the small number by which an order is known in the history's file.
//
// An order is named by a CopyId, which is a hash: rows that are sorted by it lie all over the file,
// and each one of them costs a page that is read and written whole. So whoever tells of an order
// first, a lane or the copy agent, gives it the next number, and rows are sorted by that: they come
// to stand at the end of their tables.
//
// Who a number belongs to is kept, in the table `order_ids`, until so many more orders have ended
// that nothing is told of it any more. So what is sorted by the hash stays small, however long the
// file grows; `orders.copy_id` says it for ever. One thread; cold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "core/copy_id.hpp"
#include "ops/database.hpp"

namespace copyd::ops {

class OrderIds {
 public:
  // Behind its end only what the stream says late is told of an order (docs/JOURNAL.md): a few
  // seconds, which is as many orders where the most are sent.
  static constexpr std::size_t ended_kept = 32'768;

  explicit OrderIds(Database& database) : database_(database) {}

  // What the file has. To be called before all else.
  void load();

  // Made, where nobody has told of it yet.
  std::int64_t of(const CopyId& order);
  std::optional<std::int64_t> find(const CopyId& order);
  // The copy agent has told its end, and it has a row in `orders`.
  void ended(const CopyId& order);

 private:
  struct Hash {
    std::size_t operator()(const CopyId& id) const noexcept;
  };
  void remember(const CopyId& order, std::int64_t id);

  Database& database_;
  std::int64_t next_ = 1;
  // Of the table, so as not to look there.
  std::unordered_map<CopyId, std::int64_t, Hash> recent_;
  bool whole_ = false;        // all of it
  std::deque<CopyId> ended_;  // in the table still, the oldest first
};

// The bytes of a blob that is one.
CopyId copy_id_of(std::string_view bytes) noexcept;

}  // namespace copyd::ops
