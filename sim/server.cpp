#include "sim/server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "sim/certificate.hpp"
#include "sim/control.hpp"
#include "sim/server_connection.hpp"
#include "sim/state.hpp"

namespace copyd::sim {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Tcp = asio::ip::tcp;

constexpr auto tick_period = std::chrono::seconds(1);
constexpr auto farewell_period = std::chrono::milliseconds(10);
constexpr int farewells = 50;

ApiError cannot(const std::string& what, const error_code& why) {
  return {.message = what + ": " + why.message()};
}

class TlsServer final : public Server, public Hub, public FrontDoor {
 public:
  TlsServer(std::unique_ptr<World> world, asio::ssl::context tls, std::string ca_file,
            SocketTimes times)
      : world_(std::move(world)),
        tls_(std::move(tls)),
        ca_file_(std::move(ca_file)),
        times_(times),
        control_(*world_, *this),
        acceptor_(io_),
        control_acceptor_(io_),
        reopen_(io_),
        ticker_(io_),
        farewell_(io_) {
    world_->protocol().set_later(
        [this](std::chrono::milliseconds delay, std::function<void()> action) {
          later(delay, std::move(action));
        });
  }

  // Before the members they point to are gone, connections let go of the venue.
  ~TlsServer() override { cut_all(); }

  std::optional<ApiError> listen(std::uint16_t port, std::uint16_t control_port) {
    if (auto error = bind(acceptor_, port)) return error;
    if (auto error = bind(control_acceptor_, control_port)) return error;
    port_ = acceptor_.local_endpoint().port();
    control_port_ = control_acceptor_.local_endpoint().port();
    error_code error;
    acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return cannot("listening", error);
    control_acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return cannot("listening", error);
    accept();
    accept_control();
    tick();
    return std::nullopt;
  }

  void run() override { io_.run(); }
  std::optional<ApiError> save_if_kept() override {
    return state_file_.empty() ? std::nullopt : save_state(*world_, state_file_);
  }
  std::optional<ApiError> save() override {
    return state_file_.empty() ? FrontDoor::save() : save_state(*world_, state_file_);
  }
  void keep_state_in(const std::string& file) { state_file_ = file; }
  void stop() override {
    asio::post(io_, [this] { quit(); });
  }
  std::uint16_t port() const noexcept override { return port_; }
  std::uint16_t control_port() const noexcept override { return control_port_; }
  const std::string& ca_file() const noexcept override { return ca_file_; }
  World& world() noexcept override { return *world_; }

  std::string ready_line() const override {
    const std::string address = "127.0.0.1:" + std::to_string(port_);
    JsonWriter out;
    out.object()
        .flag("ready", true)
        .text("rest", "https://" + address)
        .text("sapi", "https://" + address)
        .text("ws_api", "wss://" + address + "/ws-fapi/v1")
        .text("streams", "wss://" + address)
        .text("ca_file", ca_file_)
        .text("control", "127.0.0.1:" + std::to_string(control_port_));
    out.key("accounts").raw(describe(world_->roster())).end_object();
    return out.take();
  }

  VenueTime now() const override { return VenueTime{wall_clock_ns() / 1'000'000} + clock_offset_; }

  void drop_connections(std::chrono::milliseconds refuse) override {
    cut_all();
    if (refuse.count() == 0) return;
    // Bound but not listening: the port stays ours, and the kernel refuses whoever knocks.
    error_code ignored;
    acceptor_.close(ignored);
    bind(acceptor_, port_);
    reopen_.expires_after(refuse);
    reopen_.async_wait([this](error_code error) {
      if (!error) open_again();
    });
  }

  void set_clock_offset(std::chrono::milliseconds offset) override { clock_offset_ = offset; }
  std::size_t connections() const override { return connections_.size(); }
  const SocketTimes& times() const noexcept override { return times_; }
  bool fragments() const noexcept override { return fragments_; }
  void fragment_frames(bool on) override { fragments_ = on; }

  std::size_t half_open(std::optional<AccountIndex> account) override {
    std::size_t count = 0;
    for (const auto& connection : connections_)
      if ((!account || connection->serves(*account)) && connection->half_open()) ++count;
    return count;
  }

  std::size_t tell_sessions(const Tell& tell) override {
    std::size_t count = 0;
    const Connections open = connections_;
    for (const auto& connection : open) {
      WsSession* session = connection->session();
      const auto text = session == nullptr ? std::nullopt : tell(*session);
      if (!text) continue;
      connection->send(*text);
      ++count;
    }
    return count;
  }

  // Says goodbye, and waits a little for the goodbyes and the answer to the command to leave.
  void quit() override {
    error_code ignored;
    acceptor_.close(ignored);
    const Connections open = connections_;
    for (const auto& connection : open) connection->leave();
    wait_for_farewells(farewells);
  }

 private:
  void wait_for_farewells(int left) {
    farewell_.expires_after(farewell_period);
    farewell_.async_wait([this, left](error_code error) {
      if (error) return;
      if (left == 0 || connections_.empty()) return io_.stop();
      wait_for_farewells(left - 1);
    });
  }

  void later(std::chrono::milliseconds delay, std::function<void()> action) {
    auto timer = std::make_shared<asio::steady_timer>(io_, delay);
    timer->async_wait([timer, act = std::move(action)](error_code error) {
      if (!error) act();
    });
  }

  static std::optional<ApiError> bind(Tcp::acceptor& acceptor, std::uint16_t port) {
    error_code error;
    acceptor.open(Tcp::v4(), error);
    if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor.bind({asio::ip::address_v4::loopback(), port}, error);
    if (error) return cannot("port " + std::to_string(port), error);
    return std::nullopt;
  }

  void open_again() {
    error_code error;
    if (!acceptor_.is_open()) bind(acceptor_, port_);
    acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (!error) accept();
  }

  void accept() {
    acceptor_.async_accept([this](error_code error, Tcp::socket socket) {
      if (error == asio::error::operation_aborted || !acceptor_.is_open()) return;
      if (!error) serve_tls(std::move(socket), tls_, *this, connections_);
      accept();
    });
  }

  void accept_control() {
    control_acceptor_.async_accept([this](error_code error, Tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (!error)
        serve_control(std::move(socket),
                      [this](std::string_view line) { return control_.handle(line, now()); });
      accept_control();
    });
  }

  void tick() {
    ticker_.expires_after(tick_period);
    ticker_.async_wait([this](error_code error) {
      if (error) return;
      world_->protocol().tick(now());
      tick();
    });
  }

  void cut_all() {
    const Connections open = connections_;
    for (const auto& connection : open) connection->cut();
  }

  std::unique_ptr<World> world_;
  std::string state_file_{};
  asio::ssl::context tls_;
  std::string ca_file_;
  SocketTimes times_;
  bool fragments_ = false;
  Control control_;
  Connections connections_;
  asio::io_context io_;
  Tcp::acceptor acceptor_;
  Tcp::acceptor control_acceptor_;
  asio::steady_timer reopen_;
  asio::steady_timer ticker_;
  asio::steady_timer farewell_;
  std::chrono::milliseconds clock_offset_{0};
  std::uint16_t port_ = 0;
  std::uint16_t control_port_ = 0;
};

}  // namespace

namespace {

Answer<std::unique_ptr<World>> world_of(const ServerOptions& options) {
  if (!options.state_file.empty()) {
    auto kept = load_state(options.state_file, options.world);
    if (!kept.ok() || kept.value()) return kept;
  }
  auto world = World::create(options.world);
  if (!world) return ApiError{.message = "an account's key cannot be read"};
  return world;
}

}  // namespace

Answer<std::shared_ptr<Server>> Server::create(ServerOptions options) {
  const auto certificates = certificates_in(options.directory);
  if (!certificates)
    return ApiError{.message = "no certificate could be made in " + options.directory};
  const std::string ca_file = options.directory + "/ca.pem";
  asio::ssl::context tls(asio::ssl::context::tls_server);
  tls.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                  asio::ssl::context::no_tlsv1_1);
  error_code error;
  tls.use_certificate_chain(asio::buffer(certificates->server_pem), error);
  if (error) return cannot("certificate", error);
  tls.use_private_key(asio::buffer(certificates->server_key_pem), asio::ssl::context::pem, error);
  if (error) return cannot("private key", error);
  auto world = world_of(options);
  if (!world.ok()) return world.error();
  const SocketTimes times{.ping_interval = options.ping_interval,
                          .pong_timeout = options.pong_timeout,
                          .life = options.socket_life};
  auto server =
      std::make_shared<TlsServer>(std::move(world.value()), std::move(tls), ca_file, times);
  server->keep_state_in(options.state_file);
  if (auto failed = server->save_if_kept()) return *failed;
  if (auto failed = server->listen(options.port, options.control_port)) return *failed;
  return std::shared_ptr<Server>(std::move(server));
}

}  // namespace copyd::sim
