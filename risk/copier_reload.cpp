// How the Copier goes over to another configuration.
#include "core/assert.hpp"
#include "risk/copier.hpp"

namespace copyd::risk {

Reload reload_of(const config::Config& running, const config::Config& next,
                 const SymbolTable& symbols) {
  ASSERT(next.followers.size() == running.followers.size());
  Reload reload;
  for (std::size_t i = 0; i < next.followers.size(); ++i)
    if (next.followers[i] != running.followers[i])
      reload.followers.push_back({.id = FollowerId{static_cast<std::uint16_t>(i)},
                                  .policy = resolve(next.followers[i], next.leaders, symbols)});
  return reload;
}

// A bounded part per pass. The text stands in the journal before the record that makes it count.
int Copier::go_on_reloading() noexcept {
  if (reloads_ == nullptr) return 0;
  if (!reload_) {
    if (!reloads_->to_copier.try_pop(reload_)) return 0;
    text_written_ = 0;
  }
  now_ = clock_.now();
  if (!write_text()) return 1;
  append(journal::Reloaded{.generation = reload_->generation});
  apply(*reload_);
  const bool handed = reloads_->taken.try_push(std::move(reload_));
  ASSERT(handed);  // one is under way at a time
  return 1;
}

// Where the journal cannot be written nothing opens: the configuration may change all the same.
bool Copier::write_text() noexcept {
  if (journal_ == nullptr) return true;
  const auto size = static_cast<std::uint32_t>(reload_->text.size());
  for (int i = 0; i < text_pieces_per_pass && text_written_ < size; ++i) {
    const auto piece = journal::piece_of(reload_->text, reload_->generation, text_written_);
    append(piece);
    text_written_ += static_cast<std::uint32_t>(piece.bytes.size());
  }
  return text_written_ >= size;
}

void Copier::apply(Reload& reload) noexcept {
  generation_ = reload.generation;
  for (Reload::Follower& follower : reload.followers) {
    const std::uint16_t id = follower.id.value;
    ASSERT(id < books_.size());
    const FollowerState state = follower.policy.state;
    books_[id].renew(follower.policy, now_);
    books_[id].set_state(StateCause::configuration, state, turn_of(id));
    go_on(id);
    show_state(id);
  }
  shown_generation_.set(generation_);
}

void Copier::replay(const journal::Record& record, Reload& reload) {
  ASSERT(replaying_);
  now_ = Mono{record.mono_ns};
  apply(reload);
  for (Lane& lane : lanes_) hand_over_waiting(lane);
}

}  // namespace copyd::risk
