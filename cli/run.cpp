#include "cli/run.hpp"

#include <time.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <string_view>

#include "cli/client.hpp"
#include "cli/journal.hpp"
#include "cli/options.hpp"
#include "cli/render.hpp"
#include "cli/terminal.hpp"

namespace copyd::cli {
namespace {

constexpr int did_not_work = 1;

volatile std::sig_atomic_t interrupted = 0;

void print(std::FILE* where, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), where);
  std::fflush(where);
}

int fail(const Invocation& invocation, const ops::Failure& failure) {
  if (invocation.json) print(stdout, ops::failure_reply(failure) + '\n');
  print(stderr, render_failure(failure));
  return did_not_work;
}

// Asks once and prints the answer.
int ask_once(const Invocation& invocation, const Secret& line) {
  const auto reply = ask(invocation.socket, line.reveal());
  if (reply.has_error()) return fail(invocation, reply.error());
  const Rendered rendered = render(invocation.request.verb, *reply);
  if (invocation.json) print(stdout, *reply + '\n');
  if (!rendered.ok) {
    print(stderr, rendered.text);
    return did_not_work;
  }
  if (!invocation.json) print(stdout, rendered.text);
  return 0;
}

// Until ^C, which is how one leaves it, or until the daemon no longer answers.
int watch(const Invocation& invocation, const Secret& line) {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  ::sigaction(SIGINT, &action, nullptr);
  const bool clears = !invocation.json && ::isatty(STDOUT_FILENO) == 1;
  while (interrupted == 0) {
    if (clears) print(stdout, "\x1b[H\x1b[2J");
    const int status = ask_once(invocation, line);
    if (status != 0) return interrupted != 0 ? 0 : status;
    const timespec second{.tv_sec = 1, .tv_nsec = 0};
    ::nanosleep(&second, nullptr);
  }
  return 0;
}

std::string whom(const ops::ControlRequest& request) {
  return request.all ? "every follower" : request.label;
}

// Closing positions cannot be undone. True: it may be sent.
bool may_flatten(const Invocation& invocation, int& status) {
  if (invocation.yes) return true;
  const auto& request = invocation.request;
  const auto answer = confirm(
      "/dev/tty",
      "This closes " +
          std::string(request.everything ? "the whole account" : "everything that copyd holds") +
          " of " + whom(request) + " at the market, and halts.");
  if (answer == true) return true;
  status = fail(invocation, answer ? ops::Failure{.error = "nothing was closed", .remedy = ""}
                                   : ops::Failure{.error = "there is no terminal to ask on, and "
                                                           "nothing was closed",
                                                  .remedy = "say it with --yes"});
  return false;
}

}  // namespace

int run(const std::vector<std::string>& arguments) {
  Parsed parsed = parse_arguments(arguments);
  print(stdout, parsed.out);
  print(stderr, parsed.err);
  if (parsed.journal)
    return run_journal(*parsed.journal,
                       {.out = [](std::string_view text) { print(stdout, text); },
                        .err = [](std::string_view text) { print(stderr, text); }});
  if (!parsed.invocation) return parsed.exit_code;
  Invocation& invocation = *parsed.invocation;
  if (invocation.request.verb == ops::Verb::connect) {
    auto credentials =
        invocation.from_stdin ? read_credentials(STDIN_FILENO) : ask_for_credentials("/dev/tty");
    if (credentials.has_error()) return fail(invocation, credentials.error());
    invocation.request.credentials = std::move(*credentials);
    if (auto fault = ops::fault_of(invocation.request)) return fail(invocation, *fault);
  }
  if (int status = 0;
      invocation.request.verb == ops::Verb::flatten && !may_flatten(invocation, status))
    return status;
  const Secret line = ops::encode_request(invocation.request);
  return invocation.watch ? watch(invocation, line) : ask_once(invocation, line);
}

}  // namespace copyd::cli
