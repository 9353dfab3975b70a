// Supervisor: the history's thread, and what copyctl asks of it.
#include <fmt/format.h>

#include <algorithm>

#include "engine/overview.hpp"
#include "engine/supervisor.hpp"

namespace copyd::engine {

void Supervisor::make_history(const Recovered& recovered) {
  std::vector<HistoryFeed::Source> sources;
  if (journal_->copy() != nullptr)
    sources.push_back(
        {.name = "copy", .writer = journal_->copy(), .first_segment = recovered.copy.segment + 1});
  for (std::size_t i = 0; i < journal_->lanes().size(); ++i) {
    const std::string name = fmt::format("lane{}", i);
    const auto behind = recovered.lanes.find(name);
    sources.push_back(
        {.name = name,
         .writer = journal_->lanes()[i],
         .first_segment = behind == recovered.lanes.end() ? 1 : behind->second.segment + 1});
  }
  history_ = std::make_unique<HistoryFeed>(
      HistoryFeed::Parts{.disk = *disk_,
                         .path = config_.engine.state_dir + "/history.sqlite",
                         .sources = std::move(sources),
                         .clock = clock_});
  history_thread_ = std::make_unique<AgentThread>(
      "copyd-history", std::vector<Agent*>{history_.get()}, Idle::sleep, std::nullopt);
}

bool Supervisor::is_follower_or_none(const std::string& label, const ops::Reply& reply) {
  if (label.empty() || restrictions_.find(label) == Restrictions::Found::follower) return true;
  reply.fail({.error = fmt::format("no follower is called \"{}\"", label),
              .remedy = "copyctl status lists them"});
  return false;
}

void Supervisor::ask_history(ops::ControlRequest request, const ops::Reply& reply) {
  if (request.verb == ops::Verb::orders && !is_follower_or_none(request.label, reply)) return;
  const HistoryAsker asker{.number = next_history_question_++,
                           .verb = request.verb,
                           .label = request.label,
                           .about_the_past = !request.follower.empty() || !request.since.empty() ||
                                             !request.until.empty() || !request.cursor.empty(),
                           .reply = reply};
  if (history_ == nullptr) {
    answer(asker,
           ops::Failure{.error = "the venue has not answered yet, and the history is not open",
                        .remedy = "try again when `copyctl status` shows the followers"});
    return;
  }
  auto question = std::make_unique<HistoryFeed::Question>();
  question->number = asker.number;
  question->asked.now_ms = wall_clock_ns() / 1'000'000;
  question->asked.label_is_known =
      restrictions_.find(request.follower) == Restrictions::Found::follower;
  question->asked.symbol_is_known = symbols_.find(request.symbol).has_value();
  history_questions_.push_back(asker);
  question->asked.request = std::move(request);
  if (history_->ask(std::move(question))) return;
  history_questions_.pop_back();
  reply.fail({.error = "too many questions to the history at once",
              .remedy = "end other copyctl commands and try again"});
}

void Supervisor::take_history_answers() {
  std::unique_ptr<HistoryFeed::Answer> answer;
  while (history_ != nullptr && history_->next_answer(answer)) {
    const auto it =
        std::find_if(history_questions_.begin(), history_questions_.end(),
                     [&](const HistoryAsker& asker) { return asker.number == answer->number; });
    if (it == history_questions_.end()) continue;
    const HistoryAsker asker = std::move(*it);
    history_questions_.erase(it);
    this->answer(asker, std::move(answer->said));
  }
}

// What the engine has measured itself is shown without the history too.
void Supervisor::answer(const HistoryAsker& asker, ops::Outcome<std::string> said) {
  if (asker.verb == ops::Verb::latency && (said || !asker.about_the_past))
    asker.reply(latency_reply(status_parts(), said));
  else if (!said) asker.reply.fail(said.error());
  else if (asker.verb == ops::Verb::orders)
    asker.reply(orders_reply(status_parts(), asker.label, *said));
  else asker.reply(std::move(*said));
}

void Supervisor::handle_balance(const ops::ControlRequest& request, const ops::Reply& reply) {
  if (!request.label.empty() && restrictions_.find(request.label) == Restrictions::Found::nobody) {
    reply.fail({.error = fmt::format("no account is called \"{}\"", request.label),
                .remedy = "copyctl accounts lists them"});
    return;
  }
  reply(balance_reply(status_parts(), request.label, [this](const RosterAccount& account) {
    return equities_ ? equities_->transfers(account) : std::nullopt;
  }));
}

}  // namespace copyd::engine
