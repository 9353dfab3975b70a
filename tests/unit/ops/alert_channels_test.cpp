// The channels themselves: HTTPS to a server that the test is, and real programs.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <boost/asio/read.hpp>

#include <chrono>
#include <thread>

#include "net/https_client.hpp"
#include "ops/alert_targets.hpp"
#include "ops/alerts.hpp"
#include "tests/unit/net/tls_server.hpp"
#include "tests/unit/ops/temporary_directory.hpp"

namespace copyd::ops {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using test::TlsServer;
using test::TlsSocket;
using End = Delivery::End;

AlertMessage message() {
  return {.id = "1-1",
          .severity = Severity::page,
          .resolved = false,
          .key = "breach/bob",
          .subject = "bob",
          .text = "it broke",
          .wall_ns = 0,
          .host = "trader1",
          .version = "1.2.3"};
}

std::string answer(int status, std::string_view body, std::string_view header = "") {
  return "HTTP/1.1 " + std::to_string(status) + " x\r\n" + std::string(header) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

class HttpChannels : public testing::Test {
 protected:
  // Answers every request with `text`, and keeps what was asked.
  void serve(std::string text) {
    server_.emplace(io_, authority_.issue("IP:127.0.0.1"),
                    [this, text](TlsSocket& stream) -> asio::awaitable<void> {
                      for (;;) {
                        head_ = co_await test::read_head(stream);
                        const auto at = head_.find("Content-Length: ") + 16;
                        body_.assign(std::stoul(head_.substr(at)), '\0');
                        co_await asio::async_read(stream, asio::buffer(body_), asio::use_awaitable);
                        co_await test::write(stream, text);
                      }
                    });
  }
  std::string origin() const { return "https://127.0.0.1:" + server_->port(); }
  std::unique_ptr<AlertChannel> webhook() {
    return make_webhook(net::make_https_client(io_, tls_, clock_, origin()),
                        Secret::copy_of("/hook?token=very-secret"));
  }
  std::unique_ptr<AlertChannel> telegram() {
    return make_telegram(net::make_https_client(io_, tls_, clock_, origin()),
                         Secret::copy_of("123:very-secret"), "-100");
  }
  Delivery deliver(AlertChannel& channel) {
    channel.begin(message(), clock_.now());
    std::optional<Delivery> end;
    EXPECT_TRUE(test::turn_until(io_, [&] {
      end = channel.poll(clock_.now());
      return end.has_value();
    }));
    return end.value_or(Delivery{.end = End::failed, .why = "never"});
  }

  asio::io_context io_{1};
  ManualClock clock_;
  test::Authority authority_;
  net::TlsContext tls_ = test::trusting(authority_);
  std::optional<TlsServer> server_;
  std::string head_;
  std::string body_;
};

TEST_F(HttpChannels, AWebhookIsAPostOfTheJson) {
  serve(answer(204, ""));
  const auto channel = webhook();
  EXPECT_EQ(deliver(*channel).end, End::delivered);
  EXPECT_EQ(head_.substr(0, head_.find("\r\n")), "POST /hook?token=very-secret HTTP/1.1");
  EXPECT_NE(head_.find("Content-Type: application/json\r\n"), std::string::npos);
  EXPECT_EQ(body_, as_json(message()));
  EXPECT_EQ(deliver(*channel).end, End::delivered);
  EXPECT_EQ(server_->accepted(), 1) << "the connection is kept";
}

TEST_F(HttpChannels, TelegramIsSendMessage) {
  serve(answer(200, R"({"ok":true})"));
  const auto channel = telegram();
  EXPECT_EQ(deliver(*channel).end, End::delivered);
  EXPECT_EQ(head_.substr(0, head_.find("\r\n")), "POST /bot123:very-secret/sendMessage HTTP/1.1");
  EXPECT_EQ(body_, R"({"chat_id":"-100","text":"copyd on trader1: page\nbob: it broke\n)"
                   R"(breach/bob, 1970-01-01T00:00:00Z","disable_web_page_preview":true})");
}

TEST_F(HttpChannels, TelegramSaysHowLongToWait) {
  serve(answer(429, R"({"ok":false,"error_code":429,"parameters":{"retry_after":35}})"));
  const auto delivery = deliver(*telegram());
  EXPECT_EQ(delivery.end, End::failed);
  EXPECT_EQ(delivery.retry_after, 35s);
}

TEST_F(HttpChannels, AWebhookMaySayItInAHeader) {
  serve(answer(503, "", "Retry-After: 12\r\n"));
  const auto delivery = deliver(*webhook());
  EXPECT_EQ(delivery.end, End::failed);
  EXPECT_EQ(delivery.retry_after, 12s);
}

TEST_F(HttpChannels, AMessageThatIsNotUnderstoodIsRefusedAndAWrongTokenIsNot) {
  serve(answer(400, "{}"));
  EXPECT_EQ(deliver(*telegram()).end, End::refused);
  serve(answer(401, "{}"));
  EXPECT_EQ(deliver(*telegram()).end, End::failed);
  serve(answer(500, "{}"));
  EXPECT_EQ(deliver(*telegram()).end, End::failed);
}

TEST_F(HttpChannels, NoFailureHoldsASecret) {
  serve(answer(404, "no /bot123:very-secret here"));
  for (const auto& channel : {telegram(), webhook()}) {
    const auto delivery = deliver(*channel);
    EXPECT_EQ(delivery.end, End::failed);
    EXPECT_EQ(delivery.why.find("secret"), std::string::npos) << delivery.why;
  }
}

TEST_F(HttpChannels, AnAuthorityThatIsNotTrustedGetsNothing) {
  serve(answer(200, ""));
  const test::Authority other;
  tls_ = test::trusting(other);
  const auto delivery = deliver(*webhook());
  EXPECT_EQ(delivery.end, End::failed);
  EXPECT_TRUE(head_.empty());
}

TEST_F(HttpChannels, ASecretIsInNoLogLine) {
  serve(answer(500, "/bot123:very-secret"));
  std::vector<std::unique_ptr<AlertChannel>> channels;
  channels.push_back(telegram());
  channels.push_back(webhook());
  Alerts alerts({.clock = clock_, .host = "h", .version = "1"}, std::move(channels));
  testing::internal::CaptureStderr();
  alerts.raise({.severity = Severity::page, .key = "x", .subject = "bob", .text = "it broke"});
  EXPECT_TRUE(test::turn_until(io_, [&] {
    alerts.poll();
    clock_.advance(1ms);
    return clock_.now() > Mono{} + 60s;
  }));
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(said.find("secret"), std::string::npos) << said;
}

// ---- the command --------------------------------------------------------------------------------

class CommandChannel : public testing::Test {
 protected:
  std::string script(const std::string& lines) {
    const std::string path = directory_.file("alert");
    put(path, "#!/bin/sh\n" + lines + "\n", 0700);
    return path;
  }
  Delivery deliver(const std::string& program, std::chrono::milliseconds time = 10s) {
    const auto channel = make_alert_command(program, time);
    const SteadyClock clock;
    channel->begin(message(), clock.now());
    const Mono deadline = clock.now() + 20s;
    while (clock.now() < deadline) {
      if (auto end = channel->poll(clock.now())) return *end;
      std::this_thread::yield();
    }
    return {.end = End::refused, .why = "never"};
  }
  std::string content(const std::string& name) { return content_of(directory_.file(name)); }
  TemporaryDirectory directory_;
};

TEST_F(CommandChannel, GetsTheJsonOnItsInputAndNothingElse) {
  ::setenv("COPYD_TEST_SECRET", "very-secret", 1);
  const auto delivery =
      deliver(script("cat > " + directory_.file("got") + "; env > " + directory_.file("env") +
                     "; ls /proc/self/fd | wc -l > " + directory_.file("fds") + "; echo $# >> " +
                     directory_.file("fds")));
  ::unsetenv("COPYD_TEST_SECRET");
  EXPECT_EQ(delivery.end, End::delivered) << delivery.why;
  EXPECT_EQ(content("got"), as_json(message()) + "\n");
  EXPECT_EQ(content("env").find("very-secret"), std::string::npos);
  EXPECT_NE(content("env").find("PATH=/usr/local/bin:/usr/bin:/bin"), std::string::npos);
  // Three of its own and the one that lists them; no argument.
  EXPECT_EQ(content("fds"), "4\n0\n");
}

TEST_F(CommandChannel, ItsExitCodeTells) {
  const auto delivery = deliver(script("exit 3"));
  EXPECT_EQ(delivery.end, End::failed);
  EXPECT_EQ(delivery.why, "exit code 3");
}

TEST_F(CommandChannel, OneThatHangsIsKilledWithWhatItStarted) {
  const auto delivery =
      deliver(script("sleep 600 & echo $! > " + directory_.file("child") + "; wait"), 300ms);
  EXPECT_EQ(delivery.end, End::failed);
  EXPECT_EQ(delivery.why, "killed after 300 ms");
  const std::string child = content("child");
  ASSERT_FALSE(child.empty());
  const SteadyClock clock;
  const Mono deadline = clock.now() + 10s;
  const auto gone = [&] {
    const auto text = content_of("/proc/" + child.substr(0, child.size() - 1) + "/stat");
    return text.empty() || text.find(") Z ") != text.npos;
  };
  while (!gone() && clock.now() < deadline) std::this_thread::yield();
  EXPECT_TRUE(gone());
}

TEST_F(CommandChannel, OneThatFloodsItsOutputDisturbsNobody) {
  EXPECT_EQ(deliver(script("head -c 20000000 /dev/zero; head -c 20000000 /dev/zero >&2")).end,
            End::delivered);
}

TEST_F(CommandChannel, OneThatDoesNotReadIsNoMatter) {
  EXPECT_EQ(deliver(script("exit 0")).end, End::delivered);
}

TEST_F(CommandChannel, OneThatIsNotThereIsAFailure) {
  const auto delivery = deliver(directory_.file("nothing"));
  EXPECT_EQ(delivery.end, End::failed);
  EXPECT_NE(delivery.why.find("cannot be started"), std::string::npos);
}

// ---- targets ------------------------------------------------------------------------------------

class Targets : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text, ::mode_t mode = 0600) {
    put(directory_.file(name), text, mode);
  }
  AlertReading read(const config::Alerts& alerts) {
    return read_alert_targets(alerts, directory_.path());
  }
  static std::string said(const AlertReading& reading) {
    std::string text;
    for (const auto& fault : reading.faults)
      text += fault.key + ": " + fault.failure.error + "; " + fault.failure.remedy + "\n";
    return text;
  }
  TemporaryDirectory directory_;
};

TEST_F(Targets, AreReadFromCredentialsAndAFile) {
  write("hook", "https://hooks.test:8443/a?b=c\n", 0440);
  write("token", "123:abc\n");
  const auto reading = read({.webhook_url_credential = "hook",
                             .telegram_chat_id = "-100",
                             .telegram_token_credential = "",
                             .telegram_token_file = directory_.file("token"),
                             .command = "/bin/true"});
  EXPECT_EQ(said(reading), "");
  ASSERT_TRUE(reading.targets.webhook && reading.targets.telegram);
  EXPECT_EQ(reading.targets.webhook->origin, "https://hooks.test:8443");
  EXPECT_EQ(reading.targets.webhook->target.reveal(), "/a?b=c");
  EXPECT_EQ(reading.targets.telegram->token.reveal(), "123:abc");
  EXPECT_EQ(reading.targets.command, "/bin/true");
}

TEST_F(Targets, WhatCannotBeUsedIsSaidWithItsRemedyAndWithoutTheSecret) {
  write("hook", "http://very-secret.test/a");
  write("token", "very secret", 0600);
  write("open", "123:very-secret", 0640);
  write("plain", "", 0600);
  EXPECT_EQ(said(read({.webhook_url_credential = "absent",
                       .telegram_chat_id = "-100",
                       .telegram_token_credential = "token",
                       .telegram_token_file = "",
                       .command = directory_.file("plain")})),
            "alerts.webhook.url_credential: there is no systemd credential \"absent\"; add "
            "LoadCredentialEncrypted=absent:/etc/credstore.encrypted/copyd.absent to the unit\n"
            "alerts.telegram.token_credential: there is no bot's token like 123456:ABC-def; write "
            "the token that @BotFather gave into it, in one line\n"
            "alerts.command: " +
                directory_.file("plain") + " is not a program that can be run; chmod 755 " +
                directory_.file("plain") + "\n");
  const auto reading = read({.webhook_url_credential = "hook",
                             .telegram_chat_id = "-100",
                             .telegram_token_credential = "",
                             .telegram_token_file = directory_.file("open"),
                             .command = "/nothing/there"});
  EXPECT_EQ(said(reading),
            "alerts.webhook.url_credential: the credential holds no address like "
            "https://host/path; make the credential again, with the address in one line\n"
            "alerts.telegram.token_file: " +
                directory_.file("open") +
                ": others than its owner may read or change it; chmod 600 " +
                directory_.file("open") +
                "\nalerts.command: /nothing/there: No such file or directory; name a program by "
                "its absolute path\n");
}

TEST_F(Targets, OutsideOfAServiceCredentialsAreNotThere) {
  const auto reading = read_alert_targets({.webhook_url_credential = "hook",
                                           .telegram_chat_id = "",
                                           .telegram_token_credential = "",
                                           .telegram_token_file = "",
                                           .command = ""},
                                          "");
  EXPECT_TRUE(reading.faults.empty());
  EXPECT_EQ(reading.unseen, std::vector<std::string>{"alerts.webhook.url_credential"});
}

}  // namespace
}  // namespace copyd::ops
