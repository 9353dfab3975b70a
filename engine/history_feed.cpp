#include "engine/history_feed.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "journal/archive.hpp"
#include "journal/reader.hpp"

namespace copyd::engine {
namespace {

constexpr std::string_view copy_writer = "copy";

// Every lane that ever wrote here: a run may have had more of them than the present one.
Result<std::set<std::string>> lanes_ever(journal::Disk& disk) {
  std::set<std::string> lanes;
  for (std::string_view file : TRY(disk.list())) {
    if (file.ends_with(journal::past_suffix)) file.remove_suffix(journal::past_suffix.size());
    const auto name = journal::parse_segment_name(file);
    if (name && name->writer.starts_with("lane")) lanes.insert(name->writer);
  }
  return lanes;
}

}  // namespace

HistoryFeed::HistoryFeed(Parts parts)
    : parts_(std::move(parts)), questions_(questions_max), answers_(questions_max), notices_(64) {}

int HistoryFeed::do_work() noexcept {
  const Mono now = parts_.clock.now();
  const bool asked = waiting_ != nullptr || questions_.try_pop(waiting_);
  if (!asked && now < look_due_) return 0;
  if (!history_ && (now < retry_at_ || !start())) {
    look_due_ = now + parts_.look_every;
    return answer(false);
  }
  const int work = pass();
  const bool all_read = history_ && work < parts_.records_per_pass;
  if (all_read) look_due_ = now + parts_.look_every;
  return work + answer(all_read);
}

// ---- starting and stopping ---------------------------------------------------------------------

bool HistoryFeed::start() {
  auto opened = ops::History::open(parts_.path);
  if (!opened) {
    stop(opened.error().error);
    return false;
  }
  history_.emplace(std::move(opened).value());
  if (!history_->made_new().empty())
    tell(Notice::Level::warning,
         fmt::format("the history is made anew from the journal: {}", history_->made_new()));
  auto lanes = lanes_ever(parts_.disk);
  if (!lanes) {
    stop(lanes.error().message());
    return false;
  }
  for (const auto& source : parts_.sources)
    if (source.name != copy_writer) lanes->insert(source.name);
  lanes_.clear();
  for (const auto& lane : *lanes) {
    const auto place = history_->place(lane);
    lanes_.emplace_back(
        parts_.disk, lane,
        journal::Tail::Position{.segment = place.segment, .sequence = place.sequence});
  }
  begin_copy();
  if (history_->database().fault() != ops::Database::Fault::none) {
    stop(history_->database().fault_text());
    return false;
  }
  if (std::exchange(complained_, false))
    tell(Notice::Level::info, "the history can be written again and catches up");
  return true;
}

// Where a run was left in its middle, it is followed again from its newest snapshot or its begin.
void HistoryFeed::begin_copy() {
  const auto place = history_->place(copy_writer);
  const journal::Tail::Position known{.segment = place.segment, .sequence = place.sequence};
  projection_ = std::make_unique<HistoryProjection>(*history_, known);
  journal::Tail::Position from{};
  if (place.segment != 0) {
    from = {.segment = place.begun > 0 ? place.begun - 1 : 0, .sequence = journal::Tail::whole};
    const auto snapshots = journal::segments_ever(parts_.disk, snapshot_writer);
    for (auto at = snapshots ? snapshots->size() : 0; at > 0; --at) {
      const auto segment = (*snapshots)[at - 1];
      if (segment >= place.segment || segment < place.begun) continue;
      if (!projection_->begin_with_snapshot(parts_.disk, segment)) continue;
      from.segment = segment;
      break;
    }
  }
  copy_.emplace(parts_.disk, std::string(copy_writer), from);
}

void HistoryFeed::stop(const std::string& why) {
  if (!std::exchange(complained_, true))
    tell(Notice::Level::warning,
         fmt::format("the history is not written for now: {}; copying goes on", why));
  projection_.reset();
  copy_.reset();
  lanes_.clear();
  history_.reset();
  in_transaction_ = false;
  retry_at_ = parts_.clock.now() + parts_.retry_after;
}

void HistoryFeed::tell(Notice::Level level, std::string_view text) {
  Notice notice{.level = level, .who = Notice::Who::journal};
  const auto count = std::min(text.size(), notice.text.size() - 1);
  std::copy_n(text.begin(), count, notice.text.begin());
  notices_.try_push(notice);
}

// ---- reading -----------------------------------------------------------------------------------

// Some records and how far they go, or nothing of it.
int HistoryFeed::pass() {
  in_transaction_ = false;
  const auto lanes = read_lanes(parts_.records_per_pass);
  // A record of the copy agent is told behind all that the lanes had written before it.
  auto copied = Result<int>(0);
  if (lanes && *lanes < parts_.records_per_pass)
    copied = read_copy(parts_.records_per_pass - *lanes);
  if (!lanes || !copied) {
    stop((lanes ? copied : lanes).error().message());
    return 0;
  }
  if (!in_transaction_) return 0;
  for (const auto& lane : lanes_)
    history_->set_place(
        lane.writer(),
        {.segment = lane.position().segment, .sequence = lane.position().sequence, .begun = 0});
  // Until it has caught up, a snapshot's place or a record that is replayed is none to go on from.
  const auto known = history_->place(copy_writer);
  const auto& at = copy_->position();
  if (at.sequence != journal::Tail::whole &&
      std::pair(at.segment, at.sequence) > std::pair(known.segment, known.sequence))
    history_->set_place(
        copy_writer,
        {.segment = at.segment, .sequence = at.sequence, .begun = projection_->begun()});
  if (history_->commit()) return *lanes + *copied;
  stop(history_->database().fault_text());
  return 0;
}

void HistoryFeed::transaction() {
  if (!std::exchange(in_transaction_, true)) history_->begin();
}

Result<int> HistoryFeed::read_lanes(int budget) {
  int read = 0;
  for (auto& lane : lanes_) {
    const auto limit = upto(lane.writer());
    while (read < budget) {
      const auto record = TRY(lane.next(limit));
      if (!record) break;
      transaction();
      projection_->lane_record(*record, lane.segment());
      ++read;
    }
  }
  return read;
}

Result<int> HistoryFeed::read_copy(int budget) {
  int read = 0;
  const auto limit = upto(std::string(copy_writer));
  while (read < budget) {
    const auto record = TRY(copy_->next(limit));
    if (!record) break;
    transaction();
    ++read;
    projection_->copy_record(*record, *copy_);
    if (!is_news_of_loss()) continue;
    tell_gap(*record);
    if (projection_->is_lost()) TRY(resume_behind_gap());
  }
  return read;
}

// The last record shows for the first time that something before it is missing.
bool HistoryFeed::is_news_of_loss() {
  if (!projection_->is_writing()) return false;
  if (!projection_->is_lost()) {
    lost_ = false;
    return copy_->gap();
  }
  return !std::exchange(lost_, true);
}

void HistoryFeed::tell_gap(const journal::Record& record) {
  const auto& header = copy_->segment();
  history_->note(header.wall_ns + (record.mono_ns - header.mono_ns),
                 fmt::format("something is missing before record {} of {}{}{}", record.sequence,
                             journal::segment_name(copy_writer, copy_->position().segment),
                             projection_->error().empty() ? "" : ": ", projection_->error()));
  tell(Notice::Level::warning,
       "the history has a gap: the journal is not whole, or was deleted before it was read");
}

// Behind the nearest snapshot, where the rest of a run can be followed again.
Result<void> HistoryFeed::resume_behind_gap() {
  for (const auto segment : TRY(journal::segments_ever(parts_.disk, snapshot_writer))) {
    if (segment < copy_->position().segment) continue;
    if (!projection_->begin_with_snapshot(parts_.disk, segment)) continue;
    copy_.emplace(parts_.disk, std::string(copy_writer),
                  journal::Tail::Position{.segment = segment, .sequence = journal::Tail::whole});
    break;
  }
  return {};
}

journal::Tail::Position HistoryFeed::upto(const std::string& writer) const {
  for (const auto& source : parts_.sources)
    if (source.name == writer && source.writer != nullptr)
      return {.segment = source.first_segment, .sequence = source.writer->durable()};
  return {.segment = UINT64_MAX, .sequence = UINT64_MAX};
}

// ---- questions ---------------------------------------------------------------------------------

int HistoryFeed::answer(bool all_read) {
  int answered = 0;
  while (waiting_ != nullptr || questions_.try_pop(waiting_)) {
    // What was measured so far is worth telling while the history catches up; what became of a
    // trade is not.
    if (history_ && !all_read && waiting_->asked.request.verb != ops::Verb::latency) break;
    auto said = ops::Outcome<std::string>(
        ops::Failure{.error = "the history cannot be read for now",
                     .remedy = "see the daemon's log; it is tried again every ten seconds"});
    if (history_) said = ops::answer_history(history_->database(), waiting_->asked);
    answers_.try_push(
        std::make_unique<Answer>(Answer{.number = waiting_->number, .said = std::move(said)}));
    waiting_.reset();
    ++answered;
  }
  if (history_ && history_->database().fault() != ops::Database::Fault::none)
    stop(history_->database().fault_text());
  return answered;
}

}  // namespace copyd::engine
