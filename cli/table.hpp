// Table: rows of text in columns as wide as their widest cell. Pure.
#pragma once

#include <string>
#include <vector>

namespace copyd::cli {

class Table {
 public:
  struct Column {
    std::string title;
    bool right = false;  // numbers stand at the right
  };
  explicit Table(std::vector<Column> columns);

  // REQUIRES: one cell per column.
  void add(std::vector<std::string> row);
  bool empty() const { return rows_.empty(); }
  // With the titles, a line each.
  std::string text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace copyd::cli
