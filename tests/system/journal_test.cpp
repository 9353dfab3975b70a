// The journal is damaged, torn, of another version, or has no room: what the daemon does with it.
#include <fmt/format.h>
#include <algorithm>
#include <cstring>
#include <fstream>

#include "journal/record.hpp"
#include "journal/records.hpp"
#include "tests/system/scenes.hpp"

namespace copyd::system_test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

class JournalTest : public CopyTest {
 protected:
  // The newest segment of that writer.
  fs::path segment(const std::string& writer) const {
    fs::path newest;
    for (const auto& entry : fs::directory_iterator(rig.journal_directory()))
      if (entry.path().filename().string().starts_with(writer + "-") &&
          entry.path().extension() == ".seg" && entry.path() > newest)
        newest = entry.path();
    return newest;
  }
  static journal::Record read_record(const fs::path& file, std::uint64_t index) {
    journal::Record record;
    std::ifstream in(file, std::ios::binary);
    in.seekg(static_cast<std::streamoff>(index * journal::record_size));
    in.read(reinterpret_cast<char*>(&record), sizeof record);
    return record;
  }
  static void write_record(const fs::path& file, std::uint64_t index,
                           const journal::Record& record) {
    std::fstream out(file, std::ios::in | std::ios::out | std::ios::binary);
    out.seekp(static_cast<std::streamoff>(index * journal::record_size));
    out.write(reinterpret_cast<const char*>(&record), sizeof record);
  }
  static std::uint64_t records_in(const fs::path& file) {
    std::uint64_t count = 0;
    while (count * journal::record_size < fs::file_size(file) &&
           !journal::is_blank(read_record(file, count)))
      ++count;
    return count;
  }
  // The last record of the run's beginning.
  static std::uint64_t end_of_books(const fs::path& file) {
    std::uint64_t at = 0;
    for (std::uint64_t i = 0; i < records_in(file); ++i)
      if (read_record(file, i).type == static_cast<std::uint16_t>(journal::Type::books_end)) at = i;
    return at;
  }
  void start_with_fills() {
    start(shared_threads,
          ratio_follower("bob", "1", never_stale) + ratio_follower("carol", "0.5", never_stale),
          {"bob", "carol"});
    if (HasFatalFailure()) return;
    lead("BUY", "BTCUSDT", "0.04", "60000");
    lead("SELL", "ETHUSDT", "0.8", "3000");
    lead("BUY", "BTCUSDT", "0.02", "60000");
    rig.wait_until_quiet(3);
  }
};

TEST_F(JournalTest, CorruptionNamesFileAndOffsetAndNothingOpensUntilResumed) {
  start_with_fills();
  ASSERT_FALSE(HasFatalFailure());
  ASSERT_EQ(rig.stop_daemon(), 0);
  const fs::path file = segment("copy");
  // One bit of the second input behind the books; what follows it was synced after it.
  const std::uint64_t index = end_of_books(file) + 2;
  journal::Record record = read_record(file, index);
  record.payload[3] ^= std::byte{1};
  write_record(file, index, record);

  rig.start_daemon();
  rig.wait_until("both links are up", [&] {
    const Json now = rig.status();
    return now.truth("/ready") && now.text("/followers/0/link") == "ready" &&
           now.text("/followers/1/link") == "ready";
  });
  const Json now = rig.status();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(now.text(fmt::format("/followers/{}/state", i)), "reduce_only");
    EXPECT_EQ(now.text(fmt::format("/followers/{}/causes/0", i)), "recovery");
  }
  const std::string log = rig.daemon_log();
  EXPECT_NE(log.find(file.filename().string()), std::string::npos);
  EXPECT_NE(log.find(std::to_string(index * journal::record_size)), std::string::npos);

  const auto before = rig.positions();
  lead("BUY", "SOLUSDT", "16", "150");
  lead("SELL", "BTCUSDT", "0.06", "60000");
  lead("BUY", "ETHUSDT", "0.8", "3000");
  rig.wait_until("what was known to be copied is closed", [&] {
    const auto held = rig.positions();
    const auto follower_holds = [&](const char* label, const char* leg) {
      return held.count({label, "BTCUSDT", leg}) != 0;
    };
    return rig.status().number("/followers/0/in_flight") == 0 && !follower_holds("alpha", "BOTH") &&
           held.at({"alpha", "SOLUSDT", "BOTH"}) == qty("16") && held.size() < before.size();
  });
  EXPECT_EQ(rig.positions().count({"bob", "SOLUSDT", "BOTH"}), 0U);
  ASSERT_EQ(rig.copyctl({"resume", "--all"}).exit_code, 0);
  rig.wait_until_ready({"bob", "carol"});
  lead("BUY", "SOLUSDT", "16", "150");
  rig.wait_until("it opens again", [&] {
    return rig.positions().count({"bob", "SOLUSDT", "BOTH"}) != 0;
  });
  EXPECT_EQ((rig.positions()[{"bob", "SOLUSDT", "BOTH"}]), qty("16"));
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

// The last record is half there: it was never promised. What it said is found out again.
TEST_F(JournalTest, ATornTailIsCutOffAndNothingIsMissing) {
  start_with_fills();
  ASSERT_FALSE(HasFatalFailure());
  rig.kill_daemon();
  for (const char* writer : {"copy", "lane0"}) {
    const fs::path file = segment(writer);
    const std::uint64_t last = records_in(file) - 1;
    journal::Record record = read_record(file, last);
    std::fill(record.payload.begin() + 20, record.payload.end(), std::byte{0});
    record.crc ^= 1;
    write_record(file, last, record);
  }
  lead("SELL", "BTCUSDT", "0.05", "60000");
  rig.start_daemon();
  rig.wait_until_ready({"bob", "carol"});
  rig.wait_until_quiet(4, 60s);
  const auto held = rig.positions();
  EXPECT_EQ(held.at({"bob", "BTCUSDT", "BOTH"}), qty("0.01"));
  EXPECT_EQ(held.at({"carol", "BTCUSDT", "LONG"}), qty("0.005"));
  EXPECT_EQ(held.at({"bob", "ETHUSDT", "BOTH"}), qty("-0.8"));
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST_F(JournalTest, OneOfANewerVersionIsRefusedInWordsAndLeftAsItIs) {
  start_with_fills();
  ASSERT_FALSE(HasFatalFailure());
  ASSERT_EQ(rig.stop_daemon(), 0);
  const fs::path file = segment("copy");
  journal::Record header = read_record(file, 0);
  auto content = header.as<journal::Segment>();
  content.version = journal::format_version + 1;
  std::memcpy(header.payload.data(), &content, sizeof content);
  header.crc = journal::checksum(header);
  write_record(file, 0, header);
  const auto result = rig.run_daemon_to_its_end();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.errors.find("version 2"), std::string::npos) << result.errors;
  EXPECT_NE(result.errors.find(file.filename().string()), std::string::npos) << result.errors;
  EXPECT_EQ(read_record(file, 0).crc, header.crc) << "nothing was written into it";
}

// The state directory is a small disk of its own without any room left.
TEST_F(JournalTest, AFullDiskAtTheStartOpensNothingAndClosesWhatIsHeld) {
  start(shared_threads, ratio_follower("bob", "1", never_stale), {"bob"});
  ASSERT_FALSE(HasFatalFailure());
  lead("BUY", "BTCUSDT", "0.04", "60000");
  rig.wait_until_quiet(1);
  ASSERT_EQ(rig.stop_daemon(), 0);
  // As a mount of its own in a namespace of its own, with what the first run left, and no room.
  const std::string script = fmt::format(
      "set -e; mkdir {0}/held; cp -a {0}/state/. {0}/held/; mount -t tmpfs -o size=96m tmpfs "
      "{0}/state; cp -a {0}/held/. {0}/state/; dd if=/dev/zero of={0}/state/ballast bs=64k "
      "2>/dev/null || true; exec \"$@\"",
      rig.directory().string());
  if (rig.run({"/usr/bin/unshare", "-rm", "/bin/true"}).exit_code != 0)
    GTEST_SKIP() << "no user namespaces here";
  rig.launch_daemon({"/usr/bin/unshare", "-rm", "/bin/sh", "-c", script, "sh"});
  rig.wait_until("bob's link is up",
                 [&] { return rig.status().text("/followers/0/link") == "ready"; });
  EXPECT_EQ(rig.status().text("/followers/0/state"), "reduce_only");
  EXPECT_EQ(rig.status().text("/followers/0/causes/0"), "journal");
  lead("BUY", "BTCUSDT", "0.02", "60000");
  lead("SELL", "BTCUSDT", "0.06", "60000");
  rig.wait_until("the close was copied", [&] {
    return rig.positions().count({"bob", "BTCUSDT", "BOTH"}) == 0;
  });
  const Ledger ledger = read_ledger(rig.venue(R"({"command":"ledger"})"));
  EXPECT_EQ(ledger.at("bob").orders.size(), 2U) << "nothing was opened";
  EXPECT_NE(rig.daemon_log().find("cannot be written"), std::string::npos);
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

// There is a file of its name: what earlier runs left cannot be known, so nothing is started.
TEST_F(JournalTest, ADirectoryThatCannotBeReadIsRefusedInWords) {
  rig.start_venue();
  ASSERT_FALSE(HasFatalFailure());
  std::ofstream(rig.journal_directory()) << "in the way\n";
  rig.configure(shared_threads, leader_alpha + ratio_follower("bob", "1", never_stale));
  const auto result = rig.run_daemon_to_its_end();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.errors.find("journal"), std::string::npos) << result.errors;
}

}  // namespace
}  // namespace copyd::system_test
