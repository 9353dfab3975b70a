// Mortality: the moment at which the process dies: before or after one of the things that it does
// to the world, a write to its disk or a request to the venue. What it does after that has no
// effect.
#pragma once

#include <memory>
#include <string>

#include "journal/disk.hpp"
#include "net/transport.hpp"

namespace copyd::flow {

class Mortality {
 public:
  // Dies at the n-th deed from now, before it is done (`before`) or right after.
  void doom(int deeds, bool before) noexcept {
    left_ = deeds;
    before_ = before;
  }
  void die() noexcept { dead_ = true; }
  void revive() noexcept {
    dead_ = false;
    left_ = 0;
  }
  bool dead() const noexcept { return dead_; }
  bool doomed() const noexcept { return left_ > 0; }

  // Whether the deed is done.
  bool may_act() noexcept {
    if (dead_) return false;
    if (left_ == 0 || --left_ > 0) return true;
    dead_ = true;
    return !before_;
  }

 private:
  int left_ = 0;  // 0: not doomed
  bool before_ = false;
  bool dead_ = false;
};

// A disk and a transport that do nothing once the process is dead.
std::unique_ptr<journal::Disk> make_mortal(journal::Disk& disk, Mortality& mortality);
std::unique_ptr<net::Transport> make_mortal(std::unique_ptr<net::Transport> inner,
                                            Mortality& mortality);

}  // namespace copyd::flow
