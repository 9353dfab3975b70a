// The real disk: what it promises, in a directory of its own.
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "journal/disk.hpp"

namespace copyd::journal {
namespace {

class PosixDisk : public testing::Test {
 protected:
  PosixDisk() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "copyd-journal-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    root = pattern;
    disk = open_directory(root + "/journal").value();
  }
  ~PosixDisk() override {
    std::error_code ignored;
    std::filesystem::remove_all(root, ignored);
  }
  static std::span<const std::byte> bytes(std::string_view text) {
    return std::as_bytes(std::span(text));
  }

  std::string root;
  std::unique_ptr<Disk> disk;
};

TEST_F(PosixDisk, AFileIsZeroesWhollyAllocatedAndPrivate) {
  auto file = disk->create("a", 4096).value();
  ASSERT_TRUE(file->write_at(100, bytes("hello")));
  ASSERT_TRUE(file->sync());
  std::array<std::byte, 8> read{};
  ASSERT_EQ(disk->read_at("a", 98, read).value(), 8U);
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(read.data()), 8),
            std::string_view("\0\0hello\0", 8));
  struct stat status {};
  ASSERT_EQ(::stat((root + "/journal/a").c_str(), &status), 0);
  EXPECT_EQ(status.st_size, 4096);
  EXPECT_GE(status.st_blocks * 512, 4096);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  ASSERT_EQ(::stat((root + "/journal").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST_F(PosixDisk, AnExistingFileIsNotReplaced) {
  ASSERT_TRUE(disk->create("a", 128));
  const auto again = disk->create("a", 128);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error(), boost::system::errc::file_exists);
}

TEST_F(PosixDisk, ListsRenamesTruncatesAndRemoves) {
  ASSERT_TRUE(disk->create("b", 256));
  ASSERT_TRUE(disk->create("a", 256));
  EXPECT_EQ(disk->list().value(), (std::vector<std::string>{"a", "b"}));
  ASSERT_TRUE(disk->rename("b", "c"));
  ASSERT_TRUE(disk->truncate("c", 128));
  EXPECT_EQ(disk->size("c").value(), 128U);
  ASSERT_TRUE(disk->remove("a"));
  EXPECT_EQ(disk->list().value(), std::vector<std::string>{"c"});
  EXPECT_FALSE(disk->remove("a"));
  EXPECT_FALSE(disk->size("a"));
}

TEST_F(PosixDisk, ReadsEndWithTheFile) {
  ASSERT_TRUE(disk->create("a", 100));
  std::array<std::byte, 64> read{};
  EXPECT_EQ(disk->read_at("a", 80, read).value(), 20U);
  EXPECT_EQ(disk->read_at("a", 200, read).value(), 0U);
}

TEST_F(PosixDisk, WithoutRoomNothingIsLeftBehind) {
  const auto made = disk->create("a", std::uint64_t{1} << 60U);
  ASSERT_FALSE(made);
  EXPECT_TRUE(disk->list().value().empty());
}

}  // namespace
}  // namespace copyd::journal
