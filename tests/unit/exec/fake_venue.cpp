#include "fake_venue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace copyd::exec::test {
namespace {

// "key-3" → 3
int account_of_key(std::string_view key) {
  const auto dash = key.rfind('-');
  if (dash == std::string_view::npos) return -1;
  return std::stoi(std::string(key.substr(dash + 1)));
}

net::HttpResponse respond(int status, std::string body) {
  net::HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

std::string error_body(int code, const std::string& message) {
  return R"({"code":)" + std::to_string(code) + R"(,"msg":")" + message + R"("})";
}

}  // namespace

std::string field_of(std::string_view json, std::string_view name) {
  std::string key("\"");
  key.append(name).append("\":");
  const auto at = json.find(key);
  if (at == std::string_view::npos) return "";
  auto rest = json.substr(at + key.size());
  if (!rest.empty() && rest.front() == '"') {
    rest.remove_prefix(1);
    return std::string(rest.substr(0, rest.find('"')));
  }
  return std::string(rest.substr(0, rest.find_first_of(",}")));
}

std::string param_of(std::string_view target, std::string_view name) {
  for (const char before : {'?', '&'}) {
    const std::string key = before + std::string(name) + "=";
    const auto at = target.find(key);
    if (at == std::string_view::npos) continue;
    const auto rest = target.substr(at + key.size());
    return std::string(rest.substr(0, rest.find('&')));
  }
  return "";
}

std::string FakeVenue::combined(int account, const std::string& frame) {
  return R"({"stream":"listen-)" + std::to_string(account) + R"(","data":)" + frame + "}";
}

net::HttpResponse FakeVenue::page(int status, std::string body) {
  return respond(status, std::move(body));
}

std::vector<FakeSocket*> FakeVenue::open_sockets(bool streams) const {
  std::vector<FakeSocket*> found;
  for (auto* socket : sockets_)
    if (socket->is_open() && socket->is_stream == streams) found.push_back(socket);
  return found;
}

std::vector<int> FakeVenue::serials(const std::vector<FakeSocket*>& sockets) {
  std::vector<int> found;
  for (const auto* socket : sockets) found.push_back(socket->serial);
  return found;
}

std::unique_ptr<net::WebSocket> FakeVenue::websocket() {
  return std::make_unique<FakeSocket>(*this);
}

std::unique_ptr<net::Http> FakeVenue::http(const std::string&) {
  return std::make_unique<FakeHttp>(*this);
}

FakeSocket* FakeVenue::stream_of(int account) const {
  for (auto* socket : sockets_)
    if (socket->is_open() && socket->is_stream && socket->serves(account)) return socket;
  return nullptr;
}

FakeSocket* FakeVenue::orders_of(int account) const {
  for (auto* socket : sockets_)
    if (socket->is_open() && !socket->is_stream && socket->serves(account)) return socket;
  return nullptr;
}

bool FakeVenue::stream_open(int account) const {
  return stream_of(account) != nullptr;
}
bool FakeVenue::orders_open(int account) const {
  return orders_of(account) != nullptr;
}

void FakeVenue::answer(std::size_t i, const std::string& status, const std::string& executed) {
  const Placed& order = placed.at(i);
  const std::string result =
      R"({"orderId":33878894217,"symbol":")" + order.symbol + R"(","status":")" + status +
      R"(","clientOrderId":")" + order.client_order_id + R"(","price":"0.000000","origQty":")" +
      order.quantity + R"(","executedQty":")" + executed + R"(","cumQty":")" + executed +
      R"(","timeInForce":"GTC","type":"MARKET","reduceOnly":false,"side":")" + order.side +
      R"(","positionSide":")" + order.leg + R"(","updateTime":)" + std::to_string(now_ms()) + "}";
  if (order.by_rest) return respond_rest(i, respond(200, result));
  ASSERT_NE(order.socket, nullptr);
  order.socket->arrive(R"({"id":)" + order.id + R"(,"status":200,"result":)" + result +
                       R"(,"rateLimits":[]})");
}

void FakeVenue::refuse(std::size_t i, int status, int code, const std::string& message) {
  const Placed& order = placed.at(i);
  if (order.by_rest) return respond_rest(i, respond(status, error_body(code, message)));
  ASSERT_NE(order.socket, nullptr);
  order.socket->arrive(R"({"id":)" + order.id + R"(,"status":)" + std::to_string(status) +
                       R"(,"error":)" + error_body(code, message) + R"(,"rateLimits":[]})");
}

void FakeVenue::respond_rest(std::size_t i, Result<net::HttpResponse> answer) {
  Placed& order = placed.at(i);
  ASSERT_NE(order.http, nullptr);
  order.http->arrive(order.client_order_id, std::move(answer));
  order.http = nullptr;
}

void FakeVenue::update(std::size_t i, const Update& u) {
  const Placed& order = placed.at(i);
  const auto now = std::to_string(now_ms());
  push(order.account,
       R"({"e":"ORDER_TRADE_UPDATE","T":)" + now + R"(,"E":)" + now + R"(,"o":{"s":")" +
           order.symbol + R"(","c":")" + order.client_order_id + R"(","S":")" + order.side +
           R"(","o":"MARKET","f":"GTC","q":")" + order.quantity + R"(","p":"0","ap":")" +
           u.average + R"(","sp":"0","x":")" + u.execution + R"(","X":")" + u.status +
           R"(","i":33878894217,"l":")" + u.last + R"(","z":")" + u.cumulative + R"(","L":")" +
           u.average + R"(","n":"0","N":"USDT","T":)" + now + R"(,"t":)" + std::to_string(u.trade) +
           R"(,"b":"0","a":"0","m":false,"R":false,"ps":")" + order.leg +
           R"(","cp":false,"rp":"0","V":"EXPIRE_TAKER","er":"0"}})");
}

void FakeVenue::fill(std::size_t i, const std::string& cumulative, const std::string& status) {
  update(i, {.execution = "TRADE",
             .status = status,
             .last = cumulative,
             .cumulative = cumulative,
             .average = "100.5",
             .trade = 77});
}

void FakeVenue::push(int account, const std::string& frame) {
  auto* socket = stream_of(account);
  ASSERT_NE(socket, nullptr);
  last_update = socket->accounts.empty() ? frame : combined(account, frame);
  socket->arrive(last_update);
}

void FakeVenue::push_orders(int account, const std::string& frame) {
  auto* socket = orders_of(account);
  ASSERT_NE(socket, nullptr);
  socket->arrive(frame);
}

void FakeVenue::drop_orders(int account) {
  auto* socket = orders_of(account);
  ASSERT_NE(socket, nullptr);
  socket->drop();
}

void FakeVenue::drop_stream(int account) {
  auto* socket = stream_of(account);
  ASSERT_NE(socket, nullptr);
  socket->drop();
}

void FakeVenue::take(FakeSocket& socket, std::string_view text) {
  ++sends;
  if (counting) return;
  if (field_of(text, "method") == "session.logon") return log_on(socket, text);
  Placed order;
  order.text = std::string(text);
  const auto key = field_of(text, "apiKey");
  order.account = key.empty() ? socket.account : account_of_key(key);
  socket.account = order.account;
  EXPECT_GE(order.account, 0) << "neither signed nor logged on: " << text;
  EXPECT_EQ(key.empty(), field_of(text, "signature").empty()) << text;
  order.socket = &socket;
  order.id = field_of(text, "id");
  order.client_order_id = field_of(text, "newClientOrderId");
  order.symbol = field_of(text, "symbol");
  order.side = field_of(text, "side");
  order.leg = field_of(text, "positionSide");
  order.quantity = field_of(text, "quantity");
  order.price = field_of(text, "price");
  order.type = field_of(text, "type");
  order.reduce_only = field_of(text, "reduceOnly");
  if (on_order) on_order(order.client_order_id);
  const bool fresh = client_order_ids_.insert(order.client_order_id).second;
  EXPECT_TRUE(fresh) << "client order id written twice: " << order.client_order_id;
  placed.push_back(std::move(order));
}

void FakeVenue::place_by_rest(FakeHttp& http, const net::HttpRequest& request) {
  ++sends;
  Placed order;
  order.http = &http;
  order.by_rest = true;
  order.text = request.target;
  order.account = account_of_key(request.api_key);
  EXPECT_GE(order.account, 0);
  EXPECT_NE(param_of(request.target, "signature"), "");
  order.client_order_id = param_of(request.target, "newClientOrderId");
  order.symbol = param_of(request.target, "symbol");
  order.side = param_of(request.target, "side");
  order.leg = param_of(request.target, "positionSide");
  order.quantity = param_of(request.target, "quantity");
  order.price = param_of(request.target, "price");
  order.type = param_of(request.target, "type");
  order.reduce_only = param_of(request.target, "reduceOnly");
  if (on_order) on_order(order.client_order_id);
  const bool fresh = client_order_ids_.insert(order.client_order_id).second;
  EXPECT_TRUE(fresh) << "client order id sent twice: " << order.client_order_id;
  placed.push_back(std::move(order));
}

void FakeVenue::log_on(FakeSocket& socket, std::string_view text) {
  const int account = account_of_key(field_of(text, "apiKey"));
  const auto id = field_of(text, "id");
  if (!logon_error.empty()) {
    socket.arrive(R"({"id":)" + id + "," + std::exchange(logon_error, "") + "}");
    return;
  }
  if (accounts[account].key_refused > 0) {
    --accounts[account].key_refused;
    socket.arrive(R"({"id":)" + id + R"(,"status":401,"error":)" +
                  error_body(-2015, "Invalid API-key, IP, or permissions for action.") + "}");
    return;
  }
  socket.account = account;
  socket.arrive(R"({"id":)" + id + R"(,"status":200,"result":{"apiKey":"x","serverTime":1}})");
}

std::string FakeVenue::positions_of(const Account& account) const {
  std::string rows;
  for (const auto& [leg, position] : account.positions) {
    if (!rows.empty()) rows += ",";
    rows += R"({"symbol":")" + leg.first + R"(","positionSide":")" + leg.second +
            R"(","positionAmt":")" + position.amount + R"(","updateTime":)" +
            std::to_string(position.updated) + "}";
  }
  return "[" + rows + "]";
}

Result<net::HttpResponse> FakeVenue::serve(const net::HttpRequest& request) {
  if (rest_broken) return respond(502, "<html>bad gateway</html>");
  const auto path = request.target.substr(0, request.target.find('?'));
  if (path == "/fapi/v1/time") {
    ++time_reads;
    return respond(200, R"({"serverTime":)" + std::to_string(now_ms()) + "}");
  }
  Account& account = accounts[account_of_key(request.api_key)];
  const int number = account_of_key(request.api_key);
  if (path == "/fapi/v1/listenKey") {
    ++account.listen_keys;
    return respond(200, R"({"listenKey":"listen-)" + std::to_string(number) + R"("})");
  }
  EXPECT_NE(param_of(request.target, "signature"), "");
  if (account.key_refused > 0) {
    --account.key_refused;
    return respond(401, error_body(-2015, "Invalid API-key, IP, or permissions for action."));
  }
  if (path == "/fapi/v1/accountConfig")
    return respond(200, std::string(R"({"canTrade":true,"multiAssetsMargin":false,)") +
                            R"("dualSidePosition":)" + (account.hedge ? "true}" : "false}"));
  if (path == "/fapi/v3/positionRisk") {
    ++account.position_reads;
    return respond(200, positions_of(account));
  }
  EXPECT_EQ(path, "/fapi/v1/order");
  return serve_order(account, request.target);
}

Result<net::HttpResponse> FakeVenue::serve_order(Account& account, const std::string& target) {
  ++account.queries;
  if (query_status != 0) return respond(query_status, query_body);
  const auto id = param_of(target, "origClientOrderId");
  const auto found = account.orders.find(id);
  if (found == account.orders.end())
    return respond(400, error_body(-2013, "Order does not exist."));
  const auto& order = found->second;
  return respond(
      200, R"({"orderId":33878894217,"symbol":")" + param_of(target, "symbol") + R"(","status":")" +
               order.status + R"(","clientOrderId":")" + id + R"(","avgPrice":")" + order.average +
               R"(","origQty":")" + order.quantity + R"(","executedQty":")" + order.executed +
               R"(","time":1700000000000,"updateTime":)" + std::to_string(now_ms()) + "}");
}

FakeSocket::~FakeSocket() {
  std::erase(venue_.sockets_, this);
  for (auto& order : venue_.placed)
    if (order.socket == this) order.socket = nullptr;
}

void FakeSocket::open(const net::Url& url, Mono) {
  close();
  constexpr std::string_view own = "/private/ws/";
  constexpr std::string_view listen_key = "listen-";
  is_stream = url.path.starts_with("/private/");
  account = -1;
  accounts.clear();
  for (auto at = url.path.find(listen_key); at != std::string::npos;
       at = url.path.find(listen_key, at + 1))
    accounts.push_back(std::stoi(url.path.substr(at + listen_key.size())));
  if (!url.path.starts_with(own)) return void(connecting_ = true);
  account = accounts.at(0);
  accounts.clear();
  connecting_ = true;
}

net::WebSocket::Event FakeSocket::poll(Mono) {
  if (venue_.on_poll) venue_.on_poll();
  if (connecting_) {
    if (is_stream ? venue_.hang_streams : venue_.hang_orders) return Event::none;
    connecting_ = false;
    if (venue_.on_connect) venue_.on_connect();
    const bool refused = is_stream ? venue_.refuse_streams : venue_.refuse_orders;
    if (!accounts.empty() && venue_.refuse_combined) return Event::closed;
    if (venue_.refuse_connections || refused) return Event::closed;
    open_ = true;
    return Event::opened;
  }
  if (open_ && !frames_.empty()) {
    frame_ = frames_.front();
    frame_size_ = frame_.size();
    frame_.append(64, ' ');
    frames_.pop_front();
    return Event::frame;
  }
  if (dropped_) {
    dropped_ = false;
    open_ = false;
    return Event::closed;
  }
  return Event::none;
}

Result<void> FakeSocket::send(std::string_view text) {
  if (!open_ || dropped_) return make_error_code(Errc::not_connected);
  if (venue_.buffer_full) return make_error_code(Errc::buffer_full);
  venue_.take(*this, text);
  return {};
}

Result<void> FakeSocket::send_together(std::span<const std::string_view> texts) {
  if (!open_ || dropped_) return make_error_code(Errc::not_connected);
  if (venue_.together_fails) return make_error_code(Errc::buffer_full);
  std::size_t size = 0;
  for (const auto text : texts) size += text.size() + net::frame_header_max;
  if (size > together_max) return make_error_code(Errc::too_large);
  venue_.records.push_back(texts.size());
  for (const auto text : texts) venue_.take(*this, text);
  return {};
}

void FakeSocket::close() {
  open_ = connecting_ = dropped_ = false;
  frames_.clear();
  if (!is_stream) account = -1;
}

void FakeSocket::drop() {
  frames_.clear();
  dropped_ = true;
}

FakeHttp::~FakeHttp() {
  for (auto& order : venue_.placed)
    if (order.http == this) order.http = nullptr;
}

void FakeHttp::arrive(const std::string& client_order_id, Result<net::HttpResponse> answer) {
  auto out = orders_out_.extract(client_order_id);
  ASSERT_FALSE(out.empty());
  answers_.emplace_back(std::move(out.mapped()), std::move(answer));
}

int FakeHttp::poll(Mono) {
  // What a handler asks for is answered by the next poll.
  int work = 0;
  for (; !answers_.empty(); ++work) {
    auto [handler, answer] = std::move(answers_.front());
    answers_.pop_front();
    handler(std::move(answer));
  }
  if (venue_.rest_silent || queue_.empty()) return work;
  auto due = std::exchange(queue_, {});
  for (auto& [request, handler] : due) {
    ++work;
    if (venue_.rest_unreachable) {
      handler(make_error_code(Errc::not_connected));
      continue;
    }
    ++venue_.rest_requests;
    const bool places = request.method == net::HttpRequest::Method::post &&
                        request.target.starts_with("/fapi/v1/order?");
    if (!places) {
      handler(venue_.serve(request));
      continue;
    }
    venue_.place_by_rest(*this, request);
    orders_out_.emplace(param_of(request.target, "newClientOrderId"), std::move(handler));
  }
  return work;
}

}  // namespace copyd::exec::test
