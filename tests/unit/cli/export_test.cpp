#include "cli/export.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace copyd::cli {
namespace {

constexpr std::string_view page_one =
    R"({"ok":true,"columns":["time","note","trade","gap"],"rows":[)"
    R"({"time":"2026-11-21T09:30:15.250Z","note":"a, \"b\"","trade":7,"gap":null}],"next":"7"})";
constexpr std::string_view page_two =
    R"({"ok":true,"columns":["time","note","trade","gap"],"rows":[)"
    R"({"time":"t","note":"two\nlines","trade":8,"gap":"0.1"}],"next":null})";

TEST(Export, IsCsvAsRfc4180HasIt) {
  const ExportPage page = render_page(page_one, ExportFormat::csv, true);
  EXPECT_TRUE(page.ok);
  EXPECT_EQ(page.text, "time,note,trade,gap\r\n2026-11-21T09:30:15.250Z,\"a, \"\"b\"\"\",7,\r\n");
  EXPECT_EQ(page.next, "7");
  EXPECT_EQ(render_page(page_two, ExportFormat::csv, false).text, "t,\"two\nlines\",8,0.1\r\n");
}

TEST(Export, OrOneObjectPerLine) {
  EXPECT_EQ(render_page(page_two, ExportFormat::jsonl, true).text,
            "{\"time\":\"t\",\"note\":\"two\\nlines\",\"trade\":8,\"gap\":\"0.1\"}\n");
}

struct Exported {
  int status = -1;
  std::string out;
  std::string err;
  std::vector<std::string> asked;
};

Exported exported(const std::vector<std::string_view>& replies, bool writable = true,
        const std::string& limit = {}) {
  Exported run;
  Invocation invocation;
  invocation.request.verb = ops::Verb::export_;
  invocation.request.what = "trades";
  invocation.request.limit = limit;
  run.status = run_export(
      invocation,
      [&](std::string_view line) {
        run.asked.emplace_back(line);
        return ops::Outcome<std::string>(boost::system::in_place_value,
                                         std::string(replies.at(run.asked.size() - 1)));
      },
      [&](std::string_view text) {
        run.out += text;
        return writable;
      },
      [&](std::string_view text) { run.err += text; });
  return run;
}

TEST(Export, GoesOnUntilThereIsNoMore) {
  const Exported all = exported({page_one, page_two});
  EXPECT_EQ(all.status, 0);
  ASSERT_EQ(all.asked.size(), 2U);
  EXPECT_EQ(all.asked[0].find("cursor"), std::string::npos);
  EXPECT_NE(all.asked[1].find("\"cursor\":\"7\""), std::string::npos);
  EXPECT_EQ(all.out.find("time,note"), 0U);
  EXPECT_EQ(all.out.find("time,note", 1), std::string::npos) << "the names stand once";
  EXPECT_TRUE(all.out.ends_with("8,0.1\r\n"));
  EXPECT_EQ(exported({page_one}, true, "1").asked.size(), 1U) << "a limit asks for that many";
}

TEST(Export, SaysWhatWentWrong) {
  const Exported refused = exported({R"({"ok":false,"error":"no such follower","remedy":"look"})"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(refused.err, "copyctl: no such follower\n  what to do: look\n");
  const Exported full = exported({page_one}, false);
  EXPECT_EQ(full.status, 1);
  EXPECT_NE(full.err.find("cannot be written"), std::string::npos);
}

}  // namespace
}  // namespace copyd::cli
