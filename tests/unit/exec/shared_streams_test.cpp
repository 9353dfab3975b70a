// SharedStreams by itself: who is on which socket, when it is opened and when it ends.
#include "exec/shared_streams.hpp"

#include <gtest/gtest.h>

#include "fake_venue.hpp"

namespace copyd::exec::test {
namespace {

using Event = SharedStreams::Event;
using std::chrono::milliseconds;
using std::chrono::seconds;

class Machine : public ::testing::Test {
 protected:
  static FollowerId id(int follower) { return FollowerId{static_cast<std::uint16_t>(follower)}; }
  std::uint32_t join(int follower) {
    return streams.join(id(follower), "listen-" + std::to_string(follower),
                        clock.now() + SharedStreams::company);
  }
  // All events until it says none.
  std::vector<Event> poll() {
    std::vector<Event> seen;
    for (Event event = streams.poll(clock.now()); event != Event::none;
         event = streams.poll(clock.now()))
      seen.push_back(event);
    return seen;
  }
  std::vector<Event> wait(std::chrono::nanoseconds time) {
    clock.advance(time);
    return poll();
  }
  // One that stands, and those who are on it.
  std::uint32_t stand(int first, int count) {
    std::uint32_t serial = 0;
    for (int i = first; i < first + count; ++i) serial = join(i);
    streams.open_now(clock.now());
    poll();
    EXPECT_EQ(poll(), (std::vector<Event>{Event::opened}));
    return serial;
  }
  using Events = std::vector<Event>;

  ManualClock clock;
  FakeVenue venue{clock};
  venue::Endpoints endpoints{.rest = "", .sapi = "", .ws_api = "", .streams = "wss://streams.test"};
  SharedStreams streams{venue, endpoints};
};

TEST_F(Machine, ASocketIsOpenedWhenTheFirstHasWaitedLongEnough) {
  EXPECT_EQ(streams.gathers(), 0U);
  const auto serial = join(0);
  EXPECT_NE(serial, 0U);
  EXPECT_EQ(streams.gathers(), serial);
  wait(SharedStreams::company - milliseconds(1));
  EXPECT_EQ(join(1), serial);
  EXPECT_EQ(venue.sockets_made, 0);
  wait(milliseconds(1));
  EXPECT_EQ(venue.sockets_made, 1);
  EXPECT_EQ(streams.gathers(), 0U);
  EXPECT_EQ(poll(), (Events{Event::opened}));
  EXPECT_EQ(streams.serial(), serial);
  EXPECT_EQ(venue.streams().at(0)->accounts, (std::vector<int>{0, 1}));
}

TEST_F(Machine, FiftyAreEnough) {
  const auto first = join(0);
  for (int i = 1; i < 50; ++i) EXPECT_EQ(join(i), first);
  EXPECT_NE(join(50), first);
  poll();
  EXPECT_EQ(venue.sockets_made, 1) << "at once";
  poll();
  EXPECT_EQ(venue.streams().at(0)->accounts.size(), 50U);
}

TEST_F(Machine, WhoLeavesWhileWaitingIsNotAskedFor) {
  join(0);
  const auto serial = join(1);
  streams.leave(id(0), serial);
  wait(SharedStreams::company);
  poll();
  EXPECT_EQ(venue.streams().at(0)->accounts, (std::vector<int>{1}));
}

TEST_F(Machine, NothingIsOpenedForNobody) {
  const auto serial = join(0);
  streams.leave(id(0), serial);
  EXPECT_EQ(streams.gathers(), 0U);
  wait(seconds(1));
  EXPECT_EQ(venue.sockets_made, 0);
  EXPECT_NE(join(0), serial);
}

TEST_F(Machine, WhoJoinsAfterItWasOpenedIsOnAnother) {
  const auto serial = stand(0, 2);
  EXPECT_NE(join(2), serial);
}

TEST_F(Machine, ASocketEndsWithTheLastWhoLeaves) {
  const auto serial = stand(0, 2);
  streams.leave(id(1), serial);
  streams.leave(id(1), serial);
  EXPECT_EQ(venue.streams().size(), 1U);
  EXPECT_FALSE(streams.members_of(serial)[1].present);
  streams.leave(id(0), serial);
  EXPECT_TRUE(venue.streams().empty());
  EXPECT_TRUE(poll().empty()) << "nobody is there to be told";
  EXPECT_TRUE(streams.members_of(serial).empty());
}

TEST_F(Machine, SaysWhoWasOnOneThatIsLost) {
  const auto serial = stand(0, 2);
  streams.leave(id(0), serial);
  venue.streams().at(0)->drop();
  ASSERT_EQ(streams.poll(clock.now()), Event::closed);
  EXPECT_EQ(streams.serial(), serial);
  ASSERT_EQ(streams.members().size(), 2U);
  EXPECT_FALSE(streams.members()[0].present);
  EXPECT_EQ(streams.members()[1].follower, id(1));
  EXPECT_EQ(streams.poll(clock.now()), Event::none);
}

TEST_F(Machine, AStrayFrameEndsTheSocket) {
  stand(0, 2);
  venue.streams().at(0)->arrive("{}");
  venue.streams().at(0)->arrive("{}");
  ASSERT_EQ(streams.poll(clock.now()), Event::frame);
  streams.stray(clock.now());
  EXPECT_EQ(streams.poll(clock.now()), Event::closed);
  EXPECT_TRUE(venue.streams().empty());
}

TEST_F(Machine, AFloodOnOneLeavesTheOthersTheirTurn) {
  stand(0, 1);
  const auto other = stand(1, 1);
  for (int i = 0; i < 2 * SharedStreams::frames_in_turn; ++i) venue.streams()[0]->arrive("{}");
  venue.streams()[1]->arrive("{}");
  for (int i = 0; i < SharedStreams::frames_in_turn; ++i)
    ASSERT_EQ(streams.poll(clock.now()), Event::frame);
  ASSERT_EQ(streams.poll(clock.now()), Event::frame);
  EXPECT_EQ(streams.serial(), other);
  EXPECT_EQ(streams.poll(clock.now()), Event::none);
  EXPECT_EQ(poll().size(), static_cast<std::size_t>(SharedStreams::frames_in_turn));
}

TEST_F(Machine, HalfEmptyOnesMergeWhenTheyAreOldEnough) {
  stand(0, 10);
  stand(10, 30);
  stand(40, 20);
  stand(60, 21);
  wait(SharedStreams::merge_period - seconds(1));
  EXPECT_TRUE(poll().empty());
  wait(seconds(1));
  EXPECT_EQ(poll(), (Events{Event::ending, Event::ending})) << "ten and twenty; not thirty";
  EXPECT_TRUE(wait(seconds(30)).empty());
}

TEST_F(Machine, OneAloneHasNothingToMergeWith) {
  stand(0, 10);
  stand(10, 26);
  EXPECT_TRUE(wait(SharedStreams::merge_period * 2).empty());
  EXPECT_TRUE(poll().empty());
}

class Objections : public Machine {
 protected:
  void fail() {
    join(0);
    wait(SharedStreams::company);
    EXPECT_EQ(poll(), (Events{Event::closed}));
  }
};

TEST_F(Objections, AreRefusalsInARow) {
  venue.refuse_streams = true;
  for (int i = 0; i < SharedStreams::objections_max; ++i) {
    EXPECT_FALSE(streams.wants_own(clock.now()));
    fail();
  }
  EXPECT_TRUE(streams.wants_own(clock.now()));
  EXPECT_FALSE(streams.wants_own(clock.now())) << "one at a time";
  wait(SharedStreams::steady);
  EXPECT_TRUE(streams.wants_own(clock.now()));
  // A stream of its own fares no better.
  streams.own_failed();
  wait(SharedStreams::steady);
  EXPECT_FALSE(streams.wants_own(clock.now()));
}

TEST_F(Objections, AreForgottenWhenOneHasStoodForAWhile) {
  for (int i = 0; i < 2 * SharedStreams::objections_max; ++i) {
    venue.refuse_streams = true;
    fail();
    venue.refuse_streams = false;
    stand(0, 1);
    wait(SharedStreams::steady);
  }
  EXPECT_FALSE(streams.wants_own(clock.now()));
}

TEST_F(Objections, AreSocketsThatAreEndedAtOnce) {
  for (int i = 0; i < SharedStreams::objections_max; ++i) {
    stand(0, 1);
    venue.streams().at(0)->drop();
    EXPECT_EQ(wait(seconds(1)), (Events{Event::closed}));
  }
  EXPECT_TRUE(streams.wants_own(clock.now()));
}

TEST_F(Objections, AreOfNoEffectWhereWhoAskedHasLeft) {
  venue.hang_streams = true;
  for (int i = 0; i < 2 * SharedStreams::objections_max; ++i) {
    const auto serial = join(0);
    wait(SharedStreams::company);
    streams.leave(id(0), serial);
  }
  EXPECT_FALSE(streams.wants_own(clock.now()));
}

TEST_F(Objections, AreSocketsThatNeverAnswer) {
  venue.hang_streams = true;
  for (int i = 0; i < SharedStreams::objections_max; ++i) {
    join(0);
    wait(SharedStreams::company);
    EXPECT_EQ(wait(SharedStreams::opening_max), (Events{Event::closed}))
        << "before who waits for it gives up";
  }
  EXPECT_TRUE(streams.wants_own(clock.now()));
}

TEST_F(Objections, AreForGoodWhenAnOwnOneStandsAndSharedOnesDoNot) {
  venue.refuse_streams = true;
  for (int i = 0; i < SharedStreams::objections_max; ++i) fail();
  EXPECT_TRUE(streams.wants_own(clock.now()));
  EXPECT_FALSE(streams.own_stands(clock.now()));
  for (int i = 0; i < SharedStreams::objections_max; ++i) {
    wait(SharedStreams::steady);
    EXPECT_FALSE(streams.wants_own(clock.now())) << "not known yet";
    fail();
  }
  EXPECT_TRUE(streams.wants_own(clock.now()));
  EXPECT_TRUE(streams.wants_own(clock.now())) << "all";
  EXPECT_TRUE(streams.own_stands(clock.now()));
  EXPECT_FALSE(streams.own_stands(clock.now())) << "said once";
  streams.own_failed();
  EXPECT_TRUE(streams.wants_own(clock.now()));
}

// An outage ends: what was begun before that fails still, all of it at once.
TEST_F(Objections, AreNotWhatWasBegunBeforeTheOwnOneStood) {
  venue.refuse_streams = true;
  for (int i = 0; i < SharedStreams::objections_max; ++i) fail();
  EXPECT_TRUE(streams.wants_own(clock.now()));
  for (int i = 0; i < 10; ++i) {
    join(i);
    streams.open_now(clock.now());
    streams.poll(clock.now());
  }
  wait(milliseconds(1));
  EXPECT_FALSE(streams.own_stands(clock.now()));
  poll();
  EXPECT_FALSE(streams.wants_own(clock.now()));
  venue.refuse_streams = false;
  stand(0, 3);
  wait(SharedStreams::steady);
  EXPECT_FALSE(streams.wants_own(clock.now()));
}

}  // namespace
}  // namespace copyd::exec::test
