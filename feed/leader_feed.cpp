#include "feed/leader_feed.hpp"

#include <string>
#include <utility>

#include "core/assert.hpp"
#include "feed/leader_session.hpp"
#include "feed/venue_calls.hpp"

namespace copyd::feed {
namespace {

// The decoder's memory grows to the largest frame it has seen. Larger than any fill, so that none
// of them is the first of its size.
constexpr std::size_t warm_frame = 64U << 10U;
constexpr std::size_t frame_padding = 64;

void warm(venue::UserDataDecoder& decoder) {
  std::string frame = R"({"e":"WARM","E":1,"x":")";
  frame.resize(warm_frame, 'x');
  frame += R"("})";
  const std::size_t size = frame.size();
  frame.append(frame_padding, ' ');
  static_cast<void>(decoder.decode(std::string_view(frame).substr(0, size)));
}

}  // namespace

struct LeaderFeed::Leader {
  struct Waiting {
    std::uint32_t ticket = 0;
    Call call = Call::account_config;
    Result<net::HttpResponse> response;
  };

  Leader(const LeaderSession::Setup& setup, venue::Credentials key,
         std::unique_ptr<net::Http> client, std::unique_ptr<net::WebSocket> socket)
      : credentials(std::move(key)),
        cells(setup.cells),
        session(setup),
        http(std::move(client)),
        stream(std::move(socket)) {}

  std::optional<venue::Credentials> credentials;  // empty: the key was taken back
  LeaderCells& cells;
  LeaderSession session;
  std::vector<Waiting> answers;  // filled by `http` while it is polled
  bool streaming = false;        // `stream` was opened and has not ended
  std::unique_ptr<net::Http> http;
  std::unique_ptr<net::WebSocket> stream;
  std::unique_ptr<net::WebSocket> successor;  // null: none is opening or open
  bool successor_first = false;               // whose turn it is to be read
};

LeaderFeed::LeaderFeed(Wiring wiring) : wiring_(std::move(wiring)), decoder_(wiring_.symbols) {
  leaders_.reserve(wiring_.cells.size());
  warm(decoder_);
}

LeaderFeed::~LeaderFeed() = default;

int LeaderFeed::do_work() noexcept {
  const Mono now = wiring_.clock.now();
  int work = take_commands(now);
  for (const auto& leader : leaders_) {
    if (leader) work += serve(*leader, now);
  }
  return work;
}

// ---- commands ----------------------------------------------------------------------------------

int LeaderFeed::take_commands(Mono now) {
  int work = 0;
  FeedCommand command;
  while (work < limits::reports_per_pass && wiring_.commands.try_pop(command)) {
    apply(command, now);
    ++work;
  }
  return work;
}

void LeaderFeed::apply(FeedCommand& command, Mono now) {
  if (const auto* sample = std::get_if<TimeSample>(&command)) {
    time_ = *sample;
    for (const auto& leader : leaders_) {
      if (leader) leader->session.set_time(*sample);
    }
  } else if (auto* added = std::get_if<AddLeader>(&command)) {
    if (!stopped_) add(*added, now);
  } else if (const auto* removed = std::get_if<RemoveLeader>(&command)) {
    remove(removed->leader);
  } else {
    stop();
  }
}

LeaderFeed::Leader* LeaderFeed::find(LeaderId leader) const noexcept {
  return leader.value < leaders_.size() ? leaders_[leader.value].get() : nullptr;
}

void LeaderFeed::add(AddLeader& command, Mono now) {
  const std::size_t index = command.leader.value;
  ASSERT(index < wiring_.cells.size());
  if (index >= leaders_.size()) leaders_.resize(index + 1);
  auto& leader = leaders_[index];
  if (leader) {
    leader->credentials.emplace(std::move(command.credentials));
  } else {
    const LeaderSession::Setup setup{.leader = command.leader,
                                     .symbols = wiring_.symbols,
                                     .cells = wiring_.cells[index],
                                     // Leaders must not come back in step.
                                     .seed = wiring_.seed + index * 0x9E3779B97F4A7C15U,
                                     .connections = command.connections};
    leader = std::make_unique<Leader>(setup, std::move(command.credentials),
                                      wiring_.transport.http(wiring_.endpoints.rest),
                                      wiring_.transport.websocket());
    if (time_) leader->session.set_time(*time_);
    if (command.resume) leader->session.resume(*command.resume);
  }
  leader->session.start(now);
}

// The session stays: it knows what was handed over, and the copy agent's books rest on that.
void LeaderFeed::remove(LeaderId id) {
  Leader* const leader = find(id);
  if (leader == nullptr) return;
  leader->session.forget();
  leader->credentials.reset();
}

void LeaderFeed::stop() {
  stopped_ = true;
  for (const auto& leader : leaders_) {
    if (!leader) continue;
    leader->session.stop();
    leader->stream->close();
    leader->streaming = false;
    leader->successor.reset();
  }
}

// ---- one leader --------------------------------------------------------------------------------

// Two sockets are read by turns. What the one has brought goes its way before the other one, which
// likely brings the same, is looked at: that is the next pass's work.
int LeaderFeed::serve(Leader& leader, Mono now) {
  int work = hand_over(leader);
  const bool successor_first = leader.successor && leader.successor_first;
  leader.successor_first = !successor_first;
  const int read = successor_first ? read_successor(leader, now) : read_stream(leader, now);
  work += read;
  if (!stopped_) {
    work += poll_http(leader, now);
    leader.session.tick(now);
    // What the end of one has led to is done before the other is read: it may have become the
    // stream itself.
    work += act(leader, now);
    if (read == 0) {
      work += successor_first ? read_stream(leader, now) : read_successor(leader, now);
      work += act(leader, now);
    }
  }
  work += hand_over(leader);
  return work;
}

int LeaderFeed::hand_over(Leader& leader) noexcept {
  int work = 0;
  while (const LeaderEvent* event = leader.session.front()) {
    if (!wiring_.events.try_push(*event)) return work;
    if (const auto* fill = std::get_if<LeaderFill>(event)) {
      leader.cells.fills.add();
      leader.cells.last_fill_ns.set(fill->received.ns);
    }
    leader.session.pop();
    ++work;
  }
  return work;
}

int LeaderFeed::read_stream(Leader& leader, Mono now) noexcept {
  int work = 0;
  while (work < limits::fills_per_pass && leader.streaming && leader.session.wants_frames()) {
    switch (leader.stream->poll(now)) {
      case net::WebSocket::Event::none:
        return work;
      case net::WebSocket::Event::opened:
        leader.session.stream_opened(now);
        break;
      case net::WebSocket::Event::frame:
        take_frame(leader, *leader.stream);
        // A fill is decided before what comes behind it is read, which may be the same fill again.
        // Before the one takes the other's place, what it has to say is heard to its end.
        if (hand_over(leader) > 0 && (!leader.successor || leader.session.is_racing()))
          return work + 1;
        break;
      case net::WebSocket::Event::closed:
        leader.streaming = false;
        leader.session.stream_closed(leader.stream->error(), now);
        break;
    }
    ++work;
  }
  return work;
}

int LeaderFeed::read_successor(Leader& leader, Mono now) noexcept {
  int work = 0;
  while (work < limits::fills_per_pass && leader.successor && leader.session.wants_frames()) {
    switch (leader.successor->poll(now)) {
      case net::WebSocket::Event::none:
        return work;
      case net::WebSocket::Event::opened:
        leader.session.successor_opened(now);
        break;
      case net::WebSocket::Event::frame:
        take_frame(leader, *leader.successor);
        if (hand_over(leader) > 0 && leader.session.is_racing()) return work + 1;
        break;
      case net::WebSocket::Event::closed:
        leader.session.successor_closed(leader.successor->error(), now);
        return work + 1;
    }
    ++work;
  }
  return work;
}

void LeaderFeed::take_frame(Leader& leader, const net::WebSocket& socket) noexcept {
  const auto event = decoder_.decode(socket.frame());
  const Mono decoded = wiring_.clock.now();
  if (event.has_error()) return leader.session.malformed(decoded);
  const bool fresh =
      leader.session.event(*event, {.received = socket.received(),
                                    .decoded = decoded,
                                    .by_successor = &socket == leader.successor.get()});
  if (const auto* account = std::get_if<venue::AccountUpdate>(&*event);
      account != nullptr && wiring_.news != nullptr)
    venue::tell_news(*wiring_.news, venue::AccountNews::Owner::leader,
                     leader.session.leader().value, *account);
  if (!fresh) return;
  wiring_.stages[Stage::feed].record((socket.framed() - socket.received()).count());
  wiring_.stages[Stage::decode].record((decoded - socket.framed()).count());
}

int LeaderFeed::poll_http(Leader& leader, Mono now) {
  int work = leader.http->poll(now);
  // An answer may lead to a question, whose answer comes with a later poll.
  for (const Leader::Waiting& waiting : std::exchange(leader.answers, {})) {
    leader.session.answered(waiting.ticket,
                            read_answer(waiting.call, waiting.response, wiring_.symbols), now);
    ++work;
  }
  return work;
}

int LeaderFeed::act(Leader& leader, Mono now) {
  int work = 0;
  while (const auto action = leader.session.next_action()) {
    if (const auto* ask = std::get_if<Ask>(&*action)) {
      send(leader, *ask, now);
    } else if (const auto* wanted = std::get_if<OpenStream>(&*action)) {
      open(leader, wanted->listen_key, now);
    } else if (const auto* next = std::get_if<OpenSuccessor>(&*action)) {
      open_successor(leader, next->listen_key, now);
    } else if (std::holds_alternative<AdoptSuccessor>(*action)) {
      adopt_successor(leader);
    } else if (std::holds_alternative<CloseSuccessor>(*action)) {
      leader.successor.reset();
    } else {
      leader.stream->close();
      leader.streaming = false;
    }
    ++work;
  }
  while (const auto notice = leader.session.next_notice()) wiring_.notices.try_push(*notice);
  return work;
}

void LeaderFeed::send(Leader& leader, const Ask& ask, Mono now) {
  auto request =
      make_request(ask, *leader.credentials, wiring_.symbols, leader.session.venue_time(now));
  if (wiring_.weight) wiring_.weight->spend(now, venue::weight_of(request.target));
  leader.http->request(std::move(request), [&leader, ticket = ask.ticket,
                                            call = ask.call](Result<net::HttpResponse> response) {
    leader.answers.push_back({.ticket = ticket, .call = call, .response = std::move(response)});
  });
}

void LeaderFeed::open(Leader& leader, const std::string& listen_key, Mono now) {
  const auto url = net::Url::parse(wiring_.endpoints.private_stream(listen_key), "wss");
  if (!url) return leader.session.stream_closed(make_error_code(Errc::malformed), now);
  leader.stream->open(*url, now);
  leader.streaming = true;
}

void LeaderFeed::open_successor(Leader& leader, const std::string& listen_key, Mono now) {
  const auto url = net::Url::parse(wiring_.endpoints.private_stream(listen_key), "wss");
  if (!url) return leader.session.successor_closed(make_error_code(Errc::malformed), now);
  leader.successor = wiring_.transport.websocket();
  leader.successor->open(*url, now);
}

void LeaderFeed::adopt_successor(Leader& leader) {
  leader.stream->close();
  leader.stream = std::move(leader.successor);
  leader.streaming = true;
}

// ---- questions ---------------------------------------------------------------------------------

SessionState LeaderFeed::state(LeaderId leader) const noexcept {
  const Leader* const found = find(leader);
  return found ? found->session.state() : SessionState::not_connected;
}

int LeaderFeed::unsynced() const noexcept {
  int count = 0;
  for (const auto& leader : leaders_) {
    const bool connected = leader && leader->credentials;
    if (connected && leader->session.state() != SessionState::live) ++count;
  }
  return count;
}

Qty LeaderFeed::tracked(LeaderId leader, SymbolId symbol, Leg leg) const noexcept {
  const Leader* const found = find(leader);
  return found ? found->session.tracked({.symbol = symbol, .leg = leg}) : Qty{};
}

bool LeaderFeed::looks_again(LeaderId leader) const noexcept {
  const Leader* const found = find(leader);
  return found && found->session.looks_again();
}

}  // namespace copyd::feed
