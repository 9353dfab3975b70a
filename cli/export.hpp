// `copyctl export`: asks page by page until there are no more rows, and writes each as it comes.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cli/options.hpp"

namespace copyd::cli {

// One page as it was answered: as CSV (RFC 4180; the columns' names first, on the first page) or
// as one JSON object per line.
struct ExportPage {
  bool ok = false;
  std::string text;  // for stdout; the failure, when not ok
  std::string next;  // "": this was the last
};
ExportPage render_page(std::string_view reply, ExportFormat format, bool first);

// The exit status. `ask` sends one line to the daemon.
int run_export(const Invocation& invocation,
               const std::function<ops::Outcome<std::string>(std::string_view)>& ask,
               const std::function<bool(std::string_view)>& out,
               const std::function<void(std::string_view)>& err);

}  // namespace copyd::cli
