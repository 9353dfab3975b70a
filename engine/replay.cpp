#include "engine/replay.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "config/load.hpp"
#include "core/assert.hpp"

namespace copyd::engine {
namespace {

using journal::Record;
using journal::record_of;
using journal::Type;

// Every leader, follower and link of `running` is in its place in `next`.
bool keeps_places(const config::Config& running, const config::Config& next) {
  const auto same_leader = [](const auto& one, const auto& other) {
    return one.leader == other.leader;
  };
  const auto same_label = [](const auto& one, const auto& other) {
    return one.label == other.label;
  };
  const auto begins_with = [](const auto& longer, const auto& shorter, const auto& same) {
    return longer.size() >= shorter.size() &&
           std::equal(shorter.begin(), shorter.end(), longer.begin(), same);
  };
  return begins_with(next.leaders, running.leaders, same_label) &&
         begins_with(next.followers, running.followers, [&](const auto& one, const auto& other) {
           return same_label(one, other) && begins_with(other.links, one.links, same_leader);
         });
}

}  // namespace

// ---- names -------------------------------------------------------------------------------------

std::vector<Record> RunNames::preamble() const {
  std::vector<Record> records;
  for (std::uint32_t offset = 0; offset < config_text.size();) {
    const auto piece = journal::piece_of(config_text, generation, offset);
    records.push_back(record_of(piece));
    offset += static_cast<std::uint32_t>(piece.bytes.size());
  }
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    const SymbolId id{static_cast<std::uint16_t>(i)};
    records.push_back(record_of(
        journal::SymbolDefinition{.id = id,
                                  .has_filters = symbols[id].filters.has_value(),
                                  .copyable = symbols[id].copyable,
                                  .filters = symbols[id].filters.value_or(SymbolFilters{}),
                                  .name = journal::Name<48>(symbols[id].name)}));
  }
  records.push_back(record_of(journal::Policy{.generation = generation}));
  return records;
}

bool write_beginning(journal::Writer& writer, const RunNames& names, std::span<const Record> rows,
                     Mono now) {
  const auto write = [&](const Record& record) {
    return writer.append(static_cast<Type>(record.type),
                         std::span(record.payload).first(record.length), now);
  };
  const auto preamble = names.preamble();
  return std::all_of(preamble.begin(), preamble.end(), write) &&
         std::all_of(rows.begin(), rows.end(), write);
}

void RowList::row(Type type, std::span<const std::byte> payload) {
  Record record{.type = static_cast<std::uint16_t>(type),
                .length = static_cast<std::uint16_t>(payload.size())};
  std::copy(payload.begin(), payload.end(), record.payload.begin());
  all.push_back(record);
}

// ---- translation -------------------------------------------------------------------------------

Translation::Translation(const RunNames& from, const RunNames& to)
    : from_(from), to_(to), shift_ns_(from.wall_offset_ns - to.wall_offset_ns) {}

void Translation::drop(std::string what) {
  if (std::find(dropped_.begin(), dropped_.end(), what) == dropped_.end())
    dropped_.push_back(std::move(what));
}

bool Translation::symbol(SymbolId& id) {
  if (id.value >= from_.symbols.size()) return false;
  const std::string& name = from_.symbols[id].name;
  const auto known = to_.symbols.find(name);
  if (!known) {
    drop("symbol " + name);
    return false;
  }
  id = *known;
  return true;
}

bool Translation::leader(LeaderId& id) {
  if (id.value >= from_.config->leaders.size()) return false;
  const std::string& label = from_.config->leaders[id.value].label;
  const auto& leaders = to_.config->leaders;
  for (std::size_t i = 0; i < leaders.size(); ++i)
    if (leaders[i].label == label) {
      id = LeaderId{static_cast<std::uint16_t>(i)};
      return true;
    }
  drop("leader " + label);
  return false;
}

bool Translation::follower(FollowerId& id) {
  if (id.value >= from_.config->followers.size()) return false;
  const std::string& label = from_.config->followers[id.value].label;
  const auto& followers = to_.config->followers;
  for (std::size_t i = 0; i < followers.size(); ++i)
    if (followers[i].label == label) {
      id = FollowerId{static_cast<std::uint16_t>(i)};
      return true;
    }
  drop("follower " + label);
  return false;
}

bool Translation::account(journal::Wish& wish) {
  if (wish.about == OperatorWord::About::all) return true;
  const bool of_leader = wish.about == OperatorWord::About::leader;
  LeaderId its_leader{wish.account};
  FollowerId its_follower{wish.account};
  if (of_leader ? !leader(its_leader) : !follower(its_follower)) return false;
  wish.account = of_leader ? its_leader.value : its_follower.value;
  return true;
}

// The n-th link of a follower to a leader stays the n-th, wherever it stands in the list.
bool Translation::link(FollowerId old_follower, std::uint16_t& link) const {
  const auto& before = from_.config->followers[old_follower.value];
  if (link >= before.links.size()) return false;
  const std::string& leader = before.links[link].leader;
  auto nth = std::count_if(before.links.begin(), before.links.begin() + link,
                           [&](const config::Link& other) { return other.leader == leader; });
  for (const auto& now : to_.config->followers) {
    if (now.label != before.label) continue;
    for (std::size_t i = 0; i < now.links.size(); ++i)
      if (now.links[i].leader == leader && nth-- == 0) {
        link = static_cast<std::uint16_t>(i);
        return true;
      }
  }
  return false;
}

template <class Payload, class Change>
bool Translation::change(Record& row, Change change) {
  auto payload = row.as<Payload>();
  if (!change(payload)) return false;
  const Record changed = record_of(payload);
  row.payload = changed.payload;
  return true;
}

bool Translation::translate(Record& row) {
  switch (static_cast<Type>(row.type)) {
    case Type::last_price:
      return change<journal::LastPrice>(row, [&](auto& p) { return symbol(p.symbol); });
    case Type::follower:
      return change<journal::Follower>(row, [&](auto& p) { return follower(p.id); });
    case Type::link_equity:
      return change<journal::LinkEquity>(row, [&](auto& p) {
        return link(p.follower, p.link) && follower(p.follower) && leader(p.leader);
      });
    case Type::ledger:
      ledger_dropped_ = !change<journal::Ledger>(row, [&](auto& p) {
        return link(p.follower, p.link) && follower(p.follower) && leader(p.leader) &&
               symbol(p.symbol);
      });
      return !ledger_dropped_;
    case Type::lot:
      return !ledger_dropped_;
    case Type::held_leg:
      return change<journal::HeldLeg>(
          row, [&](auto& p) { return follower(p.follower) && symbol(p.symbol); });
    case Type::outcome:
      return change<journal::Outcome>(row, [&](auto& p) { return follower(p.follower); });
    case Type::open_order:
      return change<journal::OpenOrder>(row, [&](auto& p) {
        // An order in flight is kept also where its link is no more.
        if (!link(p.follower, p.link) || !leader(p.leader)) p.link = UINT16_MAX;
        if (p.received.ns != 0) p.received.ns += shift_ns_;
        if (p.expires.ns != INT64_MAX) p.expires.ns += shift_ns_;
        return follower(p.follower) && symbol(p.symbol);
      });
    case Type::count:
      return change<journal::Count>(row, [&](auto& p) { return follower(p.follower); });
    case Type::loss_base:
      return change<journal::LossBase>(row, [&](auto& p) { return follower(p.follower); });
    case Type::paper:
      return change<journal::Paper>(row, [&](auto& p) {
        return follower(p.follower) && (p.of_leg == 0 || symbol(p.symbol));
      });
    case Type::adopting:
      return change<journal::Adopting>(row, [&](auto& p) {
        return link(p.follower, p.link) && follower(p.follower) && leader(p.leader) &&
               (p.of_leg == 0 || symbol(p.symbol));
      });
    case Type::wish:
      return change<journal::Wish>(row, [&](auto& p) { return account(p); });
    case Type::leader_leg:
      return change<journal::LeaderLeg>(
          row, [&](auto& p) { return leader(p.leader) && symbol(p.symbol); });
    case Type::seen_trade:
      return change<journal::SeenTrade>(
          row, [&](auto& p) { return leader(p.leader) && symbol(p.symbol); });
    case Type::leader_begun:
      return change<journal::LeaderBegun>(row, [&](auto& p) { return leader(p.leader); });
    default:
      return true;
  }
}

// ---- leaders -----------------------------------------------------------------------------------

void LeaderTrack::apply(const LeaderFill& fill) {
  const feed::LegName leg{.symbol = fill.symbol, .leg = fill.leg};
  legs[leg].qty += fill.side == Side::buy ? fill.qty : -fill.qty;
  seen.push_back({.leg = leg, .trade = fill.trade, .time = fill.time});
  if (seen.size() > limits::seen_trades_max) seen.pop_front();
}

void LeaderTrack::apply(const LeaderPosition& position) {
  legs[{.symbol = position.symbol, .leg = position.leg}] = {.qty = position.qty,
                                                            .as_of = position.as_of};
}

void LeaderTrack::apply(const LeaderSynced& synced) {
  begun = synced.begun;
  until = synced.until;
}

std::unique_ptr<const feed::LeaderResume> LeaderTrack::resume() const {
  if (begun.ms == 0) return nullptr;
  auto resume = std::make_unique<feed::LeaderResume>();
  resume->begun = begun;
  resume->since = until;
  for (const auto& [leg, held] : legs)
    resume->legs.push_back({.leg = leg, .qty = held.qty, .as_of = held.as_of});
  for (const auto& trade : seen) {
    resume->seen.push_back({.leg = trade.leg, .trade = trade.trade});
    resume->since = std::max(resume->since, trade.time);
  }
  return resume;
}

void LeaderTrack::save(LeaderId leader, journal::RowSink& sink) const {
  if (begun.ms != 0)
    sink.put(journal::LeaderBegun{.leader = leader, .begun_ms = begun.ms, .until_ms = until.ms});
  for (const auto& [leg, held] : legs)
    sink.put(journal::LeaderLeg{.leader = leader,
                                .symbol = leg.symbol,
                                .leg = leg.leg,
                                .qty = held.qty,
                                .as_of_ms = held.as_of.ms});
  for (const auto& trade : seen)
    sink.put(journal::SeenTrade{.leader = leader,
                                .symbol = trade.leg.symbol,
                                .leg = trade.leg.leg,
                                .trade = trade.trade,
                                .time_ms = trade.time.ms});
}

void LeaderTrack::restore(const journal::LeaderLeg& row) {
  legs[{.symbol = row.symbol, .leg = row.leg}] = {.qty = row.qty, .as_of = VenueTime{row.as_of_ms}};
}

void LeaderTrack::restore(const journal::SeenTrade& row) {
  seen.push_back({.leg = {.symbol = row.symbol, .leg = row.leg},
                  .trade = row.trade,
                  .time = VenueTime{row.time_ms}});
}

void LeaderTrack::restore(const journal::LeaderBegun& row) {
  begun = VenueTime{row.begun_ms};
  until = VenueTime{row.until_ms};
}

void restore_leader(std::map<LeaderId, LeaderTrack>& leaders, const Record& row) {
  const auto restore = [&](const auto& payload) { leaders[payload.leader].restore(payload); };
  switch (static_cast<Type>(row.type)) {
    case Type::leader_leg:
      return restore(row.as<journal::LeaderLeg>());
    case Type::seen_trade:
      return restore(row.as<journal::SeenTrade>());
    case Type::leader_begun:
      return restore(row.as<journal::LeaderBegun>());
    default:
      return;
  }
}

// ---- replay ------------------------------------------------------------------------------------

struct Replay::Preamble {
  std::string text;
  std::size_t total = 0;  // bytes that the text will have
  SymbolTable symbols;
};

// A Copier that decides as that run's did, and hands nothing to anybody.
struct Replay::Run {
  Run(RunNames of, risk::DecisionSink* decisions)
      : names(std::move(of)), cells(limits::followers_max) {
    const auto lanes = static_cast<std::size_t>(names.config->engine.lanes);
    for (std::size_t i = 0; i < lanes; ++i)
      copier_lanes.push_back({.orders = orders, .reports = reports});
    for (std::size_t i = 0; i < names.config->followers.size(); ++i)
      followers.push_back({.config = names.config->followers[i], .lane = i % lanes});
    copier = std::make_unique<risk::Copier>(risk::CopierSetup{.leaders = names.config->leaders,
                                                              .followers = followers,
                                                              .lanes = copier_lanes,
                                                              .symbols = names.symbols,
                                                              .clock = clock,
                                                              .leader_events = events,
                                                              .commands = commands,
                                                              .answers = answers,
                                                              .notices = notices,
                                                              .cells = cells,
                                                              .stages = *stages,
                                                              .replays = true,
                                                              .decisions = decisions,
                                                              .generation = names.generation});
  }

  RunNames names;
  SteadyClock clock;
  Channel<Order> orders{1};
  Channel<Report> reports{1};
  Channel<LeaderEvent> events{1};
  Channel<CopyCommand> commands{1};
  Channel<BookAnswer> answers{1};
  Channel<Notice> notices{1};
  std::vector<FollowerCells> cells;
  std::unique_ptr<StageTimes> stages = std::make_unique<StageTimes>();
  std::vector<risk::CopierSetup::Lane> copier_lanes;
  std::vector<risk::CopierSetup::Follower> followers;
  std::unique_ptr<risk::Copier> copier;
  std::map<LeaderId, LeaderTrack> leaders;
};

Replay::Replay(risk::DecisionSink* decisions) : decisions_(decisions) {}
Replay::~Replay() = default;

const RunNames& Replay::names() const {
  ASSERT(run_ != nullptr);
  return run_->names;
}

bool Replay::fail(std::string why) {
  error_ = std::move(why);
  return false;
}

bool Replay::apply(const Record& record, const journal::Segment& segment) {
  const auto type = static_cast<Type>(record.type);
  if (type == Type::text || type == Type::symbol) return read_preamble(record);
  if (type == Type::policy) return begin_run(record, segment);
  if (type >= Type::books) return restore(record);
  if (run_ == nullptr || begun_ != nullptr)
    return fail("an input stands before the books of its run");
  if (type == Type::reload) return reload(record);
  run_->copier->replay(record);
  track(*run_, record);
  return true;
}

bool Replay::restore(const Record& row) {
  if (begun_ == nullptr) return fail("a row of the books stands outside the beginning of a run");
  if (!begun_->copier->restore(row)) return fail("a row of the books fits nothing in its run");
  track(*begun_, row);
  if (row.type != static_cast<std::uint16_t>(Type::books_end)) return true;
  begun_->copier->restored();
  run_ = std::move(begun_);
  return true;
}

bool Replay::read_preamble(const Record& record) {
  const bool first = record.type == static_cast<std::uint16_t>(Type::text) &&
                     record.as<journal::Text>().offset == 0;
  if (preamble_ == nullptr || first) {
    preamble_ = std::make_unique<Preamble>();
    begun_.reset();
  }
  if (record.type == static_cast<std::uint16_t>(Type::text)) {
    const auto text = record.as<journal::Text>();
    if (text.offset != preamble_->text.size() || text.total < text.offset)
      return fail("a piece of the configuration is missing");
    preamble_->total = text.total;
    const auto count = std::min<std::size_t>(text.bytes.size(), text.total - text.offset);
    preamble_->text.append(text.bytes.data(), count);
  } else if (record.type == static_cast<std::uint16_t>(Type::symbol)) {
    const auto symbol = record.as<journal::SymbolDefinition>();
    Symbol known{
        .name = std::string(symbol.name.view()), .filters = {}, .copyable = symbol.copyable != 0};
    if (symbol.has_filters != 0) known.filters = symbol.filters;
    const auto id = preamble_->symbols.add(std::move(known));
    if (id != symbol.id) return fail("a symbol of the preamble is out of order");
  }
  return true;
}

// The run goes on under the configuration whose text was read since.
bool Replay::reload(const Record& record) {
  if (preamble_ == nullptr || preamble_->text.size() != preamble_->total)
    return fail("the text of a reloaded configuration is not whole");
  const auto loaded = config::load_written(preamble_->text, "the journal");
  RunNames& names = run_->names;
  if (!loaded.config || !keeps_places(*names.config, *loaded.config))
    return fail("a reloaded configuration in the journal is not one that this program reads");
  const auto next = std::make_shared<const config::Config>(*loaded.config);
  auto changes = risk::reload_of(*names.config, *next, names.symbols);
  run_->copier->prepare(changes);
  names.generation = changes.generation = record.as<journal::Reloaded>().generation;
  names.config_text = std::move(preamble_->text);
  names.config = next;
  preamble_.reset();
  run_->copier->replay(record, changes);
  return true;
}

bool Replay::begin_run(const Record& policy, const journal::Segment& segment) {
  if (preamble_ == nullptr) return fail("a run begins without a preamble");
  const auto loaded = config::load_written(preamble_->text, "the journal");
  if (!loaded.config)
    return fail("the configuration in the journal is not one that this program reads: " +
                loaded.faults.front().message);
  begun_ = std::make_unique<Run>(
      RunNames{.config_text = std::move(preamble_->text),
               .config = std::make_shared<const config::Config>(*loaded.config),
               .symbols = std::move(preamble_->symbols),
               .wall_offset_ns = segment.wall_ns - segment.mono_ns,
               .generation = policy.as<journal::Policy>().generation},
      decisions_);
  preamble_.reset();
  return true;
}

void Replay::track(Run& run, const Record& record) {
  switch (static_cast<Type>(record.type)) {
    case Type::leader_fill: {
      const auto fill = record.as<journal::Fill>().fill;
      run.leaders[fill.leader].apply(fill);
      break;
    }
    case Type::leader_position: {
      const auto position = record.as<journal::Position>().position;
      run.leaders[position.leader].apply(position);
      break;
    }
    case Type::leader_synced: {
      const auto synced = record.as<journal::Synced>().synced;
      run.leaders[synced.leader].apply(synced);
      break;
    }
    default:
      restore_leader(run.leaders, record);
      break;
  }
}

std::vector<Record> Replay::rows() const {
  ASSERT(run_ != nullptr);
  RowList rows;
  run_->copier->save(rows);
  for (const auto& [leader, track] : run_->leaders) track.save(leader, rows);
  rows.put(journal::BooksEnd{.rows = rows.all.size()});
  return std::move(rows.all);
}

}  // namespace copyd::engine
