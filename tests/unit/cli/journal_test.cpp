// The journal as copyctl shows it: read from real files, and never touched.
#include "cli/journal.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/journal_place.hpp"
#include "cli/options.hpp"
#include "journal/archive.hpp"
#include "journal/journal.hpp"

namespace copyd::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t wall_ns = 1'800'000'000'123'000'000;

// A state directory with a short run in it.
class Rig {
 public:
  Rig() {
    std::string pattern = (fs::temp_directory_path() / "copyd-journal-XXXXXX").string();
    state = ::mkdtemp(pattern.data());
    disk = journal::open_directory(directory()).value();
    files.emplace(*disk, clock, notices, journal::Settings{.segment_records = 64});
    copy = files->open("copy", {}, wall_ns).value();
    lane = files->open("lane0", {}, wall_ns).value();
    append(*copy,
           journal::Text{
               .generation = 1, .offset = 0, .total = 5, .bytes = {'[', 'a', ']', '\n', '#'}});
    append(*copy, journal::SymbolDefinition{
                      .id = SymbolId{0}, .filters = {}, .name = journal::Name<48>("BTCUSDT")});
    append(*copy, journal::Policy{.generation = 1});
    append(*copy, journal::Mark{{.symbol = SymbolId{0}, .price = *Price::parse("50000.12")}});
    append(*lane, journal::Intent{.qty = *Qty::parse("0.001"), .symbol = SymbolId{0}});
  }
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;
  ~Rig() { fs::remove_all(state); }

  template <class Payload>
  void append(journal::Writer& writer, const Payload& payload) {
    ASSERT_TRUE(writer.append(payload, clock.now()));
  }
  std::string directory() const { return state + "/journal"; }
  std::string path(const std::string& name) const { return directory() + '/' + name; }
  std::string bytes(const std::string& name) const {
    std::ifstream in(path(name), std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }
  void spoil(const std::string& name, std::size_t at) {
    std::fstream file(path(name), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(at));
    file.put('\x5A');
  }
  int run(JournalCommand command) {
    out.clear();
    err.clear();
    if (command.state_dir.empty() && command.config.empty()) command.state_dir = state;
    return run_journal(command, {.out = [this](std::string_view text) { out += text; },
                                 .err = [this](std::string_view text) { err += text; }});
  }
  int verify(bool json = false) { return run({.json = json}); }
  int dump(JournalCommand command = {}) {
    command.kind = JournalCommand::Kind::dump;
    return run(command);
  }

  std::string state;
  ManualClock clock;
  Channel<Notice> notices{16};
  std::unique_ptr<journal::Disk> disk;
  std::optional<journal::Journal> files;
  journal::Writer* copy = nullptr;
  journal::Writer* lane = nullptr;
  std::string out;
  std::string err;
};

TEST(JournalVerify, AWholeJournalIsClean) {
  Rig rig;
  EXPECT_EQ(rig.verify(), 0) << rig.err;
  EXPECT_NE(rig.out.find("clean"), std::string::npos);
  EXPECT_NE(rig.out.find("1–4"), std::string::npos) << rig.out;
  EXPECT_NE(rig.out.find("2027-01-15T08:00:00.123Z"), std::string::npos) << rig.out;
  EXPECT_EQ(rig.verify(true), 0);
  EXPECT_NE(rig.out.find(R"({"writer":"copy","segments":1,"records":4,"state":"clean",)"
                         R"("first_sequence":1,"last_sequence":4)"),
            std::string::npos)
      << rig.out;
}

TEST(JournalVerify, ATornEndIsNotAFailureAndIsLeftAsItIs) {
  Rig rig;
  rig.spoil("copy-00000001.seg", 4 * 128 + 40);
  const auto before = rig.bytes("copy-00000001.seg");
  EXPECT_EQ(rig.verify(), 0);
  EXPECT_NE(rig.out.find("torn"), std::string::npos);
  EXPECT_NE(rig.out.find("copy-00000001.seg at 512"), std::string::npos) << rig.out;
  EXPECT_EQ(rig.bytes("copy-00000001.seg"), before);
}

TEST(JournalVerify, WhatWasOnTheDiskAndHasChangedIsCorrupt) {
  Rig rig;
  ASSERT_TRUE(rig.files->sync());
  rig.append(*rig.copy, journal::Mark{{.symbol = SymbolId{0}, .price = Price::whole(1)}});
  rig.spoil("copy-00000001.seg", 2 * 128 + 40);
  EXPECT_EQ(rig.verify(), 1);
  EXPECT_NE(rig.out.find("corrupt"), std::string::npos);
  EXPECT_NE(rig.out.find("copy-00000001.seg at 256"), std::string::npos) << rig.out;
  EXPECT_EQ(rig.verify(true), 1);
  EXPECT_NE(rig.out.find(R"("ok":false)"), std::string::npos);
  EXPECT_NE(rig.out.find(R"("offset":256)"), std::string::npos);
}

TEST(JournalVerify, ANewerVersionIsSaidToBeOne) {
  Rig rig;
  auto bytes = rig.bytes("lane0-00000001.seg");
  journal::Record header;
  std::memcpy(&header, bytes.data(), sizeof header);
  auto segment = header.as<journal::Segment>();
  segment.version = journal::format_version + 1;
  std::memcpy(header.payload.data(), &segment, sizeof segment);
  header.crc = journal::checksum(header);
  std::fstream file(rig.path("lane0-00000001.seg"),
                    std::ios::binary | std::ios::in | std::ios::out);
  file.write(reinterpret_cast<const char*>(&header), sizeof header);
  file.close();
  EXPECT_EQ(rig.verify(), 1);
  EXPECT_NE(rig.out.find("newer"), std::string::npos) << rig.out;
}

TEST(JournalVerify, WithoutADirectoryItSaysWhatToDo) {
  Rig rig;
  EXPECT_EQ(rig.run({.state_dir = rig.state + "/nowhere"}), 1);
  EXPECT_NE(rig.err.find("--state-dir"), std::string::npos) << rig.err;
  EXPECT_FALSE(fs::exists(rig.state + "/nowhere"));
}

TEST(JournalVerify, AFailureIsJsonWhereJsonWasAskedFor) {
  Rig rig;
  EXPECT_EQ(rig.run({.state_dir = rig.state + "/nowhere", .json = true}), 1);
  EXPECT_TRUE(rig.out.starts_with(R"({"ok":false,"error":")")) << rig.out;
  EXPECT_NE(rig.err.find("--state-dir"), std::string::npos) << rig.err;
}

TEST(JournalDump, AWriterThatThereIsNotIsNamed) {
  Rig rig;
  EXPECT_EQ(rig.dump({.writer = "lane"}), 1);
  EXPECT_NE(rig.err.find("\"lane\""), std::string::npos) << rig.err;
  EXPECT_NE(rig.err.find("lane0"), std::string::npos) << rig.err;
  EXPECT_EQ(rig.dump({.writer = "lane17"}), 0) << "it may have written nothing yet";
}

TEST(JournalDump, ALinePerRecordWithNamesAndDecimals) {
  Rig rig;
  EXPECT_EQ(rig.dump(), 0) << rig.err;
  EXPECT_NE(rig.out.find("2027-01-15T08:00:00.123Z copy 4 mark symbol=BTCUSDT price=50000.12\n"),
            std::string::npos)
      << rig.out;
  EXPECT_NE(rig.out.find("copy 1 text generation=1 offset=0 total=5 bytes=\"[a]\\n#\"\n"),
            std::string::npos)
      << rig.out;
  EXPECT_NE(rig.out.find(" symbol=BTCUSDT leg=BOTH side=buy"), std::string::npos)
      << "a lane's symbols are those of its run";
}

TEST(JournalDump, AsJsonOneObjectPerLine) {
  Rig rig;
  EXPECT_EQ(rig.dump({.writer = "copy", .from = 4, .limit = 1, .json = true}), 0);
  EXPECT_EQ(rig.out.find('\n'), rig.out.size() - 1);
  EXPECT_NE(rig.out.find(R"("writer":"copy","sequence":4,"type":"mark","fields":{"symbol":)"
                         R"("BTCUSDT","price":"50000.12"})"),
            std::string::npos)
      << rig.out;
}

TEST(JournalDump, TheWriterTheFirstAndTheNumberAreKept) {
  Rig rig;
  EXPECT_EQ(rig.dump({.writer = "copy", .from = 2, .limit = 2}), 0);
  EXPECT_EQ(std::count(rig.out.begin(), rig.out.end(), '\n'), 2);
  EXPECT_EQ(rig.out.find(" lane0 "), std::string::npos);
  EXPECT_NE(rig.out.find(" copy 2 symbol "), std::string::npos);
}

TEST(JournalDump, WhatIsPastIsReadWhenItIsNamed) {
  Rig rig;
  ASSERT_TRUE(journal::archive(*rig.disk, std::vector<std::string>{"copy-00000001.seg"}));
  EXPECT_EQ(rig.dump({.writer = "copy"}), 0);
  EXPECT_EQ(rig.out, "");
  EXPECT_EQ(rig.dump({.files = {"copy-00000001.seg.past"}}), 0);
  EXPECT_NE(rig.out.find("copy 4 mark symbol=BTCUSDT"), std::string::npos) << rig.out;
  EXPECT_EQ(rig.run({.files = {rig.path("copy-00000001.seg.past")}}), 0) << rig.err;
  EXPECT_NE(rig.out.find("clean"), std::string::npos) << rig.out;
  EXPECT_EQ(rig.dump({.files = {"copy-00000009.seg.past"}}), 1);
}

TEST(JournalPlace, ReadsTheStateDirectoryOfAConfiguration) {
  EXPECT_EQ(*state_dir_of("[engine]\nlanes = 1\nstate_dir = \"/a/b\" # there\n"), "/a/b");
  EXPECT_EQ(*state_dir_of("engine.state_dir = '/c'\n[venue]\n"), "/c");
  EXPECT_EQ(*state_dir_of("# state_dir = \"/no\"\n[engine]\n"), "");
  EXPECT_TRUE(state_dir_of("engine = { state_dir = \"/d\" }\n").has_error());
  EXPECT_TRUE(state_dir_of("[engine]\nstate_dir = \"/e\\u0020\"\n").has_error());
  Rig rig;
  std::ofstream(rig.state + "/copyd.toml") << "[engine]\nstate_dir = \"" << rig.state << "\"\n";
  EXPECT_EQ(rig.run({.config = rig.state + "/copyd.toml"}), 0) << rig.err;
  EXPECT_NE(rig.out.find("clean"), std::string::npos);
  EXPECT_EQ(rig.run({.config = rig.state + "/none.toml"}), 1);
}

TEST(JournalOptions, AreReadAndShown) {
  const auto verify = parse_arguments({"journal", "verify", "--state-dir", "/s", "--json"});
  ASSERT_TRUE(verify.journal.has_value()) << verify.err;
  EXPECT_EQ(verify.journal->kind, JournalCommand::Kind::verify);
  EXPECT_EQ(verify.journal->state_dir, "/s");
  EXPECT_TRUE(verify.journal->json);
  const auto dump = parse_arguments(
      {"journal", "dump", "a.past", "b.past", "--writer", "lane1", "--from", "7", "--limit", "3"});
  ASSERT_TRUE(dump.journal.has_value()) << dump.err;
  EXPECT_EQ(dump.journal->kind, JournalCommand::Kind::dump);
  EXPECT_EQ(dump.journal->files, (std::vector<std::string>{"a.past", "b.past"}));
  EXPECT_EQ(dump.journal->writer, "lane1");
  EXPECT_EQ(dump.journal->from, 7U);
  EXPECT_EQ(dump.journal->limit, 3U);
  for (const auto& wrong : {std::vector<std::string>{"journal"},
                            {"journal", "mend"},
                            {"journal", "dump", "--limit"},
                            {"journal", "dump", "--from", "x"},
                            {"journal", "verify", "--writer", "copy"}}) {
    const auto refused = parse_arguments(wrong);
    EXPECT_FALSE(refused.journal.has_value());
    EXPECT_EQ(refused.exit_code, 2);
  }
  EXPECT_NE(parse_arguments({"--help"}).out.find("copyctl journal verify"), std::string::npos);
  EXPECT_NE(parse_arguments({"journal", "--help"}).out.find("dump"), std::string::npos);
  EXPECT_NE(parse_arguments({"jurnal"}).err.find("did you mean journal?"), std::string::npos);
}

}  // namespace
}  // namespace copyd::cli
