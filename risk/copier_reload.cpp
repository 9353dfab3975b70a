// How the Copier goes over to another configuration.
#include <algorithm>
#include <utility>

#include "core/assert.hpp"
#include "risk/copier.hpp"

namespace copyd::risk {

Reload reload_of(const config::Config& running, const config::Config& next,
                 const SymbolTable& symbols) {
  ASSERT(next.followers.size() >= running.followers.size());
  Reload reload;
  for (const auto& leader : next.leaders) reload.leader_keys.push_back(name_key(leader.label));
  for (std::size_t i = 0; i < next.followers.size(); ++i) {
    const config::Follower& follower = next.followers[i];
    const bool fresh = i >= running.followers.size();
    if (!fresh && follower == running.followers[i]) continue;
    const FollowerId id{static_cast<std::uint16_t>(i)};
    auto& one = reload.followers.emplace_back(
        Reload::Follower{.id = id, .policy = resolve(follower, next.leaders, symbols)});
    if (fresh) one.setup = setup_of(follower, id, one.policy);
  }
  return reload;
}

FollowerBook::Setup setup_of(const config::Follower& config, FollowerId id, FollowerPolicy policy) {
  return {.id = id,
          .key = name_key(config.label),
          .links = std::move(policy.links),
          .limits = std::move(policy.limits),
          .losses = policy.losses,
          .paper = config.state == config::FollowerMode::shadow};
}

void Copier::prepare(Reload& reload) const {
  for (Reload::Follower& follower : reload.followers)
    if (follower.setup) follower.book.emplace(std::move(*follower.setup), shared_);
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
  ASSERT(reload.leader_keys.size() <= leader_keys_.size());
  std::copy(reload.leader_keys.begin(), reload.leader_keys.end(), leader_keys_.begin());
  for (Reload::Follower& follower : reload.followers) {
    const std::uint16_t id = follower.id.value;
    const FollowerState state = follower.policy.state;
    std::uint16_t link = 0;  // the first that is new
    if (follower.book) {
      take_in(std::move(*follower.book));
    } else {
      link = static_cast<std::uint16_t>(books_[id].links().size());
      const bool was_on_paper = books_[id].on_paper();
      books_[id].renew(follower.policy, now_);
      if (was_on_paper && !books_[id].on_paper()) leave_paper(id);
    }
    ASSERT(id < books_.size());
    books_[id].set_state(StateCause::configuration, state, turn_of(id));
    for (; link < books_[id].links().size(); ++link) begin_link(id, link);
    go_on(id);
    show_state(id);
  }
  shown_generation_.set(generation_);
  for (const SetState& state : reload.states) take(state);
}

// Nothing is moved in memory: there is room for as many as there may be.
void Copier::take_in(FollowerBook book) noexcept {
  const std::uint16_t id = book.id().value;
  ASSERT(id == books_.size() && id < books_.capacity() && id < cells_.size());
  books_.push_back(std::move(book));
  lane_of_.push_back(static_cast<std::uint16_t>(id % lanes_.size()));
  refused_mode_.emplace_back();
  last_increases_.emplace_back();
  if (books_[id].on_paper()) on_paper_.push_back(id);
  cells_[id].is_shadow.set(books_[id].on_paper() ? 1 : 0);
  if (journal_lost_)
    books_[id].set_state(StateCause::journal, FollowerState::reduce_only, turn_of(id));
}

// It opens when its lane has told that it is ready, and the account's mode.
void Copier::leave_paper(std::uint16_t follower) noexcept {
  std::erase(on_paper_, follower);
  refused_mode_[follower].reset();
  last_increases_[follower] = {};
  cells_[follower].is_shadow.set(0);
}

// What its leader holds is there, and not copied. By the FollowerId, as at a start.
void Copier::begin_link(std::uint16_t follower, std::uint16_t link) noexcept {
  const LeaderId leader = books_[follower].links()[link].leader;
  auto& followers = followers_of_[leader.value];
  const auto at = std::lower_bound(followers.begin(), followers.end(), follower);
  if (at == followers.end() || *at != follower) followers.insert(at, follower);
  const auto& legs = held_by_leader_[leader.value];
  for (std::size_t i = 0; i < legs.size(); ++i)
    if (!legs[i].is_zero())
      books_[follower].begin_link(link,
                                  {.leader = leader,
                                   .symbol = SymbolId{static_cast<std::uint16_t>(i / leg_kinds)},
                                   .leg = static_cast<Leg>(i % leg_kinds),
                                   .qty = legs[i],
                                   .as_of = {}},
                                  turn_of(follower));
}

void Copier::replay(const journal::Record& record, Reload& reload) {
  ASSERT(replaying_);
  now_ = Mono{record.mono_ns};
  apply(reload);
  for (Lane& lane : lanes_) hand_over_waiting(lane);
}

}  // namespace copyd::risk
