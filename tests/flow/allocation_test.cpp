// From the bytes of a leader's fill to the bytes of the followers' orders nothing is allocated, by
// the engine, its C++ libraries, or the library that signs: the frame is decoded, the fill decided,
// the orders encoded, signed (HMAC) or vouched for by the logon (Ed25519), and handed to the socket.
//
// Both operator new and malloc are counted. The sockets are the venue's until everything is warm;
// then they are cut off from it, give the feed frames that were kept, and count what is sent.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <new>
#include <string>

#include "rig.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COPYD_COUNTS_MALLOC 0  // the sanitizer owns it
#else
#define COPYD_COUNTS_MALLOC 1
#endif

namespace {
bool counting = false;
std::size_t allocations = 0;
void count() noexcept {
  if (counting) ++allocations;
}
void* allocated(std::size_t size) {
#if !COPYD_COUNTS_MALLOC
  count();
#endif
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  return memory;
}
void* allocated(std::size_t size, std::align_val_t alignment) {
  count();
  void* memory = nullptr;
  if (posix_memalign(&memory, static_cast<std::size_t>(alignment), size) != 0) std::abort();
  return memory;
}
}  // namespace

#if COPYD_COUNTS_MALLOC
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* malloc(std::size_t size) {
  count();
  return __libc_malloc(size);
}
void* calloc(std::size_t number, std::size_t size) {
  count();
  return __libc_calloc(number, size);
}
void* realloc(void* memory, std::size_t size) {
  count();
  return __libc_realloc(memory, size);
}
}
#endif

void* operator new(std::size_t size) { return allocated(size); }
void* operator new[](std::size_t size) { return allocated(size); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocated(size, alignment);
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return allocated(size, alignment);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace copyd::flow {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t padding = 64;

// What the cut-off sockets share with the test.
struct Line {
  bool cut_off = false;  // from the venue
  bool keep = false;     // the leader's frames are put aside instead of being handed over
  std::deque<std::string> kept;
  const std::string* next = nullptr;  // the frame that the feed is given
  std::size_t sent = 0;
  std::array<char, 2048> text{};  // the last order
  std::size_t size = 0;
};

class LineSocket final : public net::WebSocket {
 public:
  LineSocket(std::unique_ptr<net::WebSocket> inner, Line& line, bool leader)
      : inner_(std::move(inner)), line_(line), leader_(leader) {}

  void open(const net::Url& url, Mono now) override { inner_->open(url, now); }
  Event poll(Mono now) override {
    now_ = now;
    shown_ = nullptr;
    if (line_.cut_off) {
      if (!leader_ || line_.next == nullptr) return Event::none;
      shown_ = std::exchange(line_.next, nullptr);
      return Event::frame;
    }
    for (;;) {
      const Event event = inner_->poll(now);
      if (event != Event::frame || !leader_ || !line_.keep) return event;
      line_.kept.emplace_back(inner_->frame());
      line_.kept.back().append(padding, '\0');
    }
  }
  Result<void> send(std::string_view text) override {
    if (!line_.cut_off) return inner_->send(text);
    line_.size = std::min(text.size(), line_.text.size());
    std::memcpy(line_.text.data(), text.data(), line_.size);
    ++line_.sent;
    return {};
  }
  void close() override { inner_->close(); }
  bool is_open() const noexcept override { return inner_->is_open(); }
  std::string_view frame() const noexcept override {
    if (shown_ == nullptr) return inner_->frame();
    return std::string_view(*shown_).substr(0, shown_->size() - padding);
  }
  Mono received() const noexcept override { return now_; }
  Mono framed() const noexcept override { return now_; }
  boost::system::error_code error() const noexcept override { return inner_->error(); }

 private:
  std::unique_ptr<net::WebSocket> inner_;
  Line& line_;
  bool leader_;
  const std::string* shown_ = nullptr;
  Mono now_{};
};

class LineHttp final : public net::Http {
 public:
  LineHttp(std::unique_ptr<net::Http> inner, Line& line) : inner_(std::move(inner)), line_(line) {}
  void request(net::HttpRequest request, Handler handler) override {
    inner_->request(std::move(request), std::move(handler));
  }
  int poll(Mono now) override { return line_.cut_off ? 0 : inner_->poll(now); }

 private:
  std::unique_ptr<net::Http> inner_;
  Line& line_;
};

class LineTransport final : public net::Transport {
 public:
  LineTransport(std::unique_ptr<net::Transport> inner, Line& line, bool leader)
      : inner_(std::move(inner)), line_(line), leader_(leader) {}
  std::unique_ptr<net::WebSocket> websocket() override {
    return std::make_unique<LineSocket>(inner_->websocket(), line_, leader_);
  }
  std::unique_ptr<net::Http> http(const std::string& origin) override {
    return std::make_unique<LineHttp>(inner_->http(origin), line_);
  }

 private:
  std::unique_ptr<net::Transport> inner_;
  Line& line_;
  bool leader_;
};

RigFollower follower(const char* label, sim::KeyType key, sim::PositionMode mode) {
  RigFollower made{.label = label, .mode = mode, .key = key};
  made.link.sizing = config::FixedNotional{Usd::whole(1000)};
  made.link.order.type = config::OrderStyle::Type::market;
  made.link.max_fill_age = milliseconds(60'000);
  return made;
}

class FillToOrder : public ::testing::TestWithParam<sim::KeyType> {
 protected:
  RigOptions options() {
    RigOptions made{.seed = 5};
    const sim::KeyType key = GetParam();
    made.followers = {follower("ann", key, sim::PositionMode::one_way),
                      follower("bob", key, sim::PositionMode::hedge)};
    made.wrap = [this](RigOptions::Transport inner, const std::string& owner) {
      return std::make_unique<LineTransport>(std::move(inner), line_, owner == "feed");
    };
    return made;
  }
  void trade(const char* symbol, sim::Side side, std::int64_t qty) {
    const auto price = rig_.venue().world().exchange().market(rig_.venue_symbol(symbol)).last;
    ASSERT_EQ(rig_.trade(Rig::leader_label, {.symbol = rig_.venue_symbol(symbol),
                                             .side = side,
                                             .qty = Qty::whole(qty),
                                             .fills = {{Qty::whole(qty), price}}})
                  .size(),
              1U);
    ++fills_;
  }
  // Every agent and every table has seen what is to come.
  void warm_up() {
    rig_.connect();
    ASSERT_TRUE(rig_.run_until([&] { return rig_.ready(); }, seconds(10)));
    for (const char* symbol : {"ETHUSDT", "SOLUSDT"}) {
      trade(symbol, sim::Side::buy, 4);
      trade(symbol, sim::Side::sell, 1);
    }
    ASSERT_TRUE(rig_.run_until([&] { return rig_.settled(fills_); }, seconds(10)));
  }
  // Real frames of real trades, put aside on their way to the feed.
  void keep_frames(int rounds) {
    line_.keep = true;
    for (int i = 0; i < rounds; ++i)
      for (const char* symbol : {"ETHUSDT", "SOLUSDT"}) {
        trade(symbol, sim::Side::buy, 3);
        trade(symbol, sim::Side::sell, 2);
      }
    rig_.run_for(milliseconds(50));
    line_.cut_off = true;
    line_.keep = false;
  }
  std::size_t work(std::size_t agent) {
    allocations = 0;
    counting = true;
    rig_.pass(agent);
    counting = false;
    return allocations;
  }

  Line line_;
  Rig rig_{options()};
  std::int64_t fills_ = 0;
};

TEST(AllocationCounter, SeesNewAndMalloc) {
  allocations = 0;
  counting = true;
  auto text = std::make_unique<std::string>(200, 'x');
  counting = false;
  EXPECT_GE(allocations, 2U);
  EXPECT_EQ(text->size(), 200U);
#if COPYD_COUNTS_MALLOC
  allocations = 0;
  counting = true;
  void* volatile memory = std::malloc(100);
  counting = false;
  EXPECT_EQ(allocations, 1U);
  std::free(memory);
#endif
}

TEST_P(FillToOrder, AllocatesNothing) {
  warm_up();
  keep_frames(25);
  ASSERT_FALSE(HasFatalFailure());
  std::size_t orders = 0;
  for (const std::string& frame : line_.kept) {
    line_.next = &frame;
    line_.sent = 0;
    EXPECT_EQ(work(Rig::feed_agent), 0U) << "feed";
    EXPECT_EQ(work(Rig::copy_agent), 0U) << "copy";
    for (std::size_t lane = 0; lane < lane_count; ++lane)
      EXPECT_EQ(work(Rig::first_lane + lane), 0U) << "lane " << lane;
    orders += line_.sent;
    rig_.clock().advance(std::chrono::microseconds(50));
  }
  // A hundred fills, two followers.
  EXPECT_EQ(orders, 200U);
  const std::string_view last(line_.text.data(), line_.size);
  EXPECT_NE(last.find(R"("method":"order.place")"), last.npos);
  const bool is_signed = last.find("signature") != last.npos;
  EXPECT_EQ(is_signed, GetParam() == sim::KeyType::hmac);
}

INSTANTIATE_TEST_SUITE_P(Keys, FillToOrder,
                         ::testing::Values(sim::KeyType::hmac, sim::KeyType::ed25519),
                         [](const auto& key) {
                           return key.param == sim::KeyType::hmac ? "Hmac" : "Ed25519LoggedOn";
                         });

}  // namespace
}  // namespace copyd::flow
