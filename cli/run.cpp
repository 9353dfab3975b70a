#include "cli/run.hpp"

#include <time.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <string_view>

#include "cli/client.hpp"
#include "cli/export.hpp"
#include "cli/journal.hpp"
#include "cli/options.hpp"
#include "cli/render.hpp"
#include "cli/terminal.hpp"
#include "ops/key_pair.hpp"

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

// The public half is no secret: where it was asked for, so that a program can read it.
void show_public_key(const Invocation& invocation, const std::string& pem) {
  print(stderr,
        "Make an API key of the kind \"self-generated\" at the venue with this public key: reading "
        "and futures only,\nand this machine's address in its IP list. Its private half stays "
        "here.\n");
  if (!invocation.json) return print(stdout, pem);
  std::string escaped;
  for (const char c : pem) escaped += c == '\n' ? std::string("\\n") : std::string(1, c);
  print(stdout, "{\"ok\":true,\"public_key_pem\":\"" + escaped + "\"}\n");
}

// A key whose pair is made here. On a terminal one that is refused is asked for again: what was
// wrong with it can be set right at the venue, but its private half is nowhere else.
int ask_with_new_pair(Invocation& invocation) {
  // Nobody should go to the venue for a pair that cannot be handed over.
  ops::ControlRequest greeting;
  greeting.verb = ops::Verb::version;
  const auto answers = ask(invocation.socket, ops::encode_request(greeting).reveal());
  if (answers.has_error()) return fail(invocation, answers.error());
  const ops::KeyPair pair = ops::new_ed25519_pair();
  show_public_key(invocation, pair.public_key_pem);
  for (;;) {
    auto api_key =
        invocation.from_stdin ? read_api_key(STDIN_FILENO) : ask_for_api_key("/dev/tty");
    if (api_key.has_error()) return fail(invocation, api_key.error());
    if (api_key->empty())
      return fail(invocation, {.error = "no API key was given; the pair is forgotten",
                               .remedy = "delete a key at the venue that was made with it"});
    invocation.request.credentials = {.kind = ops::Credentials::Kind::private_key_pem,
                                      .api_key = std::move(*api_key),
                                      .secret = pair.private_key_pem.clone()};
    const auto fault = ops::fault_of(invocation.request);
    const int status = fault ? fail(invocation, *fault)
                             : ask_once(invocation, ops::encode_request(invocation.request));
    if (status == 0 || invocation.from_stdin) return status;
    print(stderr, "Nothing was stored. The pair is still the same: try again.\n");
  }
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
  if (invocation.generate) return ask_with_new_pair(invocation);
  if (ops::brings_key(invocation.request.verb)) {
    auto credentials =
        invocation.from_stdin ? read_credentials(STDIN_FILENO) : ask_for_credentials("/dev/tty");
    if (credentials.has_error()) return fail(invocation, credentials.error());
    invocation.request.credentials = std::move(*credentials);
    if (auto fault = ops::fault_of(invocation.request)) return fail(invocation, *fault);
  }
  if (int status = 0;
      invocation.request.verb == ops::Verb::flatten && !may_flatten(invocation, status))
    return status;
  if (invocation.request.verb == ops::Verb::export_ && !invocation.json)
    return run_export(
        invocation, [&](std::string_view line) { return ask(invocation.socket, line); },
        [](std::string_view text) {
          return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
                 std::fflush(stdout) == 0;
        },
        [](std::string_view text) { print(stderr, text); });
  const Secret line = ops::encode_request(invocation.request);
  return invocation.watch ? watch(invocation, line) : ask_once(invocation, line);
}

}  // namespace copyd::cli
