#include "mortality.hpp"

#include <utility>

namespace copyd::flow {
namespace {

class MortalFile final : public journal::File {
 public:
  MortalFile(std::unique_ptr<journal::File> inner, Mortality& mortality)
      : inner_(std::move(inner)), mortality_(mortality) {}
  Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes) noexcept override {
    return mortality_.may_act() ? inner_->write_at(offset, bytes) : Result<void>();
  }
  Result<void> sync() noexcept override {
    return mortality_.may_act() ? inner_->sync() : Result<void>();
  }

 private:
  std::unique_ptr<journal::File> inner_;
  Mortality& mortality_;
};

// Takes what a dead process writes.
class NoFile final : public journal::File {
 public:
  Result<void> write_at(std::uint64_t, std::span<const std::byte>) noexcept override { return {}; }
  Result<void> sync() noexcept override { return {}; }
};

class MortalDisk final : public journal::Disk {
 public:
  MortalDisk(journal::Disk& inner, Mortality& mortality) : inner_(inner), mortality_(mortality) {}
  Result<std::unique_ptr<journal::File>> create(std::string_view name,
                                                std::uint64_t size) override {
    if (!mortality_.may_act()) return std::unique_ptr<journal::File>(std::make_unique<NoFile>());
    auto file = TRY(inner_.create(name, size));
    return std::unique_ptr<journal::File>(
        std::make_unique<MortalFile>(std::move(file), mortality_));
  }
  Result<std::vector<std::string>> list() override { return inner_.list(); }
  Result<std::uint64_t> size(std::string_view name) override { return inner_.size(name); }
  Result<std::size_t> read_at(std::string_view name, std::uint64_t offset,
                              std::span<std::byte> bytes) override {
    return inner_.read_at(name, offset, bytes);
  }
  Result<void> truncate(std::string_view name, std::uint64_t size) override {
    return mortality_.may_act() ? inner_.truncate(name, size) : Result<void>();
  }
  Result<void> rename(std::string_view from, std::string_view to) override {
    return mortality_.may_act() ? inner_.rename(from, to) : Result<void>();
  }
  Result<void> remove(std::string_view name) override {
    return mortality_.may_act() ? inner_.remove(name) : Result<void>();
  }

 private:
  journal::Disk& inner_;
  Mortality& mortality_;
};

class MortalWebSocket final : public net::WebSocket {
 public:
  MortalWebSocket(std::unique_ptr<net::WebSocket> inner, Mortality& mortality)
      : inner_(std::move(inner)), mortality_(mortality) {}
  void open(const net::Url& url, Mono now) override {
    if (mortality_.may_act()) inner_->open(url, now);
  }
  Event poll(Mono now) override { return mortality_.dead() ? Event::none : inner_->poll(now); }
  Result<void> send(std::string_view text) override {
    return mortality_.may_act() ? inner_->send(text) : Result<void>();
  }
  void close() override { inner_->close(); }
  bool is_open() const noexcept override { return inner_->is_open(); }
  std::string_view frame() const noexcept override { return inner_->frame(); }
  Mono received() const noexcept override { return inner_->received(); }
  Mono framed() const noexcept override { return inner_->framed(); }
  boost::system::error_code error() const noexcept override { return inner_->error(); }

 private:
  std::unique_ptr<net::WebSocket> inner_;
  Mortality& mortality_;
};

class MortalHttp final : public net::Http {
 public:
  MortalHttp(std::unique_ptr<net::Http> inner, Mortality& mortality)
      : inner_(std::move(inner)), mortality_(mortality) {}
  void request(net::HttpRequest request, Handler handler) override {
    if (mortality_.may_act()) inner_->request(std::move(request), std::move(handler));
  }
  int poll(Mono now) override { return mortality_.dead() ? 0 : inner_->poll(now); }

 private:
  std::unique_ptr<net::Http> inner_;
  Mortality& mortality_;
};

class MortalTransport final : public net::Transport {
 public:
  MortalTransport(std::unique_ptr<net::Transport> inner, Mortality& mortality)
      : inner_(std::move(inner)), mortality_(mortality) {}
  std::unique_ptr<net::WebSocket> websocket() override {
    return std::make_unique<MortalWebSocket>(inner_->websocket(), mortality_);
  }
  std::unique_ptr<net::Http> http(const std::string& origin) override {
    return std::make_unique<MortalHttp>(inner_->http(origin), mortality_);
  }

 private:
  std::unique_ptr<net::Transport> inner_;
  Mortality& mortality_;
};

}  // namespace

std::unique_ptr<journal::Disk> make_mortal(journal::Disk& disk, Mortality& mortality) {
  return std::make_unique<MortalDisk>(disk, mortality);
}

std::unique_ptr<net::Transport> make_mortal(std::unique_ptr<net::Transport> inner,
                                            Mortality& mortality) {
  return std::make_unique<MortalTransport>(std::move(inner), mortality);
}

}  // namespace copyd::flow
