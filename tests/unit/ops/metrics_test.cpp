// The text that Prometheus reads.
#include "ops/metrics.hpp"

#include <gtest/gtest.h>

namespace copyd::ops {
namespace {

TEST(MetricsPage, CountersAndGaugesWithTheirLabels) {
  MetricsPage page;
  page.counters("copyd_orders_total", "Orders.");
  page.sample({}, 3);
  page.sample({{"follower", "a\"b\\c\nd"}}, 9'007'199'254'740'991);
  page.gauges("copyd_age_seconds", "Age.");
  page.sample({{"leader", "alpha"}}, 1'500'000'000, 1'000'000'000);
  page.gauges("copyd_nothing", "No sample, no family.");
  EXPECT_EQ(page.samples(), 3U);
  EXPECT_EQ(page.text(),
            "# HELP copyd_orders_total Orders.\n"
            "# TYPE copyd_orders_total counter\n"
            "copyd_orders_total 3\n"
            "copyd_orders_total{follower=\"a\\\"b\\\\c\\nd\"} 9007199254740991\n"
            "# HELP copyd_age_seconds Age.\n"
            "# TYPE copyd_age_seconds gauge\n"
            "copyd_age_seconds{leader=\"alpha\"} 1.5\n");
}

std::string line_of(const std::string& text, const std::string& start) {
  const auto at = text.find(start);
  if (at == std::string::npos) return "none";
  return text.substr(at + start.size(), text.find('\n', at) - at - start.size());
}

TEST(MetricsPage, AHistogramIsCumulativeInSeconds) {
  Histogram histogram;
  histogram.record(900);            // ≤ 1 µs
  histogram.record(1'500);          // ≤ 2 µs
  histogram.record(3'000'000);      // ≤ 5 ms
  histogram.record(3'000'000'000);  // ≤ 5 s
  histogram.record(60'000'000'000);
  MetricsPage page;
  page.histograms("copyd_ack_seconds", "Time.");
  page.sample({{"stage", "ack"}}, histogram);
  const std::string text = page.text();
  EXPECT_NE(text.find("# TYPE copyd_ack_seconds histogram\n"), std::string::npos);
  const auto bucket = [&](const std::string& le) {
    return line_of(text, "copyd_ack_seconds_bucket{stage=\"ack\",le=\"" + le + "\"} ");
  };
  EXPECT_EQ(bucket("1e-06"), "1") << text;
  EXPECT_EQ(bucket("2e-06"), "2") << text;
  EXPECT_EQ(bucket("0.005"), "3") << text;
  EXPECT_EQ(bucket("5"), "4");
  EXPECT_EQ(bucket("10"), "4");
  EXPECT_EQ(bucket("+Inf"), "5");
  EXPECT_EQ(line_of(text, "copyd_ack_seconds_count{stage=\"ack\"} "), "5");
  const auto sum = std::stoll(line_of(text, "copyd_ack_seconds_sum{stage=\"ack\"} "));
  EXPECT_GE(sum, 63);
  EXPECT_LE(sum, 65);
}

}  // namespace
}  // namespace copyd::ops
