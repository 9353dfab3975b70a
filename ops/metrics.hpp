// MetricsPage: a moment's numbers in the text format that Prometheus reads.
//
// What copyd counts, it counts in integers (core/counters.hpp); a page turns them into base units
// (seconds, dollars) as it takes them. Filled by one thread, then read by any; plain values.
// Format: Prometheus, "Exposition formats", text format 0.0.4.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/histogram.hpp"

namespace copyd::ops {

class MetricsPage {
 public:
  static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";
  using Labels = std::vector<std::pair<std::string, std::string>>;

  MetricsPage();
  MetricsPage(MetricsPage&&) noexcept;
  MetricsPage& operator=(MetricsPage&&) noexcept;
  ~MetricsPage();

  // Begins a family; the samples that follow belong to it. A counter's name ends in _total.
  void counters(std::string name, std::string help);
  void gauges(std::string name, std::string help);
  // Durations, in seconds. Their sum is that of the buckets' upper edges: at most 3 % too much.
  void histograms(std::string name, std::string help);

  // value / per: nanoseconds per 1'000'000'000 are seconds.
  void sample(Labels labels, std::int64_t value, std::int64_t per = 1);
  void sample(Labels labels, const Histogram& nanoseconds);

  std::size_t samples() const noexcept;
  // Families without a sample are left out.
  std::string text() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace copyd::ops
