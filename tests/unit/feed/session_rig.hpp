// A session and a script of what it is to ask, with the answers: no venue, no time but the test's.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "feed/leader_session.hpp"

namespace copyd::feed {

using namespace std::chrono_literals;

inline constexpr std::int64_t day0 = 1'789'800'000'000;  // the venue's time when a test begins

inline venue::OrderUpdate trade_event(SymbolId symbol, std::int64_t trade, std::int64_t time,
                                      int qty) {
  venue::OrderUpdate update;
  update.symbol_name = "BTCUSDT";
  update.symbol = symbol;
  update.symbol_known = true;
  update.execution = venue::Execution::trade;
  update.status = venue::OrderStatus::filled;
  update.order = VenueOrderId{trade * 10};
  update.trade = TradeId{trade};
  update.side = qty > 0 ? Side::buy : Side::sell;
  update.order_qty = update.last_qty = update.cumulative_qty = Qty::whole(std::abs(qty));
  update.last_price = Price::whole(100);
  update.trade_time = update.event_time = VenueTime{day0 + time};
  return update;
}

inline venue::PositionRisk position(SymbolId symbol, int qty, std::int64_t time) {
  venue::PositionRisk row;
  row.symbol_name = "BTCUSDT";
  row.symbol = symbol;
  row.qty = Qty::whole(qty);
  row.update_time = VenueTime{day0 + time};
  return row;
}

inline venue::UserTrade user_trade(std::int64_t id, std::int64_t time, int qty) {
  venue::UserTrade t;
  t.symbol_name = "BTCUSDT";
  t.trade = TradeId{id};
  t.order = VenueOrderId{id * 10};
  t.side = qty > 0 ? Side::buy : Side::sell;
  t.price = Price::whole(100);
  t.qty = Qty::whole(std::abs(qty));
  t.time = VenueTime{day0 + time};
  return t;
}

inline venue::OrderRecord order_record(std::int64_t id, int qty, std::int64_t time) {
  venue::OrderRecord record;
  record.symbol_name = "BTCUSDT";
  record.order = VenueOrderId{id};
  record.client_order_id = "web_1";
  record.status = venue::OrderStatus::filled;
  record.order_qty = record.executed_qty = Qty::whole(qty);
  record.time = record.update_time = VenueTime{day0 + time};
  return record;
}

using Positions = std::vector<venue::PositionRisk>;
using Orders = std::vector<venue::OrderRecord>;
using Trades = std::vector<venue::UserTrade>;

inline Failure no_answer() {
  return {.error = make_error_code(Errc::timeout)};
}
inline Failure http_500() {
  Failure failure;
  failure.status = 500;
  return failure;
}
inline Failure key_refused() {
  Failure failure;
  failure.status = 401;
  failure.code = -2015;
  failure.message = "Invalid API-key, IP, or permissions for action.";
  failure.retry = venue::RetryClass::pause;
  return failure;
}

// One expectation: the session asks this, and is answered so. No call: it opens the stream, which
// then brings these events.
struct Line {
  std::optional<Call> call;
  Answer answer;
  std::vector<venue::OrderUpdate> events;
};
inline Line asks(Call call, Answer answer) {
  return {.call = call, .answer = std::move(answer), .events = {}};
}
inline Line opens(std::vector<venue::OrderUpdate> events = {}) {
  return {.call = std::nullopt, .answer = {}, .events = std::move(events)};
}

struct SessionRig {
  explicit SessionRig(int connections = 1) {
    btc = *symbols.add({.name = "BTCUSDT", .filters = {}});
    session.emplace(LeaderSession::Setup{.leader = LeaderId{0},
                                         .symbols = symbols,
                                         .cells = cells,
                                         .seed = 1,
                                         .seen_max = 256,
                                         .connections = connections});
    session->set_time({.at = now, .venue = VenueTime{day0}});
  }

  void pass(std::chrono::nanoseconds by) {
    now = now + by;
    session->tick(now);
  }
  void bring(const venue::UserEvent& event, bool by_successor = false) {
    session->event(event, {.received = now, .decoded = now + 5us, .by_successor = by_successor});
  }
  // The next action that is not to close the stream; that one is remembered.
  std::optional<Action> next() {
    for (;;) {
      auto action = session->next_action();
      if (!action || !std::holds_alternative<CloseStream>(*action)) return action;
      ++closed;
    }
  }
  Ask expect_ask(Call call) {
    const auto action = next();
    if (!action || !std::holds_alternative<Ask>(*action)) {
      ADD_FAILURE() << "no question, expected call " << static_cast<int>(call);
      return {};
    }
    const Ask question = std::get<Ask>(*action);
    EXPECT_EQ(question.call, call);
    return question;
  }
  void play(const Line& line) {
    pass(1ms);
    if (line.call) {
      session->answered(expect_ask(*line.call).ticket, line.answer, now);
      return;
    }
    const auto action = next();
    ASSERT_TRUE(action && std::holds_alternative<OpenStream>(*action));
    session->stream_opened(now);
    for (const auto& event : line.events) bring(event);
  }
  void play(const std::vector<Line>& script) {
    for (const Line& line : script) play(line);
    pass(LeaderSession::late_events);
  }
  // Every fill and position handed over since the last call.
  std::string handed() {
    std::string text;
    for (const LeaderEvent* event = session->front(); event != nullptr; event = session->front()) {
      if (const auto* done = std::get_if<LeaderSynced>(event)) {
        synced.push_back(*done);
      } else {
        if (!text.empty()) text += ' ';
        if (const auto* fill = std::get_if<LeaderFill>(event)) {
          text += "f" + std::to_string(fill->trade.value);
        } else {
          text += "p=" + std::string(FixedText(std::get<LeaderPosition>(*event).qty).view());
        }
      }
      session->pop();
    }
    return text;
  }
  std::string notices() {
    std::string text;
    while (const auto notice = session->next_notice())
      text += std::string(notice->message()) + "\n";
    return text;
  }

  SymbolTable symbols;
  SymbolId btc;
  LeaderCells cells;
  std::vector<LeaderSynced> synced;
  Mono now{1'000'000'000};
  int closed = 0;
  std::optional<LeaderSession> session;
};

inline std::vector<Line> first_script(SymbolId btc) {
  return {asks(Call::account_config, venue::AccountConfig{.mode = PositionMode::one_way}),
          asks(Call::create_listen_key, ListenKey{"key"}),
          opens({trade_event(btc, 1, -900, 2), trade_event(btc, 2, 500'000, 1)}),
          asks(Call::positions, Positions{position(btc, 5, -500)})};
}
inline constexpr const char* first_result = "p=5 f2";

// Lost: trade 3. On the new stream: trade 2 again and trade 4.
inline std::vector<Line> again_script(SymbolId btc) {
  return {asks(Call::account_config, venue::AccountConfig{.mode = PositionMode::one_way}),
          asks(Call::create_listen_key, ListenKey{"key"}),
          opens({trade_event(btc, 2, 500'000, 1), trade_event(btc, 4, 700'000, 1)}),
          asks(Call::all_orders, Orders{}),
          asks(Call::user_trades, Trades{user_trade(2, 500'000, 1), user_trade(3, 600'000, -4)}),
          asks(Call::order, order_record(30, 4, 600'000)),
          asks(Call::positions, Positions{position(btc, 2, 600'000)})};
}
inline constexpr const char* again_result = "f3 p=2 f4";

// Live, with all that was said so far taken.
struct LiveSession : testing::Test {
  explicit LiveSession(int connections = 1) : rig(connections) {
    rig.session->start(rig.now);
    rig.play(first_script(rig.btc));
    rig.handed();
    rig.notices();
  }
  SessionRig rig;
};

}  // namespace copyd::feed
