#include "memory_venue.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <deque>
#include <span>
#include <stdexcept>
#include <utility>

namespace copyd::bench {
namespace {

// The value of a field in flat JSON, without its quotes.
std::string field_of(std::string_view json, std::string_view name) {
  const std::string key = "\"" + std::string(name) + "\":";
  const auto at = json.find(key);
  if (at == std::string_view::npos) throw std::runtime_error("an order without " + key);
  auto value = json.substr(at + key.size());
  const bool quoted = value.starts_with('"');
  if (quoted) value.remove_prefix(1);
  return std::string(value.substr(0, value.find_first_of(quoted ? "\"" : ",}")));
}

class MemoryHttp final : public net::Http {
 public:
  explicit MemoryHttp(const MemoryVenue& venue) : venue_(venue) {}
  void request(net::HttpRequest request, Handler handler) override {
    queue_.emplace_back(std::move(request), std::move(handler));
  }
  int poll(Mono) override {
    if (queue_.empty()) return 0;
    const auto due = std::exchange(queue_, {});
    for (const auto& [request, handler] : due) handler(venue_.serve(request));
    return static_cast<int>(due.size());
  }

 private:
  const MemoryVenue& venue_;
  std::vector<std::pair<net::HttpRequest, Handler>> queue_;
};

}  // namespace

class MemorySocket final : public net::WebSocket {
 public:
  explicit MemorySocket(MemoryVenue& venue) : venue_(venue) {
    venue_.sockets_.push_back(this);
    if (venue_.wire_ == Wire::kernel &&
        ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_.data()) != 0)
      throw std::runtime_error("no pair of sockets");
  }
  ~MemorySocket() override {
    std::erase(venue_.sockets_, this);
    for (const int end : ends_)
      if (end >= 0) ::close(end);
  }
  MemorySocket(const MemorySocket&) = delete;
  MemorySocket& operator=(const MemorySocket&) = delete;

  void open(const net::Url&, Mono) override { connecting_ = true; }
  Event poll(Mono) override {
    if (std::exchange(connecting_, false)) {
      open_ = true;
      return Event::opened;
    }
    if (answers_.empty()) return Event::none;
    frame_ = std::move(answers_.front());
    answers_.pop_front();
    frame_size_ = frame_.size();
    frame_.append(64, ' ');  // the decoder reads beyond the end
    return Event::frame;
  }
  Result<void> send(std::string_view text) override { return send_together({&text, 1}); }
  Result<void> send_together(std::span<const std::string_view> texts) override {
    std::size_t size = 0;
    for (const auto text : texts)
      size += net::encode_frame(net::Opcode::text, text, masks_.next(), masked_.data() + size);
    if (venue_.wire_ == Wire::kernel &&
        ::send(ends_[0], masked_.data(), size, MSG_NOSIGNAL) != static_cast<ssize_t>(size))
      return make_error_code(Errc::buffer_full);
    for (const auto text : texts) {
      if (orders_ == unanswered_.size()) unanswered_.emplace_back();
      unanswered_[orders_++].assign(text);
    }
    venue_.sent_ += texts.size();
    return {};
  }
  void close() override { open_ = connecting_ = false; }
  bool is_open() const noexcept override { return open_; }
  std::string_view frame() const noexcept override { return {frame_.data(), frame_size_}; }
  Mono received() const noexcept override { return Mono{}; }
  Mono framed() const noexcept override { return Mono{}; }
  boost::system::error_code error() const noexcept override { return Errc::closed; }

  // The orders that have no answer yet.
  std::span<const std::string> unanswered() const noexcept {
    return std::span(unanswered_).first(orders_);
  }
  void answer(std::vector<std::string> frames) {
    orders_ = 0;
    if (venue_.wire_ == Wire::kernel)
      while (::recv(ends_[1], masked_.data(), masked_.size(), 0) > 0) {}
    for (auto& frame : frames) answers_.push_back(std::move(frame));
  }

 private:
  MemoryVenue& venue_;
  net::MaskSource masks_;
  std::array<int, 2> ends_{-1, -1};
  bool connecting_ = false;
  bool open_ = false;
  std::vector<std::string> unanswered_;  // used again and again: `orders_` of them mean something
  std::size_t orders_ = 0;
  std::deque<std::string> answers_;
  std::array<char, together_max> masked_{};
  std::string frame_;
  std::size_t frame_size_ = 0;
};

std::unique_ptr<net::WebSocket> MemoryVenue::websocket() {
  return std::make_unique<MemorySocket>(*this);
}

std::unique_ptr<net::Http> MemoryVenue::http(const std::string&) {
  return std::make_unique<MemoryHttp>(*this);
}

void MemoryVenue::fill_all() {
  for (MemorySocket* socket : sockets_) {
    std::vector<std::string> answers;
    for (const auto& order : socket->unanswered()) answers.push_back(fill(order));
    if (!answers.empty()) socket->answer(std::move(answers));
  }
}

std::string MemoryVenue::fill(std::string_view order) {
  const std::string quantity = field_of(order, "quantity");
  const std::string side = field_of(order, "side");
  holds_ = side == "BUY";
  return R"({"id":)" + field_of(order, "id") +
         R"(,"status":200,"result":{"orderId":33878894217,"symbol":"DOTUSDT","status":"FILLED",)" +
         R"("clientOrderId":")" + field_of(order, "newClientOrderId") +
         R"(","price":"0.000000","avgPrice":"5.00","origQty":")" + quantity +
         R"(","executedQty":")" + quantity + R"(","cumQty":")" + quantity +
         R"(","timeInForce":"GTC","type":"MARKET","reduceOnly":false,"side":")" + side +
         R"(","positionSide":"BOTH","updateTime":)" + std::to_string(now_ms()) +
         R"(},"rateLimits":[]})";
}

net::HttpResponse MemoryVenue::serve(const net::HttpRequest& request) const {
  net::HttpResponse response;
  response.status = 200;
  response.body = "{}";
  const auto path = request.target.substr(0, request.target.find('?'));
  if (path == "/fapi/v1/time") {
    response.body = R"({"serverTime":)" + std::to_string(now_ms()) + "}";
  } else if (path == "/fapi/v1/listenKey") {
    response.body = R"({"listenKey":"a-listen-key"})";
  } else if (path == "/fapi/v1/accountConfig") {
    response.body = R"({"canTrade":true,"multiAssetsMargin":false,"dualSidePosition":false})";
  } else if (path == "/fapi/v3/positionRisk") {
    const std::string row = R"({"symbol":"DOTUSDT","positionSide":"BOTH","positionAmt":"10",)"
                            R"("updateTime":)" +
                            std::to_string(now_ms()) + "}";
    response.body = holds_ ? "[" + row + "]" : "[]";
  }
  return response;
}

}  // namespace copyd::bench
