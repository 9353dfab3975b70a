#include "tests/vectors/vector_run.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <string_view>

#include "risk/follower_book.hpp"

namespace copyd::vectors {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

// One follower with its world, and what it decided for the last event.
class Run final : public risk::BookSink {
 public:
  explicit Run(const Case& test) : test_(test), orders_(64) {
    for (const auto& [name, filters] : test.symbols) symbols_.add({name, filters, true});
    for (const auto& position : test.leader_positions) know(position.leader, position.symbol);
    for (const auto& link : test.links) leader(link.leader);
    for (const auto& event : test.events) know_names(event);
    prices_.resize(symbols_.size());
    for (std::size_t i = 0; i < symbols_.size(); ++i)
      symbol_keys_.push_back(name_key(symbols_[SymbolId{static_cast<std::uint16_t>(i)}].name));
    for (const auto& name : leaders_) leader_keys_.push_back(name_key(name));
    shared_.emplace(risk::BookShared{symbols_, prices_, symbol_keys_, leader_keys_, orders_,
                                     settle_number_, gate_, doubts_});
    risk::FollowerBook::Setup setup;
    setup.key = name_key("follower");
    setup.limits = risk::resolve(test.limits, symbols_);
    for (const auto& link : test.links)
      setup.links.push_back(risk::resolve(link, leader(link.leader), symbols_));
    book_ = std::make_unique<risk::FollowerBook>(std::move(setup), *shared_);
    book_->set_mode(test.mode);
    book_->set_state(StateCause::connection, FollowerState::active, *this);
    for (const auto& position : test.leader_positions) apply(position);
  }

  // Empty when the event names an order that was never sent or is finished.
  std::optional<Answer> answer(const Event& event) {
    answer_ = {};
    bool known = true;
    std::visit(Overloaded{[&](const ResultEvent& e) { known = result(e); },
                          [&](const auto& e) { apply(e); }},
               event);
    if (!known) return std::nullopt;
    for (std::size_t i = 0; i < book_->rows(); ++i) {
      const auto row = book_->row(i);
      answer_.book.push_back(text_of(
          BookLine{symbols_[row.symbol].name, row.leg, row.target, row.position, row.in_flight}));
    }
    std::sort(answer_.book.begin(), answer_.book.end());
    return answer_;
  }

  void on_order(const Order& order) noexcept override {
    answer_.orders.push_back(text_of({refs_.size(), symbols_[order->symbol].name, order->side,
                                      order->leg, order->limit, order->qty, order->reduce_only}));
    refs_.push_back(order->ref);
  }
  void on_skip(const risk::Skip& skip) noexcept override {
    answer_.skips.push_back(
        text_of_skip(skip.link, symbols_[skip.symbol].name, std::string(name_of(skip.reason))));
  }
  void on_link_done(bool) noexcept override {}

 private:
  LeaderId leader(const std::string& name) {
    auto at = std::find(leaders_.begin(), leaders_.end(), name);
    if (at == leaders_.end()) at = leaders_.insert(leaders_.end(), name);
    return LeaderId{static_cast<std::uint16_t>(at - leaders_.begin())};
  }
  SymbolId symbol(const std::string& name) {
    if (const auto id = symbols_.find(name)) return *id;
    return *symbols_.add({name, std::nullopt, true});
  }
  void know(const std::string& leader_name, const std::string& symbol_name) {
    leader(leader_name);
    symbol(symbol_name);
  }
  // Every name gets its id before the book is made, as in the engine.
  void know_names(const Event& event) {
    std::visit(Overloaded{[&](const FillEvent& e) { know(e.leader, e.symbol); },
                          [&](const LeaderPositionEvent& e) { know(e.leader, e.symbol); },
                          [&](const FollowerPositionEvent& e) { symbol(e.symbol); },
                          [&](const MarkEvent& e) {
                            for (const auto& [name, price] : e.prices) symbol(name);
                          },
                          [&](const EquityEvent& e) {
                            for (const auto& [name, equity] : e.leaders) leader(name);
                          },
                          [](const ResultEvent&) {}, [](const StateEvent&) {}},
               event);
  }

  void apply(const FillEvent& e) {
    LeaderFill fill;
    fill.trade = TradeId{e.trade};
    fill.price = e.price;
    fill.qty = e.qty;
    fill.order_qty = e.order_qty;
    fill.symbol = symbol(e.symbol);
    fill.leader = leader(e.leader);
    fill.side = e.side;
    fill.leg = e.leg;
    fill.forced = e.forced;
    prices_[fill.symbol.value] = e.price;
    book_->fill({.fill = fill, .age = std::chrono::milliseconds(e.age_ms), .now = clock_.now()},
                *this);
  }
  bool result(const ResultEvent& e) {
    if (e.order >= refs_.size() || orders_.find(refs_[e.order]) == nullptr) return false;
    book_->result(refs_[e.order], e.filled, Reject::missed, *this);
    return true;
  }
  void apply(const ResultEvent&) {}
  void apply(const EquityEvent& e) {
    for (const auto& [name, equity] : e.leaders) book_->leader_equity(leader(name), equity);
    if (e.follower) book_->follower_equity(*e.follower);
  }
  void apply(const MarkEvent& e) {
    for (const auto& [name, price] : e.prices) prices_[symbol(name).value] = price;
  }
  void apply(const StateEvent& e) { book_->set_state(StateCause::operator_, e.state, *this); }
  void apply(const LeaderPositionEvent& e) {
    book_->leader_position({leader(e.leader), symbol(e.symbol), e.leg, e.qty, {}}, *this);
  }
  void apply(const FollowerPositionEvent& e) {
    book_->follower_position({FollowerId{}, symbol(e.symbol), e.leg, e.qty});
  }

  const Case& test_;
  SymbolTable symbols_;
  std::vector<std::string> leaders_;
  std::vector<Price> prices_;
  std::vector<NameKey> symbol_keys_, leader_keys_;
  risk::OrderTable orders_;
  std::int64_t settle_number_ = 1;
  std::uint8_t doubts_ = 0;
  ManualClock clock_;
  risk::Gate gate_{clock_};
  std::optional<risk::BookShared> shared_;
  std::unique_ptr<risk::FollowerBook> book_;
  std::vector<OrderRef> refs_;  // by the id of the vectors
  Answer answer_;
};

std::string lines(std::string_view title, const std::vector<std::string>& all) {
  std::string text = "    " + std::string(title) + ":\n";
  for (const auto& line : all) text += "      " + line + '\n';
  if (all.empty()) text += "      (none)\n";
  return text;
}

void compare(std::string_view what, const std::vector<std::string>& expected,
             const std::vector<std::string>& got, std::string& difference) {
  if (expected == got) return;
  difference +=
      "  " + std::string(what) + " differ\n" + lines("expected", expected) + lines("got", got);
}

}  // namespace

std::optional<std::string> first_difference(const Case& test) {
  Run run(test);
  for (std::size_t i = 0; i < test.events.size(); ++i) {
    const std::string where = test.name + ", event " + std::to_string(i) + ":\n";
    const auto got = run.answer(test.events[i]);
    if (!got) return where + "  the event is about an order that is not in flight\n";
    std::string difference;
    compare("orders", test.expect[i].orders, got->orders, difference);
    compare("skips", test.expect[i].skips, got->skips, difference);
    compare("book", test.expect[i].book, got->book, difference);
    if (!difference.empty()) return where + difference;
  }
  return std::nullopt;
}

}  // namespace copyd::vectors
