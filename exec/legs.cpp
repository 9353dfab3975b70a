#include "exec/legs.hpp"

#include "core/prefetch.hpp"

namespace copyd::exec {
namespace {

constexpr std::size_t first_legs = 4096;

std::size_t hash_of(const LegKey& key) noexcept {
  std::uint64_t value = (static_cast<std::uint64_t>(key.follower.value) << 24U) |
                        (static_cast<std::uint64_t>(key.symbol.value) << 4U) |
                        static_cast<std::uint64_t>(key.leg);
  // Fibonacci hashing: neighbours in id end up far apart.
  value *= 0x9E3779B97F4A7C15U;
  return static_cast<std::size_t>(value ^ (value >> 32U));
}

}  // namespace

Legs::Legs() : index_(2 * first_legs, none) {
  legs_.reserve(first_legs);
}

std::size_t Legs::probe(const LegKey& key) const noexcept {
  const std::size_t mask = index_.size() - 1;
  std::size_t at = hash_of(key) & mask;
  while (index_[at] != none && !(legs_[index_[at]].key == key)) at = (at + 1) & mask;
  return at;
}

std::uint32_t Legs::find(const LegKey& key) const noexcept {
  return index_[probe(key)];
}

void Legs::bring_near(const LegKey& key) const noexcept {
  const std::uint32_t leg = find(key);
  if (leg != none) prefetch(legs_[leg]);
}

std::uint32_t Legs::at(const LegKey& key) {
  const std::size_t place = probe(key);
  if (index_[place] != none) return index_[place];
  const std::uint32_t added = size();
  index_[place] = added;
  legs_.push_back(LegState{.key = key});
  if (2 * legs_.size() > index_.size()) grow();
  return added;
}

void Legs::grow() {
  index_.assign(index_.size() * 2, none);
  for (std::uint32_t i = 0; i < size(); ++i) index_[probe(legs_[i].key)] = i;
}

}  // namespace copyd::exec
