// A connection to ourselves: what is sent is taken back, however often.
#include "net/loopback.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <string>

namespace copyd::net {
namespace {

TEST(Loopback, TakesBackWhatItSends) {
  auto loopback = Loopback::create();
  ASSERT_TRUE(loopback) << loopback.error().message();
  // Far more than any buffer holds: what was not taken back would fill it.
  const std::string much(Loopback::round_max, 'x');
  for (int i = 0; i < 10'000; ++i) ASSERT_TRUE(loopback->round(much)) << "round " << i;
}

TEST(Loopback, IsNotMadeWhereThereIsNoRoomForIt) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const Socket probe(::socket(AF_INET, SOCK_STREAM, 0));
  ASSERT_TRUE(probe.is_open());
  // The listener and one end have a number left, the other end has none.
  auto few = before;
  few.rlim_cur = static_cast<rlim_t>(probe.descriptor()) + 3;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  const auto loopback = Loopback::create();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_FALSE(loopback);
  EXPECT_EQ(loopback.error(), socket_error(EMFILE));
}

}  // namespace
}  // namespace copyd::net
