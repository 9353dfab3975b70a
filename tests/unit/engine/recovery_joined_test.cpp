// What a start makes of orders that left as one, or may have.
#include <map>

#include "recovery_rig.hpp"

namespace copyd::engine {
namespace {

// Three orders of bob's, which his lane is about to send as one: 0.5, 1 and 1.5.
class RecoveryJoined : public ::testing::Test {
 protected:
  RecoveryJoined() {
    rig.connect();
    rig.fill(7, Side::buy, "1");
    rig.fill(8, Side::buy, "2");
    rig.fill(9, Side::buy, "3");
    for (const auto& order : rows<journal::OpenOrder>(rig.recovered()))
      if (order.follower == FollowerId{0}) ids.push_back(order.copy_id);
  }
  void rides(std::size_t order, const CopyId& carrier) {
    rig.at_lane(journal::Riding{.copy_id = ids[order], .carrier = carrier});
  }
  void gather() {
    for (std::size_t i = 0; i < 3; ++i) rides(i, ids[0]);
  }
  void leave() { rig.at_lane(journal::Intent{.copy_id = ids[0], .qty = Qty::whole(3)}); }
  void refused(std::int32_t code = -2019) {
    rig.at_lane(journal::Answer{.copy_id = ids[0], .status = 400, .code = code, .final_ = 1});
  }
  void finished(std::size_t order, const char* filled) {
    rig.at_lane(journal::Finished{.copy_id = ids[order], .filled = *Qty::parse(filled)});
  }
  void look() {
    found = rig.recovered();
    orders.clear();
    joined.clear();
    for (const auto& order : rows<journal::OpenOrder>(found)) orders[order.copy_id] = order;
    for (const auto& row : rows<journal::JoinedOrder>(found)) joined[row.copy_id] = row.carrier;
  }
  // The first is asked for, and the others wait for what it did.
  void expect_joined(std::size_t count) {
    EXPECT_EQ(joined.size(), count);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(joined[ids[i]], ids[0]);
      EXPECT_EQ(orders[ids[i]].attempt, 0);
      EXPECT_EQ(orders[ids[i]].doubts, i == 0 ? 1 : 0);
      EXPECT_EQ(orders[ids[i]].ended, 0);
      EXPECT_EQ(orders[ids[i]].filled_before, Qty());
    }
  }

  Rig rig;
  std::vector<CopyId> ids;
  Recovered found;
  std::map<CopyId, journal::OpenOrder> orders;
  std::map<CopyId, CopyId> joined;
};

TEST_F(RecoveryJoined, WithoutAnIntentItHasNotLeft) {
  gather();
  look();
  EXPECT_TRUE(joined.empty());
  for (const auto& id : ids) EXPECT_EQ(orders[id].doubts, 0);
}

TEST_F(RecoveryJoined, WithItsIntentItMayHave) {
  gather();
  leave();
  look();
  expect_joined(3);
}

TEST_F(RecoveryJoined, AnIntentForItsOwnQuantityIsOfTheFirstAlone) {
  gather();
  rig.at_lane(journal::Intent{.copy_id = ids[0], .qty = *Qty::parse("0.5")});
  look();
  EXPECT_TRUE(joined.empty());
  EXPECT_EQ(orders[ids[0]].doubts, 1);
}

TEST_F(RecoveryJoined, WhatHasEndedWithAFillIsAskedForAgain) {
  gather();
  leave();
  rig.at_lane(journal::Answer{.copy_id = ids[0], .filled = Qty::whole(2), .final_ = 1});
  look();
  expect_joined(3);
}

TEST_F(RecoveryJoined, WhoWasToldIsOverAndTheOthersAreStillJoined) {
  gather();
  leave();
  rig.at_lane(journal::Answer{.copy_id = ids[0], .filled = Qty::whole(2), .final_ = 1});
  finished(2, "0.5");
  look();
  expect_joined(2);
  EXPECT_FALSE(orders.contains(ids[2]));
  finished(1, "1");
  look();
  expect_joined(1);
  finished(0, "0.5");
  look();
  EXPECT_FALSE(orders.contains(ids[0]));
}

TEST_F(RecoveryJoined, WhereItFailedEachIsForItself) {
  gather();
  leave();
  refused();
  look();
  EXPECT_TRUE(joined.empty());
  EXPECT_EQ(orders[ids[0]].ended, 1);
  EXPECT_EQ(orders[ids[1]].doubts, 0);
  for (std::size_t i = 0; i < 3; ++i) rides(i, {});
  rig.at_lane(journal::Intent{.copy_id = ids[1], .qty = Qty::whole(1)});
  look();
  EXPECT_TRUE(joined.empty());
  EXPECT_EQ(orders[ids[1]].doubts, 1);
}

TEST_F(RecoveryJoined, WhatIsApartMayJoinAgainWithAnother) {
  gather();
  leave();
  refused();
  for (std::size_t i = 0; i < 3; ++i) rides(i, {});
  rides(1, ids[1]);
  rides(2, ids[1]);
  rig.at_lane(journal::Intent{.copy_id = ids[1], .qty = *Qty::parse("2.5")});
  look();
  EXPECT_EQ(joined.size(), 2U);
  EXPECT_EQ(joined[ids[2]], ids[1]);
  EXPECT_EQ(orders[ids[1]].doubts, 1);
  EXPECT_EQ(orders[ids[2]].doubts, 0);
}

// The intent may be lost; who rides is on the disk before it leaves.
TEST_F(RecoveryJoined, AfterAPowerCutItMayHaveLeftWithoutAnIntent) {
  gather();
  rig.other_boot();
  look();
  EXPECT_EQ(found.trust, Trust::lossy);
  expect_joined(3);
}

// And nothing has left by itself before it is on the disk that they are apart.
TEST_F(RecoveryJoined, AfterAPowerCutTheFirstHasNoOtherAttempt) {
  gather();
  leave();
  rig.other_boot();
  look();
  expect_joined(3);
}

TEST_F(RecoveryJoined, AfterAPowerCutWhatFailedIsAskedForOneByOne) {
  gather();
  leave();
  refused();
  rides(0, {});
  rig.other_boot();
  look();
  EXPECT_TRUE(joined.empty());
  EXPECT_EQ(orders[ids[0]].attempt, 1);
  for (const auto& id : ids) EXPECT_EQ(orders[id].doubts, 1);
}

// The run that found them so is cut off before its lane has written anything.
TEST_F(RecoveryJoined, TheRowsOfAStartSayItToTheNext) {
  gather();
  leave();
  look();
  Rig next;
  const RunNames live = names(two_followers, usual_symbols);
  ASSERT_TRUE(write_beginning(*next.copy, live, found.rows, next.clock.now()));
  found = next.recovered();
  orders.clear();
  joined.clear();
  for (const auto& order : rows<journal::OpenOrder>(found)) orders[order.copy_id] = order;
  for (const auto& row : rows<journal::JoinedOrder>(found)) joined[row.copy_id] = row.carrier;
  expect_joined(3);
}

}  // namespace
}  // namespace copyd::engine
