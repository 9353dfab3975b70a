// Line charts as SVG, both axes linear or logarithmic. For `build/bench/*.svg`.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace copyd::bench {

struct Series {
  std::string name;
  std::vector<std::pair<double, double>> points;
};

struct Chart {
  std::string title;
  std::string x_label;
  std::string y_label;
  bool x_logarithmic = false;
  bool y_logarithmic = false;
  std::vector<std::string> x_names{};  // instead of numbers: point x is the index
  std::vector<Series> series{};
};

std::string svg_of(const Chart& chart);

}  // namespace copyd::bench
