#include "sim/user_stream.hpp"

#include "sim/encode.hpp"
#include "sim/params.hpp"

namespace copyd::sim {

std::string UserStreams::create(AccountIndex account, VenueTime now) {
  tick(now);
  auto at = keys_.find(account);
  if (at == keys_.end()) at = keys_.emplace(account, Key{random_.alphanumeric(64), now}).first;
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

bool UserStreams::expire(AccountIndex account, VenueTime now) {
  const auto at = keys_.find(account);
  if (at == keys_.end()) return false;
  const std::string key = at->second.text;
  keys_.erase(at);
  send_to_key(key, "listenKeyExpired", encode::listen_key_expired(key, now));
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

// listenKey=K[&events=A/B][&listenKey=K2…]: a list of events belongs to the key before it.
void UserStreams::read_query(Stream& stream, std::string_view query) {
  std::string key;
  const auto params = Params::from_query(query);
  for (const auto& [name, value] : params.items()) {
    if (name == "listenKey") {
      key = value;
      stream.events[key];
    } else if (name == "events" || name == "streams") {
      std::string_view rest = value;
      while (!rest.empty()) {
        const auto end = rest.find('/');
        const auto part = rest.substr(0, end);
        if (name == "streams") add_name(stream, part);
        else if (!key.empty()) stream.events[key].insert(std::string(part));
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
      }
    }
  }
}

StreamId UserStreams::open(std::string_view target, Deliver deliver) {
  Stream stream;
  stream.deliver = std::move(deliver);
  const auto question = target.find('?');
  std::string_view path = target.substr(0, question);
  const auto query =
      question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
  constexpr std::string_view raw = "/private/ws";
  constexpr std::string_view combined = "/private/stream";
  if (path == combined) {
    stream.combined = true;
    read_query(stream, query);
  } else if (path == raw) {
    read_query(stream, query);
  } else if (path.starts_with("/private/ws/")) {
    path.remove_prefix(raw.size() + 1);
    while (!path.empty()) {
      const auto end = path.find('/');
      add_name(stream, path.substr(0, end));
      path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
    }
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

std::string UserStreams::handle_text(StreamId id, std::string_view text) {
  const auto at = streams_.find(id);
  if (at == streams_.end()) return "";
  Stream& stream = at->second;
  const auto request = JsonObject::parse(text);
  const JsonValue* method = request ? request->find("method") : nullptr;
  if (method == nullptr || method->kind != JsonValue::Kind::string)
    return R"({"error":{"code":2,"msg":"Invalid request: missing field `method`"},"id":null})";
  const JsonValue* number = request->find("id");
  JsonWriter out;
  out.object();
  if (method->text == "LIST_SUBSCRIPTIONS") {
    out.key("result").array();
    for (const auto& [key, events] : stream.events) {
      if (events.empty()) out.string(key);
      for (const auto& event : events) out.string(key + "@" + event);
    }
    out.end_array();
  } else {
    const JsonValue* params = request->find("params");
    const auto names = params != nullptr ? parse_array(params->text) : std::nullopt;
    unindex(id, stream);
    if (names)
      for (const auto& name : *names) {
        if (method->text == "SUBSCRIBE") add_name(stream, name.text);
        if (method->text == "UNSUBSCRIBE")
          stream.events.erase(name.text.substr(0, name.text.find('@')));
      }
    index(id, stream);
    out.key("result").null();
  }
  out.key("id").raw(number != nullptr ? number->text : "null").end_object();
  return out.take();
}

void UserStreams::send(AccountIndex account, std::string_view event, const std::string& json) {
  const auto key = keys_.find(account);
  if (key != keys_.end()) send_to_key(key->second.text, event, json);
}

void UserStreams::send_to_key(const std::string& key, std::string_view event,
                              const std::string& json) {
  const auto listeners = by_key_.find(key);
  if (listeners == by_key_.end()) return;
  for (const StreamId id : listeners->second) {
    const Stream& stream = streams_.at(id);
    const auto& events = stream.events.at(key);
    if (!events.empty() && events.count(std::string(event)) == 0) continue;
    if (!stream.combined) {
      stream.deliver(json);
      continue;
    }
    JsonWriter out;
    out.object().text("stream", key).key("data").raw(json).end_object();
    stream.deliver(out.str());
  }
}

void UserStreams::on_trade_lite(AccountIndex account, const Order& order, const Trade& trade) {
  send(account, "TRADE_LITE", encode::trade_lite(exchange_, order, trade));
}

void UserStreams::on_order(AccountIndex account, const Order& order, Execution execution,
                           const Trade* trade) {
  send(account, "ORDER_TRADE_UPDATE",
       encode::order_trade_update(exchange_, order, execution, trade));
}

void UserStreams::on_account(AccountIndex account, SymbolIndex symbol, Leg leg, VenueTime time) {
  send(account, "ACCOUNT_UPDATE", encode::account_update(exchange_, account, symbol, leg, time));
}

}  // namespace copyd::sim
