#include "engine/rehearsal.hpp"

#include <array>
#include <utility>

#include "venue/client_order_id.hpp"
#include "venue/order_codec.hpp"

namespace copyd::engine {
namespace {

constexpr const char* symbol = "BTCUSDT";
constexpr std::string_view nobodys_key =
    "rehearsal.rehearsal.rehearsal.rehearsal.rehearsal.rehearsal.....";
constexpr std::size_t queue_room = 64;

// As the venue tells a fill: first in short, then as a whole.
constexpr std::array<std::string_view, 2> fills{
    R"({"e":"TRADE_LITE","E":1789837689736,"T":1789837689736,"s":"BTCUSDT","q":"0.049","p":"0.00",)"
    R"("m":false,"c":"6e8f8d89-5b04-4ede-88bb-52b7d8b2b0d2","S":"BUY","L":"97135.90","l":"0.049",)"
    R"("t":1190331610,"i":33878894217})",
    R"({"e":"ORDER_TRADE_UPDATE","T":1789837689736,"E":1789837689736,"o":{"s":"BTCUSDT",)"
    R"("c":"6e8f8d89-5b04-4ede-88bb-52b7d8b2b0d2","S":"BUY","o":"MARKET","f":"GTC","q":"0.049",)"
    R"("p":"0","ap":"97135.9","sp":"0","x":"TRADE","X":"FILLED","i":33878894217,"l":"0.049",)"
    R"("z":"0.049","L":"97135.9","n":"0.00000325","N":"BNB","T":1789837689736,"t":1190331610,)"
    R"("b":"0","a":"0","m":false,"R":false,"wt":"CONTRACT_PRICE","ot":"MARKET","ps":"BOTH",)"
    R"("cp":false,"rp":"0","pP":false,"si":0,"ss":0,"V":"EXPIRE_MAKER","pm":"NONE","gtd":0,)"
    R"("er":"0"}})"};

SymbolTable one_symbol() {
  SymbolTable symbols;
  symbols.add({.name = symbol,
               .filters = SymbolFilters{.tick = *Price::parse("0.1"),
                                        .step = *Qty::parse("0.001"),
                                        .min_qty = *Qty::parse("0.001"),
                                        .max_qty = Qty::whole(1000),
                                        .min_notional = Usd::whole(50)}});
  return symbols;
}

std::vector<config::Follower> one_follower() {
  config::Link link;
  link.leader = "rehearsal";
  link.sizing = config::FixedRatio{Ratio::whole(1)};
  link.max_fill_age.reset();
  link.order = {.type = config::OrderStyle::Type::market};
  std::vector<config::Follower> followers(1);
  followers[0].label = "rehearsal";
  followers[0].links = {link};
  return followers;
}

}  // namespace

// A leader and a follower, and a copy agent between them that nobody else hears.
struct Rehearsal::Books {
  explicit Books(const Clock& clock)
      : copier({.leaders = leaders,
                .followers = on_lane,
                .lanes = lanes,
                .symbols = symbols,
                .clock = clock,
                .leader_events = events,
                .commands = commands,
                .answers = answers,
                .notices = notices,
                .cells = cells,
                .stages = stages}) {
    commands.try_push(TimeSample{.at = clock.now(), .venue = VenueTime{1}});
    reports.try_push(FollowerLink{.follower = FollowerId{0}, .ready = true});
    copier.do_work();
  }

  const SymbolTable symbols = one_symbol();
  const std::vector<config::Leader> leaders{{.label = "rehearsal"}};
  const std::vector<config::Follower> followers = one_follower();
  const std::vector<risk::CopierSetup::Follower> on_lane{{followers[0], 0}};
  Channel<Order> orders{queue_room};
  Channel<Report> reports{limits::reports_per_lane_max};
  const std::vector<risk::CopierSetup::Lane> lanes{{orders, reports}};
  Channel<LeaderEvent> events{queue_room};
  Channel<CopyCommand> commands{queue_room};
  Channel<BookAnswer> answers{queue_room};
  Channel<Notice> notices{queue_room};
  std::vector<FollowerCells> cells{1};
  StageTimes stages;
  risk::Copier copier;
  std::int64_t trades = 0;
};

Rehearsal::Rehearsal(const Clock& clock, Parts parts, net::ScratchLine line, venue::Signer signer)
    : clock_(clock),
      parts_(parts),
      line_(std::move(line)),
      books_(std::make_unique<Books>(clock)),
      decoder_(books_->symbols),
      signer_(std::move(signer)) {
  terms_.qty = *Qty::parse("0.049");
}

Rehearsal::~Rehearsal() = default;

std::unique_ptr<Rehearsal> Rehearsal::create(const Clock& clock, Parts parts) {
  auto line = net::ScratchLine::create(parts.lane);
  auto signer = venue::Signer::hmac(Secret::copy_of(nobodys_key));
  if (line.has_error() || signer.has_error()) return nullptr;
  return std::unique_ptr<Rehearsal>(
      new Rehearsal(clock, parts, std::move(*line), std::move(*signer)));
}

int Rehearsal::do_work() noexcept {
  const Mono now = clock_.now();
  if (now < next_) return 0;
  next_ = now + every;
  const bool whole = (!parts_.feed || receive()) && (!parts_.copy || decide(now)) &&
                     (!parts_.lane || send());
  if (whole) ++rounds_;
  return 0;
}

bool Rehearsal::receive() noexcept {
  const auto frame = line_.receive(fills[rounds_ % fills.size()]);
  return !frame.empty() && decoder_.decode(frame).has_value();
}

// In and out by turns, so that the books stay small.
bool Rehearsal::decide(Mono now) noexcept {
  LeaderFill fill;
  fill.trade = TradeId{++books_->trades};
  fill.price = Price::whole(97'000);
  fill.qty = fill.order_qty = terms_.qty;
  fill.time = VenueTime{fill.trade.value};
  fill.received = now;
  fill.side = books_->trades % 2 != 0 ? Side::buy : Side::sell;
  books_->events.try_push(LeaderEvent{fill});
  books_->copier.do_work();
  Order order;
  if (!books_->orders.try_pop(order)) return false;
  terms_.copy_id = order->copy_id;
  books_->reports.try_push(
      OrderDone{.ref = order->ref,
                .follower = order->follower,
                .filled = order->qty,
                .average = {},
                .venue_time = {}});
  books_->copier.do_work();
  return true;
}

bool Rehearsal::send() noexcept {
  const std::size_t size =
      venue::encode_place({.id = ++requests_,
                           .terms = &terms_,
                           .symbol = symbol,
                           .client_order_id = venue::client_order_id(terms_.copy_id, 0),
                           .timestamp = VenueTime{1'789'837'689'736}},
                          nobodys_key, &signer_, text_);
  line_.send({text_.data(), size});
  return size != 0;
}

}  // namespace copyd::engine
