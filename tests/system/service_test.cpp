// The daemon as a service sees it: metrics and readiness over HTTP, and a watchdog that falls
// silent when one thread hangs while the others run.
#include <fmt/format.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <fstream>
#include <thread>

#include "core/agent.hpp"
#include "ops/file_descriptor.hpp"
#include "tests/system/rig.hpp"

namespace copyd::system_test {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

const char* one_follower =
    "[[leader]]\nlabel = \"alpha\"\n[[follower]]\nlabel = \"bob\"\n[[follower.link]]\n"
    "leader = \"alpha\"\nsizing = { mode = \"fixed_ratio\", ratio = 1 }\n";

std::uint16_t http_port(const Rig& rig) {
  const std::string log = rig.daemon_log();
  const std::string_view before = "metrics and health on http://127.0.0.1:";
  const auto at = log.find(before);
  if (at == std::string::npos) return 0;
  return static_cast<std::uint16_t>(std::stoi(log.substr(at + before.size())));
}

// The whole answer, "" when there is none within ten seconds.
std::string get(Rig& rig, std::uint16_t port, const std::string& path) {
  asio::io_context io;
  asio::ip::tcp::socket socket(io);
  boost::system::error_code error;
  socket.connect({asio::ip::make_address("127.0.0.1"), port}, error);
  if (error) return {};
  asio::write(socket, asio::buffer("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n"), error);
  std::string answer;
  asio::async_read(socket, asio::dynamic_buffer(answer), [](const auto&, std::size_t) {});
  io.run_for(10s);
  rig.heard(answer);
  return answer;
}

TEST(Service, MetricsCountWhatIsCopiedAndReadinessFollowsTheVenue) {
  Rig rig;
  rig.start_venue();
  rig.configure("threads = \"shared\"\nhttp = \"127.0.0.1:0\"", one_follower);
  rig.start_daemon();
  ASSERT_FALSE(testing::Test::HasFatalFailure());
  const auto port = http_port(rig);
  ASSERT_NE(port, 0) << rig.daemon_log();
  EXPECT_TRUE(get(rig, port, "/readyz").starts_with("HTTP/1.1 503")) << "alpha is not connected";
  rig.connect("alpha");
  rig.connect("bob");
  rig.wait_until_ready({"bob"});
  rig.wait_until("it is ready", [&] { return get(rig, port, "/readyz").starts_with("HTTP/1.1 200"); });
  EXPECT_TRUE(get(rig, port, "/healthz").starts_with("HTTP/1.1 200"));
  rig.venue(R"({"command":"trade","account":"alpha","symbol":"BTCUSDT","side":"BUY",)"
            R"("qty":"0.01","price":"60000"})");
  rig.wait_until_quiet(1);
  rig.wait_until("the fill is counted", [&] {
    const auto page = get(rig, port, "/metrics");
    return page.find("\ncopyd_fills_total{outcome=\"copied\"} 1\n") != std::string::npos &&
           page.find("\ncopyd_leader_fills_total{leader=\"alpha\"} 1\n") != std::string::npos &&
           page.find("\ncopyd_leader_event_to_send_seconds_count 1\n") != std::string::npos &&
           page.find("\ncopyd_follower_sends_total 1\n") != std::string::npos &&
           page.find("\ncopyd_timed_copies_total 1\n") != std::string::npos;
  });
  const Json key(rig.key_of("bob"));
  EXPECT_EQ(get(rig, port, "/metrics").find(key.text("/api_key").substr(0, 8)), std::string::npos);

  rig.venue(R"({"command":"drop_connections","refuse_ms":8000})");
  std::string reason;
  rig.wait_until("it is not ready", [&] {
    reason = get(rig, port, "/readyz");
    return reason.starts_with("HTTP/1.1 503");
  });
  EXPECT_NE(reason.find("not ready: alpha is "), std::string::npos) << reason;
  EXPECT_TRUE(get(rig, port, "/healthz").starts_with("HTTP/1.1 200")) << "the process is well";
  rig.wait_until("it is ready again",
                 [&] { return get(rig, port, "/readyz").starts_with("HTTP/1.1 200"); });
  EXPECT_EQ(rig.stop_daemon(), 0);
}

// What the daemon says to systemd.
class NotifySocket {
 public:
  explicit NotifySocket(const fs::path& path)
      : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.string().size());
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  // How many messages of that text have come since the last call.
  int take(std::string_view text) {
    char message[1024];
    int count = 0;
    while (true) {
      const ssize_t got = ::recv(socket_.get(), message, sizeof message, MSG_DONTWAIT);
      if (got < 0) return count;
      if (std::string_view(message, static_cast<std::size_t>(got)).find(text) !=
          std::string_view::npos)
        ++count;
    }
  }

 private:
  ops::FileDescriptor socket_;
};

// The thread of the process that has this name, or 0.
pid_t thread_named(pid_t process, const std::string& name) {
  for (const auto& entry : fs::directory_iterator(fmt::format("/proc/{}/task", process))) {
    std::ifstream file(entry.path() / "comm");
    std::string comm;
    std::getline(file, comm);
    if (comm == name) return std::stoi(entry.path().filename().string());
  }
  return 0;
}

// Stops one thread of the daemon in its nap, where it holds nothing that the others need: in the
// midst of an allocation it would hang them all. False where this user may not do that.
bool stop_in_its_nap(pid_t thread) {
  if (::ptrace(PTRACE_SEIZE, thread, nullptr, nullptr) != 0) return false;
  for (int attempt = 0; attempt < 100'000 && !testing::Test::HasFailure(); ++attempt) {
    int status = 0;
    EXPECT_EQ(::ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr), 0);
    EXPECT_EQ(::waitpid(thread, &status, __WALL), thread);
    long call = -1;  // in no system call
    std::ifstream(fmt::format("/proc/{}/syscall", thread)) >> call;
    if (call == SYS_clock_nanosleep) return true;
    EXPECT_EQ(::ptrace(PTRACE_CONT, thread, nullptr, nullptr), 0);
  }
  ADD_FAILURE() << "it was never seen to nap";
  return true;
}

// F51. A debugger can stop one thread and let the others run: that is how it looks when one hangs.
TEST(Service, OneThreadThatHangsEndsTheWatchdogsMessages) {
  Rig rig;
  rig.start_venue();
  rig.configure("threads = \"dedicated\"\nidle = \"backoff\"\nhttp = \"127.0.0.1:0\"",
                one_follower);
  const auto path = rig.directory() / "notify";
  NotifySocket notify(path);
  rig.launch_daemon({"/usr/bin/env", "NOTIFY_SOCKET=" + path.string(), "WATCHDOG_USEC=1000000"});
  rig.wait_until("the control socket answers", [&] { return rig.status().valid(); });
  const auto port = http_port(rig);
  rig.wait_until("the service lives", [&] { return notify.take("WATCHDOG=1") > 0; });

  pid_t thread = 0;
  rig.wait_until("the copy agent runs", [&] {
    thread = thread_named(rig.daemon().pid(), "copyd-copy");
    return thread != 0;
  });
  if (!stop_in_its_nap(thread))
    GTEST_SKIP() << "this user may not stop a thread of the daemon: " << std::strerror(errno);

  rig.wait_until("health names the thread", [&] {
    const auto answer = get(rig, port, "/healthz");
    return answer.starts_with("HTTP/1.1 503") && answer.find("copyd-copy") != std::string::npos;
  });
  // Five seconds have passed, which are ten times as long as the last message may come late.
  notify.take("WATCHDOG=1");
  rig.wait_until("two periods more", [&] {
    const std::string row = "\ncopyd_thread_stalled_seconds{thread=\"copyd-copy\"} ";
    const auto page = get(rig, port, "/metrics");
    const auto at = page.find(row);
    return at != std::string::npos && std::stoi(page.substr(at + row.size())) >= 7;
  });
  EXPECT_EQ(notify.take("WATCHDOG=1"), 0);
  EXPECT_NE(rig.daemon_log().find("the thread copyd-copy has made no round"), std::string::npos);

  ASSERT_EQ(::ptrace(PTRACE_DETACH, thread, nullptr, nullptr), 0);
  rig.wait_until("the service lives again", [&] { return notify.take("WATCHDOG=1") > 0; });
  EXPECT_EQ(rig.stop_daemon(), 0);
}

// The processors that each thread of the process may use, by the thread's name.
std::map<std::string, std::string> processors_of(pid_t process) {
  std::map<std::string, std::string> by_name;
  for (const auto& entry : fs::directory_iterator(fmt::format("/proc/{}/task", process))) {
    std::ifstream file(entry.path() / "status");
    std::string name;
    for (std::string line; std::getline(file, line);) {
      const auto value = line.substr(std::min(line.find('\t') + 1, line.size()));
      if (line.starts_with("Name:")) name = value;
      if (line.starts_with("Cpus_allowed_list:")) by_name[name] = value;
    }
  }
  return by_name;
}

TEST(Service, NothingElseRunsWhereThePathIsPinned) {
  const auto usable = usable_cpus();
  if (usable.size() < 2) GTEST_SKIP() << "one processor has no other beside it";
  const int pinned = usable.back();
  Rig rig;
  rig.start_venue();
  rig.configure(fmt::format("threads = \"shared\"\nidle = \"backoff\"\ncpus = {{ copy = {} }}\n"
                            "http = \"127.0.0.1:0\"",
                            pinned),
                one_follower);
  rig.start_daemon();
  const auto path = std::to_string(pinned);
  rig.wait_until("the path runs where it is pinned", [&] {
    const auto threads = processors_of(rig.daemon().pid());
    const auto all = threads.find("copyd-all");
    return all != threads.end() && all->second == path;
  });
  const auto threads = processors_of(rig.daemon().pid());
  EXPECT_TRUE(threads.contains("copyd-http"));
  EXPECT_TRUE(threads.contains("copyd-journal"));
  for (const auto& [name, processors] : threads) {
    const bool alone = processors == path;
    EXPECT_EQ(alone, name == "copyd-all") << name << " may use " << processors;
    if (name == "copyd-all") continue;
    const auto last = processors.substr(processors.find_last_of(",-") + 1);
    EXPECT_LT(std::stoi(last), pinned) << name << " may use " << processors;
  }
  EXPECT_EQ(rig.copyctl({"reload"}).exit_code, 0) << "the file may still name that processor";
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST(Service, MemoryIsLockedWhereTheLimitSaysThatThereIsNone) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_MEMLOCK, &before), 0);
  const rlimit unlimited{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
  if (::setrlimit(RLIMIT_MEMLOCK, &unlimited) != 0) GTEST_SKIP() << "the limit may not be raised";
  Rig rig;
  rig.start_venue();
  rig.configure("http = \"127.0.0.1:0\"", one_follower);
  rig.start_daemon();
  EXPECT_EQ(::setrlimit(RLIMIT_MEMLOCK, &before), 0);
  rig.wait_until("the path runs", [&] { return thread_named(rig.daemon().pid(), "copyd-all"); });
  const auto in_kib = [&](const std::string& what) {
    std::ifstream status(fmt::format("/proc/{}/status", rig.daemon().pid()));
    for (std::string line; std::getline(status, line);)
      if (line.starts_with(what + ":")) return std::stol(line.substr(what.size() + 1));
    return 0L;
  };
  // What is mapped counts, whether it was touched or not; what is resident has not grown by it.
  EXPECT_GT(in_kib("VmLck"), in_kib("VmRSS") / 2);
  EXPECT_LT(in_kib("VmRSS"), 256 * 1024);
  EXPECT_EQ(rig.stop_daemon(), 0);
}

}  // namespace
}  // namespace copyd::system_test
