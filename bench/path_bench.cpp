// How long each step of the path takes on its own, caches warm: the frame of a fill decoded, a copy
// decided, an order encoded and signed, a WebSocket frame masked, a queue crossed.
#include <benchmark/benchmark.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>

#include "core/channel.hpp"
#include "core/limits.hpp"
#include "fixture.hpp"
#include "net/frame.hpp"
#include "risk/copier.hpp"
#include "venue/order_codec.hpp"
#include "venue/user_data.hpp"

namespace copyd::bench {
namespace {

// A real fill, as one of its events tells it.
std::string fill_frame(const std::string& event) {
  std::ifstream in(COPYD_TESTS_DIR "/golden/venue/seq.market_open_close." + event + ".json");
  std::ostringstream text;
  text << in.rdbuf();
  std::string frame = text.str();
  while (!frame.empty() && frame.back() == '\n') frame.pop_back();  // the venue sends none
  return frame;
}

using Decode = Result<venue::UserEvent> (venue::UserDataDecoder::*)(std::string_view);

// As decode() reads a fill of today's layout, and as it reads one of any other.
void decode_fill(benchmark::State& state, const std::string& event,
                 Decode decode = &venue::UserDataDecoder::decode) {
  venue::UserDataDecoder decoder(symbols());
  const std::string frame = fill_frame(event);
  std::string padded = frame + std::string(64, ' ');
  for (auto _ : state) {
    auto event = (decoder.*decode)(std::string_view(padded).substr(0, frame.size()));
    if (event.has_error()) state.SkipWithError("malformed");
    benchmark::DoNotOptimize(event);
  }
}
BENCHMARK_CAPTURE(decode_fill, whole, "03.order_trade_update.trade.filled");
BENCHMARK_CAPTURE(decode_fill, whole_in_any_form, "03.order_trade_update.trade.filled",
                  &venue::UserDataDecoder::decode_in_any_form);
BENCHMARK_CAPTURE(decode_fill, short, "00.trade_lite");
BENCHMARK_CAPTURE(decode_fill, short_in_any_form, "00.trade_lite",
                  &venue::UserDataDecoder::decode_in_any_form);

OrderTerms some_terms() {
  OrderTerms terms;
  terms.qty = *Qty::parse("4.9");
  terms.follower = FollowerId{0};
  return terms;
}

void encode_and_sign(benchmark::State& state, bool logged_on) {
  auto signer = venue::Signer::hmac(Secret::copy_of("2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff"));
  const OrderTerms terms = some_terms();
  char out[limits::order_text_max];
  std::uint64_t id = 0;
  for (auto _ : state) {
    const auto size =
        venue::encode_place({.id = ++id,
                             .terms = &terms,
                             .symbol = "DOTUSDT",
                             .client_order_id = venue::client_order_id(terms.copy_id, 0),
                             .timestamp = VenueTime{1'789'837'689'736}},
                            "dbefbc809e3e83c283a984c3a1459732ea7db1360ca80c5c2c8867408d28cc83",
                            logged_on ? nullptr : &*signer, out);
    if (size == 0) state.SkipWithError("not encoded");
    benchmark::DoNotOptimize(out);
  }
}
BENCHMARK_CAPTURE(encode_and_sign, hmac, false);
BENCHMARK_CAPTURE(encode_and_sign, logged_on, true);

// One fill decided for N followers, up to the orders in their lane's queue and their results back.
void decide(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const SteadyClock clock;
  const auto configs = make_followers(count);
  const auto followers = on_one_lane(configs);
  Channel<Order> orders(limits::orders_per_lane_max);
  Channel<Report> reports(limits::reports_per_lane_max);
  const std::vector<risk::CopierSetup::Lane> lanes{{orders, reports}};
  Channel<LeaderEvent> events(limits::leader_events_max);
  Channel<CopyCommand> commands(limits::commands_max);
  Channel<BookAnswer> answers(16);
  Channel<Notice> notices(limits::notices_max);
  std::vector<FollowerCells> cells(count);
  StageTimes stages;
  risk::Copier copier({.leaders = leaders(),
                       .followers = followers,
                       .lanes = lanes,
                       .symbols = symbols(),
                       .clock = clock,
                       .leader_events = events,
                       .commands = commands,
                       .answers = answers,
                       .notices = notices,
                       .cells = cells,
                       .stages = stages});
  commands.try_push(TimeSample{.at = clock.now(), .venue = VenueTime{1'000'000}});
  for (std::size_t i = 0; i < count; ++i)
    reports.try_push(
        FollowerLink{.follower = FollowerId{static_cast<std::uint16_t>(i)}, .ready = true});
  while (copier.do_work() != 0) {}

  std::int64_t trade = 0;
  Order order;
  for (auto _ : state) {
    events.try_push(LeaderEvent{fill_of(++trade, clock.now())});
    copier.do_work();
    std::size_t sent = 0;
    while (orders.try_pop(order)) {
      ++sent;
      OrderDone done;
      done.ref = order->ref;
      done.follower = order->follower;
      done.filled = order->qty;
      reports.try_push(Report{done});
    }
    if (sent != count) {
      state.SkipWithError("not every follower got an order");
      break;
    }
    state.PauseTiming();
    while (copier.do_work() != 0) {}
    state.ResumeTiming();
  }
}
BENCHMARK(decide)->Arg(1)->Arg(10)->Arg(100);

void mask_and_frame(benchmark::State& state) {
  const std::string text(420, 'x');
  char out[512];
  net::MaskSource masks;
  for (auto _ : state) {
    benchmark::DoNotOptimize(net::encode_frame(net::Opcode::text, text, masks.next(), out));
  }
}
BENCHMARK(mask_and_frame);

void copy_id(benchmark::State& state) {
  CopyIdParts parts;
  for (auto _ : state) {
    ++parts.cause.number;
    benchmark::DoNotOptimize(make_copy_id(parts));
  }
}
BENCHMARK(copy_id);

// One way across a queue between two spinning threads: half of a round trip.
void queue_hop(benchmark::State& state) {
  Channel<int> there(64);
  Channel<int> back(64);
  std::atomic<bool> stop{false};
  std::thread echo([&] {
    int value = 0;
    while (!stop.load(std::memory_order_relaxed))
      if (there.try_pop(value)) back.try_push(value);
  });
  int value = 0;
  for (auto _ : state) {
    there.try_push(1);
    while (!back.try_pop(value)) {}
  }
  stop = true;
  echo.join();
  state.SetLabel("round trip; a hop is half of it");
}
BENCHMARK(queue_hop)->UseRealTime();

}  // namespace
}  // namespace copyd::bench
