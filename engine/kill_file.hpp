// KillFile: the switch that works when nothing else does. A file named KILL in the state directory,
// made by hand or by a script, restricts every follower while it exists:
//
//   pause            reduce only: nothing opens
//   halt             nothing is sent any more; also an empty file, another word, or a file that
//                    exists and cannot be read
//   flatten          nothing opens, and everything that copyd holds is closed; then halted
//
//   state_dir/KILL ─▶ KillFile, its own thread ─▶ kill()  ─▶ each lane, before each send
//                                              └▶ order() ─▶ supervisor ─▶ copy agent
//
// The lanes read its cell themselves, so that a supervisor, a control socket or a copy agent that
// hangs makes no difference to what is sent. During a flatten the cell says reduce_only, because
// the closes must leave. When the file is gone the cell is active again at once; what a flatten has
// halted stays halted until `copyctl resume`.
//
// do_work is the one thread's; the cells are anybody's to read. Allocates nothing after
// construction. An error of the file system is answered with a halt, never with silence.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/agent.hpp"
#include "core/clock.hpp"
#include "core/counters.hpp"
#include "core/flow.hpp"

namespace copyd::engine {

// What the file asks for. Stricter is larger.
enum class KillWord : std::uint8_t { none, pause, halt, flatten };

struct KillOrder {
  KillWord word = KillWord::none;
  enum class Why : std::uint8_t {
    said,            // the file says so, or is empty
    not_understood,  // another word
    unreadable,      // it exists, and cannot be read
  };
  Why why = Why::said;
  friend bool operator==(const KillOrder&, const KillOrder&) = default;
};

class KillFile final : public Agent {
 public:
  // Looks once, so that what is there holds before anything is sent.
  KillFile(const std::string& state_directory, const Clock& clock);

  const char* name() const noexcept override { return "kill-file"; }
  int do_work() noexcept override;
  std::chrono::milliseconds nap() const noexcept override { return period / 2; }

  // FollowerState of everybody, for the lanes.
  const Cell& kill() const noexcept { return kill_; }
  KillOrder order() const noexcept;
  const std::string& path() const noexcept { return path_; }
  // Longer than this between two looks and the promise of 100 ms is in danger.
  static constexpr std::chrono::milliseconds period{20};

 private:
  KillOrder look() const noexcept;
  void publish(KillOrder order) noexcept;

  const std::string path_;
  const Clock& clock_;
  Mono due_{};
  Cell kill_;
  Cell order_;
};

// What the copy agent has to be told of the kill file, and the log. The supervisor's thread.
class KillOrders {
 public:
  explicit KillOrders(std::size_t followers) : followers_(followers) {}

  struct Change {
    std::vector<SetState> states;
    bool flatten = false;  // everybody is to be flattened now: engine/operator_words.hpp
    std::string said;      // "" when nothing has changed
  };
  Change take(const KillFile& file);
  // Of one that is new.
  SetState of(FollowerId follower) const noexcept;
  // There are so many followers now.
  void grow(std::size_t followers) noexcept { followers_ = followers; }

 private:
  std::size_t followers_;
  KillOrder last_;
};

}  // namespace copyd::engine
