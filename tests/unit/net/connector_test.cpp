#include "net/connector.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <boost/asio/io_context.hpp>
#include <cstring>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace copyd::net {
namespace {

Endpoint endpoint_of(int descriptor) {
  Endpoint endpoint;
  endpoint.size = sizeof endpoint.address;
  void* address = &endpoint.address;
  EXPECT_EQ(::getsockname(descriptor, static_cast<sockaddr*>(address), &endpoint.size), 0);
  return endpoint;
}

// A socket bound to a free port of 127.0.0.1: without listening, who connects is refused.
Socket bound() {
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const void* any = &address;
  EXPECT_EQ(::bind(socket.descriptor(), static_cast<const sockaddr*>(any), sizeof address), 0);
  return socket;
}

Socket listening(int backlog = 16) {
  Socket socket = bound();
  EXPECT_EQ(::listen(socket.descriptor(), backlog), 0);
  return socket;
}

// An address where nothing ever answers: a queue of length 0 that is full drops what comes.
class DeadAddress {
 public:
  DeadAddress() : socket_(listening(0)) {
    const Endpoint to = endpoint_of(socket_.descriptor());
    for (int i = 0; i < 8; ++i) {
      Socket filler(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
      const void* address = &to.address;
      (void)::connect(filler.descriptor(), static_cast<const sockaddr*>(address), to.size);
      fillers_.push_back(std::move(filler));
    }
  }
  Endpoint endpoint() const { return endpoint_of(socket_.descriptor()); }

 private:
  Socket socket_;
  std::vector<Socket> fillers_;
};

// A label is at most 63 characters long, so no server needs to be asked about this one.
const std::string impossible_name = std::string(64, 'a') + ".invalid";

// Polls at a standing time until something is decided; nullopt when nothing is.
std::optional<Result<std::optional<Socket>>> poll_until_decided(Connector& connector, Mono now) {
  for (int i = 0; i < 20'000; ++i) {
    auto result = connector.poll(now);
    if (result.has_error() || result->has_value()) return result;
    std::this_thread::yield();
  }
  return std::nullopt;
}

class ConnectorTest : public testing::Test {
 protected:
  boost::asio::io_context io_{1};
  Connector connector_{io_};
  Mono start_{1'000'000'000};
};

TEST_F(ConnectorTest, ConnectsToAnAddress) {
  const Socket server = listening();
  connector_.open({endpoint_of(server.descriptor())});
  const auto result = poll_until_decided(connector_, start_);
  ASSERT_TRUE(result && result->has_value());
  EXPECT_TRUE((*result)->value().is_open());
}

// Best effort, one by one: a kernel that refuses one of these has the others.
TEST_F(ConnectorTest, OptionsThatKeepItQuickAndEndItInTimeAreSet) {
  const Socket server = listening();
  connector_.open({endpoint_of(server.descriptor())});
  const auto result = poll_until_decided(connector_, start_);
  ASSERT_TRUE(result && result->has_value());
  const int descriptor = (*result)->value().descriptor();
  const auto option = [&](int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    EXPECT_EQ(::getsockopt(descriptor, level, name, &value, &size), 0);
    return value;
  };
  EXPECT_EQ(option(IPPROTO_TCP, TCP_NODELAY), 1);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_USER_TIMEOUT), 10'000);
  EXPECT_EQ(option(SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPIDLE), 4);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPINTVL), 2);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS), 1);
  EXPECT_EQ(option(SOL_SOCKET, SO_PRIORITY), 6);
}

TEST_F(ConnectorTest, ResolvesANameThatNeedsNoServer) {
  const Socket server = listening();
  const Endpoint endpoint = endpoint_of(server.descriptor());
  const void* any = &endpoint.address;
  sockaddr_in address{};
  std::memcpy(&address, any, sizeof address);
  connector_.open("localhost", std::to_string(ntohs(address.sin_port)));
  // Resolving happens in a thread of Asio's, so this may take many looks.
  std::optional<Result<std::optional<Socket>>> result;
  for (int i = 0; i < 100 && !result; ++i) result = poll_until_decided(connector_, start_);
  ASSERT_TRUE(result && result->has_value());
}

TEST_F(ConnectorTest, ANameThatIsNoneIsAnError) {
  connector_.open(impossible_name, "443");
  std::optional<Result<std::optional<Socket>>> result;
  for (int i = 0; i < 100 && !result; ++i) result = poll_until_decided(connector_, start_);
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->has_error());
}

TEST_F(ConnectorTest, ARefusedPortIsAnErrorAtOnce) {
  const Socket nobody = bound();
  connector_.open({endpoint_of(nobody.descriptor())});
  const auto result = poll_until_decided(connector_, start_);
  ASSERT_TRUE(result && result->has_error());
  EXPECT_EQ(result->error(), boost::system::errc::connection_refused);
}

TEST_F(ConnectorTest, TriesTheNextAddressAfterARefusal) {
  const Socket nobody = bound();
  const Socket server = listening();
  connector_.open({endpoint_of(nobody.descriptor()), endpoint_of(server.descriptor())});
  const auto result = poll_until_decided(connector_, start_);
  ASSERT_TRUE(result && result->has_value());
}

TEST_F(ConnectorTest, LeavesADeadAddressAfterItsDeadline) {
  const DeadAddress dead;
  const Socket server = listening();
  connector_.open({dead.endpoint(), endpoint_of(server.descriptor())});
  ASSERT_FALSE(poll_until_decided(connector_, start_)) << "the address was to be dead";
  const Mono before = start_ + (Connector::endpoint_deadline - std::chrono::nanoseconds(1));
  ASSERT_FALSE(poll_until_decided(connector_, before));
  const auto result = poll_until_decided(connector_, start_ + Connector::endpoint_deadline);
  ASSERT_TRUE(result && result->has_value());
}

TEST_F(ConnectorTest, OnlyDeadAddressesAreATimeout) {
  const DeadAddress dead;
  connector_.open({dead.endpoint()});
  ASSERT_FALSE(poll_until_decided(connector_, start_));
  const auto result = poll_until_decided(connector_, start_ + Connector::endpoint_deadline);
  ASSERT_TRUE(result && result->has_error());
  EXPECT_EQ(result->error(), make_error_code(Errc::timeout));
}

TEST_F(ConnectorTest, MayGoAwayWhileResolving) {
  {
    Connector gone(io_);
    gone.open(impossible_name, "443");
    EXPECT_TRUE(gone.poll(start_).has_value());
  }
  // Its answer may still come; there is nobody to tell.
  io_.restart();
  EXPECT_GE(io_.poll(), 0U);
}

TEST(ByTurns, MixesTheFamiliesBeginningWithTheFirst) {
  const auto of = [](int family, int mark) {
    Endpoint endpoint;
    endpoint.address.ss_family = static_cast<sa_family_t>(family);
    endpoint.size = static_cast<socklen_t>(mark);
    return endpoint;
  };
  const auto mixed = by_turns({of(AF_INET6, 1), of(AF_INET6, 2), of(AF_INET6, 3), of(AF_INET, 4)});
  std::vector<socklen_t> order;
  for (const auto& endpoint : mixed) order.push_back(endpoint.size);
  EXPECT_EQ(order, (std::vector<socklen_t>{1, 4, 2, 3}));
  EXPECT_TRUE(by_turns({}).empty());
}

}  // namespace
}  // namespace copyd::net
