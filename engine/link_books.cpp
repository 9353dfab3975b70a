#include "engine/link_books.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace copyd::engine {
namespace {

using journal::Record;
using journal::record_of;
using journal::Type;

// What the rows say of each follower, by FollowerId.
struct Known {
  bool book = false;
  bool paper = false;
  bool real = false;  // it holds something at the venue, or has an order there
  std::set<std::uint16_t> links;
};

std::vector<Known> known_in(const std::vector<Record>& rows, std::size_t followers) {
  std::vector<Known> all(followers);
  for (const Record& row : rows) {
    switch (static_cast<Type>(row.type)) {
      case Type::follower:
        all[row.as<journal::Follower>().id.value].book = true;
        break;
      case Type::paper:
        all[row.as<journal::Paper>().follower.value].paper = true;
        break;
      case Type::held_leg:
        all[row.as<journal::HeldLeg>().follower.value].real = true;
        break;
      case Type::open_order:
        all[row.as<journal::OpenOrder>().follower.value].real = true;
        break;
      case Type::link_equity: {
        const auto link = row.as<journal::LinkEquity>();
        all[link.follower.value].links.insert(link.link);
        break;
      }
      default:
        break;
    }
  }
  return all;
}

// What is left of the rows of followers whose book begins anew.
class Dropping {
 public:
  explicit Dropping(const std::set<FollowerId>& dropped) : dropped_(dropped) {}

  // False: nothing is left of it.
  bool keep(Record& row) {
    switch (static_cast<Type>(row.type)) {
      case Type::follower:
        return follower(row);
      case Type::ledger:
        lots_dropped_ = of<journal::Ledger>(row);
        return true;
      case Type::lot:
        if (!lots_dropped_) return true;
        row = record_of(
            journal::Lot{.leader = row.as<journal::Lot>().leader, .follower = {}, .rate_units = 0});
        return true;
      case Type::held_leg:
        return !of<journal::HeldLeg>(row);
      case Type::paper:
        return !of<journal::Paper>(row);
      case Type::adopting:
        return !of<journal::Adopting>(row);
      case Type::outcome:
        return !of<journal::Outcome>(row);
      case Type::open_order:
        return !of<journal::OpenOrder>(row);
      case Type::count:
        return !of<journal::Count>(row);
      default:
        return true;
    }
  }

 private:
  template <class Payload>
  bool of(const Record& row) const {
    return dropped_.contains(row.as<Payload>().follower);
  }
  // The account's position mode is told anew: on paper it may have been another.
  bool follower(Record& row) const {
    auto payload = row.as<journal::Follower>();
    if (!dropped_.contains(payload.id)) return true;
    payload.mode_known = 0;
    payload.refused_mode = 0;
    payload.flattening = 0;
    row = record_of(payload);
    return true;
  }

  const std::set<FollowerId>& dropped_;
  bool lots_dropped_ = false;
};

FollowerId follower_id(std::size_t index) {
  return FollowerId{static_cast<std::uint16_t>(index)};
}

LeaderId leader_of(const config::Config& config, const config::Link& link) {
  const auto at =
      std::find_if(config.leaders.begin(), config.leaders.end(),
                   [&](const config::Leader& leader) { return leader.label == link.leader; });
  return LeaderId{static_cast<std::uint16_t>(at - config.leaders.begin())};
}

}  // namespace

std::optional<ops::Failure> LinkBooks::fit(std::vector<Record>& rows) const {
  const auto known = known_in(rows, config.followers.size());
  std::set<FollowerId> dropped;
  for (std::size_t i = 0; i < known.size(); ++i) {
    const auto& follower = config.followers[i];
    const bool shadow = follower.state == config::FollowerMode::shadow;
    if (!known[i].book || known[i].paper == shadow) continue;
    if (shadow && known[i].real)
      return ops::Failure{
          .error = fmt::format("\"{}\" cannot be a shadow: copyd holds positions or has orders for "
                               "it at the venue, and would leave them there",
                               follower.label),
          .remedy = fmt::format("give it `state = \"reduce_only\"`, start copyd, `copyctl flatten "
                                "{}`, and make it a shadow when it is flat",
                                follower.label)};
    dropped.insert(follower_id(i));
  }
  if (!dropped.empty()) {
    Dropping dropping(dropped);
    std::erase_if(rows, [&](Record& row) { return !dropping.keep(row); });
  }

  for (std::size_t i = 0; i < known.size(); ++i)
    for (std::uint16_t link = 0; link < config.followers[i].links.size(); ++link) {
      if (known[i].links.contains(link)) continue;
      const config::Link& made = config.followers[i].links[link];
      const LeaderId leader = leader_of(config, made);
      if (const auto track = leaders.find(leader);
          track != leaders.end() && track->second.begun.ms != 0)
        for (const auto& [leg, held] : track->second.legs) {
          if (held.qty.is_zero()) continue;
          rows.push_back(record_of(journal::Ledger{.follower = follower_id(i),
                                                   .link = link,
                                                   .leader = leader,
                                                   .symbol = leg.symbol,
                                                   .leg = leg.leg}));
          rows.push_back(
              record_of(journal::Lot{.leader = held.qty, .follower = {}, .rate_units = 0}));
        }
      if (made.on_start == config::OnStart::adopt && complete)
        rows.push_back(record_of(
            journal::Adopting{.follower = follower_id(i), .link = link, .leader = leader}));
    }
  return std::nullopt;
}

}  // namespace copyd::engine
