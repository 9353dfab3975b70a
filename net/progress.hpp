// Progress: what a step of something polled achieved.
#pragma once

namespace copyd::net {

enum class Progress {
  pending,  // call again
  done,
};

}  // namespace copyd::net
