#include "engine/undrained.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "config/reload.hpp"
#include "core/ids.hpp"

namespace copyd::engine {
namespace {

using journal::Record;
using journal::Type;

using LinkPlace = std::pair<std::uint16_t, std::uint16_t>;  // follower, link

struct Held {
  std::set<std::uint16_t> followers;  // that hold something at the venue, or have an order there
  std::set<LinkPlace> links;          // whose target is something
};

Held held_in(std::span<const Record> rows) {
  Held held;
  std::optional<LinkPlace> ledger;
  Qty target;
  const auto end_ledger = [&] {
    if (ledger && !target.is_zero()) held.links.insert(*ledger);
    ledger.reset();
    target = Qty();
  };
  for (const Record& row : rows) {
    const auto type = static_cast<Type>(row.type);
    if (type == Type::lot) {
      target += row.as<journal::Lot>().follower;
      continue;
    }
    end_ledger();
    if (type == Type::ledger) {
      const auto of = row.as<journal::Ledger>();
      ledger = LinkPlace{of.follower.value, of.link};
    } else if (type == Type::held_leg) {
      held.followers.insert(row.as<journal::HeldLeg>().follower.value);
    } else if (type == Type::open_order) {
      held.followers.insert(row.as<journal::OpenOrder>().follower.value);
    }
  }
  end_ledger();
  return held;
}

// Of `before.links`, those that `file` does not have: the n-th link to a leader is the n-th again.
std::vector<std::uint16_t> links_gone(const config::Follower& before,
                                      const config::Follower* file) {
  std::vector<std::uint16_t> gone;
  std::map<std::string_view, std::ptrdiff_t> turns;
  for (std::uint16_t i = 0; i < before.links.size(); ++i) {
    const std::string& leader = before.links[i].leader;
    const std::ptrdiff_t turn = turns[leader]++;
    const std::ptrdiff_t there =
        file == nullptr ? 0
                        : std::count_if(file->links.begin(), file->links.end(),
                                        [&](const auto& link) { return link.leader == leader; });
    if (turn >= there) gone.push_back(i);
  }
  return gone;
}

template <class Entries>
auto* find_label(Entries& entries, const std::string& label) {
  const auto at = std::find_if(entries.begin(), entries.end(),
                               [&](const auto& entry) { return entry.label == label; });
  return at == entries.end() ? nullptr : &*at;
}

}  // namespace

std::optional<Undrained> with_undrained(const config::Config& file, const config::Config& before,
                                        std::span<const Record> rows) {
  const Held held = held_in(rows);
  Undrained out{.config = file, .names = {}};
  const auto add_link = [&](config::Follower& to, const config::Link& link) {
    to.links.push_back(link);
    to.links.back().removed = true;
    if (find_label(out.config.leaders, link.leader) != nullptr) return;
    out.config.leaders.push_back(*find_label(before.leaders, link.leader));
    out.config.leaders.back().removed = true;
  };
  for (const std::uint16_t f : held.followers) {
    if (f >= before.followers.size()) continue;
    const config::Follower& was = before.followers[f];
    config::Follower* now = find_label(out.config.followers, was.label);
    auto gone = links_gone(was, now);
    std::erase_if(gone, [&](std::uint16_t link) { return !held.links.contains({f, link}); });
    if (now == nullptr) {
      now = &out.config.followers.emplace_back(was);
      now->removed = true;
      now->links.clear();
      out.names.push_back(was.label);
      // What it holds and nobody wants is closed all the same.
      if (gone.empty()) gone.push_back(0);
    } else {
      for (const std::uint16_t link : gone)
        out.names.push_back(was.label + "'s link to " + was.links[link].leader);
    }
    for (const std::uint16_t link : gone) add_link(*now, was.links[link]);
  }
  if (out.names.empty() || !config::conflict_of(out.config).empty()) return std::nullopt;
  return out;
}

}  // namespace copyd::engine
