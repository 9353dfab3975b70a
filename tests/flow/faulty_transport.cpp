#include "faulty_transport.hpp"

#include <utility>

namespace copyd::flow {
namespace {

constexpr std::size_t padding = 64;  // readable bytes behind every frame
constexpr std::string_view order_path = "/ws-fapi/";

class FaultyWebSocket final : public net::WebSocket {
 public:
  FaultyWebSocket(std::unique_ptr<net::WebSocket> inner, Faults& faults)
      : inner_(std::move(inner)), faults_(faults) {}

  void open(const net::Url& url, Mono now) override {
    target_ = url.path;
    stream_ = !url.path.starts_with(order_path);
    if (stream_) said_ = faults_.said_on(target_);
    inner_->open(url, now);
  }
  Event poll(Mono now) override {
    text_.clear();
    const Event event = inner_->poll(now);
    if (event == Event::frame) {
      if (stream_) faults_.remember(target_, inner_->frame(), said_);
      else if (auto text = faults_.rewritten(inner_->frame())) show(std::move(*text), now);
    }
    if (event != Event::none || !inner_->is_open()) return event;
    auto again = faults_.repeated(said_);
    if (!again) return event;
    show(std::move(*again), now);
    return Event::frame;
  }
  Result<void> send(std::string_view text) override { return inner_->send(text); }
  void close() override { inner_->close(); }
  bool is_open() const noexcept override { return inner_->is_open(); }
  std::string_view frame() const noexcept override {
    if (text_.empty()) return inner_->frame();
    return std::string_view(text_).substr(0, text_.size() - padding);
  }
  Mono received() const noexcept override { return text_.empty() ? inner_->received() : shown_; }
  Mono framed() const noexcept override { return text_.empty() ? inner_->framed() : shown_; }
  boost::system::error_code error() const noexcept override { return inner_->error(); }

 private:
  void show(std::string text, Mono now) {
    text_ = std::move(text);
    text_.append(padding, '\0');
    shown_ = now;
  }

  std::unique_ptr<net::WebSocket> inner_;
  Faults& faults_;
  std::string target_;
  bool stream_ = false;
  Faults::Said said_;  // on this connection, and before it on others of its stream
  std::string text_;  // in place of the inner frame, with its padding
  Mono shown_{};
};

class FaultyHttp final : public net::Http {
 public:
  FaultyHttp(std::unique_ptr<net::Http> inner, Faults& faults)
      : inner_(std::move(inner)), faults_(faults) {}

  void request(net::HttpRequest request, Handler handler) override {
    inner_->request(request, [this, request, handler = std::move(handler)](
                                 Result<net::HttpResponse> response) {
      faults_.rewrite(request, response);
      handler(std::move(response));
    });
  }
  int poll(Mono now) override { return inner_->poll(now); }

 private:
  std::unique_ptr<net::Http> inner_;
  Faults& faults_;
};

class FaultyTransport final : public net::Transport {
 public:
  FaultyTransport(std::unique_ptr<net::Transport> inner, Faults& faults)
      : inner_(std::move(inner)), faults_(faults) {}
  std::unique_ptr<net::WebSocket> websocket() override {
    return std::make_unique<FaultyWebSocket>(inner_->websocket(), faults_);
  }
  std::unique_ptr<net::Http> http(const std::string& origin) override {
    return std::make_unique<FaultyHttp>(inner_->http(origin), faults_);
  }

 private:
  std::unique_ptr<net::Transport> inner_;
  Faults& faults_;
};

}  // namespace

std::unique_ptr<net::Transport> make_faulty(std::unique_ptr<net::Transport> inner, Faults& faults) {
  return std::make_unique<FaultyTransport>(std::move(inner), faults);
}

}  // namespace copyd::flow
