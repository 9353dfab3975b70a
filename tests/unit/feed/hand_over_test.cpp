#include "feed/hand_over.hpp"

#include <gtest/gtest.h>

#include <string>

namespace copyd::feed {
namespace {

constexpr LeaderId leader{0};
constexpr SymbolId btc{0};
constexpr SymbolId eth{1};

LeaderFill fill(std::int64_t trade, std::int64_t time, int qty, SymbolId symbol = btc) {
  LeaderFill f;
  f.trade = TradeId{trade};
  f.time = VenueTime{time};
  f.qty = Qty::whole(std::abs(qty));
  f.order_qty = f.qty;
  f.side = qty > 0 ? Side::buy : Side::sell;
  f.symbol = symbol;
  return f;
}

Snapshot::Row row(SymbolId symbol, int qty, std::int64_t as_of) {
  return {.leg = {.symbol = symbol, .leg = Leg::both},
          .qty = Qty::whole(qty),
          .as_of = VenueTime{as_of}};
}

// "f7" is the fill of trade 7, "p0=5" the position 5 of symbol 0.
std::string text_of(const std::vector<LeaderEvent>& events) {
  std::string text;
  for (const LeaderEvent& event : events) {
    if (!text.empty()) text += ' ';
    if (const auto* f = std::get_if<LeaderFill>(&event)) {
      text += "f" + std::to_string(f->trade.value);
    } else {
      const auto& p = std::get<LeaderPosition>(event);
      text += "p" + std::to_string(p.symbol.value) + "=" + std::string(FixedText(p.qty).view());
    }
  }
  return text;
}

struct HandOver : testing::Test {
  LeaderBook book{4, 64};
  std::vector<LeaderEvent> out;
  StartingPositions starting;

  std::string again(std::vector<LeaderFill> found, std::vector<LeaderFill> held,
                    Snapshot snapshot) {
    hand_over_again(leader, std::move(found), held, snapshot, book, out);
    return text_of(out);
  }
};

TEST_F(HandOver, HeldFillsOnBothSidesOfTheUpdateTime) {
  const std::vector held{fill(1, 90, 2), fill(2, 100, 3), fill(3, 101, -1)};
  starting.read({.asked = VenueTime{120}, .rows = {row(btc, 5, 100)}}, held);
  EXPECT_FALSE(starting.doubtful(held));
  starting.hand_over(leader, held, book, out);
  EXPECT_EQ(text_of(out), "p0=5 f3");
  EXPECT_EQ(book.qty({btc, Leg::both}), Qty::whole(4));
  EXPECT_TRUE(book.seen(btc, TradeId{1})) << "contained, and seen all the same";
}

TEST_F(HandOver, ALegWithoutARowIsFlatWhenTheQuestionWasAsked) {
  const std::vector held{fill(1, 90, 2), fill(2, 95, -2)};
  starting.read({.asked = VenueTime{100}, .rows = {}}, held);
  EXPECT_FALSE(starting.doubtful(held));
  starting.hand_over(leader, held, book, out);
  EXPECT_EQ(text_of(out), "");
  EXPECT_TRUE(book.contains({btc, Leg::both}, VenueTime{100}));
  EXPECT_FALSE(book.contains({btc, Leg::both}, VenueTime{101}));
}

TEST_F(HandOver, AnOpeningAfterTheFirstReadingIsAFill) {
  const std::vector held{fill(1, 101, 2)};
  starting.read({.asked = VenueTime{100}, .rows = {}}, held);
  ASSERT_TRUE(starting.doubtful(held));
  starting.read({.asked = VenueTime{110}, .rows = {row(btc, 2, 101)}}, held);
  EXPECT_FALSE(starting.doubtful(held));
  starting.hand_over(leader, held, book, out);
  EXPECT_EQ(text_of(out), "p0=0 f1");
}

TEST_F(HandOver, ACloseThatTheFirstReadingHeldAlreadyIsNoOpening) {
  // The leader held 2 and closed them after we asked and before the venue answered: no row.
  const std::vector held{fill(1, 101, -2)};
  starting.read({.asked = VenueTime{100}, .rows = {}}, held);
  ASSERT_TRUE(starting.doubtful(held));
  starting.read({.asked = VenueTime{110}, .rows = {}}, held);
  EXPECT_TRUE(starting.doubtful(held)) << "still a leg without a row";
  starting.read({.asked = VenueTime{120}, .rows = {}}, held);
  EXPECT_FALSE(starting.doubtful(held));
  starting.hand_over(leader, held, book, out);
  EXPECT_EQ(text_of(out), "p0=0");
  EXPECT_EQ(book.qty({btc, Leg::both}), Qty{});
}

TEST_F(HandOver, ARowThatNeverTradedIsAsOldAsTheQuestion) {
  std::vector<venue::PositionRisk> rows(2);
  rows[0].symbol_name = "BTCUSDT";
  rows[0].symbol = btc;
  rows[1].symbol_name = "NEWUSDT";
  rows[1].qty = Qty::whole(1);
  const auto snapshot = Snapshot::of(VenueTime{100}, rows);
  ASSERT_EQ(snapshot.rows.size(), 1U) << "an unlisted symbol is left out";
  EXPECT_EQ(snapshot.rows[0].as_of, VenueTime{100});
}

TEST_F(HandOver, FoundThenHeldThenThePositionEachTradeOnce) {
  book.begin(VenueTime{10});
  const auto text =
      again({fill(5, 50, 1), fill(3, 30, 2)}, {fill(5, 50, 1), fill(6, 60, 1), fill(7, 80, 1)},
            {.asked = VenueTime{70}, .rows = {row(btc, 4, 60)}});
  EXPECT_EQ(text, "f3 f5 f6 p0=4 f7");
  EXPECT_EQ(book.qty({btc, Leg::both}), Qty::whole(5));
}

TEST_F(HandOver, FoundFillsGoByTimeAndWithinASymbolById) {
  book.begin(VenueTime{10});
  // Trade 4 says a time before trade 3's: within the symbol the id decides.
  const auto text =
      again({fill(4, 35, 1), fill(3, 40, 1), fill(1, 38, 1, eth), fill(2, 45, 1, eth)}, {},
            {.asked = VenueTime{70}, .rows = {row(btc, 2, 40), row(eth, 2, 45)}});
  EXPECT_EQ(text, "f1 f3 f4 f2 p0=2 p1=2");
}

TEST_F(HandOver, ALegThatWasOpenAndHasNoRowIsHandedOverAsFlat) {
  book.begin(VenueTime{10});
  book.set({btc, Leg::both}, Qty::whole(3), VenueTime{10});
  EXPECT_EQ(again({}, {}, {.asked = VenueTime{70}, .rows = {}}), "p0=0");
  EXPECT_EQ(book.qty({btc, Leg::both}), Qty{});
  EXPECT_TRUE(book.contains({btc, Leg::both}, VenueTime{70}))
      << "the position has taken the place of the close that was not found";
}

TEST_F(HandOver, APositionThatSaysNothingNewContainsNoLateFill) {
  book.begin(VenueTime{10});
  book.set({btc, Leg::both}, Qty::whole(3), VenueTime{10});
  EXPECT_EQ(again({}, {}, {.asked = VenueTime{70}, .rows = {row(btc, 3, 60)}}), "p0=3");
  EXPECT_EQ(book.take(fill(9, 60, 1)), LeaderBook::Taken::fresh);
}

TEST_F(HandOver, TradesOlderThanTheFirstPositionsAreNotFills) {
  const std::vector<LeaderFill> none;
  starting.read({.asked = VenueTime{120}, .rows = {row(btc, 5, 100)}}, none);
  starting.hand_over(leader, none, book, out);
  out.clear();
  EXPECT_EQ(again({fill(1, 99, 5), fill(2, 110, 1)}, {},
                  {.asked = VenueTime{200}, .rows = {row(btc, 6, 110)}}),
            "f2 p0=6");
}

TEST_F(HandOver, ADuplicateDoesNotBringThePositionForward) {
  book.begin(VenueTime{10});
  ASSERT_EQ(book.take(fill(2, 80, 1)), LeaderBook::Taken::fresh);
  EXPECT_EQ(again({}, {fill(2, 80, 1), fill(3, 60, 1)},
                  {.asked = VenueTime{90}, .rows = {row(btc, 2, 70)}}),
            "f3 p0=2");
}

TEST_F(HandOver, WhatWasFoundIsInThePositionReadAfterIt) {
  book.begin(VenueTime{10});
  book.set({btc, Leg::both}, Qty::whole(3), VenueTime{10});
  // Our idea of the venue's time was late: the close seems to come after the question.
  EXPECT_EQ(again({fill(4, 75, -3)}, {}, {.asked = VenueTime{70}, .rows = {}}), "f4 p0=0");
  EXPECT_EQ(book.qty({btc, Leg::both}), Qty{});
}

TEST_F(HandOver, DiffersOnlyWhereNeitherBookNorFillsExplainTheRow) {
  book.begin(VenueTime{10});
  book.set({btc, Leg::both}, Qty::whole(3), VenueTime{10});
  const auto differs = [&](std::vector<LeaderFill> found, std::vector<LeaderFill> held,
                           std::vector<Snapshot::Row> rows) {
    return differing_symbols(book, found, held, {.asked = VenueTime{70}, .rows = std::move(rows)});
  };
  EXPECT_TRUE(differs({}, {}, {row(btc, 3, 10)}).empty());
  EXPECT_EQ(differs({}, {}, {}), std::vector{btc});
  EXPECT_EQ(differs({}, {}, {row(btc, 3, 10), row(eth, 1, 20)}), std::vector{eth});
  EXPECT_TRUE(differs({fill(1, 20, 1)}, {fill(1, 20, 1)}, {row(btc, 4, 20)}).empty());
  EXPECT_TRUE(differs({}, {fill(1, 20, 1), fill(2, 30, 1)}, {row(btc, 4, 20)}).empty())
      << "a held fill after the row is not in it";
  EXPECT_EQ(differs({}, {fill(2, 30, 1)}, {row(btc, 4, 20)}), std::vector{btc});
}

struct LateFillsOf : HandOver {
  std::string late(std::vector<LeaderFill> found) {
    counts = hand_over_late(std::move(found), book, out);
    return text_of(out);
  }
  LateFills counts;
};

TEST_F(LateFillsOf, ALegWhereNothingTradedSinceGetThemInOrder) {
  ASSERT_EQ(book.take(fill(3, 30, 2)), LeaderBook::Taken::fresh);
  EXPECT_EQ(late({fill(6, 60, 2), fill(4, 40, 1), fill(5, 50, -3), fill(9, 55, 1, eth)}),
            "f4 f5 f9 f6");
  EXPECT_EQ(counts.handed, 4);
  EXPECT_EQ(counts.contained, 0);
  EXPECT_EQ(book.qty({btc, Leg::both}), Qty::whole(2));
}

TEST_F(LateFillsOf, ALegThatTradedSinceKeepsWhatCameAfter) {
  ASSERT_EQ(book.take(fill(8, 80, -2)), LeaderBook::Taken::fresh);
  EXPECT_EQ(late({fill(4, 40, 1), fill(5, 50, -1), fill(1, 40, 3, eth), fill(2, 50, -3, eth)}),
            "f1 f2")
      << "the other leg is another matter";
  EXPECT_EQ(counts.handed, 2);
  EXPECT_EQ(counts.contained, 2);
  EXPECT_EQ(book.qty({btc, Leg::both}), -Qty::whole(2));
  EXPECT_TRUE(book.seen(btc, TradeId{4})) << "should its event come after all";
}

TEST_F(LateFillsOf, WhatComesAfterItIsHandedOverAllTheSame) {
  ASSERT_EQ(book.take(fill(6, 60, 2)), LeaderBook::Taken::fresh);
  EXPECT_EQ(late({fill(4, 40, 1), fill(5, 50, -1), fill(7, 70, 3), fill(8, 80, -3)}), "f7 f8");
}

TEST_F(LateFillsOf, APositionIsNeverLeftWrong) {
  ASSERT_EQ(book.take(fill(8, 80, 2)), LeaderBook::Taken::fresh);
  EXPECT_EQ(late({fill(4, 40, 1), fill(5, 50, 1)}), "f4 f5") << "they do not sum to nothing";
  EXPECT_EQ(book.qty({btc, Leg::both}), Qty::whole(4));
}

TEST_F(LateFillsOf, WhatWasSeenOrIsContainedIsNotHandedOver) {
  book.set({btc, Leg::both}, Qty::whole(1), VenueTime{45});
  ASSERT_EQ(book.take(fill(6, 60, 2)), LeaderBook::Taken::fresh);
  EXPECT_EQ(late({fill(4, 40, 1), fill(6, 60, 2)}), "");
  EXPECT_EQ(counts.handed + counts.contained, 0);
}

}  // namespace
}  // namespace copyd::feed
