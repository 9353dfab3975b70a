// SharedStreams: the user streams of many followers, up to fifty of them on one socket.
//
// Who asks for a stream waits a moment for company; then one socket is opened for all who wait. Who
// is on it is fixed from then on: whoever asks again, after a loss or for a successor, gets a place
// on another. A socket ends when all who were on it have left. Two or more with few on them are
// said to be ending, so that those move to one together.
//
// Says what happened on a socket, and leaves it to its owner what that means for each who is on it.
// A venue that three times in a row refuses such a socket, ends it within ten seconds, or says on
// it what is nobody's, objects to them: each is better off with a stream of its own. Polled and
// owned by one lane. Nothing is allocated for a frame. Listen keys are wiped when the socket ends,
// and never logged. Source: Binance docs, "User Data Streams":
// /private/stream?listenKey=<K1>&listenKey=<K2>…
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/secret.hpp"
#include "core/symbols.hpp"
#include "net/transport.hpp"
#include "venue/rest.hpp"

namespace copyd::exec {

class SharedStreams {
 public:
  static constexpr std::size_t members_max = 50;
  static constexpr std::chrono::milliseconds company{250};  // waited for
  // By a successor, which has the time: longer than the spread over which others are told to come.
  static constexpr std::chrono::milliseconds successor_company{1500};
  // Shorter than those who wait for it do, so that it is told to them that it failed.
  static constexpr std::chrono::seconds opening_max{7};
  static constexpr std::chrono::seconds steady{10};        // lost sooner after it stood: it flaps
  static constexpr std::chrono::seconds merge_period{60};  // and how old those must be that merge
  static constexpr int frames_in_turn = 64;                // of one socket
  static constexpr int objections_max = 3;
  static constexpr std::chrono::hours stray_memory{1};  // longer without one: it was an accident

  enum class Event : std::uint8_t {
    none,
    opened,
    frame,   // see frame()
    ending,  // those who are on it had better ask for successors, now
    closed,  // nobody is on it any more; members() says who was
  };

  struct Member {
    FollowerId follower;
    std::string listen_key;
    bool present = true;  // false: has left. What comes for it is not for anybody
  };

  // All outlive it.
  SharedStreams(net::Transport& transport, const venue::Endpoints& endpoints)
      : transport_(transport), endpoints_(endpoints) {}

  // A place on a socket that is opened by `until`, with whoever comes as well. Its number is of no
  // other socket, and not 0.
  std::uint32_t join(FollowerId follower, std::string_view listen_key, Mono until);
  // Without effect where it is not.
  void leave(FollowerId follower, std::uint32_t serial) noexcept;
  // Whose members wait for company; 0: there is none.
  std::uint32_t gathers() const noexcept { return gathering() ? gathering()->serial : 0; }
  // They need not wait any longer.
  void open_now(Mono now) noexcept;

  // At most one event. Call until it says `none`: all were looked at then.
  Event poll(Mono now);
  // Of the socket that the last event was about.
  std::uint32_t serial() const noexcept { return polled_->serial; }
  std::span<const Member> members() const noexcept { return polled_->members; }
  // Empty: there is no such socket any more.
  std::span<const Member> members_of(std::uint32_t serial) const noexcept;
  std::string_view frame() const noexcept { return polled_->socket->frame(); }
  // After Event::frame: it is nobody's. What else was missed nobody knows: the next event is that
  // the socket is closed.
  void stray(Mono now) noexcept;

  // Whether who asks now had better open a stream of its own. While it is not known whether the
  // venue objects to sharing, one does at a time: where its own does not come to stand either, it
  // is an outage; where it stands, and shared ones that are begun after that go on failing, all do.
  bool wants_own(Mono now) noexcept;
  // What became of such a stream. True, once: sharing is over.
  bool own_stands(Mono now) noexcept;
  void own_failed() noexcept { forgive(); }

 private:
  enum class Stage : std::uint8_t { gathering, opening, open, over };
  struct Line {
    ~Line();
    std::unique_ptr<net::WebSocket> socket;  // null while gathering
    std::vector<Member> members;
    Stage stage = Stage::gathering;
    std::uint32_t serial = 0;
    bool proven = false;  // it has stood for a while
    bool lost = false;    // to be said
    bool ending = false;  // to be said
    Mono begun{};
    Mono since{};  // gathering: when it opens at the latest; open: when it stood
    std::size_t present() const noexcept;
  };

  Line* gathering() const noexcept;
  Line* find(std::uint32_t serial) const noexcept;
  void open(Line& line, Mono now);
  Event poll_line(Line& line, Mono now);
  Event over(Line& line, Mono now) noexcept;
  void merge(Mono now) noexcept;
  void forgive() noexcept;

  net::Transport& transport_;
  const venue::Endpoints& endpoints_;
  std::vector<std::unique_ptr<Line>> lines_;
  std::size_t at_ = 0;  // whose turn it is
  int frames_ = 0;      // of it, in its turn
  Line* polled_ = nullptr;
  std::uint32_t serials_ = 0;
  Mono merge_at_{};
  int objections_ = 0;      // in a row
  Mono own_again_{};        // not before, another tries one of its own
  bool own_stood_ = false;  // one did,
  Mono own_stood_since_{};  // from then on,
  int contrasts_ = 0;       // and so many shared ones did not
  Mono contrast_from_{};    // not counted before
  int strays_ = 0;
  Mono strayed_{};  // the last time
  bool given_up_ = false;
  bool told_ = false;  // of that
};

}  // namespace copyd::exec
