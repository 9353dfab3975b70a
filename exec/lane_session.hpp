// LaneSession: the conversation that makes one follower's connections ready, and keeps them so.
//
//   account:  accountConfig ─▶ listen key ─▶ user stream ─▶ positionRisk ─▶ live
//   orders:                     (after the first time live)  connect ─▶ logon ─▶ open
//
// The two parts fail and come back by themselves: a lost user stream does not stop the sending of
// orders, whose fate can be asked for, and a lost order socket does not stop the news of fills.
// Ready is said once orders can leave for the first time, and again when the position mode has
// changed; `not ready` only when the venue refuses the key or the follower is removed.
//
// While the order socket does not stand, orders may leave by another way (see may_fall_back), but
// not before it had a moment to come back.
//
// Each socket has a successor ahead of the 24 hours after which the venue ends it, or when the
// venue says that it is about to. The successor is opened beside the old socket and takes over when
// it stands, with no moment between them; if it fails, the old one is none the worse for it.
//
// A pure machine: it is told events and time, and says what to do next. Owned by one lane.
// Source: Binance docs, "User Data Streams", "WebSocket API general info".
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/clock.hpp"
#include "core/flow.hpp"
#include "net/backoff.hpp"
#include "venue/address_weight.hpp"
#include "venue/listen_key.hpp"
#include "venue/socket_renewal.hpp"

namespace copyd::exec {

class LaneSession {
 public:
  static constexpr std::chrono::seconds step_max{10};       // each step; a request ends in 5 s
  static constexpr std::chrono::seconds refused_pause{60};  // before a refused key is tried again
  static constexpr std::chrono::seconds steady{10};         // a connection this old was no flapping
  // What an order socket that was lost has to come back, unless its first attempt fails before.
  static constexpr std::chrono::milliseconds fallback_grace{250};
  // Of the sockets that the venue says it will end, all at once.
  static constexpr std::chrono::seconds ending_spread{1};

  enum class Account : std::uint8_t { idle, config, listen_key, stream, positions, live };
  enum class Orders : std::uint8_t { idle, connecting, logging_on, open };

  enum class Action : std::uint8_t {
    none,
    read_config,
    create_listen_key,
    open_stream,
    read_positions,
    open_orders,
    log_on,
    extend_listen_key,
    close_stream,
    close_orders,
    open_next_stream,   // the successor, beside the present one
    take_next_stream,   // it serves from now on; the present one retires
    close_next_stream,  // it failed
    open_next_orders,
    log_on_next,
    take_next_orders,
    close_next_orders,
    announce,         // tell the copy agent: ready, with the mode
    renounce,         // tell the copy agent: not ready
    resolve_unknown,  // what may have been missed is over: ask for the fate of what is unknown
  };

  enum class Event : std::uint8_t {
    config_read,
    listen_key_created,
    stream_opened,
    positions_read,
    account_failed,  // a step of the account part failed, for now
    stream_closed,
    orders_opened,
    logged_on,
    orders_failed,  // the order socket was lost, or a step of it failed
    orders_moved,   // the order connection was lost, and another stands in its place already
    logon_lost,     // the order socket stands, but the venue does not know any more who we are
    stream_ending,  // the venue is about to end the socket
    orders_ending,
    next_stream_opened,
    next_stream_failed,
    next_orders_opened,
    next_logged_on,
    next_orders_failed,
    key_extended,
    extension_failed,
    listen_key_gone,  // expired, or unknown to the venue
    mode_doubtful,    // an order was refused for its position side: the mode has changed
    key_refused,      // by any answer
  };

  // `logs_on`: Ed25519; other keys sign each request instead. `shares`: the order connection is not
  // the follower's own. `open_orders` then asks for no more than word of it, and whoever has it
  // sees to its renewal.
  LaneSession(std::uint64_t seed, bool logs_on, bool shares = false) noexcept
      : logs_on_(logs_on),
        shares_(shares),
        first_extension_(venue::ListenKeyTimer::first_of(seed)),
        account_backoff_(seed),
        orders_backoff_(seed ^ 0x5DEECE66DU),
        next_stream_(seed ^ 0xB5026F5AA96619E9U),
        next_orders_(seed ^ 0x2545F4914F6CDD1DU) {}

  void on(Event event, Mono now) noexcept;
  // The position mode that config_read found; told before that event.
  void set_mode(PositionMode mode) noexcept { mode_ = mode; }
  // From the next attempt on the order connection is the follower's own.
  void stop_sharing(Mono now) noexcept;

  // Until then the venue wants to hear nothing of this address: no attempt is begun.
  struct Holds {
    Mono rest{};
    Mono sockets{};
    // Of which the account part takes its weight before it begins, and that of an order socket
    // which is to follow. Null: no limit.
    venue::AddressWeight* weight = nullptr;
    venue::AddressWeight::Urgency urgency = venue::AddressWeight::Urgency::patient;
  };
  // What of it the beginning of the account part has not taken already.
  int unpaid(int weight) noexcept {
    const int paid = std::min(weight, prepaid_);
    prepaid_ -= paid;
    return weight - paid;
  }
  // What to do now. To be asked until it says `none`, after each event and as time passes.
  Action next(Mono now, const Holds& holds) noexcept;
  Action next(Mono now) noexcept { return next(now, Holds{}); }

  // Orders may be written to the order socket.
  bool can_send() const noexcept { return orders_ == Orders::open && announced_ && !refused_; }
  // Orders may leave by another way: the order socket had its moment to come back.
  bool may_fall_back(Mono now) const noexcept {
    return orders_ != Orders::open && announced_ && !refused_ && now >= fallback_from_;
  }
  // The follower's stream is heard.
  bool hears() const noexcept { return account_ == Account::live && !refused_; }
  // Both parts stand: an answer that an order written on the order socket does not exist may be
  // believed.
  bool healthy() const noexcept { return hears() && orders_ == Orders::open; }
  bool refused() const noexcept { return refused_; }
  bool announced() const noexcept { return announced_; }
  Account account() const noexcept { return account_; }
  Orders orders() const noexcept { return orders_; }
  PositionMode mode() const noexcept { return mode_; }
  // Grow with each attempt of a part: an answer to an earlier attempt belongs to nobody.
  std::uint32_t account_epoch() const noexcept { return account_epoch_; }
  // Of both parts, and of the account part alone.
  std::uint32_t losses() const noexcept { return losses_; }
  std::uint32_t account_losses() const noexcept { return account_losses_; }

 private:
  struct Step {
    bool asked = false;
    Mono deadline{};
    Mono retry_at{};
    Mono stood_since{};
  };
  // A socket that is to follow the present one.
  struct Successor {
    explicit Successor(std::uint64_t seed) noexcept : renewal(seed) {}
    venue::SocketRenewal renewal;
    Orders stage = Orders::idle;  // never open: it is the present one then
    Mono deadline{};
    bool say_take = false;
    bool say_close = false;
    bool say_log_on = false;
  };

  Action say() noexcept;
  bool take_weight(Mono now, const Holds& holds) noexcept;
  Action next_account(Mono now, const Holds& holds) noexcept;
  Action next_orders(Mono now, Mono from) noexcept;
  Action renew(Successor& next, Action open, Mono now) noexcept;
  void on_successor(Event event, Mono now) noexcept;
  void fail(Successor& next, Mono now) noexcept;
  void abandon(Successor& next) noexcept;
  void stands(Successor& next, Mono now) noexcept;
  Action ask(Step& step, Action action, Mono now) noexcept;
  void enter(Account account, Mono now) noexcept;
  void enter(Orders orders, Mono now) noexcept;
  void lose_account(Mono now) noexcept;
  void lose_orders(Mono now) noexcept;
  void refuse(Mono now) noexcept;
  void check_ready() noexcept;
  bool carries() const noexcept;
  void announce() noexcept;

  bool logs_on_;
  bool shares_;
  std::chrono::nanoseconds first_extension_;
  int prepaid_ = 0;  // weight of the order socket
  Account account_ = Account::idle;
  Orders orders_ = Orders::idle;
  Step account_step_;
  Step orders_step_;
  net::Backoff account_backoff_;
  net::Backoff orders_backoff_;
  venue::ListenKeyTimer listen_key_timer_;
  PositionMode mode_ = PositionMode::one_way;
  PositionMode announced_mode_ = PositionMode::one_way;
  Successor next_stream_;
  Successor next_orders_;
  bool recovered_ = false;  // the account part has been live once
  bool announced_ = false;
  bool refused_ = false;
  Mono refused_until_{};
  std::uint32_t account_epoch_ = 0;
  std::uint32_t losses_ = 0;
  std::uint32_t account_losses_ = 0;
  static constexpr Mono never{INT64_MAX};
  // While the order socket does not stand; never: it has not failed yet.
  Mono fallback_from_ = never;
  bool orders_lost_before_ = false;

  // Said by the next calls of next(), in this order.
  bool say_close_stream_ = false;
  bool say_close_orders_ = false;
  bool say_renounce_ = false;
  bool say_announce_ = false;
  bool say_resolve_ = false;
};

}  // namespace copyd::exec
