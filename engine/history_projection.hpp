// HistoryProjection: makes the rows of the history (ops/history.hpp) of the journal's records, one
// at a time, in the order of their writers.
//
// What the copy agent decided is not in the journal; its inputs are. So they are replayed into a
// Copier that is watched while it decides (risk/decision_sink.hpp). What it knows beyond the file
// is that replay: who begins in the middle of a run replays it from its beginning, or from a
// snapshot, without writing rows that are there already. One thread; cold.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/replay.hpp"
#include "engine/snapshot.hpp"
#include "journal/tail.hpp"
#include "ops/history.hpp"
#include "risk/decision_sink.hpp"

namespace copyd::engine {

class HistoryProjection final : private risk::DecisionSink {
 public:
  // `known`: records of the copy agent up to there are in the file already.
  HistoryProjection(ops::History& history, journal::Tail::Position known);
  HistoryProjection(const HistoryProjection&) = delete;
  HistoryProjection& operator=(const HistoryProjection&) = delete;

  // Goes on from a snapshot. False: there is no whole one.
  bool begin_with_snapshot(journal::Disk& disk, std::uint64_t segment);
  // The next record of the copy agent; of all lanes everything that is older was told before.
  // What cannot be followed is passed over up to the next run's beginning.
  void copy_record(const journal::Record& record, const journal::Tail& from);
  void lane_record(const journal::Record& record, const journal::Segment& segment);

  // The next run's beginning is waited for.
  bool is_lost() const noexcept { return lost_; }
  // The last record was not in the file before.
  bool is_writing() const noexcept { return writing_; }
  const std::string& error() const noexcept { return replay_->error(); }
  // The segment in which the run that is followed began.
  std::uint64_t begun() const noexcept { return begun_; }

 private:
  struct CopyKey {
    std::int64_t fill = 0;
    std::string follower;
  };

  void hear_of_finished(const journal::Segment& segment);
  void take_over(bool run_begins);
  const CopyKey* key_of(std::uint32_t slot) const;
  const std::string& follower_of(FollowerId id) const;
  const std::string& symbol_of(SymbolId id) const;

  void on_fill(const LeaderFill& fill, std::optional<std::chrono::milliseconds> age) override;
  void on_copy(FollowerId follower, std::uint32_t outcome) override;
  void on_link(const risk::LinkDecision& decision) override;
  void on_leg(const risk::LegDecision& decision) override;
  void on_order(const OrderTerms& terms, std::uint32_t outcome) override;
  void on_skip(FollowerId follower, std::uint16_t link, SymbolId symbol, Reject reason,
               std::uint32_t outcome) override;
  void on_unknown(const OrderTerms& terms, std::uint32_t outcome, bool quarantined) override;
  void on_finished(const OrderTerms& terms, const OrderDone& done, std::uint32_t outcome) override;
  void on_outcome(std::uint32_t slot, Outcome outcome, std::optional<Reject> reason) override;
  void on_restored(const journal::OpenOrder& order, std::uint32_t outcome) override;

  ops::History& history_;
  const journal::Tail::Position known_;
  std::unique_ptr<Replay> replay_;
  bool lost_ = true;  // no beginning was read yet
  bool writing_ = false;
  bool in_preamble_ = false;
  std::uint64_t text_segment_ = 0;
  std::uint64_t begun_ = 0;
  std::int64_t mono_ns_ = 0;  // of the record that is being applied
  std::int64_t wall_ns_ = 0;

  std::map<std::uint32_t, CopyKey> open_;  // fills that have no outcome yet, by slot
  CopyKey deciding_;
  std::vector<std::pair<journal::OpenOrder, std::uint32_t>> restored_;
};

}  // namespace copyd::engine
