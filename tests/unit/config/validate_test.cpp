// The rules across keys.
#include "config/validate.hpp"

#include <gtest/gtest.h>

#include <string>

#include "document.hpp"

namespace copyd::config {
namespace {

constexpr std::string_view head = "venue.name = 'binance-usdm'\n";

// [[leader]] tables, one line each.
std::string leaders(std::initializer_list<std::string_view> labels) {
  std::string text;
  for (const auto label : labels) text += "[[leader]]\nlabel = '" + std::string(label) + "'\n";
  return text;
}

std::string follower(std::string_view label) {
  return "[[follower]]\nlabel = '" + std::string(label) + "'\n";
}

std::string link(std::string_view leader, std::string_view more = "") {
  return "[[follower.link]]\nleader = '" + std::string(leader) +
         "'\nsizing.mode = 'equity_ratio'\n" + std::string(more) + (more.empty() ? "" : "\n");
}

std::string faults_of(const std::string& tables) {
  return listed(load_text(std::string(head) + tables).faults);
}

TEST(Validate, ThereIsALeaderAndAFollower) {
  EXPECT_EQ(faults_of(""),
            "1:1: there is no leader; write at least one [[leader]] with a label\n"
            "1:1: there is no follower; write at least one [[follower]] with a label and a "
            "[[follower.link]]\n");
  EXPECT_EQ(faults_of(leaders({"alpha"}) + follower("bob")),
            "4:1: follower \"bob\" copies nobody; write at least one [[follower.link]] with a "
            "leader\n");
}

TEST(Validate, ALabelIsGivenOnce) {
  EXPECT_EQ(faults_of(leaders({"alpha", "beta", "alpha"}) + follower("bob") + link("alpha") +
                      follower("bob") + link("beta")),
            "7:9: leader \"alpha\" stands at line 3 already; a label is given once\n"
            "14:9: follower \"bob\" stands at line 9 already; a label is given once\n");
}

TEST(Validate, ALinkNamesALeaderOfTheFile) {
  EXPECT_EQ(faults_of(leaders({"alpha"}) + follower("bob") + link("alhpa") + link("zeus")),
            "7:10: there is no leader \"alhpa\"; did you mean \"alpha\"?\n"
            "10:10: there is no leader \"zeus\"; write a [[leader]] with this label\n");
}

TEST(Validate, NobodyCopiesItself) {
  EXPECT_EQ(faults_of(leaders({"alpha"}) + follower("alpha") + link("alpha")),
            "7:10: follower \"alpha\" would copy itself; a link names another account\n");
}

TEST(Validate, NobodyCopiesItselfOverOthers) {
  const std::string two =
      leaders({"a", "b"}) + follower("a") + link("b") + follower("b") + link("a");
  EXPECT_EQ(faults_of(two),
            "14:10: this link closes a circle of copying: a → b → a; take one of its links out\n");
  const std::string three = leaders({"a", "b", "c"}) + follower("a") + link("c") + follower("b") +
                            link("a") + follower("c") + link("b");
  EXPECT_EQ(faults_of(three),
            "16:10: this link closes a circle of copying: a → c → b → a; take one of its links "
            "out\n");
}

TEST(Validate, AFollowerMayLeadOthers) {
  // A chain, and two ways from d to a: no circle.
  EXPECT_EQ(faults_of(leaders({"a", "b", "c"}) + follower("b") + link("a") + follower("c") +
                      link("a") + follower("d") + link("b") + link("c")),
            "");
}

TEST(Validate, ALongChainIsNoBurden) {
  std::string text = leaders({"a0"});
  for (int i = 1; i < 4000; ++i) {
    text += follower("a" + std::to_string(i)) + link("a" + std::to_string(i - 1));
  }
  // All but the first of these leaders are unknown; what counts is that the walk comes to its end.
  const LoadOutcome outcome = load_text(std::string(head) + text);
  EXPECT_EQ(outcome.faults.size(), 3998U);
}

TEST(Validate, TwoLinksToOneLeaderShareNoSymbol) {
  const auto both = [](std::string_view first, std::string_view second) {
    return faults_of(leaders({"alpha"}) + follower("bob") + link("alpha", first) +
                     link("alpha", second));
  };
  const auto overlap = [](int line, const std::string& what) {
    return std::to_string(line) + ":10: this link and the one at line 7 both copy " + what +
           " from \"alpha\" and would trade against each other; separate them with symbols = { "
           "allow = […] }\n";
  };
  EXPECT_EQ(both("", ""), overlap(10, "any symbol"));
  EXPECT_EQ(both("", "symbols.allow = ['A']"), overlap(10, "A"));
  EXPECT_EQ(both("symbols.allow = ['B', 'A']", "symbols.allow = ['C', 'A']"), overlap(11, "A"));
  EXPECT_EQ(both("symbols.deny = ['A']", "symbols.deny = ['B']"), overlap(11, "any symbol"));
  EXPECT_EQ(both("symbols.deny = ['A']", "symbols.allow = ['A', 'B']"), overlap(11, "B"));
  EXPECT_EQ(both("symbols.allow = ['A']", "symbols.allow = ['B']"), "");
  EXPECT_EQ(both("symbols.deny = ['A']", "symbols.allow = ['A']"), "");
  EXPECT_EQ(both("symbols.allow = ['A']", "symbols.deny = ['A']"), "");
}

TEST(Validate, LinksToDifferentLeadersMayShareSymbols) {
  EXPECT_EQ(faults_of(leaders({"a", "b"}) + follower("bob") + link("a") + link("b")), "");
}

TEST(Validate, NoSymbolIsAllowedAndDenied) {
  EXPECT_EQ(faults_of(leaders({"alpha"}) + follower("bob") +
                      link("alpha", "symbols = { allow = ['A', 'B'], deny = ['B'] }")),
            "9:40: B is allowed and denied; take it out of one of the lists\n");
}

TEST(Validate, PopulationsHaveBounds) {
  std::string text;
  for (int i = 0; i < 65; ++i) text += leaders({"a" + std::to_string(i)});
  text += follower("bob") + link("a0");
  EXPECT_EQ(faults_of(text), "130:1: there are 65 leaders; at most 64 can be copied\n");
  text = leaders({"a"});
  for (int i = 0; i < 4097; ++i) text += follower("f" + std::to_string(i)) + link("a");
  EXPECT_EQ(faults_of(text), "20484:1: there are 4097 followers; there can be at most 4096\n");
  text = leaders({"a"}) + follower("bob");
  for (int i = 0; i < 65; ++i) text += link("a", "symbols.allow = ['S" + std::to_string(i) + "']");
  EXPECT_EQ(faults_of(text), "262:1: follower \"bob\" has 65 links; there can be at most 64\n");
}

TEST(Validate, ProcessorsAreUsableAndAsManyAsLanes) {
  const auto with = [](std::string_view cpus, std::string_view lanes = "2") {
    return Document().set("engine.cpus", cpus).set("engine.lanes", lanes).load();
  };
  EXPECT_EQ(listed(with("{ feed = 0, copy = 1, lanes = [2, 3] }").faults), "");
  EXPECT_EQ(listed(with("{ feed = 4, lanes = [2, 9] }").faults),
            "3:24: CPU 4 is not among those this process may use: 0-3\n"
            "3:35: CPU 9 is not among those this process may use: 0-3\n");
  EXPECT_EQ(listed(with("{ lanes = [2] }").faults),
            "3:25: `engine.cpus.lanes` names 1 CPUs, it must name one for each of the 2 lanes\n");
  EXPECT_EQ(listed(with("{ lanes = [] }").faults),
            "3:25: `engine.cpus.lanes` names 0 CPUs, it must name one for each of the 2 lanes\n");
  EXPECT_EQ(listed(with("{ lanes = [2, 3] }", "1").faults),
            "3:25: `engine.cpus.lanes` names 2 CPUs, it must name one for each of the 1 lanes\n");
  EXPECT_EQ(listed(with("{ feed = -1 }").faults),
            "3:24: `engine.cpus.feed` must be the number of a CPU, not -1\n");
  const LoadOutcome shared = with("{ feed = 2, copy = 2 }");
  EXPECT_TRUE(shared.config);
  EXPECT_EQ(listed(shared.notes),
            "3:34: CPU 2 is given to engine.cpus.feed as well; a pinned thread works best on a CPU "
            "of its own\n");
}

TEST(Validate, UsableProcessorsAreShownAsRanges) {
  const LoadOutcome outcome =
      load(Document().set("engine.cpus.feed", "7").text(), "f", {8, 1, 2, 3});
  ASSERT_EQ(outcome.faults.size(), 1U);
  EXPECT_EQ(outcome.faults[0].message, "CPU 7 is not among those this process may use: 1-3,8");
}

TEST(Validate, PathsAreDifferentAndUsable) {
  const auto fault = [](std::string_view key, const std::string& value) {
    return listed(Document().set(key, '"' + value + '"').load().faults);
  };
  EXPECT_EQ(fault("keys.file", "/var/lib/copyd"),
            "3:13: `keys.file` and `engine.state_dir` are the same path; the key store is a file, "
            "like /var/lib/copyd/keys.sealed\n");
  EXPECT_EQ(fault("engine.state_dir", "/var/lib/copyd/keys.sealed/"),
            "3:20: `keys.file` and `engine.state_dir` are the same path; the key store is a file, "
            "like /var/lib/copyd/keys.sealed/keys.sealed\n");
  EXPECT_EQ(fault("keys.file", "/run/copyd/control.sock"),
            "3:13: `keys.file` and `engine.control` are the same path; each must have its own\n");
  EXPECT_EQ(fault("engine.control", "/var/lib/copyd"),
            "3:18: `engine.control` and `engine.state_dir` are the same path; the control socket "
            "is a file\n");
  EXPECT_EQ(fault("venue.ca_file", "/var/lib/copyd/keys.sealed"),
            "3:17: `venue.ca_file` and `keys.file` are the same path; each must have its own\n");
  EXPECT_EQ(fault("keys.file", "/keys/"),
            "3:13: `keys.file` must be the path of a file, not of a directory\n");
  EXPECT_EQ(fault("engine.control", "/run/"),
            "3:18: `engine.control` must be the path of a socket, not of a directory\n");
  EXPECT_EQ(fault("engine.state_dir", "/"),
            "3:20: `engine.state_dir` must be a directory of copyd's own, not /\n");
  EXPECT_EQ(fault("engine.control", '/' + std::string(107, 'x')),
            "3:18: `engine.control` has 108 bytes; the path of a socket has at most 107\n");
  EXPECT_EQ(fault("engine.control", '/' + std::string(106, 'x')), "");
}

}  // namespace
}  // namespace copyd::config
