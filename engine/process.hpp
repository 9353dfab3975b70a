// A child process with its output read line by line, and a client of a line-JSON TCP port: what the
// demo and the system tests need to drive real programs. Blocking, with a deadline everywhere.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace copyd::engine {

class Process {
 public:
  struct Options {
    std::vector<std::string> arguments;  // the program first
    std::string input;                   // written to its standard input, then closed
    std::string error_file;              // where its standard error goes; "" = discarded
  };

  // Empty when the program cannot be started.
  static std::optional<Process> spawn(const Options& options);
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  ~Process();  // kills what still runs

  pid_t pid() const noexcept { return pid_; }
  // The next line of its standard output without the newline; empty at its end or the deadline.
  std::optional<std::string> read_line(std::chrono::milliseconds within);
  // All that is left of its standard output, until it closes it or the deadline.
  std::string read_rest(std::chrono::milliseconds within);
  void signal(int number) noexcept;
  // Its exit code (128 + signal when killed by one); empty when it still runs at the deadline.
  std::optional<int> wait(std::chrono::milliseconds within);

 private:
  Process(pid_t pid, int output) noexcept : pid_(pid), output_(output) {}
  bool fill(std::chrono::steady_clock::time_point deadline);
  void release() noexcept;

  pid_t pid_ = -1;
  int output_ = -1;
  std::string buffer_;
  bool at_end_ = false;
  std::optional<int> exit_code_;
};

// One connection to a port that answers each line of JSON with one line of JSON.
class LineClient {
 public:
  // `address` is "host:port" with a numeric host.
  static std::optional<LineClient> connect(const std::string& address);
  LineClient(LineClient&& other) noexcept;
  LineClient& operator=(LineClient&& other) noexcept;
  ~LineClient();

  // Empty when the connection ended or the answer did not come in time.
  std::optional<std::string> call(const std::string& request,
                                  std::chrono::milliseconds within = std::chrono::seconds(10));

 private:
  explicit LineClient(int socket) noexcept : socket_(socket) {}
  int socket_ = -1;
  std::string buffer_;
};

}  // namespace copyd::engine
