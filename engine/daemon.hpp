// What `copyd run` and `copyd check` do.
#pragma once

#include <string>

namespace copyd::engine {

struct DaemonOptions {
  std::string config_file;
  std::string passphrase_file;
};
// Until a signal. The exit code: 0 after an orderly stop, 1 when it could not start.
int run_daemon(const DaemonOptions& options);

struct CheckOptions {
  std::string config_file;
  std::string passphrase_file;
  bool online = false;  // the venue is asked about each key too
  bool json = false;
};
// The exit code: 1 on any fault, and on a key that is not taken.
int run_check(const CheckOptions& options);

}  // namespace copyd::engine
