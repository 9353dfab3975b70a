// What the tests of copying have in common: one leader, followers by a fixed ratio, their trades,
// and the daemon brought up with all of them connected.
#pragma once

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "tests/system/ledger.hpp"
#include "tests/system/rig.hpp"

namespace copyd::system_test {

inline const std::string leader_alpha = "[[leader]]\nlabel = \"alpha\"\n";
inline const std::string never_stale = "max_fill_age_ms = 600000";
inline const std::string shared_threads = "threads = \"shared\"";

Qty qty(const char* text);
// Copies alpha with MARKET orders, on a connection of its own. `more` goes into its link.
std::string ratio_follower(const std::string& label, const std::string& ratio,
                           const std::string& more = {});
// Of alpha, for the venue's control port.
std::string trade(const std::string& side, const std::string& symbol, const std::string& amount,
                  const std::string& price);

class CopyTest : public testing::Test {
 protected:
  // The venue, then the daemon, with every label connected and ready.
  void start(const std::string& engine_lines, const std::string& followers,
             const std::vector<std::string>& labels);
  // As start, with a proxy between the two, which is returned.
  TcpProxy* start_behind_proxy(const std::string& followers,
                               const std::vector<std::string>& labels);
  // Nothing was sent twice, nothing executed beyond what was asked: by the venue's ledger.
  void expect_clean_ledger();
  // A trade of alpha.
  void lead(const std::string& side, const std::string& symbol, const std::string& amount,
            const std::string& price);

  Rig rig;

 private:
  void bring_up(const std::string& engine_lines, const std::string& followers,
                const std::vector<std::string>& labels);
};

}  // namespace copyd::system_test
