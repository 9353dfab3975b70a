#include "fake_venue.hpp"

#include <algorithm>
#include <sstream>

namespace copyd::feed::fake {

class Socket final : public net::WebSocket {
 public:
  explicit Socket(Venue& venue) : venue_(venue) { venue_.sockets_.push_back(this); }
  ~Socket() override { std::erase(venue_.sockets_, this); }

  void open(const net::Url& url, Mono) override {
    frames.clear();
    phase = Phase::opening;
    deaf = held = false;
    key = url.path.substr(std::string("/private/ws/").size());
  }
  Event poll(Mono now) override {
    if (phase == Phase::idle) return Event::none;
    if (phase == Phase::opening) {
      const bool accepted = !venue_.refuse_connections && !venue_.refuse_streams;
      opened = now;
      phase = accepted ? Phase::open : Phase::idle;
      return accepted ? Event::opened : Event::closed;
    }
    if (held) return Event::none;
    if (!frames.empty()) {
      current_ = std::move(frames.front());
      frames.pop_front();
      received_ = now;
      return Event::frame;
    }
    if (phase == Phase::open && now - opened < venue_.stream_life) return Event::none;
    phase = Phase::idle;
    return Event::closed;
  }
  Result<void> send(std::string_view) override { return make_error_code(Errc::not_connected); }
  void close() override {
    phase = Phase::idle;
    frames.clear();
  }
  bool is_open() const noexcept override { return phase == Phase::open; }
  std::string_view frame() const noexcept override {
    return std::string_view(current_).substr(0, current_.size() - padding);
  }
  Mono received() const noexcept override { return received_; }
  Mono framed() const noexcept override { return received_ + std::chrono::nanoseconds(300); }
  boost::system::error_code error() const noexcept override {
    return make_error_code(Errc::closed);
  }

  static constexpr std::size_t padding = 64;
  enum class Phase { idle, opening, open, closing };
  Phase phase = Phase::idle;
  Mono opened{};
  std::string key;
  std::deque<std::string> frames;
  bool deaf = false;
  bool held = false;

 private:
  Venue& venue_;
  std::string current_ = std::string(padding, ' ');
  Mono received_;
};

// Answers a millisecond after it was asked, at the earliest.
class Client final : public net::Http {
 public:
  explicit Client(Venue& venue) : venue_(venue) {}
  void request(net::HttpRequest request, Handler handler) override {
    waiting_.push_back({std::move(request), std::move(handler), venue_.now_ms()});
  }
  int poll(Mono) override {
    int work = 0;
    while (!waiting_.empty() && waiting_.front().asked < venue_.now_ms()) {
      Waiting waiting = std::move(waiting_.front());
      waiting_.pop_front();
      waiting.handler(venue_.answer(waiting.request));
      ++work;
    }
    return work;
  }

 private:
  struct Waiting {
    net::HttpRequest request;
    Handler handler;
    std::int64_t asked;
  };
  Venue& venue_;
  std::deque<Waiting> waiting_;
};

std::unique_ptr<net::WebSocket> Venue::websocket() {
  return std::make_unique<Socket>(*this);
}
std::unique_ptr<net::Http> Venue::http(const std::string&) {
  return std::make_unique<Client>(*this);
}

void Venue::push(const std::string& api_key, const std::string& frame) {
  const Account& account = accounts_[api_key];
  for (Socket* socket : sockets_) {
    if (socket->phase == Socket::Phase::open && !socket->deaf &&
        socket->key == account.listen_key) {
      socket->frames.insert(socket->frames.end(), twice ? 2 : 1,
                            frame + std::string(Socket::padding, ' '));
    }
  }
}

void Venue::close_streams(const std::string& api_key) {
  for (Socket* socket : sockets_) {
    if (socket->phase == Socket::Phase::open && socket->key == accounts_[api_key].listen_key) {
      socket->phase = Socket::Phase::closing;
    }
  }
}

Socket* Venue::oldest(const std::string& api_key) {
  Socket* found = nullptr;
  for (Socket* socket : sockets_) {
    const bool open =
        socket->phase == Socket::Phase::open && socket->key == accounts_[api_key].listen_key;
    if (open && (!found || socket->opened < found->opened)) found = socket;
  }
  return found;
}

void Venue::close_oldest_stream(const std::string& api_key) {
  if (Socket* socket = oldest(api_key)) socket->phase = Socket::Phase::closing;
}

void Venue::deafen_oldest_stream(const std::string& api_key) {
  if (Socket* socket = oldest(api_key)) socket->deaf = true;
}

Socket* Venue::newest(const std::string& api_key) {
  Socket* found = nullptr;
  for (Socket* socket : sockets_) {
    const bool open =
        socket->phase == Socket::Phase::open && socket->key == accounts_[api_key].listen_key;
    if (open && (!found || socket->opened >= found->opened)) found = socket;
  }
  return found;
}

void Venue::close_newest_stream(const std::string& api_key) {
  if (Socket* socket = newest(api_key)) socket->phase = Socket::Phase::closing;
}

void Venue::deafen_newest_stream(const std::string& api_key) {
  if (Socket* socket = newest(api_key)) socket->deaf = true;
}

void Venue::hold_oldest_stream(const std::string& api_key) {
  if (Socket* socket = oldest(api_key)) socket->held = true;
}

void Venue::hold_newest_stream(const std::string& api_key) {
  if (Socket* socket = newest(api_key)) socket->held = true;
}

void Venue::let_go() {
  for (Socket* socket : sockets_) socket->held = false;
}

int Venue::open_streams() const {
  return static_cast<int>(std::count_if(sockets_.begin(), sockets_.end(), [](const Socket* socket) {
    return socket->phase == Socket::Phase::open;
  }));
}

void Venue::deafen_streams(const std::string& api_key, bool deaf) {
  for (Socket* socket : sockets_) {
    if (socket->key == accounts_[api_key].listen_key) socket->deaf = deaf;
  }
}

void Venue::expire_listen_key(const std::string& api_key) {
  push(api_key, "{\"e\":\"listenKeyExpired\",\"E\":" + std::to_string(now_ms()) +
                    ",\"listenKey\":\"" + accounts_[api_key].listen_key + "\"}");
  accounts_[api_key].listen_key.clear();
}

std::string Venue::new_frame_of(const Order& order, const Trade* trade, int cumulative) const {
  const std::string leg = trade ? trade->leg : "BOTH";
  const bool whole = cumulative == std::abs(order.qty);
  std::ostringstream o;
  o << R"({"e":"ORDER_TRADE_UPDATE","T":)" << now_ms() << R"(,"E":)" << now_ms() << R"(,"o":{"s":")"
    << order.symbol << R"(","c":")" << order.client << R"(","S":")"
    << (order.qty > 0 ? "BUY" : "SELL") << R"(","o":"MARKET","f":"GTC","q":")"
    << std::abs(order.qty) << R"(","p":"0","ap":")" << (trade ? "100.5" : "0")
    << R"(","sp":"0","x":")" << (trade ? "TRADE" : "NEW") << R"(","X":")"
    << (!trade ? "NEW" : (whole ? "FILLED" : "PARTIALLY_FILLED")) << R"(","i":)" << order.id
    << R"(,"l":")" << (trade ? std::abs(trade->qty) : 0) << R"(","z":")" << cumulative
    << R"(","L":")" << (trade ? "100.5" : "0") << R"(","n":"0","N":"USDT","T":)" << now_ms()
    << R"(,"t":)" << (trade ? trade->id : 0)
    << R"(,"b":"0","a":"0","m":false,"R":false,"wt":"CONTRACT_PRICE","ot":"MARKET","ps":")" << leg
    << R"(","cp":false,"rp":"0","pP":false,"si":0,"ss":0)"
    << R"(,"V":"EXPIRE_MAKER","pm":"NONE","gtd":0,"er":"0"}})";
  return o.str();
}

void Venue::trade(const std::string& api_key, const std::string& symbol, int qty,
                  const std::string& leg, const std::string& client, int parts) {
  Account& account = accounts_[api_key];
  Order order{symbol, next_order_++, client, qty, 0, now_ms(), now_ms()};
  push(api_key, new_frame_of(order, nullptr, 0));
  for (int i = 0; i < parts; ++i) {
    const int part = qty / parts;
    const Trade trade{symbol, leg, next_trade_++, order.id, part, now_ms()};
    order.executed += std::abs(part);
    account.trades.push_back(trade);
    auto& position = account.positions[{symbol, leg}];
    position.qty += part;
    position.updated = now_ms();
    push(api_key, new_frame_of(order, &trade, order.executed));
  }
  account.orders.push_back(order);
}

// ---- REST --------------------------------------------------------------------------------------

net::HttpResponse respond(int status, std::string body) {
  net::HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

Result<net::HttpResponse> Venue::answer(const net::HttpRequest& request) {
  static constexpr const char* methods[] = {"GET", "POST", "PUT", "DELETE"};
  const std::size_t mark = request.target.find('?');
  const std::string path = request.target.substr(0, mark);
  asked.push_back(std::string(methods[static_cast<int>(request.method)]) + " " + path);
  if (request.method == net::HttpRequest::Method::delete_) ++deletes;
  if (before_answer) before_answer(request);
  if (fault) {
    if (auto instead = fault(request)) return *instead;
  }
  if (refuse_connections) return make_error_code(Errc::not_connected);
  Account& account = accounts_[request.api_key];
  if (account.refused) {
    return respond(401,
                   R"({"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."})");
  }
  std::map<std::string, std::string> query;
  if (mark != std::string::npos) {
    std::istringstream text(request.target.substr(mark + 1));
    for (std::string pair; std::getline(text, pair, '&');) {
      query[pair.substr(0, pair.find('='))] = pair.substr(pair.find('=') + 1);
    }
  }
  if (path != "/fapi/v1/listenKey" && query["signature"].size() != 64) {
    return respond(400, R"({"code":-1022,"msg":"Signature is not valid."})");
  }
  int status = 200;
  if (request.method == net::HttpRequest::Method::put) query["extend"] = "1";
  std::string body = body_of(path, account, query, status);
  return respond(status, std::move(body));
}

std::string order_json(const Order& order) {
  std::ostringstream o;
  o << R"({"orderId":)" << order.id << R"(,"symbol":")" << order.symbol
    << R"(","status":"FILLED","clientOrderId":")" << order.client
    << R"(","price":"0","avgPrice":"100.5","origQty":")" << std::abs(order.qty)
    << R"(","executedQty":")" << order.executed << R"(","time":)" << order.time
    << R"(,"updateTime":)" << order.updated << "}";
  return o.str();
}

std::string trade_json(const Trade& trade) {
  std::ostringstream o;
  o << R"({"symbol":")" << trade.symbol << R"(","id":)" << trade.id << R"(,"orderId":)"
    << trade.order << R"(,"side":")" << (trade.qty > 0 ? "BUY" : "SELL")
    << R"(","price":"100.500000","qty":")" << std::abs(trade.qty) << R"(","time":)" << trade.time
    << R"(,"positionSide":")" << trade.leg << R"("})";
  return o.str();
}

std::string list_of(const std::vector<std::string>& rows) {
  std::string text = "[";
  for (const auto& row : rows) text += (text.size() > 1 ? "," : "") + row;
  return text + "]";
}

std::string Venue::body_of(const std::string& path, Account& account,
                           const std::map<std::string, std::string>& query, int& status) {
  const auto number = [&](const char* name) -> std::int64_t {
    const auto found = query.find(name);
    return found == query.end() ? 0 : std::stoll(found->second);
  };
  const auto text = [&](const char* name) {
    const auto found = query.find(name);
    return found == query.end() ? std::string() : found->second;
  };
  std::vector<std::string> rows;
  if (path == "/fapi/v1/accountConfig") {
    return std::string(R"({"feeTier":0,"canTrade":true,"dualSidePosition":)") +
           (account.hedge ? "true" : "false") + R"(,"multiAssetsMargin":false})";
  }
  if (path == "/fapi/v1/listenKey") {
    if (account.listen_key.empty() && number("extend") != 0) {
      status = 400;
      return R"({"code":-1125,"msg":"This listenKey does not exist."})";
    }
    if (account.listen_key.empty()) account.listen_key = "key" + std::to_string(next_key_++);
    return R"({"listenKey":")" + account.listen_key + R"("})";
  }
  if (path == "/fapi/v3/positionRisk") {
    for (const auto& [name, position] : account.positions) {
      if (position.qty == 0) continue;
      rows.push_back(R"({"symbol":")" + name.first + R"(","positionSide":")" + name.second +
                     R"(","positionAmt":")" + std::to_string(position.qty) + R"(","updateTime":)" +
                     std::to_string(position.updated) + "}");
    }
    return list_of(rows);
  }
  if (path == "/fapi/v1/allOrders") {
    for (const Order& order : account.orders) {
      if (order.time >= number("startTime")) rows.push_back(order_json(order));
    }
    return list_of(rows);
  }
  if (path == "/fapi/v1/userTrades") {
    for (const Trade& trade : account.trades) {
      const bool wanted =
          number("fromId") != 0 ? trade.id >= number("fromId") : trade.time >= number("startTime");
      if (trade.symbol == text("symbol") && wanted) rows.push_back(trade_json(trade));
      if (static_cast<std::int64_t>(rows.size()) == number("limit")) break;
    }
    return list_of(rows);
  }
  if (path == "/fapi/v1/order") {
    for (const Order& order : account.orders) {
      if (order.symbol == text("symbol") && order.id == number("orderId")) return order_json(order);
    }
  }
  status = 400;
  return R"({"code":-2013,"msg":"Order does not exist."})";
}

venue::Credentials credentials(const std::string& api_key) {
  return {.api_key = Secret::copy_of(api_key),
          .signer = venue::Signer::hmac(Secret::copy_of("secret of " + api_key)).value()};
}

SymbolTable symbols() {
  SymbolTable table;
  for (const char* name : {"BTCUSDT", "ETHUSDT", "DOTUSDT"}) {
    table.add({.name = name, .filters = {}});
  }
  return table;
}

}  // namespace copyd::feed::fake
