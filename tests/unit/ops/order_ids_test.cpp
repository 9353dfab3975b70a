// An order has one number in the history, whoever tells of it first, and nobody else has it.
#include "ops/order_ids.hpp"

#include <gtest/gtest.h>

#include "ops/history.hpp"
#include "temporary_directory.hpp"

namespace copyd::ops {
namespace {

CopyId order(std::size_t n) {
  CopyId id;
  for (std::size_t i = 0; i < sizeof(n); ++i)
    id.bytes[i] = static_cast<std::uint8_t>(n * 0x9E3779B97F4A7C15 >> 8 * i);
  return id;
}

class OrderIdsTest : public testing::Test {
 protected:
  OrderIdsTest() { open(); }

  void open() {
    history_.reset();
    auto opened = History::open(directory_.file("history.sqlite"));
    ASSERT_TRUE(opened);
    history_.emplace(std::move(opened).value());
    history_->begin();
  }
  // What the copy agent tells of it, and what a lane does.
  void decide(std::size_t n) {
    OrderTerms terms;
    terms.copy_id = order(n);
    history_->add(
        {.terms = terms, .fill = 1, .follower = "bob", .symbol = "BTCUSDT", .wall_ns = 1});
  }
  void send(std::size_t n) { history_->add(journal::Intent{.copy_id = order(n)}, 2); }
  void finish(std::size_t n) { history_->add(journal::Finished{.copy_id = order(n)}, 3); }
  void end(std::size_t n) { history_->end(order(n), OrderDone{}, 4); }
  void carry(std::size_t n, std::size_t carrier) {
    history_->add(journal::Riding{.copy_id = order(n), .carrier = order(carrier)});
  }

  std::int64_t count(const std::string& sql) {
    auto rows = history_->database().query(sql);
    EXPECT_TRUE(rows.next()) << sql << ": " << history_->database().fault_text();
    return rows.integer(0);
  }
  // Orders of which all is told under the number that they have.
  std::int64_t whole() {
    return count(
        "SELECT count(*) FROM orders o JOIN attempts a ON a.order_id=o.id JOIN finishes f ON "
        "f.order_id=o.id WHERE o.ended IS NOT NULL");
  }

  const TemporaryDirectory directory_;
  std::optional<History> history_;
};

TEST_F(OrderIdsTest, AnOrderHasOneNumberWhoeverTellsOfItFirst) {
  decide(1);
  for (const std::size_t n : {2U, 1U}) {
    send(n);
    finish(n);
  }
  decide(2);
  end(1);
  end(2);
  EXPECT_EQ(whole(), 2);
  EXPECT_EQ(count("SELECT count(*) FROM order_ids"), 2);
}

TEST_F(OrderIdsTest, ANumberOutlivesAStop) {
  send(1);
  decide(2);
  carry(2, 3);
  ASSERT_TRUE(history_->commit());
  open();
  decide(1);
  send(2);
  decide(3);
  decide(4);
  for (const std::size_t n : {1U, 2U}) {
    finish(n);
    end(n);
  }
  EXPECT_EQ(whole(), 2);
  EXPECT_EQ(count("SELECT count(*) FROM orders"), 4) << "each has a number of its own";
  EXPECT_EQ(history_->fill_of(order(4)), 1);
  EXPECT_EQ(count("SELECT count(*) FROM rides r JOIN orders o ON o.id=r.carrier"), 1);
}

// What was not committed is not there; the same is told again.
TEST_F(OrderIdsTest, ATransactionThatIsGivenUpLeavesNoNumber) {
  send(1);
  ASSERT_TRUE(history_->commit());
  history_->begin();
  send(2);
  decide(2);
  open();
  EXPECT_EQ(count("SELECT count(*) FROM order_ids"), 1);
  for (const std::size_t n : {3U, 2U, 1U}) {
    decide(n);
    send(n);
    finish(n);
    end(n);
  }
  EXPECT_EQ(whole(), 3);
}

TEST_F(OrderIdsTest, WhoHasANumberIsKeptUntilManyMoreHaveEnded) {
  decide(0);
  send(1);  // the copy agent does not tell of it
  constexpr std::size_t first = 2;
  constexpr std::size_t last = first + OrderIds::ended_kept;
  for (std::size_t n = first; n <= last; ++n) {
    decide(n);
    end(n);
    end(n - 1);  // more than once, and one that has no row
  }
  EXPECT_LE(count("SELECT count(*) FROM order_ids"), static_cast<std::int64_t>(last) + 1);
  EXPECT_FALSE(history_->fill_of(order(first)));
  EXPECT_TRUE(history_->fill_of(order(last)));
  EXPECT_TRUE(history_->fill_of(order(0))) << "it is open";
  ASSERT_TRUE(history_->commit());

  open();
  for (std::size_t n = last + 1; n <= last + OrderIds::ended_kept; ++n) {
    decide(n);
    end(n);
  }
  EXPECT_EQ(count("SELECT count(*) FROM order_ids"),
            static_cast<std::int64_t>(OrderIds::ended_kept) + 2)
      << "those of the run before are let go too";
  EXPECT_EQ(count("SELECT count(*) FROM orders"),
            static_cast<std::int64_t>(last + OrderIds::ended_kept))
      << "no number was given twice";
  EXPECT_TRUE(history_->fill_of(order(0))) << "it is open";
  EXPECT_FALSE(history_->fill_of(order(1)));
  decide(1);
  EXPECT_EQ(count("SELECT count(*) FROM orders o JOIN attempts a ON a.order_id=o.id"), 1);
}

}  // namespace
}  // namespace copyd::ops
