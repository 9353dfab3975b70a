// The bench venue's requests and answers.
#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string>

#include "bench/venue/venue.hpp"

namespace copyd::bench {
namespace {

// "0.010" → 10; what is finer is cut off.
std::int64_t thousandths_of(std::string_view quantity) {
  const auto point = quantity.find('.');
  std::string digits(quantity.substr(0, point));
  std::string fraction(point == quantity.npos ? "" : quantity.substr(point + 1));
  fraction.resize(3, '0');
  digits += fraction;
  return std::strtoll(digits.c_str(), nullptr, 10);
}

std::string_view header_of(std::string_view head, std::string_view name) {
  while (!head.empty()) {
    const auto line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(std::min(line.size() + 2, head.size()));
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    const bool same = std::equal(name.begin(), name.end(), line.begin(), [](char a, char b) {
      return std::tolower(static_cast<unsigned char>(a)) ==
             std::tolower(static_cast<unsigned char>(b));
    });
    if (!same) continue;
    const auto value = line.substr(name.size() + 1);
    return value.substr(std::min(value.find_first_not_of(' '), value.size()));
  }
  return {};
}

// The id of a WebSocket request, as JSON.
std::string_view raw_id(std::string_view text) {
  auto at = text.find(R"("id":)");
  if (at == text.npos) return "null";
  at += 5;
  const auto end = text[at] == '"' ? text.find('"', at + 1) + 1 : text.find_first_of(",}", at);
  return text.substr(at, end - at);
}

}  // namespace

int BenchVenue::account_of(std::string_view api_key) const {
  const auto found = by_key_.find(api_key);
  return found == by_key_.end() ? -1 : found->second;
}

void BenchVenue::take(Connection& connection) {
  if (!connection.decrypt()) connection.broken = some_broken_ = true;
  if (connection.kind == Connection::Kind::http) take_http(connection);
  if (connection.kind != Connection::Kind::http) take_frames(connection);
}

// ---- REST --------------------------------------------------------------------------------------

void BenchVenue::take_http(Connection& connection) {
  while (connection.kind == Connection::Kind::http && take_request(connection)) {}
}

// One request; false when none is whole.
bool BenchVenue::take_request(Connection& connection) {
  std::string& plain = connection.plain();
  const auto head_end = plain.find("\r\n\r\n");
  if (head_end == plain.npos) return false;
  const std::string_view head = std::string_view(plain).substr(0, head_end);
  std::size_t body_size = 0;
  const auto length = header_of(head, "Content-Length");
  std::from_chars(length.data(), length.data() + length.size(), body_size);
  if (plain.size() < head_end + 4 + body_size) return false;
  const std::string request = plain.substr(0, head_end + 4 + body_size);
  plain.erase(0, request.size());
  const std::string_view line = std::string_view(request).substr(0, request.find("\r\n"));
  const std::string_view method = line.substr(0, line.find(' '));
  const auto begin = method.size() + 1;
  const std::string_view target = line.substr(begin, line.find(' ', begin) - begin);
  const std::string_view headers = std::string_view(request).substr(line.size() + 2);
  if (const auto key = header_of(headers, "Sec-WebSocket-Key"); !key.empty()) {
    upgrade(connection, target, key);
    return true;
  }
  const auto path = target.substr(0, target.find('?'));
  const int account = account_of(header_of(headers, "X-MBX-APIKEY"));
  if (path != "/fapi/v1/order" || method != "POST") {
    connection.write(http_answer(200, rest_answer(path, account)));
    return true;
  }
  const auto query = target.substr(std::min(path.size() + 1, target.size()));
  const auto body = std::string_view(request).substr(request.size() - body_size);
  const auto parameter = [&](std::string_view name) {
    const auto value = parameter_of(query, name);
    return value.empty() ? parameter_of(body, name) : value;
  };
  take_order(connection,
             {.client_order_id = parameter("newClientOrderId"),
              .side = parameter("side"),
              .quantity = parameter("quantity"),
              .type = parameter("type"),
              .reduce_only = parameter("reduceOnly") == "true"},
             account, true);
  return true;
}

std::string BenchVenue::rest_answer(std::string_view path, int account) {
  const bool known = account >= 0;
  const Account* const owner = known ? &accounts_[static_cast<std::size_t>(account)] : nullptr;
  if (path.ends_with("/time")) return server_time();
  if (path.ends_with("/exchangeInfo")) return exchange_info();
  if (path.ends_with("/listenKey"))
    return fmt::format(R"({{"listenKey":"{}"}})", known ? owner->api_key : "");
  if (path.ends_with("/accountConfig"))
    return R"({"feeTier":0,"canTrade":true,"canDeposit":true,"canWithdraw":false,)"
           R"("dualSidePosition":false,"multiAssetsMargin":false,"tradeGroupId":-1,)"
           R"("updateTime":0})";
  if (path.ends_with("/positionRisk")) return position_risk(known ? owner->position : 0);
  if (path.ends_with("/balance")) return balances(known ? owner->api_key.substr(0, 24) : "none");
  if (path.ends_with("/account")) return account_state();
  if (path.ends_with("/premiumIndex"))
    return fmt::format(
        R"([{{"symbol":"{}","markPrice":"{}","indexPrice":"{}","lastFundingRate":"0.0001",)"
        R"("nextFundingTime":{},"time":{}}}])",
        bench_symbol, bench_price, bench_price, wall_ms() + 3'600'000, wall_ms());
  if (path.ends_with("/symbolConfig"))
    return fmt::format(R"([{{"symbol":"{}","marginType":"CROSSED","isAutoAddMargin":false,)"
                       R"("leverage":20,"maxNotionalValue":"100000000"}}])",
                       bench_symbol);
  if (path.ends_with("/apiRestrictions"))
    return R"({"ipRestrict":true,"createTime":1698645219000,"enableReading":true,)"
           R"("enableFutures":true,"enableWithdrawals":false,"enableInternalTransfer":false,)"
           R"("permitsUniversalTransfer":false,"enableSpotAndMarginTrading":false})";
  if (path.ends_with("/dual")) return R"({"dualSidePosition":false})";
  return "[]";
}

// ---- WebSockets --------------------------------------------------------------------------------

void BenchVenue::upgrade(Connection& connection, std::string_view target, std::string_view key) {
  connection.write(fmt::format(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: {}\r\n\r\n",
      accept_key(key)));
  const auto path = target.substr(0, target.find('?'));
  if (path.find("ws-fapi") != path.npos) {
    connection.kind = Connection::Kind::orders;
    return;
  }
  connection.kind = Connection::Kind::stream;
  connection.combined = path.ends_with("/stream");
  // Of each parameter the value, whatever its name: one that is no listen key is nobody's.
  auto rest = target.substr(std::min(path.size() + 1, target.size()));
  while (!rest.empty()) {
    const auto parameter = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(parameter.size() + 1, rest.size()));
    watch_stream(connection, parameter.substr(parameter.find('=') + 1));
  }
  watch_stream(connection, path.substr(path.rfind('/') + 1));
}

// A listen key is the account's own key here.
void BenchVenue::watch_stream(Connection& connection, std::string_view listen_key) {
  const int account = account_of(listen_key);
  if (account < 0) return;
  auto& streams = accounts_[static_cast<std::size_t>(account)].streams;
  if (std::find(streams.begin(), streams.end(), &connection) == streams.end())
    streams.push_back(&connection);
}

std::string BenchVenue::event_frame(const Account& owner, const Connection& stream,
                                    std::string_view event) {
  std::string frame;
  if (stream.combined)
    append_frame(frame, fmt::format(R"({{"stream":"{}","data":{}}})", owner.api_key, event));
  else
    append_frame(frame, event);
  return frame;
}

void BenchVenue::take_frames(Connection& connection) {
  std::string& plain = connection.plain();
  std::size_t at = 0;
  for (;;) {
    const ClientFrame frame = read_frame(plain, at);
    if (frame.size == 0) break;
    constexpr std::uint8_t close = 8;
    constexpr std::uint8_t ping = 9;
    constexpr std::uint8_t pong = 10;
    if (frame.opcode == ping) {
      std::string out;
      append_frame(out, frame.payload, pong);
      connection.write(out);
    } else if (frame.opcode == close) {
      connection.broken = some_broken_ = true;
    } else if (frame.opcode < close) {
      take_message(connection, frame.payload);
    }
    at += frame.size;
  }
  plain.erase(0, at);
}

void BenchVenue::take_stream_message(Connection& connection, std::string_view text) {
  const auto begin = text.find('[');
  if (member_of(text, "method") == "SUBSCRIBE" && begin != text.npos) {
    const auto name = text.find('"', begin);
    watch_stream(connection, text.substr(name + 1, text.find('"', name + 1) - name - 1));
  }
  std::string frame;
  append_frame(frame, fmt::format(R"({{"result":null,"id":{}}})", raw_id(text)));
  connection.write(frame);
}

void BenchVenue::take_message(Connection& connection, std::string_view text) {
  if (connection.kind == Connection::Kind::stream) return take_stream_message(connection, text);
  const auto id = raw_id(text);
  const auto method = member_of(text, "method");
  const auto api_key = member_of(text, "apiKey");
  const int account = api_key.empty() ? connection.account : account_of(api_key);
  if (method == "order.place") {
    auto type = member_of(text, "type");
    take_order(connection,
               {.id = id,
                .client_order_id = member_of(text, "newClientOrderId"),
                .side = member_of(text, "side"),
                .quantity = member_of(text, "quantity"),
                .type = type,
                .reduce_only = member_of(text, "reduceOnly") == "true"},
               account, false);
    return;
  }
  std::string answer;
  if (method == "session.logon") {
    connection.account = account;
    answer =
        api_answer(id, fmt::format(R"({{"apiKey":"{}","authorizedSince":{},"connectedSince":{},)"
                                   R"("returnRateLimits":true,"serverTime":{}}})",
                                   api_key, wall_ms(), wall_ms(), wall_ms()));
  } else if (method.starts_with("order.")) {
    answer = api_error(id, -2013, "Order does not exist.");
  } else {
    answer = api_answer(id, "{}");
  }
  std::string frame;
  append_frame(frame, answer);
  connection.write(frame);
}

// ---- orders ------------------------------------------------------------------------------------

void BenchVenue::take_order(Connection& connection, const OrderRequest& order, int account,
                            bool rest) {
  if (account < 0) {
    connection.broken = some_broken_ = true;
    return;
  }
  Pending pending{.connection = &connection,
                  .account = account,
                  .rest = rest,
                  .id = std::string(order.id),
                  .client_order_id = std::string(order.client_order_id),
                  .side = std::string(order.side),
                  .quantity = std::string(order.quantity),
                  .type = std::string(order.type),
                  .reduce_only = order.reduce_only};
  const bool due = accounts_[static_cast<std::size_t>(account)].group == round_.group &&
                   round_.orders < round_.expected;
  if (!due) {
    ++stray_;
    answer(pending);
    return;
  }
  const Mono read = connection.received();
  if (round_.orders++ == 0) round_.first = read;
  round_.first = std::min(round_.first, read);
  round_.last = std::max(round_.last, read);
  pending_.push_back(std::move(pending));
}

void BenchVenue::answer_all() {
  for (const auto& order : pending_) answer(order);
  pending_.clear();
}

// The answer, and the fill on the follower's own stream.
void BenchVenue::answer(const Pending& order) {
  auto& account = accounts_[static_cast<std::size_t>(order.account)];
  const auto quantity = thousandths_of(order.quantity);
  account.position += order.side == "BUY" ? quantity : -quantity;
  next_id_ += 2;
  const std::string result = filled_order({.client_order_id = order.client_order_id,
                                           .side = order.side,
                                           .quantity = order.quantity,
                                           .type = order.type,
                                           .reduce_only = order.reduce_only},
                                          next_id_);
  if (order.rest) {
    order.connection->write(http_answer(200, result));
  } else {
    std::string frame;
    append_frame(frame, api_answer(order.id, result));
    order.connection->write(frame);
  }
  for (Connection* stream : account.streams)
    stream->write(event_frame(account, *stream,
                              order_trade_update({.client_order_id = order.client_order_id,
                                                  .side = order.side,
                                                  .quantity = order.quantity,
                                                  .order = next_id_,
                                                  .trade = next_id_ + 1,
                                                  .time_ms = wall_ms()})));
}

}  // namespace copyd::bench
