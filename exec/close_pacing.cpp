#include "exec/close_pacing.hpp"

namespace copyd::exec {

void ClosePacing::failed(Mono now) noexcept {
  auto hold = first_hold;
  for (int i = 0; i < failures_ && hold < hold_max; ++i) hold *= 2;
  if (hold > hold_max) hold = hold_max;
  ++failures_;
  seen_ = false;
  failed_at_ = now;
  not_before_ = now + hold;
}

void ClosePacing::position_seen(Mono asked) noexcept {
  if (failures_ > 0 && asked >= failed_at_) seen_ = true;
}

ClosePacing::Verdict ClosePacing::ask(Mono now) const noexcept {
  if (failures_ == 0) return Verdict::send;
  if (now < not_before_) return Verdict::hold;
  if (failures_ == 1 || seen_) return Verdict::send;
  return Verdict::read_position;
}

}  // namespace copyd::exec
