// EventFaults: what the simulated venue does wrong on purpose to an account's user-data events, on
// their way from the exchange to the streams: withheld, doubled, late, out of order, silent.
//
// Events of one type stay in order, as the venue promises, unless told otherwise. Chance comes from
// the seed alone. One thread.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "sim/faults.hpp"
#include "sim/random.hpp"

namespace copyd::sim {

struct UserEvent {
  std::string type{};  // "ORDER_TRADE_UPDATE"
  std::string json{};
};

// The plan for one account's next events. Each counts down by the events it struck.
struct EventPlan {
  struct Chosen {
    // An event type, or an execution type or order status of an ORDER_TRADE_UPDATE ("NEW").
    std::string what{};
    int left = 0;
    std::chrono::milliseconds delay{0};
  };
  std::vector<Chosen> withheld{};
  std::vector<Chosen> overtaken{};  // late alone: what comes after does not wait
  int doubled = 0;
  int copies = 2;  // of each doubled one, itself included
  int reordered = 0;
  std::size_t window = 0;    // so many at a time
  bool within_type = false;  // also those of one type
  int late = 0;
  std::chrono::milliseconds delay{0};  // what comes after waits behind it
};

class EventFaults {
 public:
  using Release = std::function<void(AccountIndex account, const UserEvent& event)>;
  // An unfilled window is let go after this.
  static constexpr std::chrono::milliseconds window_patience{500};

  EventFaults(std::uint64_t seed, Later later, Release release)
      : random_(seed), later_(std::move(later)), release_(std::move(release)) {}

  EventPlan& plan(AccountIndex account) { return lines_[account].plan; }
  // What is sent until then is lost.
  void silence(AccountIndex account, std::chrono::milliseconds time);
  bool is_silent(AccountIndex account) const noexcept;
  void push(AccountIndex account, UserEvent event);

 private:
  struct Held {
    UserEvent event{};
    std::uint64_t number = 0;
    bool waits = false;  // for its time
  };
  struct Line {
    EventPlan plan{};
    std::vector<UserEvent> window{};
    std::uint64_t windows = 0;  // let go so far
    std::deque<Held> queue{};
    int silences = 0;  // that are under way
  };

  // The first entry that means this event, counted down.
  static std::optional<EventPlan::Chosen> take(std::vector<EventPlan::Chosen>& from,
                                               const UserEvent& event);
  void gather(AccountIndex account, Line& line, UserEvent event);
  void let_go(AccountIndex account, Line& line);
  void enqueue(AccountIndex account, Line& line, UserEvent event);
  void drain(AccountIndex account, Line& line);

  Random random_;
  Later later_;
  Release release_;
  std::map<AccountIndex, Line> lines_{};
  std::uint64_t next_ = 0;
};

// A frame no decoder likes. Nothing: no such kind.
struct OddFrame {
  std::string text{};
  bool binary = false;
  bool wrapped = false;  // comes in the envelope of a combined stream
};
std::optional<OddFrame> odd_frame(std::string_view kind, VenueTime now);
// A well-formed event of about that many bytes, of a type nobody knows.
OddFrame huge_frame(std::size_t bytes, VenueTime now);

}  // namespace copyd::sim
