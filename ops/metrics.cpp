#include "ops/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <limits>

#include "core/assert.hpp"

namespace copyd::ops {
namespace {

// From a stage that takes a microsecond to an order that waits for its rate limit.
constexpr std::array<std::uint64_t, 22> bounds_ns{
    1'000,         2'000,         5'000,         10'000,        20'000,      50'000,
    100'000,       200'000,       500'000,       1'000'000,     2'000'000,   5'000'000,
    10'000'000,    20'000'000,    50'000'000,    100'000'000,   200'000'000, 500'000'000,
    1'000'000'000, 2'000'000'000, 5'000'000'000, 10'000'000'000};
constexpr double ns_per_second = 1e9;

prometheus::ClientMetric metric_with(MetricsPage::Labels labels) {
  prometheus::ClientMetric metric;
  for (auto& [name, value] : labels)
    metric.label.push_back({.name = std::move(name), .value = std::move(value)});
  return metric;
}

}  // namespace

struct MetricsPage::Families {
  std::vector<prometheus::MetricFamily> all;

  void begin(prometheus::MetricType type, std::string name, std::string help) {
    prometheus::MetricFamily family;
    family.name = std::move(name);
    family.help = std::move(help);
    family.type = type;
    all.push_back(std::move(family));
  }
};

MetricsPage::MetricsPage() : families_(std::make_unique<Families>()) {}
MetricsPage::MetricsPage(MetricsPage&&) noexcept = default;
MetricsPage& MetricsPage::operator=(MetricsPage&&) noexcept = default;
MetricsPage::~MetricsPage() = default;

void MetricsPage::counters(std::string name, std::string help) {
  ASSERT(name.ends_with("_total"));
  families_->begin(prometheus::MetricType::Counter, std::move(name), std::move(help));
}
void MetricsPage::gauges(std::string name, std::string help) {
  families_->begin(prometheus::MetricType::Gauge, std::move(name), std::move(help));
}
void MetricsPage::histograms(std::string name, std::string help) {
  families_->begin(prometheus::MetricType::Histogram, std::move(name), std::move(help));
}

void MetricsPage::sample(Labels labels, std::int64_t value, std::int64_t per) {
  auto& family = families_->all.back();
  auto metric = metric_with(std::move(labels));
  const double shown = static_cast<double>(value) / static_cast<double>(per);
  if (family.type == prometheus::MetricType::Counter) metric.counter.value = shown;
  else metric.gauge.value = shown;
  family.metric.push_back(std::move(metric));
}

void MetricsPage::sample(Labels labels, const Histogram& nanoseconds) {
  auto metric = metric_with(std::move(labels));
  auto& shown = metric.histogram;
  std::uint64_t count = 0;
  double sum_ns = 0;
  std::size_t bound = 0;
  const auto close_bucket = [&](double upper_ns) {
    prometheus::ClientMetric::Bucket bucket;
    bucket.cumulative_count = count;
    bucket.upper_bound = upper_ns / ns_per_second;
    shown.bucket.push_back(bucket);
  };
  for (std::size_t i = 0; i < Histogram::buckets; ++i) {
    const std::uint64_t edge = Histogram::upper_edge(i);
    while (bound < bounds_ns.size() && edge > bounds_ns[bound])
      close_bucket(static_cast<double>(bounds_ns[bound++]));
    const std::uint64_t here = nanoseconds.count_of(i);
    count += here;
    if (here != 0) sum_ns += static_cast<double>(here) * static_cast<double>(edge);
  }
  close_bucket(std::numeric_limits<double>::infinity());
  shown.sample_count = count;
  shown.sample_sum = sum_ns / ns_per_second;
  families_->all.back().metric.push_back(std::move(metric));
}

std::size_t MetricsPage::samples() const noexcept {
  std::size_t count = 0;
  for (const auto& family : families_->all) count += family.metric.size();
  return count;
}

std::string MetricsPage::text() const {
  std::vector<prometheus::MetricFamily> shown;
  std::copy_if(families_->all.begin(), families_->all.end(), std::back_inserter(shown),
               [](const auto& family) { return !family.metric.empty(); });
  return prometheus::TextSerializer().Serialize(shown);
}

}  // namespace copyd::ops
