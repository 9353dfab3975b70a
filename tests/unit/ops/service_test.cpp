#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "core/secret.hpp"
#include "ops/file_descriptor.hpp"
#include "ops/log.hpp"
#include "ops/notify.hpp"
#include "temporary_directory.hpp"

namespace copyd::ops {
namespace {

template <class T>
concept loggable = requires(const T& value) {
  log::info(value);
};
static_assert(loggable<std::string>);
static_assert(!loggable<Secret>, "a secret cannot be logged");

TEST(Log, WritesOneLineAnEventWithSystemdsPriority) {
  testing::internal::CaptureStderr();
  log::start({.level = log::Level::debug, .systemd = true});
  log::debug("d");
  log::info("follower bob: live\nsecond {} %s");
  log::warning("w");
  log::error("e");
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "<7>d\n<6>follower bob: live second {} %s\n<4>w\n<3>e\n");
}

TEST(Log, ElsewhereALineBeginsWithTimeAndLevel) {
  testing::internal::CaptureStderr();
  log::start({.level = log::Level::info, .systemd = false});
  log::info("ready");
  const std::string line = testing::internal::GetCapturedStderr();
  ASSERT_GT(line.size(), 26U);
  EXPECT_EQ(line[10], 'T');
  EXPECT_EQ(line[23], 'Z');
  EXPECT_EQ(line.substr(24), " info    ready\n");
}

TEST(Log, LeavesOutWhatIsBelowItsLevel) {
  testing::internal::CaptureStderr();
  log::start({.level = log::Level::error, .systemd = true});
  log::debug("d");
  log::info("i");
  log::warning("w");
  log::error("e");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "<3>e\n");
}

TEST(Log, TheJournalIsKnownByItsStream) {
  struct stat status {};
  ASSERT_EQ(::fstat(2, &status), 0);
  const std::string ours = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  ::setenv("JOURNAL_STREAM", ours.c_str(), 1);
  EXPECT_TRUE(log::Options::from_environment(log::Level::info).systemd);
  ::setenv("JOURNAL_STREAM", "1:1", 1);
  EXPECT_FALSE(log::Options::from_environment(log::Level::info).systemd);
  ::unsetenv("JOURNAL_STREAM");
  EXPECT_FALSE(log::Options::from_environment(log::Level::info).systemd);
}

TEST(Log, TheJournalGetsTheFieldsOfAnEvent) {
  using Entry = std::vector<std::string>;
  EXPECT_EQ(log::journal_entry(log::Level::warning, "bob: lost\nMESSAGE=x",
                               {.follower = "bob", .leader = "alpha", .reason = "a\nb"}),
            (Entry{"MESSAGE=bob: lost MESSAGE=x", "PRIORITY=4", "SYSLOG_IDENTIFIER=copyd",
                   "COPYD_FOLLOWER=bob", "COPYD_LEADER=alpha", "COPYD_REASON=a b"}));
  EXPECT_EQ(log::journal_entry(log::Level::error, "e", {}),
            (Entry{"MESSAGE=e", "PRIORITY=3", "SYSLOG_IDENTIFIER=copyd"}));
}

// Without the journal's socket an event still is a line: libsystemd would drop it in silence.
TEST(Log, WithoutTheJournalsSocketTheLineGoesToStderr) {
  if (::access("/run/systemd/journal/socket", F_OK) == 0) GTEST_SKIP() << "there is a journal here";
  struct stat status {};
  ASSERT_EQ(::fstat(2, &status), 0);
  const std::string ours = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  ::setenv("JOURNAL_STREAM", ours.c_str(), 1);
  const auto options = log::Options::from_environment(log::Level::info);
  ::unsetenv("JOURNAL_STREAM");
  EXPECT_TRUE(options.systemd);
  EXPECT_FALSE(options.journal);
}

TEST(Notify, TellsSystemdHowTheServiceStands) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("notify");
  const FileDescriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const auto next = [&] {
    char message[512];
    const ssize_t got = ::recv(socket.get(), message, sizeof message, MSG_DONTWAIT);
    return got < 0 ? std::string("nothing") : std::string(message, static_cast<std::size_t>(got));
  };
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  notify::ready("1 leader, 3 followers");
  EXPECT_EQ(next(), "READY=1\nSTATUS=1 leader, 3 followers");
  notify::status("two\nREADY=0");
  EXPECT_EQ(next(), "STATUS=two READY=0");
  notify::reloading();
  EXPECT_EQ(next(), "RELOADING=1");
  notify::stopping();
  EXPECT_EQ(next(), "STOPPING=1");
  notify::still_starting(std::chrono::seconds(60));
  EXPECT_EQ(next(), "EXTEND_TIMEOUT_USEC=60000000");
  notify::watchdog();
  EXPECT_EQ(next(), "WATCHDOG=1");
  ::unsetenv("NOTIFY_SOCKET");
  notify::stopping();
  EXPECT_EQ(next(), "nothing");
}

TEST(Notify, TheWatchdogsPeriodComesFromSystemd) {
  EXPECT_EQ(notify::watchdog_period().count(), 0);
  ::setenv("WATCHDOG_USEC", "10000000", 1);
  EXPECT_EQ(notify::watchdog_period(), std::chrono::seconds(10));
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(notify::watchdog_period().count(), 0) << "meant for another process";
  ::unsetenv("WATCHDOG_PID");
  ::unsetenv("WATCHDOG_USEC");
}

}  // namespace
}  // namespace copyd::ops
