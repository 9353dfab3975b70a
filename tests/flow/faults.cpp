#include "faults.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <utility>

#include "faulty_transport.hpp"

namespace copyd::flow {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view client_id_key = R"("newClientOrderId":")";
constexpr std::string_view quantity_key = R"("quantity":")";
constexpr std::string_view api_key_key = R"("apiKey":")";
constexpr std::string_view client_id_parameter = "newClientOrderId=";
constexpr std::string_view quantity_parameter = "&quantity=";
constexpr std::string_view fill_event = R"("x":"TRADE")";

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// What stands behind the key, to the closing quote or the next parameter.
std::string_view text_behind(std::string_view text, std::string_view key) {
  const auto at = text.find(key);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + key.size());
  return text.substr(0, text.find_first_of("\"&"));
}

// The streams of a connection: one by its path, or several by their listen keys.
std::vector<std::string> streams_of(std::string_view target) {
  constexpr std::string_view parameter = "listenKey=";
  std::vector<std::string> found;
  for (auto at = target.find(parameter); at != std::string_view::npos;
       at = target.find(parameter, at + 1))
    found.emplace_back(text_behind(target.substr(at), parameter));
  if (found.empty()) found.emplace_back(target);
  return found;
}

// {"id":N,"status":200,"result":{… of an order: the answer to a request that was executed.
std::optional<std::string_view> id_of_executed(std::string_view frame) {
  constexpr std::string_view begin = R"({"id":)";
  constexpr std::string_view good = R"(,"status":200,)";
  const auto end = frame.find(good);
  if (!frame.starts_with(begin) || end == std::string_view::npos) return std::nullopt;
  if (!has(frame, R"("clientOrderId":)")) return std::nullopt;
  return frame.substr(begin.size(), end - begin.size());
}

std::string refusal(std::string_view id, int status, int code, std::string_view message) {
  return R"({"id":)" + std::string(id) + R"(,"status":)" + std::to_string(status) +
         R"(,"error":{"code":)" + std::to_string(code) + R"(,"msg":")" + std::string(message) +
         R"("}})";
}

struct Words {
  int code;
  std::string_view message;
  int status;
};
constexpr Words timed_out{
    -1007,
    "Timeout waiting for response from backend server. Send status unknown; execution status "
    "unknown.",
    408};
constexpr Words unknown_error{-1000, "Unknown error, please check your request or try again later.",
                              503};

}  // namespace

std::string_view name_of(Fault fault) {
  constexpr std::array<std::string_view, fault_count> names{"cut_order_socket",
                                                            "cut_follower_stream",
                                                            "cut_leader_stream",
                                                            "outage",
                                                            "drop_before_execution",
                                                            "drop_after_execution",
                                                            "cut_at_request",
                                                            "lose_request",
                                                            "lose_answer",
                                                            "black_hole",
                                                            "duplicate_events",
                                                            "stale_event",
                                                            "delay_events",
                                                            "overtaking_events",
                                                            "delay_answers",
                                                            "listen_key_expired",
                                                            "listen_key_removed",
                                                            "unknown_1007_executed",
                                                            "unknown_1007_absent",
                                                            "unknown_503_executed",
                                                            "unknown_503_absent",
                                                            "unavailable_503",
                                                            "throttled_1008",
                                                            "timestamp_1021",
                                                            "too_many_1015",
                                                            "order_not_found_2013",
                                                            "lost_http",
                                                            "refused_http",
                                                            "delayed_http",
                                                            "lagging_history",
                                                            "misled_clock",
                                                            "stalled_agent",
                                                            "renewed_key",
                                                            "announced_shutdown",
                                                            "stray_frame",
                                                            "passed_day",
                                                            "killed",
                                                            "killed_while_starting",
                                                            "power_cut"};
  return names[static_cast<std::size_t>(fault)];
}

void Faults::install(RigOptions& options) {
  options.wrap = [this](RigOptions::Transport inner, const std::string&) {
    return make_faulty(std::move(inner), *this);
  };
  // Not from within a fate: the venue is in the middle of telling a stream then.
  options.each_step = [this] {
    end_holes();
    note_deaths();
  };
}

void Faults::attach(Rig& rig) {
  rig_ = &rig;
  rig.venue().set_fate([this](const sim::MemoryFrame& frame) { return fate(frame); });
}

void Faults::calm() {
  count_drops();
  drops_.clear();
  armed_ = {};
  if (not_found_ && not_found_->until.ns == 0) not_found_.reset();
  for (const auto& follower : rig_->options().followers)
    rig_->venue().world().protocol().faults(rig_->account_index(follower.label)) = {};
}

void Faults::count(Fault fault) {
  ++fired_[static_cast<std::size_t>(fault)];
  say("*** " + std::string(name_of(fault)));
}

bool Faults::take(Fault fault) {
  int& times = armed_[static_cast<std::size_t>(fault)];
  if (times == 0) return false;
  --times;
  count(fault);
  return true;
}

void Faults::say(const std::string& text) const {
  if (!trace_) return;
  const auto us = (rig_->clock().now() - Mono{}).count() / 1000;
  std::printf("%9.3f %s\n", static_cast<double>(us) / 1000.0, text.c_str());
}

sim::AccountIndex Faults::account(std::size_t follower) {
  return rig_->account_index(rig_->options().followers[follower].label);
}

milliseconds Faults::between(std::uint64_t low, std::uint64_t high) {
  return milliseconds(low + random_.below(high - low + 1));
}

// ---- striking ----------------------------------------------------------------------------------

void Faults::strike(Fault fault) {
  say("striking " + std::string(name_of(fault)));
  if (fault >= Fault::killed) return strike_process(fault);
  if (fault <= Fault::outage || fault == Fault::black_hole) strike_connection(fault);
  else if (fault == Fault::listen_key_expired || fault == Fault::listen_key_removed ||
           fault >= Fault::lagging_history)
    strike_outside(fault);
  else strike_order(fault);
}

void Faults::cut_one(sim::LinkKind kind, bool leader, Fault fault) {
  std::vector<std::uint64_t> links;
  for (const auto& link : rig_->venue().links())
    if (link.kind == kind && (link.owner == "feed") == leader) links.push_back(link.id);
  if (links.empty()) return;
  if (rig_->venue().cut(links[random_.below(links.size())])) count(fault);
}

// What is left of a leader's streams.
void Faults::cut_the_other() {
  for (const auto& link : rig_->venue().links())
    if (link.kind == sim::LinkKind::stream && link.owner == "feed") rig_->venue().cut(link.id);
}

void Faults::strike_connection(Fault fault) {
  switch (fault) {
    case Fault::cut_order_socket:
      return cut_one(sim::LinkKind::ws_api, false, fault);
    case Fault::cut_follower_stream:
      return cut_one(sim::LinkKind::stream, false, fault);
    case Fault::cut_leader_stream:
      cut_one(sim::LinkKind::stream, true, fault);
      // Of two, the other is as deaf.
      if (std::exchange(leader_deaf_, false)) cut_the_other();
      return;
    case Fault::outage:
      rig_->venue().drop_all();
      rig_->venue().refuse_until(rig_->clock().now() + between(0, 8000));
      leader_deaf_ = false;
      return count(fault);
    default:
      break;
  }
  const auto links = rig_->venue().links();
  if (links.empty()) return;
  holes_.push_back({.link = links[random_.below(links.size())].id,
                    .until = rig_->clock().now() + between(100, 8000)});
}

void Faults::strike_order(Fault fault) {
  const auto target = account(any_follower());
  auto& faults = rig_->venue().world().protocol().faults(target);
  const auto reject = [&](const Words& words, int times) {
    faults.rejection = {
        .code = words.code, .message = std::string(words.message), .status = words.status};
    faults.rejections = times;
  };
  const int few = 1 + static_cast<int>(random_.below(3));
  switch (fault) {
    case Fault::drop_before_execution:
    case Fault::drop_after_execution:
      count_drops();
      faults.drops = 1;
      faults.drop_before = fault == Fault::drop_before_execution;
      std::erase_if(drops_, [&](const Drop& drop) { return drop.account == target; });
      drops_.push_back({.fault = fault, .account = target});
      return;
    case Fault::unknown_1007_absent:
      return reject(timed_out, 1);
    case Fault::unknown_503_absent:
      return reject(unknown_error, 1);
    case Fault::unavailable_503:
      return reject({-1000, "Service Unavailable.", 503}, few);
    case Fault::throttled_1008:
      return reject({-1008, "Server is currently overloaded with other requests.", 503}, few);
    case Fault::timestamp_1021:
      return reject({-1021, "Timestamp for this request is outside of the recvWindow.", 400}, few);
    case Fault::too_many_1015:
      return reject({-1015, "Too many new orders.", 429}, few);
    case Fault::order_not_found_2013: {
      const std::size_t follower = any_follower();
      const auto& label = rig_->options().followers[follower].label;
      auto& world = rig_->venue().world();
      if (denies()) return;
      not_found_ = NotFound{.api_key = world.member(label).api_key,
                            .listen_key = world.protocol().streams().create(
                                account(follower), rig_->venue().venue_time(rig_->clock().now())),
                            .time = between(3000, 12000)};
      return;
    }
    default:
      arm(fault, few);
  }
}

void Faults::strike_outside(Fault fault) {
  auto& streams = rig_->venue().world().protocol().streams();
  const bool leader = random_.below(2) == 0;
  const std::size_t follower = any_follower();
  const auto index = leader ? rig_->account_index(Rig::leader_label) : account(follower);
  switch (fault) {
    case Fault::listen_key_expired:
      if (random_.below(2) == 0) arm(fault, 1);  // said twice
      if (streams.expire(index, rig_->venue().venue_time(rig_->clock().now()))) count(fault);
      armed_[static_cast<std::size_t>(fault)] = 0;
      return;
    case Fault::listen_key_removed:
      streams.remove(index);
      leader_deaf_ = leader_deaf_ || leader;
      return count(fault);
    case Fault::lagging_history:
      lag_ = between(50, 1500);
      lagging_until_ = rig_->clock().now() + between(500, 2500);
      // Of two, both: with one left nothing is asked of the history.
      cut_one(sim::LinkKind::stream, true, Fault::cut_leader_stream);
      return cut_the_other();
    case Fault::misled_clock: {
      const std::int64_t errors[] = {-4000, -1500, 1500, 3000};
      rig_->mislead_lanes(milliseconds(errors[random_.below(4)]));
      return count(fault);
    }
    case Fault::stalled_agent:
      rig_->stall(random_.below(Rig::agent_count), between(20, 4000));
      return count(fault);
    case Fault::announced_shutdown:
      if (streams.inject(index, {.text = R"({"event":{"e":"serverShutdown","E":1}})"}) > 0)
        count(fault);
      return;
    case Fault::stray_frame:
      return stray(account(follower));
    case Fault::passed_day:
      if (rig_->rest_until([this] { return two_streams_serve(); }, std::chrono::hours(25)))
        count(fault);
      return;
    default:
      if (leader) rig_->connect_leader();
      else rig_->connect_follower(follower);
      if (leader) leader_deaf_ = false;
      return count(fault);
  }
}

// Where it shares its stream.
void Faults::stray(sim::AccountIndex index) {
  auto& streams = rig_->venue().world().protocol().streams();
  const auto key = streams.create(index, rig_->venue().venue_time(rig_->clock().now()));
  for (const auto& link : rig_->venue().links())
    if (has(link.target, "listenKey=") && has(link.target, key)) {
      streams.inject(index, {.text = R"({"stream":"nobody","data":{"e":"GRID_UPDATE","E":1}})"});
      return count(Fault::stray_frame);
    }
}

// It dies in the midst of what it does next.
void Faults::strike_process(Fault fault) {
  if (death_) return;
  death_ = fault;
  const bool long_gone = random_.below(10) == 0;
  rig_->doom({.deeds = 1 + static_cast<int>(random_.below(40)),
              .before = random_.below(2) == 0,
              .power_cut = fault == Fault::power_cut,
              .down_for = between(0, long_gone ? 60'000 : 2'000)});
}

void Faults::note_deaths() {
  if (rig_->deaths() == deaths_) return;
  deaths_ = rig_->deaths();
  leader_deaf_ = false;
  if (!death_) return;
  count(*death_);
  const bool again = death_ == Fault::killed_while_starting && random_.below(3) > 0;
  if (!again) return death_.reset();
  rig_->doom({.deeds = 1 + static_cast<int>(random_.below(30)),
              .before = random_.below(2) == 0,
              .down_for = between(0, 500)});
}

// Of one account that has one when nothing is renewed.
bool Faults::two_streams_serve() const {
  std::set<std::pair<std::string, std::string>> names;
  for (const auto& link : rig_->venue().links()) {
    if (link.kind != sim::LinkKind::stream) continue;
    if (link.owner == "feed" && rig_->options().leader_connections > 1) continue;
    for (const auto& stream : streams_of(link.target))
      if (!names.emplace(link.owner, stream).second) return true;
  }
  return false;
}

// ---- frames ------------------------------------------------------------------------------------

sim::MemoryFate Faults::fate(const sim::MemoryFrame& frame) {
  if (trace_)
    say(frame.owner.data() + std::string(" #") + std::to_string(frame.link) +
        (frame.to_venue ? " > " : " < ") +
        (frame.kind == sim::LinkKind::http ? std::string(frame.target.substr(0, 150)) + " " : "") +
        std::string(frame.text.substr(0, 600)));
  count_drops();
  if (frame.to_venue) note_sent(frame);
  if (in_a_hole(frame)) return {.lose = true};
  switch (frame.kind) {
    case sim::LinkKind::ws_api:
      return frame.to_venue ? fate_of_order(frame) : fate_of_answer(frame);
    case sim::LinkKind::stream:
      return fate_of_event(frame);
    case sim::LinkKind::http:
      return fate_of_http();
  }
  return {};
}

bool Faults::in_a_hole(const sim::MemoryFrame& frame) {
  for (Hole& hole : holes_)
    if (hole.link == frame.link) {
      if (!std::exchange(hole.fired, true)) count(Fault::black_hole);
      return true;
    }
  if (!denies() || frame.kind != sim::LinkKind::stream) return false;
  // On a shared one each frame says whose it is.
  const bool shared = has(frame.target, "listenKey=");
  return has(shared ? frame.text : frame.target, not_found_->listen_key);
}

bool Faults::denies() const {
  return not_found_ && rig_->clock().now() < not_found_->until;
}

void Faults::count_drops() {
  std::erase_if(drops_, [this](const Drop& drop) {
    if (rig_->venue().world().protocol().faults(drop.account).drops > 0) return false;
    count(drop.fault);
    return true;
  });
}

// A silent connection is ended by its own pings.
void Faults::end_holes() {
  const Mono now = rig_->clock().now();
  for (std::size_t i = 0; i < holes_.size(); ++i) {
    if (now < holes_[i].until) continue;
    const auto link = holes_[i].link;
    holes_.erase(holes_.begin() + static_cast<std::ptrdiff_t>(i));
    rig_->venue().cut(link);
    return end_holes();
  }
}

// Every request: who speaks on an order socket, and which orders left, by either way.
void Faults::note_sent(const sim::MemoryFrame& frame) {
  const bool socket = frame.kind == sim::LinkKind::ws_api;
  const auto text = socket ? frame.text : frame.target;
  if (const auto key = text_behind(text, api_key_key); socket && !key.empty())
    key_of_link_[frame.link] = key;
  const auto id = text_behind(text, socket ? client_id_key : client_id_parameter);
  if (id.empty()) return;
  Sent& sent = sent_[std::string(id)];
  ++sent.times;
  const auto qty = text_behind(text, socket ? quantity_key : quantity_parameter);
  sent.qty = Qty::parse(qty).value_or(Qty{});
}

sim::MemoryFate Faults::fate_of_order(const sim::MemoryFrame& frame) {
  if (!has(frame.text, client_id_key)) return {};
  if (not_found_ && not_found_->until.ns == 0 && key_of_link_[frame.link] == not_found_->api_key)
    not_found_->until = rig_->clock().now() + not_found_->time;
  if (take(Fault::cut_at_request)) return {.cut = true};
  if (take(Fault::lose_request)) return {.lose = true};
  return {};
}

sim::MemoryFate Faults::fate_of_answer(const sim::MemoryFrame& frame) {
  constexpr std::array<std::pair<Fault, std::string_view>, 6> refusals{
      {{Fault::unknown_1007_absent, R"("code":-1007,)"},
       {Fault::unknown_503_absent, R"("status":503,"error":{"code":-1000,"msg":"Unknown)"},
       {Fault::unavailable_503, R"("status":503,"error":{"code":-1000,"msg":"Service)"},
       {Fault::throttled_1008, R"("code":-1008,)"},
       {Fault::timestamp_1021, R"("code":-1021,)"},
       {Fault::too_many_1015, R"("code":-1015,)"}}};
  for (const auto& [fault, words] : refusals)
    if (has(frame.text, words)) count(fault);
  if (!id_of_executed(frame.text)) return {};
  if (denies() && !not_found_->answer_lost && key_of_link_[frame.link] == not_found_->api_key) {
    not_found_->answer_lost = true;
    return {.lose = true};
  }
  if (take(Fault::lose_answer)) return {.lose = true};
  if (take(Fault::delay_answers)) return {.delay = between(5, 7000)};
  return {};
}

sim::MemoryFate Faults::fate_of_event(const sim::MemoryFrame& frame) {
  if (has(frame.text, R"("e":"listenKeyExpired")"))
    return armed(Fault::listen_key_expired) ? sim::MemoryFate{.copies = 2} : sim::MemoryFate{};
  if (take(Fault::duplicate_events)) return {.copies = 2 + static_cast<int>(random_.below(4))};
  if (take(Fault::delay_events)) return {.delay = between(5, 3000)};
  if (frame.owner != "feed" && take(Fault::overtaking_events))
    return {.delay = between(5, 5000), .overtake = true};
  return {};
}

sim::MemoryFate Faults::fate_of_http() {
  if (take(Fault::lost_http)) return {.lose = true};
  if (take(Fault::delayed_http)) return {.delay = between(5, 6000)};
  return {};
}

// ---- what the venue said, changed --------------------------------------------------------------

std::optional<std::string> Faults::rewritten(std::string_view frame) {
  const auto id = id_of_executed(frame);
  if (!id) return std::nullopt;
  if (take(Fault::unknown_1007_executed))
    return refusal(*id, timed_out.status, timed_out.code, timed_out.message);
  if (take(Fault::unknown_503_executed))
    return refusal(*id, unknown_error.status, unknown_error.code, unknown_error.message);
  return std::nullopt;
}

void Faults::rewrite(const net::HttpRequest& request, Result<net::HttpResponse>& response) {
  const auto id = text_behind(request.target, client_id_parameter);
  // Where there was no connection the request has not left, and its id is as good as new.
  if (!id.empty() && response.has_error() &&
      response.error() == make_error_code(Errc::not_connected))
    --sent_[std::string(id)].times;
  if (response.has_error()) return;
  if (take(Fault::refused_http)) {
    response->status = 503;
    response->body = "<html><body>Service Temporarily Unavailable</body></html>";
    return;
  }
  if (response->status != 200) return;
  const auto refuse = [&](const Words& words) {
    response->status = words.status;
    response->body = R"({"code":)" + std::to_string(words.code) + R"(,"msg":")" +
                     std::string(words.message) + R"("})";
  };
  if (!id.empty()) {
    if (take(Fault::unknown_1007_executed)) refuse(timed_out);
    else if (take(Fault::unknown_503_executed)) refuse(unknown_error);
    return;
  }
  const bool lists = request.target.starts_with("/fapi/v1/userTrades") ||
                     request.target.starts_with("/fapi/v1/allOrders");
  if (lists && rig_->clock().now() < lagging_until_) hide_the_newest(*response);
  const bool denied = denies() && request.api_key == not_found_->api_key;
  if (!denied || !has(request.target, "origClientOrderId=")) return;
  refuse({-2013, "Order does not exist.", 400});
  count(Fault::order_not_found_2013);
}

// Takes the rows of the last moments off the end of a list of flat objects.
void Faults::hide_the_newest(net::HttpResponse& response) {
  constexpr std::string_view time_key = R"("time":)";
  const auto newest = rig_->venue().venue_time(rig_->clock().now()) + -lag_;
  std::string& body = response.body;
  bool hid = false;
  while (body.size() > 2) {
    const auto begin = body.rfind('{');
    const auto at = body.find(time_key, begin);
    if (begin == std::string::npos || at == std::string::npos) break;
    if (std::strtoll(body.c_str() + at + time_key.size(), nullptr, 10) <= newest.ms) break;
    body.resize(begin);
    if (body.ends_with(',')) body.pop_back();
    body += ']';
    hid = true;
  }
  if (hid) count(Fault::lagging_history);
}

Faults::Said Faults::said_on(std::string_view target) const {
  Said said;
  for (const auto& stream : streams_of(target))
    if (const auto at = said_.find(stream); at != said_.end())
      said.insert(said.end(), at->second.begin(), at->second.end());
  return said;
}

void Faults::remember(std::string_view target, std::string_view frame, Said& said) {
  if (!has(frame, fill_event)) return;
  const auto of = text_behind(frame, R"("stream":")");
  for (Said* frames : {&said_[std::string(of.empty() ? target : of)], &said}) {
    frames->emplace_back(frame);
    if (frames->size() > 32) frames->pop_front();
  }
}

std::optional<std::string> Faults::repeated(const Said& said) {
  if (!armed(Fault::stale_event) || said.empty() || random_.below(4) != 0) return std::nullopt;
  take(Fault::stale_event);
  return said[random_.below(said.size())];
}

}  // namespace copyd::flow
