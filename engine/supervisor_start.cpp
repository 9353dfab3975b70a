// Supervisor, from the venue's symbols to running agents: what earlier runs left, the books, the
// keys, and each leader when its followers are ready.
#include "engine/supervisor.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "config/write.hpp"
#include "ops/log.hpp"

namespace copyd::engine {
namespace {

using namespace std::chrono_literals;
namespace log = ops::log;

}  // namespace

// Nothing is ever sent for it: it needs no key.
bool Supervisor::is_shadow(const RosterAccount& account) const {
  return account.follower &&
         config_.followers[account.follower->value].state == config::FollowerMode::shadow;
}

bool Supervisor::start_pipeline() {
  const ThreadPlan plan = plan_threads(config_.engine, usable_cpus_);
  if (!plan.warning.empty()) log::warning(plan.warning);
  const std::int64_t wall_ns = wall_clock_ns();
  RunNames names{.config_text = config_text_,
                 .config = std::make_shared<const config::Config>(config_),
                 .symbols = symbols_,
                 .wall_offset_ns = wall_ns - clock_.now().ns};
  const std::string directory = config_.engine.state_dir + "/journal";
  auto disk = journal::open_directory(directory);
  if (!disk) {
    log::error(
        fmt::format("the journal in {} cannot be opened: {}: check engine.state_dir and its "
                    "rights",
                    directory, disk.error().message()));
    return false;
  }
  disk_ = std::move(disk).value();
  journal_.emplace(RunJournal::Parts{.disk = *disk_, .directory = directory, .clock = clock_});
  auto recovered = journal_->recover(names);
  if (!recovered) {
    log::error(fmt::format("{}: {}", recovered.error().error, recovered.error().remedy));
    return false;
  }
  for (const auto& note : recovered->notes) log::warning(note);
  names.generation = recovered->generation + 1;
  if (recovered->config) {
    names.config = recovered->config;
    names.config_text = config::text_of(*names.config);
    take_places(*names.config);
    roster_.take_roles(config_);
  }
  bool kept = journal_->open(names, *recovered, plan.lanes.size());
  kill_file_.emplace(config_.engine.state_dir, clock_);
  pipeline_ = std::make_unique<Pipeline>(
      Pipeline::Parts{.config = config_,
                      .symbols = symbols_,
                      .endpoints = endpoints_,
                      .clock = clock_,
                      .tls = tls_,
                      .plan = plan,
                      .order_limits = order_limits_,
                      .weight_per_minute = weight_per_minute_,
                      .start_ns = wall_ns,
                      .copy_journal = journal_->copy(),
                      .lane_journals = journal_->lanes(),
                      .doubt_until = doubt_until(*recovered, venue_.now()),
                      .kill = &kill_file_->kill(),
                      .generation = names.generation});
  venue_.count_into(pipeline_->address_holds().weight);
  resume_books(*recovered);
  RowList rows;
  pipeline_->save(rows);
  if (kept) kept = journal_->begin(names, std::move(rows.all), *recovered);
  if (kept) {
    const auto thread = [](const char* name, Agent& agent) {
      return std::make_unique<AgentThread>(name, std::vector<Agent*>{&agent}, Idle::sleep,
                                           std::nullopt);
    };
    journal_thread_ = thread("copyd-journal", journal_->agent());
    compaction_thread_ = thread("copyd-compact", journal_->compaction());
  } else {
    restrict_all(StateCause::journal);
  }
  log::info(fmt::format("{} symbols; {} threads", symbols_.size(),
                        plan.dedicated ? "dedicated" : "shared"));
  make_readers(*recovered);
  make_history(*recovered);
  read_keys();
  kill_thread_ = std::make_unique<AgentThread>("copyd-kill", std::vector<Agent*>{&*kill_file_},
                                               Idle::sleep, std::nullopt);
  pipeline_->start();
  for (auto& [request, reply] : early_connects_) handle_key(std::move(request), reply);
  early_connects_.clear();
  return true;
}

// The books as an earlier run left them, and what its lanes have to know of them.
void Supervisor::resume_books(const Recovered& recovered) {
  pipeline_->restore(recovered.rows);
  tracks_ = recovered.leaders;
  positions_doubtful_ = positions_doubtful(recovered, venue_.now());
  if (positions_doubtful_) pipeline_->tell_lanes(exec::TrustPositions{.trust = false});
  for (const auto& row : recovered.rows) {
    if (row.type == static_cast<std::uint16_t>(journal::Type::wish))
      restrictions_.restore(row.as<journal::Wish>());
    if (row.type != static_cast<std::uint16_t>(journal::Type::held_leg)) continue;
    const auto held = row.as<journal::HeldLeg>();
    pipeline_->tell_lane(held.follower, exec::ExpectPosition{.follower = held.follower,
                                                             .symbol = held.symbol,
                                                             .leg = held.leg,
                                                             .qty = held.position});
  }
  for (std::size_t i = 0; i < config_.followers.size(); ++i) {
    const FollowerId id{static_cast<std::uint16_t>(i)};
    if (pipeline_->follower(id).flattening.get() == flattening_takes_positions)
      pipeline_->tell_lane(id, exec::TakePositions{id});
  }
  if (recovered.trust == Trust::lossy)
    log::warning(
        "the machine stopped since copyd last ran: each order that it may have sent is asked for "
        "before it is sent");
  if (recovered.trust != Trust::corrupt) return;
  log::error(
      fmt::format("the journal is damaged: {}. Nothing opens until `copyctl resume --all`; "
                  "compare the positions with the venue's first",
                  recovered.damage));
  restrict_all(StateCause::recovery);
}

// What reads at the venue for the copy agent.
void Supervisor::make_readers(const Recovered& recovered) {
  time_keeper_.emplace(venue_, clock_, [this](TimeSample sample) { pipeline_->tell_time(sample); });
  const auto tell = [this](const CopyCommand& command) { pipeline_->tell_copier(command); };
  equities_.emplace(Equities::Parts{
      .config = config_,
      .roster = roster_,
      .venue = venue_,
      .clock = clock_,
      .tell = tell,
      .link_of = [this](FollowerId id) -> const exec::FollowerLinkCells& {
        return pipeline_->link(id);
      },
      .symbols = symbols_,
      .mark_of = [this](SymbolId symbol) { return marks_->latest(symbol); },
      .next_news = [this](venue::AccountNews& news) { return pipeline_->next_news(news); },
      .news_lost = [this] { return pipeline_->news_lost(); },
      .gaps_of =
          [this](const RosterAccount& account) {
            if (account.follower) return pipeline_->link(*account.follower).reconnects.get();
            return account.leader ? pipeline_->leader(*account.leader).reconnects.get()
                                  : std::int64_t{0};
          },
      .heard = [this](RosterAccount& account,
                      const VenueAnswer& answer) { health_->heard(account, answer); }});
  make_health();
  preparation_.emplace(Preparation::Parts{
      .config = config_,
      .roster = roster_,
      .venue = venue_,
      .symbols = symbols_,
      .clock = clock_,
      .tell =
          [this](FollowerId id, exec::LaneCommand command) {
            return pipeline_->offer_lane(id, std::move(command));
          },
      .cells_of = [this](LeaderId id) -> const feed::LeaderCells& { return pipeline_->leader(id); },
      .may_change =
          [this](FollowerId id) {
            const auto& cells = pipeline_->follower(id);
            const auto state = static_cast<FollowerState>(cells.state.get());
            return state != FollowerState::halted && cells.is_shadow.get() == 0;
          }});
  for (const auto& row : recovered.rows) {
    if (row.type != static_cast<std::uint16_t>(journal::Type::loss_base)) continue;
    const auto base = row.as<journal::LossBase>();
    if (base.transfers_ms > 0) equities_->recover(base.follower, base.transfers, base.transfers_ms);
  }
  marks_.emplace(Marks::Parts{.config = config_,
                              .symbols = symbols_,
                              .endpoints = endpoints_,
                              .transport = *transport_,
                              .clock = clock_,
                              .tell = tell,
                              .seed = static_cast<std::uint64_t>(wall_clock_ns())});
}

void Supervisor::restrict_all(StateCause cause) {
  for (std::size_t i = 0; i < config_.followers.size(); ++i)
    pipeline_->tell_copier(SetState{.follower = FollowerId{static_cast<std::uint16_t>(i)},
                                    .cause = cause,
                                    .state = FollowerState::reduce_only});
}

void Supervisor::read_keys() {
  leaders_due_ = clock_.now() + followers_wait;
  for (const auto& label : store_.labels()) {
    const ops::Account* stored = store_.find(label);
    if (stored->venue != venue_name_) {
      log::warning(fmt::format("\"{}\" is an account of {}, not of {}: it is left out", label,
                               stored->venue, venue_name_));
      continue;
    }
    RosterAccount& account = roster_.at(label);
    if (auto credentials = credentials_of(*stored)) {
      account.credentials = std::move(credentials).value();
      account.alias = stored->alias;
      hand_over(account);
    } else {
      log::error(fmt::format("the stored key of \"{}\" cannot be used: connect it again", label));
    }
  }
  for (const auto& account : roster_.accounts())
    if (!account.connected() && account.role() != Role::none && !is_shadow(account))
      log::warning(fmt::format("{} \"{}\" is not connected: copyctl connect {}",
                               name_of(account.role()), account.label, account.label));
}

// Gives the account's agents a key of their own, made from the stored one.
void Supervisor::hand_over(RosterAccount& account) {
  const ops::Account* stored = store_.find(account.label);
  if (stored == nullptr || pipeline_ == nullptr) return;
  if (account.leader)
    if (auto credentials = credentials_of(*stored))
      hand_over_leader(*account.leader, std::move(credentials).value());
  if (account.follower) hand_over_follower(account);
  equities_->connected(account);
  health_->connected(account);
  key_watch_->connected(account);
  preparation_->connected(account);
}

void Supervisor::hand_over_leader(LeaderId leader, venue::Credentials credentials) {
  std::erase_if(waiting_leaders_, [&](const auto& waiting) { return waiting.first == leader; });
  waiting_leaders_.emplace_back(leader, std::move(credentials));
}

// No follower of the leader is on its way to being ready, or there are more than can be at once.
bool Supervisor::may_start(LeaderId leader) {
  const Mono now = clock_.now();
  const auto left =
      pipeline_->address_holds().weight.room(now, venue::AddressWeight::Urgency::patient);
  if (now >= leaders_due_ || left < venue::call_weight::session_at_most) return true;
  return std::none_of(
      roster_.accounts().begin(), roster_.accounts().end(), [&](const RosterAccount& account) {
        if (!account.follower || !account.connected()) return false;
        const auto& links = config_.followers[account.follower->value].links;
        const bool follows = std::any_of(links.begin(), links.end(), [&](const config::Link& link) {
          return link.leader == config_.leaders[leader.value].label;
        });
        const auto causes =
            static_cast<std::uint32_t>(pipeline_->follower(*account.follower).causes.get());
        const auto connection = 1U << static_cast<unsigned>(StateCause::connection);
        return follows && (causes & connection) != 0;
      });
}

void Supervisor::start_leaders() {
  std::erase_if(waiting_leaders_, [&](auto& waiting) {
    auto& [leader, credentials] = waiting;
    if (!may_start(leader)) return false;
    feed::AddLeader add{.leader = leader,
                        .credentials = std::move(credentials),
                        .connections = config_.leaders[leader.value].connections};
    // Once handed over, the feed itself knows how far it has come.
    if (const auto track = tracks_.extract(leader); !track.empty())
      add.resume = track.mapped().resume();
    pipeline_->tell_feed(std::move(add));
    return true;
  });
}

}  // namespace copyd::engine
