#include "bench/fill_to_wire/plot.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace copyd::bench {
namespace {

constexpr double width = 900;
constexpr double height = 480;
constexpr double left = 80;
constexpr double right = 220;
constexpr double top = 50;
constexpr double bottom = 60;
constexpr std::array<const char*, 8> colours{"#1f77b4", "#d62728", "#2ca02c", "#ff7f0e",
                                             "#9467bd", "#8c564b", "#17becf", "#7f7f7f"};

// One axis: a value's place between 0 and 1, and where its lines are drawn.
class Axis {
 public:
  Axis(double low, double high, bool logarithmic) : logarithmic_(logarithmic) {
    if (logarithmic) {
      low_ = std::floor(std::log10(std::max(low, 1e-3)));
      high_ = std::max(std::ceil(std::log10(std::max(high, 1e-3))), low_ + 1);
    } else {
      low_ = std::min(low, 0.0);
      high_ = high > low_ ? high * 1.05 : low_ + 1;
    }
  }
  double place(double value) const {
    const double at = logarithmic_ ? std::log10(std::max(value, 1e-3)) : value;
    return (at - low_) / (high_ - low_);
  }
  std::vector<double> lines() const {
    std::vector<double> values;
    if (logarithmic_) {
      for (double power = low_; power <= high_; power += 1) values.push_back(std::pow(10.0, power));
      return values;
    }
    const double rough = (high_ - low_) / 6;
    const double power = std::pow(10.0, std::floor(std::log10(rough)));
    const double step = std::ceil(rough / power) * power;
    for (double value = 0; value <= high_; value += step) values.push_back(value);
    return values;
  }

 private:
  bool logarithmic_;
  double low_ = 0;
  double high_ = 1;
};

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') out += "&lt;";
    else if (c == '&') out += "&amp;";
    else out += c;
  }
  return out;
}

std::string label(double x, double y, const char* anchor, const std::string& text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor,
                     escaped(text));
}

double x_of(double place) {
  return left + place * (width - left - right);
}
double y_of(double place) {
  return height - bottom - place * (height - top - bottom);
}

std::string grid(const Chart& chart, const Axis& x, const Axis& y) {
  std::string out;
  for (const double value : y.lines()) {
    const double at = y_of(y.place(value));
    out += fmt::format("<line x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#ddd\"/>\n",
                       left, width - right, at, at);
    out += label(left - 8, at + 4, "end", fmt::format("{:g}", value));
  }
  if (!chart.x_names.empty()) {
    for (std::size_t i = 0; i < chart.x_names.size(); ++i)
      out += label(x_of(x.place(static_cast<double>(i))), height - bottom + 20, "middle",
                   chart.x_names[i]);
  } else {
    for (const double value : x.lines())
      out +=
          label(x_of(x.place(value)), height - bottom + 20, "middle", fmt::format("{:g}", value));
  }
  out += label((left + width - right) / 2, height - 16, "middle", chart.x_label);
  out += label(left, top - 12, "end", chart.y_label);
  return out;
}

}  // namespace

std::string svg_of(const Chart& chart) {
  double x_low = std::numeric_limits<double>::max();
  double y_low = x_low;
  double x_high = 0;
  double y_high = 0;
  for (const auto& series : chart.series)
    for (const auto& [x, y] : series.points) {
      x_low = std::min(x_low, x);
      x_high = std::max(x_high, x);
      y_low = std::min(y_low, y);
      y_high = std::max(y_high, y);
    }
  const Axis x(x_low, x_high, chart.x_logarithmic);
  const Axis y(y_low, y_high, chart.y_logarithmic);
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
      width, height);
  out += fmt::format("<text x=\"{}\" y=\"22\" font-size=\"15\">{}</text>\n", left,
                     escaped(chart.title));
  out += grid(chart, x, y);
  for (std::size_t i = 0; i < chart.series.size(); ++i) {
    const auto& series = chart.series[i];
    const char* colour = colours[i % colours.size()];
    std::string points;
    for (const auto& [at, value] : series.points)
      points += fmt::format("{:.1f},{:.1f} ", x_of(x.place(at)), y_of(y.place(value)));
    out += fmt::format("<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>\n",
                       points, colour);
    const double row = top + 18 * static_cast<double>(i);
    out += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"12\" height=\"4\" fill=\"{}\"/>\n",
                       width - right + 12, row, colour);
    out += label(width - right + 30, row + 6, "start", series.name);
  }
  return out + "</svg>\n";
}

}  // namespace copyd::bench
