// From a fill's bytes to an order's bytes nothing is allocated, once the first has been handled.
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>

#include "tests/unit/venue/support.hpp"
#include "venue/market_codec.hpp"
#include "venue/order_codec.hpp"
#include "venue/order_details.hpp"
#include "venue/user_data.hpp"

namespace {

std::atomic<bool> counting{false};
std::atomic<int> allocations{0};

void count() {
  if (counting.load(std::memory_order_relaxed)) allocations.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

// A sanitizer has a malloc of its own, which tells of every call.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void*,
                                                                           std::size_t),
                                                         void (*on_free)(const volatile void*));
namespace {
const int hooked = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, std::size_t) { count(); }, [](const volatile void*) {});
}
#else
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

namespace copyd::venue::testing {
namespace {

class Counted {
 public:
  Counted() {
    allocations = 0;
    counting = true;
  }
  ~Counted() { counting = false; }
  int total() const { return allocations; }
};

TEST(Allocation, TheCounterCounts) {
  const Counted counted;
  auto* const number = new std::atomic<int>(1);
  const int total = counted.total();
  delete number;
  EXPECT_EQ(total, 1);
}

TEST(Allocation, FromAFillToASignedOrderThereIsNone) {
  UserDataDecoder decoder(symbols());
  auto signer = Signer::hmac(Secret::copy_of("2b5eb11e18796d12d88f13dc27dbbd02"));
  ASSERT_TRUE(signer.has_value());
  const Frame fill(golden("seq.market_open_close.03.order_trade_update.trade.filled.json"));
  char out[1024];
  const auto handle = [&]() -> std::size_t {
    const auto event = decoder.decode(fill.view());
    if (event.has_error()) return 0;
    const auto& update = std::get<OrderUpdate>(*event);
    OrderTerms terms;
    terms.qty = update.last_qty;
    terms.limit = update.last_price;
    terms.side = update.side;
    PlaceRequest request;
    request.id = 1;
    request.terms = &terms;
    request.symbol = update.symbol_name;
    request.client_order_id = client_order_id(terms.copy_id, 0);
    request.timestamp = update.event_time;
    return encode_place(request, "key", &*signer, out);
  };
  const std::size_t first = handle();
  ASSERT_GT(first, 0U);
  const Counted counted;
  std::size_t same = 0;
  for (int i = 0; i < 100; ++i) same += handle() == first;
  const int total = counted.total();
  EXPECT_EQ(same, 100U);
  EXPECT_EQ(total, 0);
}

TEST(Allocation, NeitherInAccountUpdatesNorInAnswers) {
  UserDataDecoder decoder(symbols());
  ReplyDecoder replies;
  const Frame account(golden("account_update.order.isolated.hedge_mode.flat_three_sides.json"));
  const Frame answer(golden("wsapi.order_place.ok.current_shape.json"));
  const Frame refusal(golden("wsapi.order_place.error.2027.json"));
  const auto handle = [&] {
    return decoder.decode(account.view()).has_value() &&
           replies.decode(answer.view()).has_value() && replies.decode(refusal.view()).has_value();
  };
  ASSERT_TRUE(handle());
  const Counted counted;
  int sound = 0;
  for (int i = 0; i < 100; ++i) sound += handle();
  const int total = counted.total();
  EXPECT_EQ(sound, 100);
  EXPECT_EQ(total, 0);
}

TEST(Allocation, NorInTheRarerEventsNorInMarkPrices) {
  UserDataDecoder decoder(symbols());
  OrderDetailsDecoder details;
  MarkPriceDecoder marks(symbols());
  std::vector<Frame> frames;
  for (const char* name :
       {"seq.market_open_close.00.trade_lite.json", "algo_update.finished.stop_market.json",
        "margin_call.docs.json", "account_config_update.leverage.json",
        "listen_key_expired.docs.json", "account_update.order.portfolio_margin.json",
        "stream_wrapped.private_combined.order_trade_update.json"})
    frames.emplace_back(golden(name));
  const Frame order(golden("seq.market_open_close.03.order_trade_update.trade.filled.json"));
  const Frame mark("[" + golden("stream.mark_price.real_2026_01.json") + "]");
  const auto handle = [&] {
    bool sound = details.decode(order.view()).has_value() && marks.decode(mark.view()).has_value();
    for (const Frame& frame : frames) sound &= decoder.decode(frame.view()).has_value();
    return sound;
  };
  ASSERT_TRUE(handle());
  const Counted counted;
  int sound = 0;
  for (int i = 0; i < 100; ++i) sound += handle();
  const int total = counted.total();
  EXPECT_EQ(sound, 100);
  EXPECT_EQ(total, 0);
}

TEST(Allocation, NorByEd25519) {
  auto signer = Signer::private_key(
      Secret::copy_of("-----BEGIN PRIVATE KEY-----\n"
                      "MC4CAQAwBQYDK2VwBCIEIPQmzwVKJETqVd7L9E/DFbkvrOigy1tLL+9QF0mSn6dV\n"
                      "-----END PRIVATE KEY-----\n"));
  ASSERT_TRUE(signer.has_value());
  char out[1024];
  const Counted counted;
  const std::size_t size = encode_logon(1, "key", VenueTime{1}, *signer, out);
  const int total = counted.total();
  EXPECT_GT(size, 0U);
  EXPECT_EQ(total, 0);
}

}  // namespace
}  // namespace copyd::venue::testing
