// Every message of tests/golden/venue means what expected.py, which knows nothing of the decoders,
// says it means.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

#include "tests/unit/venue/golden_records.hpp"
#include "venue/rest_orders.hpp"

namespace copyd::venue::testing {
namespace {

std::string user_event(const std::string& text) {
  return UserReader().read(text);
}

std::string reply(const std::string& text) {
  ReplyDecoder decoder;
  const Frame frame(text);
  return render(decoder.decode(frame.view()));
}

// By both ways that lead to an order: as a record, and as the answer to a request over REST.
std::string one_order(const std::string& text) {
  return render(decode_order(text)) + render(decode_rest_order(200, text));
}

std::string batch(const std::string& text) {
  const auto result = decode_rest_batch(200, text);
  if (result.has_error()) return "malformed";
  std::string out;
  for (const Reply& element : result->elements) out += "[" + render(element) + "]";
  return out;
}

std::string account(const std::string& text) {
  const auto whole = decode_account(text, symbols());
  const auto balance = decode_margin_balance(text);
  if (whole.has_error() || balance.has_error() || *balance != whole->margin_balance)
    return "malformed";
  return render(*whole);
}

std::string account_row(const std::string& text) {
  return account(R"({"totalWalletBalance":"0","totalMarginBalance":"0","assets":[],"positions":[)" +
                 text + "]}");
}

std::string balances(const std::string& text) {
  const auto rows = decode_balances(text);
  const auto alias = decode_account_alias(text);
  if (rows.has_error() || alias.has_error() || rows->front().account_alias != *alias)
    return "malformed";
  return render(*rows);
}

std::string marks(const std::string& text) {
  MarkPriceDecoder decoder(symbols());
  const Frame frame(text);
  const auto rows = decoder.decode(frame.view());
  if (rows.has_error()) return "malformed";
  std::string out;
  for (const MarkPrice& row : *rows) out += render(row);
  return out;
}

// A call that changes something and says no more than that it is done.
std::string done(const std::string& text) {
  const auto answer = decode_rest_order(200, text);
  const auto body = decode_error(text);
  const bool is_done = answer.has_value() && !answer->has_order &&
                       classify(200, body.code, body.message) == RetryClass::ok;
  return is_done ? "done=1" : "malformed";
}

std::string error(const std::string& text) {
  const auto body = decode_error(text);
  return "code=" + std::to_string(body.code) + " message=" + body.message;
}

std::string exchange_row(const std::string& text) {
  return render(decode_exchange_info(R"({"symbols":[)" + text + "]}"));
}

// Nothing here needs it: whoever reads records of another kind must not take it for one.
std::string unread(const std::string& text) {
  const bool mistaken =
      reply(text) != "malformed" || decode_order(text).has_value() ||
      decode_user_trades(text).has_value() || decode_account(text, symbols()).has_value() ||
      decode_position_risk(text, symbols()).has_value() || decode_algo_orders(text).has_value() ||
      decode_account_config(text).has_value() || decode_listen_key(text).has_value() ||
      decode_exchange_info(text).has_value() || user_event(text) != "malformed";
  return mistaken ? "mistaken for another" : "";
}

template <class Decode>
auto by(Decode decode) {
  return [decode](const std::string& text) { return render(decode(text)); };
}
template <class Decode>
auto with_symbols(Decode decode) {
  return [decode](const std::string& text) { return render(decode(text, symbols())); };
}

using Read = std::function<std::string(const std::string&)>;
const std::map<std::string, Read> readers{
    {"user", user_event},
    {"reply", reply},
    {"orders", by(decode_orders)},
    {"one_order", one_order},
    {"batch", batch},
    {"trades", by(decode_user_trades)},
    {"incomes", by(decode_incomes)},
    {"positions", with_symbols(decode_position_risk)},
    {"config", by(decode_account_config)},
    {"account", account},
    {"account_row", account_row},
    {"balances", balances},
    {"algo_order", by(decode_algo_order)},
    {"algo_orders", by(decode_algo_orders)},
    {"algo_cancelled", by(decode_algo_cancelled)},
    {"symbol_configs", with_symbols(decode_symbol_configs)},
    {"brackets", by(decode_leverage_brackets)},
    {"leverage", by(decode_leverage)},
    {"mode", by(decode_position_mode)},
    {"multi_assets", by(decode_asset_mode)},
    {"order_limits", by(decode_order_limits)},
    {"premium", with_symbols(decode_premium_index)},
    {"marks", marks},
    {"done", done},
    {"listen_key", by(decode_listen_key)},
    {"time", by(decode_time)},
    {"permissions", by(decode_key_permissions)},
    {"exchange", by(decode_exchange_info)},
    {"exchange_row", exchange_row},
    {"error", error},
    {"unread", unread},
};

TEST(Golden, EveryMessageIsListedAndHasASource) {
  std::set<std::string> listed{"signing_vectors.json"};
  for (const auto& line : expected()) listed.insert(line.name);
  const std::string sources = read_file(golden_dir() / "SOURCES.md");
  std::set<std::string> present;
  for (const auto& entry : std::filesystem::directory_iterator(golden_dir() / "venue")) {
    if (entry.path().extension() != ".json") continue;
    const auto name = entry.path().filename().string();
    present.insert(name);
    EXPECT_NE(sources.find("`" + name + "`"), sources.npos) << name;
  }
  EXPECT_EQ(listed, present);
  EXPECT_GT(present.size(), 300U);
}

TEST(Golden, EveryMessageMeansWhatTheIndependentReaderSays) {
  std::map<std::string, int> of_kind;
  for (const auto& line : expected()) {
    ++of_kind[line.kind];
    ASSERT_TRUE(readers.contains(line.kind)) << line.kind;
    EXPECT_EQ(readers.at(line.kind)(golden(line.name)), line.meaning) << line.name;
  }
  // None of the kinds may silently have become empty.
  for (const auto& [kind, read] : readers) EXPECT_GT(of_kind[kind], 0) << kind;
  EXPECT_GT(of_kind["user"], 80);
}

// A decoder that is handed another's message must refuse it or find nothing in it, never crash.
TEST(Golden, EveryDecoderSurvivesEveryMessage) {
  int answers = 0;
  for (const auto& line : expected()) {
    const std::string text = golden(line.name);
    for (const auto& [kind, read] : readers)
      if (!read(text).empty()) ++answers;
  }
  EXPECT_GT(answers, 7000);
}

TEST(Golden, ErrorAnswersNeverReadAsARecord) {
  for (const auto& name : names_of_kind("error")) {
    const std::string text = golden(name);
    for (const auto& [kind, read] : readers) {
      if (kind == "error" || kind == "unread") continue;
      // A row in the wrong place is put into a body of its own first.
      const bool wrapped = kind == "account_row" || kind == "exchange_row";
      const std::string meaning = read(text);
      EXPECT_TRUE(meaning.starts_with("malformed") || wrapped) << name << ' ' << kind << meaning;
      if (wrapped) { EXPECT_EQ(meaning, "malformed") << name; }
    }
  }
}

}  // namespace
}  // namespace copyd::venue::testing
