#include "sim/market_stream.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "sim/json.hpp"
#include "sim/params.hpp"
#include "sim/stream_names.hpp"

namespace copyd::sim {

namespace {

constexpr std::int64_t slow_seconds = 3;  // of `@markPrice` without @1s
constexpr std::int64_t eight_hours = 8 * 3'600'000;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// What follows the symbol, or the whole name of a stream of all symbols.
std::string_view kind_of(std::string_view name) noexcept {
  if (name.starts_with('!')) return name;
  const auto at = name.find('@');
  return at == std::string_view::npos ? std::string_view() : name.substr(at);
}

bool is_route(std::string_view path, std::string_view root) noexcept {
  if (!path.starts_with(root)) return false;
  path.remove_prefix(root.size());
  return path == "/ws" || path.starts_with("/ws/") || path == "/stream";
}

}  // namespace

MarketStreams::MarketStreams(const Exchange& exchange) : exchange_(exchange) {
  for (SymbolIndex index = 0; index < exchange.symbols().size(); ++index) {
    const Price price = exchange.market(index).last;
    days_.push_back({.open = price, .high = price, .low = price, .last = price, .told = price});
    lower_names_.push_back(lower(exchange.symbol(index).name));
  }
}

bool MarketStreams::serves(std::string_view target) noexcept {
  const auto path = split_target(target).path;
  return is_route(path, "/market") || is_route(path, "/public") || is_route(path, "");
}

bool MarketStreams::belongs(Route route, std::string_view name) noexcept {
  constexpr std::array<std::string_view, 2> of_public{"@bookTicker", "!bookTicker"};
  constexpr std::array<std::string_view, 9> of_market{
      "@markPrice", "@markPrice@1s", "!markPrice@arr", "!markPrice@arr@1s", "@aggTrade",
      "@ticker",    "!ticker@arr",   "@miniTicker",    "!miniTicker@arr"};
  const auto kind = kind_of(name);
  const auto holds = [&](const auto& list) {
    return std::find(list.begin(), list.end(), kind) != list.end();
  };
  return route == Route::public_ ? holds(of_public) : holds(of_market);
}

StreamId MarketStreams::open(std::string_view target, Deliver deliver) {
  Stream stream;
  stream.deliver = std::move(deliver);
  auto [path, query] = split_target(target);
  if (path.starts_with("/market")) stream.route = Route::market;
  const auto root = path.find("/stream");
  stream.combined = root != std::string_view::npos && root == path.rfind('/');
  const auto add = [&](std::string_view names) {
    for (auto& name : split_names(names)) stream.names.insert(std::move(name));
  };
  if (const auto ws = path.find("/ws/"); ws != std::string_view::npos) add(path.substr(ws + 4));
  const auto params = Params::from_query(query);
  for (const auto& [name, value] : params.items())
    if (name == "streams") add(value);
  const StreamId id = next_++;
  streams_.emplace(id, std::move(stream));
  recount();
  return id;
}

void MarketStreams::close(StreamId stream) {
  streams_.erase(stream);
  recount();
}

void MarketStreams::recount() {
  subscribers_.clear();
  for (const auto& [id, stream] : streams_)
    for (const auto& name : stream.names)
      if (belongs(stream.route, name)) ++subscribers_[name];
}

bool MarketStreams::count_frame(StreamId id, VenueTime now) {
  const auto at = streams_.find(id);
  return at == streams_.end() ||
         at->second.rate.add(now) <= MessageRate::stream_messages_per_second;
}

StreamReply MarketStreams::handle_text(StreamId id, std::string_view text, VenueTime now) {
  const auto at = streams_.find(id);
  if (at == streams_.end()) return {};
  if (!count_frame(id, now)) return {.text = {}, .drop = true};
  Stream& stream = at->second;
  const auto request = read_stream_request(text);
  if (!request) return {.text = stream_fault()};
  std::string result = "null";
  if (request->method == "LIST_SUBSCRIPTIONS") {
    JsonWriter out;
    out.array();
    for (const auto& name : stream.names) out.string(name);
    result = out.end_array().take();
  } else if (request->method == "GET_PROPERTY") {
    result = stream.combined ? "true" : "false";
  } else if (request->method == "SET_PROPERTY") {
    stream.combined = request->combined.value_or(stream.combined);
  } else {
    for (const auto& name : request->names) {
      if (request->method == "SUBSCRIBE") stream.names.insert(name);
      if (request->method == "UNSUBSCRIBE") stream.names.erase(name);
    }
    recount();
  }
  return {.text = stream_result(*request, result)};
}

bool MarketStreams::wanted(std::string_view name) const {
  return subscribers_.find(name) != subscribers_.end();
}

// Delivering may end a connection, so the listeners are collected first.
void MarketStreams::send(std::string_view name, const std::string& json) {
  if (silent_) return;
  const std::string text(name);
  std::vector<StreamId> listeners;
  for (const auto& [id, stream] : streams_)
    if (stream.names.count(text) != 0 && belongs(stream.route, text)) listeners.push_back(id);
  for (const StreamId id : listeners) {
    const auto at = streams_.find(id);
    if (at == streams_.end()) continue;
    const Deliver deliver = at->second.deliver;
    deliver(at->second.combined ? envelope(name, json) : json);
  }
}

void MarketStreams::follow(SymbolIndex symbol, Price price) {
  Day& day = days_[symbol];
  day.last = price;
  day.high = std::max(day.high, price);
  day.low = std::min(day.low, price);
}

void MarketStreams::on_trade(const Trade& trade) {
  follow(trade.symbol, trade.price);
  Day& day = days_[trade.symbol];
  if (day.trades++ == 0) day.first_trade = trade.id;
  day.last_trade = trade.id;
  day.last_qty = trade.qty;
  day.volume += trade.qty;
  day.quote += notional(trade.price, trade.qty);
  const std::string name = lower_names_[trade.symbol] + "@aggTrade";
  if (wanted(name)) send(name, agg_trade(trade));
}

void MarketStreams::notice(VenueTime now) {
  for (SymbolIndex symbol = 0; symbol < days_.size(); ++symbol) {
    const Price last = exchange_.market(symbol).last;
    if (last == days_[symbol].told) continue;
    days_[symbol].told = last;
    follow(symbol, last);
    const std::string name = lower_names_[symbol] + "@bookTicker";
    if (!wanted(name) && !wanted("!bookTicker")) continue;
    const auto json = book_ticker(symbol, now);
    send(name, json);
    send("!bookTicker", json);
  }
}

void MarketStreams::send_second(std::string_view suffix, std::string_view all,
                                std::string (MarketStreams::*encode)(SymbolIndex, VenueTime) const,
                                VenueTime now) {
  for (SymbolIndex symbol = 0; symbol < days_.size(); ++symbol) {
    const std::string name = lower_names_[symbol] + std::string(suffix);
    if (wanted(name)) send(name, (this->*encode)(symbol, now));
  }
  if (!wanted(all)) return;
  JsonWriter out;
  out.array();
  for (SymbolIndex symbol = 0; symbol < days_.size(); ++symbol)
    out.raw((this->*encode)(symbol, now));
  send(all, out.end_array().take());
}

void MarketStreams::tick(VenueTime now) {
  notice(now);
  if (subscribers_.empty()) return;
  const std::int64_t second = now.ms / 1000;
  if (second == second_) return;
  const bool slow = second / slow_seconds != second_ / slow_seconds;
  second_ = second;
  send_second("@markPrice@1s", "!markPrice@arr@1s", &MarketStreams::mark_price, now);
  send_second("@miniTicker", "!miniTicker@arr", &MarketStreams::mini_ticker, now);
  send_second("@ticker", "!ticker@arr", &MarketStreams::ticker, now);
  if (slow) send_second("@markPrice", "!markPrice@arr", &MarketStreams::mark_price, now);
}

std::string MarketStreams::mark_price(SymbolIndex symbol, VenueTime now) const {
  const auto mark = padded(exchange_.market(symbol).mark, 8);
  JsonWriter out;
  out.object()
      .text("e", "markPriceUpdate")
      .number("E", now.ms)
      .text("s", exchange_.symbol(symbol).name)
      .text("p", mark)
      .text("ap", mark)
      .text("P", mark)
      .text("i", mark)
      .text("r", padded(exchange_.market(symbol).funding_rate, 8))
      .number("T", (now.ms / eight_hours + 1) * eight_hours)
      .number("st", 1)
      .end_object();
  return out.take();
}

// As REST shows it: the last price is the best bid, a tick above it the best ask.
std::string MarketStreams::book_ticker(SymbolIndex symbol, VenueTime now) const {
  const auto& spec = exchange_.symbol(symbol);
  const auto& market = exchange_.market(symbol);
  const auto price = [&](Price value) { return padded(value, spec.price_precision); };
  const auto qty = padded(Qty::from_units(spec.step.units() * 1000), spec.quantity_precision);
  JsonWriter out;
  out.object()
      .text("e", "bookTicker")
      .number("u", market.next_trade_id)
      .number("E", now.ms)
      .number("T", now.ms)
      .text("s", spec.name)
      .text("ps", spec.name)
      .text("b", price(market.last))
      .text("B", qty)
      .text("a", price(market.last + spec.tick))
      .text("A", qty)
      .number("st", 1)
      .end_object();
  return out.take();
}

std::string MarketStreams::agg_trade(const Trade& trade) const {
  const auto& spec = exchange_.symbol(trade.symbol);
  const auto qty = padded(trade.qty, spec.quantity_precision);
  JsonWriter out;
  out.object()
      .text("e", "aggTrade")
      .number("E", trade.time.ms)
      .number("a", trade.id)
      .text("s", spec.name)
      .text("p", padded(trade.price, spec.price_precision))
      .text("q", qty)
      .text("nq", qty)
      .number("f", trade.id)
      .number("l", trade.id)
      .number("T", trade.time.ms)
      .flag("m", (trade.side == Side::buy) == trade.maker)
      .number("st", 1)
      .end_object();
  return out.take();
}

std::string MarketStreams::mini_ticker(SymbolIndex symbol, VenueTime now) const {
  const auto& spec = exchange_.symbol(symbol);
  const Day& day = days_[symbol];
  const auto price = [&](Price value) { return padded(value, spec.price_precision); };
  JsonWriter out;
  out.object()
      .text("e", "24hrMiniTicker")
      .number("E", now.ms)
      .text("s", spec.name)
      .text("c", price(day.last))
      .text("o", price(day.open))
      .text("h", price(day.high))
      .text("l", price(day.low))
      .text("v", padded(day.volume, spec.quantity_precision))
      .text("q", padded(day.quote, 2))
      .number("st", 1)
      .end_object();
  return out.take();
}

std::string MarketStreams::ticker(SymbolIndex symbol, VenueTime now) const {
  const auto& spec = exchange_.symbol(symbol);
  const Day& day = days_[symbol];
  const auto price = [&](Price value) { return padded(value, spec.price_precision); };
  const Price change = day.last - day.open;
  const auto percent = Price::from_units(
      day.open.is_zero() ? 0 : muldiv(change.units(), 100 * units_per_whole, day.open.units()));
  const auto average = Price::from_units(
      day.volume.is_zero() ? day.last.units()
                           : muldiv(day.quote.units(), units_per_whole, day.volume.units()));
  constexpr std::int64_t day_ms = 24 * 3'600'000;
  JsonWriter out;
  out.object()
      .text("e", "24hrTicker")
      .number("E", now.ms)
      .text("s", spec.name)
      .text("p", price(change))
      .text("P", padded(percent, 3))
      .text("w", price(average))
      .text("c", price(day.last))
      .text("Q", padded(day.last_qty, spec.quantity_precision))
      .text("o", price(day.open))
      .text("h", price(day.high))
      .text("l", price(day.low))
      .text("v", padded(day.volume, spec.quantity_precision))
      .text("q", padded(day.quote, 2))
      .number("O", now.ms - day_ms)
      .number("C", now.ms)
      .number("F", day.first_trade)
      .number("L", day.last_trade)
      .number("n", day.trades)
      .number("st", 1)
      .end_object();
  return out.take();
}

}  // namespace copyd::sim
