#include "sim/server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fstream>

#include "sim/certificate.hpp"
#include "sim/control.hpp"
#include "sim/server_connection.hpp"

namespace copyd::sim {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Tcp = asio::ip::tcp;

constexpr auto tick_period = std::chrono::seconds(1);

ApiError cannot(const std::string& what, const error_code& why) {
  return {.message = what + ": " + why.message()};
}

class TlsServer final : public Server, public Hub, public FrontDoor {
 public:
  TlsServer(std::unique_ptr<World> world, asio::ssl::context tls, std::string ca_file)
      : world_(std::move(world)),
        tls_(std::move(tls)),
        ca_file_(std::move(ca_file)),
        control_(*world_, *this),
        acceptor_(io_),
        control_acceptor_(io_),
        reopen_(io_),
        ticker_(io_) {}

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
  void stop() override { io_.stop(); }
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
  // After the answer has left.
  void quit() override {
    ticker_.expires_after(std::chrono::milliseconds(50));
    ticker_.async_wait([this](error_code error) {
      if (!error) io_.stop();
    });
  }

 private:
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
  asio::ssl::context tls_;
  std::string ca_file_;
  Control control_;
  Connections connections_;
  asio::io_context io_;
  Tcp::acceptor acceptor_;
  Tcp::acceptor control_acceptor_;
  asio::steady_timer reopen_;
  asio::steady_timer ticker_;
  std::chrono::milliseconds clock_offset_{0};
  std::uint16_t port_ = 0;
  std::uint16_t control_port_ = 0;
};

}  // namespace

Answer<std::shared_ptr<Server>> Server::create(ServerOptions options) {
  const auto certificates = make_certificates();
  if (!certificates) return ApiError{.message = "OpenSSL made no certificate"};
  const std::string ca_file = options.directory + "/ca.pem";
  std::ofstream file(ca_file, std::ios::trunc);
  file << certificates->ca_pem;
  file.close();
  if (!file) return ApiError{.message = "cannot write " + ca_file};
  asio::ssl::context tls(asio::ssl::context::tls_server);
  tls.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                  asio::ssl::context::no_tlsv1_1);
  error_code error;
  tls.use_certificate_chain(asio::buffer(certificates->server_pem), error);
  if (error) return cannot("certificate", error);
  tls.use_private_key(asio::buffer(certificates->server_key_pem), asio::ssl::context::pem, error);
  if (error) return cannot("private key", error);
  auto world = World::create(std::move(options.world));
  if (!world) return ApiError{.message = "an account's key cannot be read"};
  auto server = std::make_shared<TlsServer>(std::move(world), std::move(tls), ca_file);
  if (auto failed = server->listen(options.port, options.control_port)) return *failed;
  return std::shared_ptr<Server>(std::move(server));
}

}  // namespace copyd::sim
