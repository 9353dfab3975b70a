// HistoryFeed: the history's thread. It reads the journal as it grows, makes rows of it
// (engine/history_projection.hpp) and answers what copyctl asks of them.
//
//   copy-….seg, lane0-….seg, … ──Tail──▶ HistoryProjection ──▶ history.sqlite ──▶ answers
//
// Rows are made of what is on the disk, never of what a power cut may still take. Those of some
// records and the place where reading goes on are one transaction. After an error (the disk is
// full) nothing is kept but the file: it says so once and begins again from there every ten
// seconds; copying never waits for it. A file that is damaged, missing or of another version is
// made anew from all that the journal has, `.past` files too; what was deleted is named in the file
// as missing.
//
// A thread of its own, with Idle::sleep. `ask` and `next_answer` belong to the supervisor's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/agent.hpp"
#include "core/channel.hpp"
#include "core/clock.hpp"
#include "core/flow.hpp"
#include "engine/history_projection.hpp"
#include "journal/disk.hpp"
#include "journal/tail.hpp"
#include "journal/writer.hpp"
#include "ops/history.hpp"
#include "ops/history_answers.hpp"

namespace copyd::engine {

class HistoryFeed final : public Agent {
 public:
  static constexpr std::size_t questions_max = 32;

  // A series that is being written now. The writer outlives the feed.
  struct Source {
    std::string name;
    const journal::Writer* writer = nullptr;
    std::uint64_t first_segment = 1;  // of this run
  };
  struct Parts {
    journal::Disk& disk;
    std::string path;
    std::vector<Source> sources;  // those of the copy agent and of the lanes
    const Clock& clock;
    // A transaction: the fewer there are, the less often are pages written that more rows come
    // to, and what is asked for has them read at once. So many records take some 50 ms.
    int records_per_pass = 10'000;
    std::chrono::milliseconds look_every{250};
    std::chrono::milliseconds retry_after{10'000};
  };
  explicit HistoryFeed(Parts parts);

  const char* name() const noexcept override { return "history"; }
  int do_work() noexcept override;
  // Of a question as well: somebody waits for its answer.
  std::chrono::milliseconds nap() const noexcept override { return std::chrono::milliseconds(10); }

  struct Question {
    std::uint32_t number = 0;
    ops::HistoryQuestion asked;
  };
  struct Answer {
    std::uint32_t number = 0;
    ops::Outcome<std::string> said;
  };
  // False: too many are waiting.
  bool ask(std::unique_ptr<Question> question) { return questions_.try_push(std::move(question)); }
  bool next_answer(std::unique_ptr<Answer>& out) { return answers_.try_pop(out); }
  bool next_notice(Notice& out) { return notices_.try_pop(out); }

 private:
  bool start();
  void begin_copy();
  void stop(const std::string& why);
  int pass();
  Result<int> read_lanes(int budget);
  Result<int> read_copy(int budget);
  bool is_news_of_loss();
  void tell_gap(const journal::Record& record);
  Result<void> resume_behind_gap();
  journal::Tail::Position upto(const std::string& writer) const;
  int answer(bool all_read);
  void tell(Notice::Level level, std::string_view text);
  void transaction();

  const Parts parts_;
  Channel<std::unique_ptr<Question>> questions_;
  Channel<std::unique_ptr<Answer>> answers_;
  Channel<Notice> notices_;

  std::optional<ops::History> history_;
  std::unique_ptr<HistoryProjection> projection_;
  std::optional<journal::Tail> copy_;
  std::vector<journal::Tail> lanes_;
  bool in_transaction_ = false;
  bool complained_ = false;
  bool lost_ = false;  // what is missing was told
  std::unique_ptr<Question> waiting_;
  Mono look_due_{};
  Mono retry_at_{};
};

}  // namespace copyd::engine
