#include "sim/user_stream.hpp"

#include "sim/encode.hpp"
#include "sim/params.hpp"
#include "sim/stream_names.hpp"

namespace copyd::sim {

UserStreams::UserStreams(const Exchange& exchange, std::uint64_t seed, Later later)
    : exchange_(exchange),
      random_(seed),
      faults_(seed + 1, std::move(later),
              [this](AccountIndex account, const UserEvent& event) { release(account, event); }) {}

std::string UserStreams::create(AccountIndex account, VenueTime now) {
  tick(now);
  auto at = keys_.find(account);
  if (at == keys_.end()) {
    at = keys_.emplace(account, Key{random_.alphanumeric(64), now}).first;
    issued_.push_back(at->second.text);
  }
  at->second.ends = now + std::chrono::milliseconds(key_life_ms);
  return at->second.text;
}

Answer<std::string> UserStreams::extend(AccountIndex account, VenueTime now) {
  tick(now);
  const auto at = keys_.find(account);
  if (at == keys_.end())
    return ApiError{.code = -1125, .message = "This listenKey does not exist."};
  at->second.ends = now + std::chrono::milliseconds(key_life_ms);
  return at->second.text;
}

bool UserStreams::expire(AccountIndex account, VenueTime now, Ending ending) {
  const auto at = keys_.find(account);
  if (at == keys_.end()) return false;
  const std::string key = at->second.text;
  keys_.erase(at);
  if (faults_.is_silent(account)) return true;
  const auto event = encode::listen_key_expired(key, now, ending.text_time);
  for (int times = ending.twice ? 2 : 1; times > 0; --times)
    send_to_key(key, "listenKeyExpired", event);
  return true;
}

void UserStreams::tick(VenueTime now) {
  std::vector<AccountIndex> over;
  for (const auto& [account, key] : keys_)
    if (key.ends <= now) over.push_back(account);
  for (const auto account : over) expire(account, now);
}

// "<listenKey>" or "<listenKey>@<EVENT>".
void UserStreams::add_name(Stream& stream, std::string_view name) {
  if (name.empty()) return;
  const auto at = name.find('@');
  auto& events = stream.events[std::string(name.substr(0, at))];
  if (at != std::string_view::npos) events.insert(std::string(name.substr(at + 1)));
}

void UserStreams::remove_name(Stream& stream, std::string_view name) {
  const auto at = name.find('@');
  const auto entry = stream.events.find(std::string(name.substr(0, at)));
  if (entry == stream.events.end()) return;
  if (at != std::string_view::npos) entry->second.erase(std::string(name.substr(at + 1)));
  if (at == std::string_view::npos || entry->second.empty()) stream.events.erase(entry);
}

// listenKey=K[&events=A/B][&listenKey=K2…]: a list of events belongs to the key before it.
void UserStreams::read_query(Stream& stream, std::string_view query) {
  std::string key;
  const auto params = Params::from_query(query);
  for (const auto& [name, value] : params.items()) {
    if (name == "listenKey") {
      key = value;
      stream.events[key];
    } else if (name == "streams") {
      for (const auto& stream_name : split_names(value)) add_name(stream, stream_name);
    } else if (name == "events" && !key.empty()) {
      for (auto& event : split_names(value)) stream.events[key].insert(std::move(event));
    }
  }
}

StreamId UserStreams::open_frames(std::string_view target, DeliverFrame deliver) {
  Stream stream;
  stream.deliver = std::move(deliver);
  const auto [path, query] = split_target(target);
  constexpr std::string_view raw = "/private/ws";
  constexpr std::string_view combined = "/private/stream";
  if (path == combined) {
    stream.combined = true;
    read_query(stream, query);
  } else if (path == raw) {
    read_query(stream, query);
  } else if (path.starts_with("/private/ws/")) {
    for (const auto& name : split_names(path.substr(raw.size() + 1))) add_name(stream, name);
  } else {
    stream.silent = true;
  }
  const StreamId id = next_++;
  index(id, stream);
  streams_.emplace(id, std::move(stream));
  return id;
}

void UserStreams::close(StreamId id) {
  const auto at = streams_.find(id);
  if (at == streams_.end()) return;
  unindex(id, at->second);
  streams_.erase(at);
}

void UserStreams::index(StreamId id, const Stream& stream) {
  if (stream.silent) return;
  for (const auto& [key, events] : stream.events) by_key_[key].insert(id);
}

void UserStreams::unindex(StreamId id, const Stream& stream) {
  for (const auto& [key, events] : stream.events) {
    const auto at = by_key_.find(key);
    if (at == by_key_.end()) continue;
    at->second.erase(id);
    if (at->second.empty()) by_key_.erase(at);
  }
}

bool UserStreams::count_frame(StreamId id, VenueTime now) {
  const auto at = streams_.find(id);
  return at == streams_.end() ||
         at->second.rate.add(now) <= MessageRate::stream_messages_per_second;
}

std::string UserStreams::handle_text(StreamId id, std::string_view text) {
  const auto at = streams_.find(id);
  if (at == streams_.end()) return "";
  Stream& stream = at->second;
  const auto request = read_stream_request(text);
  if (!request) return stream_fault();
  std::string result = "null";
  if (request->method == "LIST_SUBSCRIPTIONS") {
    JsonWriter out;
    out.array();
    for (const auto& [key, events] : stream.events) {
      if (events.empty()) out.string(key);
      for (const auto& event : events) out.string(key + "@" + event);
    }
    result = out.end_array().take();
  } else if (request->method == "GET_PROPERTY") {
    result = stream.combined ? "true" : "false";
  } else if (request->method == "SET_PROPERTY") {
    stream.combined = request->combined.value_or(stream.combined);
  } else {
    unindex(id, stream);
    for (const auto& name : request->names) {
      if (request->method == "SUBSCRIBE") add_name(stream, name);
      if (request->method == "UNSUBSCRIBE") remove_name(stream, name);
    }
    index(id, stream);
  }
  return stream_result(*request, result);
}

bool UserStreams::serves(StreamId id, AccountIndex account) const {
  const auto key = keys_.find(account);
  const auto stream = streams_.find(id);
  return key != keys_.end() && stream != streams_.end() && !stream->second.silent &&
         stream->second.events.count(key->second.text) != 0;
}

// Delivering may end a connection, so who listens is collected first.
std::vector<StreamId> UserStreams::listeners(const std::string& key) const {
  const auto at = by_key_.find(key);
  if (at == by_key_.end()) return {};
  return {at->second.begin(), at->second.end()};
}

void UserStreams::send(AccountIndex account, std::string_view event, std::string json) {
  if (watch_ && event == "ACCOUNT_UPDATE") watch_(account);
  faults_.push(account, {.type = std::string(event), .json = std::move(json)});
}

void UserStreams::release(AccountIndex account, const UserEvent& event) {
  const auto key = keys_.find(account);
  if (key != keys_.end()) send_to_key(std::string(key->second.text), event.type, event.json);
}

void UserStreams::send_to_key(const std::string& key, std::string_view event,
                              const std::string& json) {
  for (const StreamId id : listeners(key)) {
    const auto at = streams_.find(id);
    if (at == streams_.end()) continue;
    const auto& events = at->second.events.at(key);
    if (!events.empty() && events.count(std::string(event)) == 0) continue;
    const auto deliver = at->second.deliver;
    deliver(at->second.combined ? envelope(key, json) : json, false);
  }
}

std::size_t UserStreams::inject(AccountIndex account, const OddFrame& frame) {
  const auto key = keys_.find(account);
  if (key == keys_.end()) return 0;
  const auto to = listeners(key->second.text);
  for (const StreamId id : to) {
    const auto at = streams_.find(id);
    if (at == streams_.end()) continue;
    const auto deliver = at->second.deliver;
    const bool wrap = frame.wrapped && at->second.combined;
    deliver(wrap ? envelope(key->second.text, frame.text) : frame.text, frame.binary);
  }
  return to.size();
}

void UserStreams::on_trade_lite(AccountIndex account, const Order& order, const Trade& trade) {
  if (market_ != nullptr) market_->on_trade(trade);
  send(account, "TRADE_LITE", encode::trade_lite(exchange_, order, trade));
}

void UserStreams::on_order(AccountIndex account, const Order& order, Execution execution,
                           const Trade* trade) {
  send(account, "ORDER_TRADE_UPDATE",
       encode::order_trade_update(exchange_, account, order, execution, trade));
}

void UserStreams::on_account(AccountIndex account, SymbolIndex symbol, Leg leg, VenueTime time) {
  send(account, "ACCOUNT_UPDATE", encode::account_update(exchange_, account, symbol, leg, time));
}

void UserStreams::on_algo(AccountIndex account, const AlgoOrder& algo, VenueTime time) {
  send(account, "ALGO_UPDATE", encode::algo_update(exchange_, account, algo, time));
}

void UserStreams::on_account_change(AccountIndex account, const AccountChange& change) {
  send(account, "ACCOUNT_UPDATE", encode::account_change(exchange_, account, change));
}

void UserStreams::on_leverage(AccountIndex account, SymbolIndex symbol, int leverage,
                              VenueTime time) {
  send(account, "ACCOUNT_CONFIG_UPDATE",
       encode::leverage_changed(exchange_, symbol, leverage, time));
}

void UserStreams::on_multi_assets(AccountIndex account, bool on, VenueTime time) {
  send(account, "ACCOUNT_CONFIG_UPDATE", encode::multi_assets_changed(on, time));
}

void UserStreams::on_margin_call(AccountIndex account,
                                 const std::vector<std::pair<SymbolIndex, Leg>>& positions,
                                 VenueTime time) {
  send(account, "MARGIN_CALL", encode::margin_call(exchange_, account, positions, time));
}

}  // namespace copyd::sim
