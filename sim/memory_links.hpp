// The two ends of MemoryVenue's connections. Private to memory_venue*.cpp.
#pragma once

#include "sim/memory_venue.hpp"

namespace copyd::sim {

struct MemoryVenue::Link {
  struct Delivery {
    Mono due;
    net::WebSocket::Event event = net::WebSocket::Event::none;
    std::string text{};
    boost::system::error_code error{};
  };
  std::uint64_t id = 0;
  std::string owner{};
  std::string target{};
  LinkKind kind = LinkKind::stream;
  bool accepted = false;  // by the venue
  bool lost = false;      // cut: what is under way never arrives
  bool left = false;      // by the client: what it sent arrives, nothing comes back
  bool dead = false;      // half open: nothing arrives on either side any more
  Mono opened{};
  Mono last_due{};      // nothing overtakes this, to the client …
  Mono last_arrival{};  // … and to the venue
  std::deque<Delivery> inbox{};
  WsSession session{};
  StreamId stream = 0;
};

struct MemoryVenue::Call {
  std::uint64_t id = 0;
  std::string owner{};
  net::HttpRequest request{};
  net::Http::Handler handler{};
  Mono deadline{};
  bool lost = false;          // it never reaches the venue
  bool done = false;          // the client was told how it ended
  std::optional<Mono> due{};  // when the result below is there
  Result<net::HttpResponse> result{net::HttpResponse{}};
};

class MemoryWebSocket final : public net::WebSocket {
 public:
  MemoryWebSocket(MemoryVenue& venue, std::string owner)
      : venue_(venue), owner_(std::move(owner)) {}
  ~MemoryWebSocket() override { close(); }

  void open(const net::Url& url, Mono now) override;
  Event poll(Mono now) override;
  Result<void> send(std::string_view text) override;
  void close() override;
  bool is_open() const noexcept override { return open_; }
  std::string_view frame() const noexcept override { return {frame_.data(), size_}; }
  Mono received() const noexcept override { return received_; }
  Mono framed() const noexcept override { return received_; }
  boost::system::error_code error() const noexcept override { return error_; }

 private:
  MemoryVenue& venue_;
  std::string owner_;
  MemoryVenue::LinkPtr link_;
  bool open_ = false;
  std::string frame_;  // with its padding
  std::size_t size_ = 0;
  Mono received_{};
  boost::system::error_code error_{};
};

class MemoryHttp final : public net::Http {
 public:
  MemoryHttp(MemoryVenue& venue, std::string owner) : venue_(venue), owner_(std::move(owner)) {}

  void request(net::HttpRequest request, Handler handler) override;
  int poll(Mono now) override;

 private:
  MemoryVenue& venue_;
  std::string owner_;
  std::vector<MemoryVenue::CallPtr> calls_;
};

}  // namespace copyd::sim
