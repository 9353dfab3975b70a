#include "engine/run_journal.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/limits.hpp"
#include "journal/archive.hpp"
#include "ops/log.hpp"

namespace copyd::engine {
namespace {

namespace log = ops::log;

}  // namespace

RunJournal::RunJournal(Parts parts)
    : parts_(std::move(parts)),
      notices_(limits::commands_max),
      compaction_notices_(limits::commands_max) {}

ops::Outcome<Recovered> RunJournal::recover(const RunNames& live) {
  auto recovered = engine::recover(parts_.disk, live, parts_.settings.boot);
  if (recovered && recovered->misfit) return *recovered->misfit;
  if (recovered && recovered->trust != Trust::unreadable) return std::move(recovered).value();
  return ops::Failure{
      .error = fmt::format("the journal in {} cannot be read: {}", parts_.directory,
                           recovered ? recovered->damage : recovered.error().message()),
      .remedy =
          recovered && recovered->newer
              ? "start the newer copyd that wrote it"
              : "check its rights and the disk; `copyctl journal verify` says more. Only when "
                "all positions were closed by hand may the directory be moved away"};
}

journal::Writer* RunJournal::open_writer(const RunNames& live, const std::string& name,
                                         journal::Journal::Behind behind) {
  const auto opened = journal_->open(name, behind, parts_.clock.now().ns + live.wall_offset_ns);
  if (opened) return *opened;
  log::error(fmt::format("the journal in {} cannot be written: {}: {}", parts_.directory, name,
                         opened.error().message()));
  return nullptr;
}

bool RunJournal::open(const RunNames& live, const Recovered& recovered, std::size_t lanes) {
  journal_.emplace(parts_.disk, parts_.clock, notices_, parts_.settings);
  copy_ = open_writer(live, "copy", recovered.copy);
  for (std::size_t i = 0; i < lanes; ++i) {
    const std::string name = fmt::format("lane{}", i);
    const auto behind = recovered.lanes.find(name);
    lanes_.push_back(open_writer(
        live, name, behind != recovered.lanes.end() ? behind->second : journal::Journal::Behind{}));
  }
  if (copy_ != nullptr && std::find(lanes_.begin(), lanes_.end(), nullptr) == lanes_.end())
    return true;
  copy_ = nullptr;
  lanes_.clear();
  return false;
}

bool RunJournal::begin(const RunNames& live, std::vector<journal::Record> books,
                       const Recovered& recovered) {
  RowList leaders;
  for (const auto& [leader, track] : recovered.leaders) track.save(leader, leaders);
  books.insert(books.end(), leaders.all.begin(), leaders.all.end());
  books.push_back(journal::record_of(journal::BooksEnd{.rows = books.size()}));
  if (!write_beginning(*copy_, live, books, parts_.clock.now()) || !journal_->sync()) {
    log::error(fmt::format("the journal in {} cannot be written", parts_.directory));
    return false;
  }
  if (const auto archived = journal::archive(parts_.disk, recovered.obsolete); !archived)
    log::warning(fmt::format("earlier runs in {} cannot be put aside: {}", parts_.directory,
                             archived.error().message()));
  compaction_.emplace(parts_.disk, parts_.clock, compaction_notices_,
                      journal::Reader::Behind{.segment = recovered.copy.segment,
                                              .sequence = recovered.copy.sequence},
                      Compaction::Settings{});
  return true;
}

void RunJournal::finish() {
  if (journal_ && !journal_->sync())
    log::error(fmt::format("the journal in {} could not be written to its end", parts_.directory));
}

}  // namespace copyd::engine
