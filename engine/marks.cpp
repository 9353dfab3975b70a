#include "engine/marks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/link_symbols.hpp"
#include "net/url.hpp"
#include "ops/log.hpp"

namespace copyd::engine {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
namespace log = ops::log;

constexpr nanoseconds silence_max = 10s;
constexpr nanoseconds stale_after = 15s;  // then a person is told
constexpr nanoseconds told_again = 10s;
constexpr std::int64_t move_part = 2000;  // 1/2000 is 0.05 %
constexpr int frames_per_poll = 16;

bool is_in(const std::vector<bool>& set, SymbolId symbol) {
  return symbol.value < set.size() && set[symbol.value];
}

bool adopts(const config::Link& link) {
  return !link.removed && link.on_start == config::OnStart::adopt;
}

}  // namespace

MarkNeeds MarkNeeds::of(const config::Config& config, const SymbolTable& symbols) {
  MarkNeeds needs;
  needs.may_open.resize(symbols.size());
  for (const auto& follower : config.followers) {
    const auto& limits = follower.limits;
    const bool collar = limits.max_price_deviation_bps.has_value();
    const bool opens_by_mark = collar || follower.state == config::FollowerMode::shadow;
    needs.any = needs.any || opens_by_mark || limits.max_daily_loss || limits.max_drawdown ||
                limits.equity_floor ||
                std::any_of(follower.links.begin(), follower.links.end(), [](const auto& link) {
                  return adopts(link) || std::holds_alternative<config::EquityRatio>(link.sizing);
                });
    for (std::size_t i = 0; i < symbols.size(); ++i) {
      const auto& symbol = symbols[SymbolId{static_cast<std::uint16_t>(i)}];
      for (const auto& link : follower.links)
        if ((opens_by_mark || adopts(link)) && !link.removed && permits(link, symbol))
          needs.may_open[i] = true;
    }
  }
  return needs;
}

Marks::Marks(Parts parts)
    : config_(parts.config),
      symbols_(parts.symbols),
      endpoints_(parts.endpoints),
      transport_(parts.transport),
      clock_(parts.clock),
      tell_(std::move(parts.tell)),
      needs_(MarkNeeds::of(parts.config, parts.symbols)),
      latest_(parts.symbols.size()),
      told_(parts.symbols.size()),
      socket_(needs_.any ? parts.transport.websocket() : nullptr),
      decoder_(parts.symbols),
      backoff_(parts.seed),
      since_(parts.clock.now()) {}

void Marks::reloaded() {
  needs_ = MarkNeeds::of(config_, symbols_);
  if (needs_.any == (socket_ != nullptr)) return;
  socket_ = needs_.any ? transport_.websocket() : nullptr;
  open_ = false;
  open_at_ = since_ = clock_.now();
  last_marks_ = Mono{};
  said_stale_ = false;
}

void Marks::poll() {
  if (!socket_) return;
  const Mono now = clock_.now();
  if (!open_ && now >= open_at_) open(now);
  for (int i = 0; open_ && i < frames_per_poll; ++i) {
    const auto event = socket_->poll(now);
    if (event == net::WebSocket::Event::none) break;
    if (event == net::WebSocket::Event::closed) {
      lost(now, "its connection ended");
    } else if (event == net::WebSocket::Event::opened) {
      heard_ = now;
    } else {
      take(socket_->frame(), now);
    }
  }
  if (open_ && now - heard_ > silence_max) {
    socket_->close();
    lost(now, "it says nothing");
  }
  say_age(now);
}

void Marks::open(Mono now) {
  const auto url =
      net::Url::parse(endpoints_.streams + "/market/stream?streams=!markPrice@arr@1s", "wss");
  if (!url) {
    open_at_ = now + silence_max;
    return;
  }
  open_ = true;
  heard_ = now;
  socket_->open(*url, now);
}

void Marks::lost(Mono now, const char* why) {
  open_ = false;
  open_at_ = now + backoff_.next();
  ++reconnects_;
  log::debug(fmt::format("the stream of marks is opened again: {}", why));
}

void Marks::take(std::string_view frame, Mono now) {
  heard_ = now;
  const auto rows = decoder_.decode(frame);
  if (!rows) {
    ++malformed_;
    return;
  }
  backoff_.reset();
  last_marks_ = now;
  for (const auto& row : *rows) {
    if (row.symbol_known && row.price.sign() > 0) latest_[row.symbol.value] = row.price;
    if (!row.symbol_known || !is_due(row, now)) continue;
    told_[row.symbol.value] = {.price = row.price, .at = now};
    tell_(SetMark{.symbol = row.symbol, .price = row.price});
  }
}

bool Marks::is_due(const venue::MarkPrice& row, Mono now) const {
  const bool used = is_in(used_, row.symbol);
  if (row.price.sign() <= 0 || (!used && !is_in(needs_.may_open, row.symbol))) return false;
  const Told& told = told_[row.symbol.value];
  if (told.price.is_zero() || now - told.at >= told_again) return true;
  const auto moved = (row.price - told.price).abs().units();
  return used ? moved != 0 : moved > told.price.units() / move_part;
}

std::optional<nanoseconds> Marks::age() const {
  if (!socket_ || last_marks_.ns == 0) return std::nullopt;
  return clock_.now() - last_marks_;
}

void Marks::say_age(Mono now) {
  const bool stale = now - std::max(last_marks_, since_) > stale_after;
  if (stale == said_stale_) return;
  said_stale_ = stale;
  if (stale)
    log::warning(
        "no mark prices have come for 15 s: price collars and equities go by old ones. Check the "
        "network and venue.streams");
  else log::info("mark prices come again");
}

}  // namespace copyd::engine
