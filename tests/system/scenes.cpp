#include "tests/system/scenes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace copyd::system_test {

Qty qty(const char* text) {
  return *Qty::parse(text);
}

std::string ratio_follower(const std::string& label, const std::string& ratio,
                           const std::string& more) {
  return fmt::format(
      "[[follower]]\nlabel = \"{}\"\nconnection = \"own\"\n[[follower.link]]\nleader = \"alpha\"\n"
      "sizing = {{ mode = \"fixed_ratio\", ratio = {} }}\norder = {{ type = \"market\" }}\n{}\n",
      label, ratio, more);
}

std::string trade(const std::string& side, const std::string& symbol, const std::string& amount,
                  const std::string& price) {
  return fmt::format(R"({{"command":"trade","account":"alpha","symbol":"{}","side":"{}",)"
                     R"("qty":"{}","price":"{}"}})",
                     symbol, side, amount, price);
}

void CopyTest::start(const std::string& engine_lines, const std::string& followers,
                     const std::vector<std::string>& labels) {
  rig.start_venue();
  if (HasFatalFailure()) return;
  bring_up(engine_lines, followers, labels);
}

TcpProxy* CopyTest::start_behind_proxy(const std::string& followers,
                                       const std::vector<std::string>& labels) {
  rig.start_venue();
  if (HasFatalFailure()) return nullptr;
  TcpProxy& proxy = rig.use_proxy();
  bring_up(shared_threads, followers, labels);
  return &proxy;
}

void CopyTest::bring_up(const std::string& engine_lines, const std::string& followers,
                        const std::vector<std::string>& labels) {
  rig.configure(engine_lines, leader_alpha + followers);
  rig.start_daemon();
  if (HasFatalFailure()) return;
  rig.connect("alpha");
  for (const auto& label : labels) rig.connect(label);
  rig.wait_until_ready(labels);
}

void CopyTest::expect_clean_ledger() {
  const Ledger ledger = read_ledger(rig.venue(R"({"command":"ledger"})"));
  EXPECT_EQ(fmt::format("{}", fmt::join(ids_used_twice(ledger), "\n")), "");
  EXPECT_EQ(fmt::format("{}", fmt::join(copies_beyond_their_size(ledger), "\n")), "");
}

void CopyTest::lead(const std::string& side, const std::string& symbol, const std::string& amount,
                    const std::string& price) {
  rig.venue(trade(side, symbol, amount, price));
}

}  // namespace copyd::system_test
