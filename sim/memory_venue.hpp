// MemoryVenue: the simulated venue without sockets, in virtual time: the other front door.
//
// It hands out net::Transports whose WebSockets and HTTP clients reach the same protocol as the
// real ones do, by the same paths, after a one-way latency of the manual clock. Whoever polls moves
// the venue on: everything due by then happens in order of its time, so a run is a function of its
// seed. Faults are asked for by call or decided frame by frame through `set_fate`. One thread. The
// venue outlives its transports and what they made.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "net/transport.hpp"
#include "sim/control.hpp"

namespace copyd::sim {

enum class LinkKind : std::uint8_t { ws_api, stream, http };

// One message on its way, as a fate is decided for it.
struct MemoryFrame {
  std::uint64_t link = 0;  // a number per connection, per request with http
  std::string_view owner;  // the name the transport was asked for with
  LinkKind kind = LinkKind::http;
  bool to_venue = false;
  std::string_view target;  // path and query of the connection, or of the http request
  std::string_view text;
};

// What becomes of it. The default: delivered once, on time, in order.
struct MemoryFate {
  bool lose = false;                  // it vanishes, and nobody is told
  bool cut = false;                   // the connection ends instead, and both sides see it
  int copies = 1;                     // to the client only
  std::chrono::nanoseconds delay{0};  // later ones wait behind it, unless…
  bool overtake = false;              // …this one may arrive out of its order
};

class MemoryVenue final : public FrontDoor {
 public:
  struct Options {
    WorldOptions world{};
    VenueTime start{1'790'000'000'000};  // the venue's clock when ours is at its start
    std::chrono::nanoseconds latency{std::chrono::milliseconds(1)};
    std::chrono::seconds socket_life{24 * 3600};  // after which the venue ends a WebSocket
  };
  struct LinkInfo {
    std::uint64_t id = 0;
    std::string owner{};
    LinkKind kind = LinkKind::stream;
    std::string target{};
  };
  using Decide = std::function<MemoryFate(const MemoryFrame&)>;

  // REQUIRES: a roster whose keys can be read.
  MemoryVenue(ManualClock& clock, Options options);
  ~MemoryVenue() override;

  World& world() noexcept { return *world_; }
  // The commands of the control port.
  std::string control(std::string_view line);
  VenueTime venue_time(Mono at) const noexcept;

  // A transport for one agent; the name is shown to faults.
  std::unique_ptr<net::Transport> transport(std::string owner);

  // Lets everything happen that is due. Polling a connection does it too.
  void pump(Mono now);
  // When the next thing happens or is delivered: how far a test may move the clock at once.
  std::optional<Mono> next_due() const;

  void set_latency(std::chrono::nanoseconds one_way) noexcept { latency_ = one_way; }
  void set_fate(Decide decide) { decide_ = std::move(decide); }
  void drop_all();
  void refuse_until(Mono until) noexcept { refused_until_ = until; }
  // Open WebSockets.
  std::vector<LinkInfo> links() const;
  // False when there is no such connection.
  bool cut(std::uint64_t link);

  // A running hash of everything that was said, both ways, with its times.
  std::uint64_t digest() const noexcept { return digest_; }

  // FrontDoor, for the control commands.
  void drop_connections(std::chrono::milliseconds refuse) override;
  void set_clock_offset(std::chrono::milliseconds offset) override { clock_offset_ = offset; }
  std::size_t connections() const override;
  void quit() override {}
  std::size_t half_open(std::optional<AccountIndex> account) override;
  std::size_t tell_sessions(const Tell& tell) override;

 private:
  friend class MemoryWebSocket;
  friend class MemoryHttp;
  struct Link;
  struct Call;
  using LinkPtr = std::shared_ptr<Link>;
  using CallPtr = std::shared_ptr<Call>;
  using Action = std::function<void()>;

  void at(Mono due, Action action);
  Mono happening() const { return pumping_ ? now_ : clock_.now(); }
  void second_has_passed(Mono now);
  MemoryFate fate(const MemoryFrame& frame);
  bool refused(Mono at) const noexcept { return at < refused_until_; }

  // WebSockets.
  LinkPtr connect(std::string owner, const net::Url& url);
  void accept(const LinkPtr& link);
  void client_sent(const LinkPtr& link, std::string text);
  void arrive(const LinkPtr& link, const std::string& text);
  void deliver(const LinkPtr& link, std::string text);
  void enqueue(const LinkPtr& link, Mono due, bool overtake, std::string text);
  void cut_link(const LinkPtr& link, boost::system::error_code error);
  void client_left(const LinkPtr& link);
  void release(Link& link);

  // HTTP.
  CallPtr call(std::string owner, net::HttpRequest request);
  void handle(const CallPtr& call);
  void answer(const CallPtr& call, Result<net::HttpResponse> result, Mono due);

  ManualClock& clock_;
  std::unique_ptr<World> world_;
  Control control_;
  VenueTime start_;
  Mono started_;
  std::chrono::nanoseconds latency_;
  std::chrono::seconds socket_life_;
  std::chrono::milliseconds clock_offset_{0};
  Decide decide_;
  Mono refused_until_{};
  Mono now_{};  // of what is happening
  bool pumping_ = false;
  Mono next_tick_{};
  std::map<std::pair<std::int64_t, std::uint64_t>, Action> actions_;  // by time, then order
  std::uint64_t next_action_ = 0;
  std::map<std::uint64_t, LinkPtr> links_;
  std::map<std::uint64_t, std::weak_ptr<Call>> calls_;
  std::uint64_t next_link_ = 1;
  std::uint64_t digest_ = 14695981039346656037ULL;
};

}  // namespace copyd::sim
