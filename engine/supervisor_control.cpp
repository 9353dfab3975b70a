// Supervisor: what copyctl asks, and the answers of the copy agent.
#include "engine/supervisor.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "engine/operator_words.hpp"
#include "engine/overview.hpp"
#include "engine/version.hpp"
#include "ops/log.hpp"

namespace copyd::engine {
namespace {

namespace log = ops::log;

}  // namespace

void Supervisor::handle(ops::ControlRequest request, ops::Reply reply) {
  const StatusParts parts = status_parts();
  switch (request.verb) {
    case ops::Verb::status:
    case ops::Verb::positions:
    case ops::Verb::drift:
      ask_book(std::move(request), reply);
      return;
    case ops::Verb::pause:
    case ops::Verb::resume:
    case ops::Verb::halt:
    case ops::Verb::flatten:
      handle_restriction(request, reply);
      return;
    case ops::Verb::connect:
    case ops::Verb::rotate:
      handle_key(std::move(request), reply);
      return;
    case ops::Verb::disconnect:
      handle_disconnect(request, reply);
      return;
    case ops::Verb::accounts:
      reply(accounts_reply(parts, store_));
      return;
    case ops::Verb::latency:
    case ops::Verb::why:
    case ops::Verb::history:
    case ops::Verb::skips:
    case ops::Verb::orders:
    case ops::Verb::export_:
      ask_history(std::move(request), reply);
      return;
    case ops::Verb::balance:
      handle_balance(request, reply);
      return;
    case ops::Verb::reload:
      reload({.reply = std::move(reply),
              .flattens = request.flatten
                              ? std::optional<Speaker>({.uid = request.peer_uid,
                                                        .wall_ms = wall_clock_ns() / 1'000'000,
                                                        .reason = "reload --flatten"})
                              : std::nullopt});
      return;
    case ops::Verb::version:
      reply(ops::JsonWriter()
                .begin_object()
                .member("ok", true)
                .member("version", version)
                .end_object()
                .take());
      return;
  }
}

void Supervisor::handle_restriction(const ops::ControlRequest& request, const ops::Reply& reply) {
  if (pipeline_ == nullptr) {
    reply.fail({.error = "the venue has not answered yet: nothing is copied",
                .remedy = "try again when `copyctl status` shows the followers"});
    return;
  }
  auto outcome = apply_operator(request, wall_clock_ns() / 1'000'000, restrictions_);
  if (outcome.failure) {
    reply.fail(*outcome.failure);
    return;
  }
  for (const auto& command : outcome.commands) pipeline_->tell_copier(command);
  for (const auto& take : outcome.positions)
    // What the account of a shadow holds is not its own.
    if (config_.followers[take.follower.value].state != config::FollowerMode::shadow)
      pipeline_->tell_lane(take.follower, take);
  if (request.verb == ops::Verb::resume) resume_keys(request);
  log::Fields fields{.reason = request.reason};
  if (const auto* account = roster_.find(request.label); account != nullptr)
    (account->follower ? fields.follower : fields.leader) = account->label;
  log::write(log::Level::warning, outcome.said, fields);
  reply(changed_reply(status_parts(), restrictions_, outcome.states, outcome.flattened));
}

void Supervisor::handle_key(ops::ControlRequest request, const ops::Reply& reply) {
  if (pipeline_ == nullptr) {
    early_connects_.emplace_back(std::move(request), reply);
    return;
  }
  if (!request.venue.empty() && request.venue != venue_name_) {
    reply.fail(
        {.error = fmt::format("this daemon works with {}, not {}", venue_name_, request.venue),
         .remedy = "venue.name in the configuration says which"});
    return;
  }
  const bool pem = request.credentials.kind == ops::Credentials::Kind::private_key_pem;
  ops::Account account{.label = request.label,
                       .venue = venue_name_,
                       .key_type = ops::AccountKey::hmac,
                       .api_key = std::move(request.credentials.api_key),
                       .secret = std::move(request.credentials.secret),
                       .created_ns = wall_clock_ns()};
  if (pem) {
    const auto signer = venue::Signer::private_key(account.secret);
    account.key_type = signer && signer->type() == venue::KeyType::rsa ? ops::AccountKey::rsa
                                                                       : ops::AccountKey::ed25519;
  }
  const bool rotates = request.verb == ops::Verb::rotate;
  const auto done = [this, reply, rotates](ops::Outcome<RosterAccount*> outcome) {
    if (!outcome) {
      reply.fail(outcome.error());
      return;
    }
    RosterAccount& connected = *outcome.value();
    log::info(fmt::format("{} \"{}\" {}",
                          connected.role() == Role::none ? "account" : name_of(connected.role()),
                          connected.label, rotates ? "has another key" : "is connected"));
    for (const auto& warning : connected.warnings)
      log::warning(fmt::format("{}: {}", connected.label, warning));
    hand_over(connected);
    reply(account_reply(status_parts(), store_, connected));
  };
  if (rotates) connector_.rotate(std::move(account), done);
  else connector_.connect(std::move(account), done);
}

void Supervisor::handle_disconnect(const ops::ControlRequest& request, const ops::Reply& reply) {
  RosterAccount* account = roster_.find(request.label);
  if (account == nullptr || !store_.remove(request.label)) {
    reply.fail({.error = fmt::format("\"{}\" is not connected", request.label),
                .remedy = "copyctl accounts lists the accounts"});
    return;
  }
  const auto saved = store_.save();
  account->credentials.reset();
  account->alias.clear();
  account->warnings.clear();
  account->equity.reset();
  account->permissions.reset();
  account->error.clear();
  account->last_sync = {};
  if (pipeline_ != nullptr) {
    equities_->disconnected(*account);
    health_->disconnected(*account);
    preparation_->disconnected(*account);
  }
  if (pipeline_ != nullptr && account->leader) {
    std::erase_if(waiting_leaders_,
                  [&](const auto& waiting) { return waiting.first == *account->leader; });
    pipeline_->tell_feed(feed::RemoveLeader{*account->leader});
  }
  if (pipeline_ != nullptr && account->follower)
    pipeline_->tell_lane(*account->follower, exec::RemoveFollower{*account->follower});
  log::warning(fmt::format("\"{}\" is disconnected by uid {}", request.label, request.peer_uid));
  if (!saved) {
    ops::Failure failure{
        .error = fmt::format("\"{}\" is disconnected, but its key is still in the key store, which "
                             "cannot be written: {}",
                             request.label, saved.error().message()),
        .remedy =
            "check keys.file, its directory's rights and the disk; then connect and disconnect "
            "it again, or delete the key at the venue"};
    log::error(failure.error);
    reply.fail(failure);
    return;
  }
  reply(ops::JsonWriter()
            .begin_object()
            .member("ok", true)
            .member("label", request.label)
            .member("note", account->leader
                                ? "nothing of what it trades is copied any more, its closes neither; "
                                  "delete the key at the venue too"
                                : "its positions stay as they are, and copyd closes nothing of them "
                                  "any more; delete the key at the venue too")
            .end_object()
            .take());
}

void Supervisor::ask_book(ops::ControlRequest request, const ops::Reply& reply) {
  if (!is_follower_or_none(request.label, reply)) return;
  BookQuestion question{
      .query = next_query_++, .request = std::move(request), .reply = reply, .rows = {}};
  if (pipeline_ == nullptr) {
    reply(book_reply(question.request, question.rows));
    return;
  }
  pipeline_->tell_copier(QueryBook{.query = question.query});
  questions_.push_back(std::move(question));
}

std::string Supervisor::book_reply(const ops::ControlRequest& request,
                                   const std::vector<BookRow>& rows) {
  const StatusParts parts = status_parts(&rows);
  if (request.verb == ops::Verb::status) return status_reply(parts);
  return request.verb == ops::Verb::drift ? drift_reply(parts, request.label)
                                          : positions_reply(parts, request.label);
}

// The answer to a question that the supervisor asked for itself.
bool Supervisor::take_own_answer(std::uint32_t query, const BookAnswer& answer) {
  const auto* row = std::get_if<BookRow>(&answer);
  if (query == marks_query_) {
    if (row != nullptr) {
      used_symbols_[row->symbol.value] = true;
    } else {
      marks_->set_used(std::move(used_symbols_));
      marks_query_ = 0;
    }
    return true;
  }
  if (query == draining_query_) {
    if (row == nullptr) take_drained();
    else if (!row->position.is_zero() || !row->in_flight.is_zero()) draining_.erase(row->follower);
    return true;
  }
  if (query != trust_query_) return false;
  if (row == nullptr) {
    positions_doubtful_ = false;
    pipeline_->tell_lanes(exec::TrustPositions{.trust = true});
  }
  return true;
}

void Supervisor::take_book_answers() {
  BookAnswer answer;
  while (pipeline_->next_book_answer(answer)) {
    const auto query = std::visit([](const auto& part) { return part.query; }, answer);
    if (take_own_answer(query, answer)) continue;
    const auto it = std::find_if(questions_.begin(), questions_.end(),
                                 [&](const BookQuestion& q) { return q.query == query; });
    if (it == questions_.end()) continue;
    if (const auto* row = std::get_if<BookRow>(&answer)) {
      it->rows.push_back(*row);
      continue;
    }
    it->reply(book_reply(it->request, it->rows));
    questions_.erase(it);
  }
}

}  // namespace copyd::engine
