// Messages that are cut, mistyped, doubled, huge or nonsense. Whatever comes out is either
// malformed or exactly what the untouched message means: never a crash, and never another fill.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

#include "tests/unit/venue/golden_records.hpp"
#include "tests/unit/venue/members.hpp"
#include "venue/rest_orders.hpp"

namespace copyd::venue::testing {
namespace {

// Larger ones repeat the same rows, and take long with a sanitizer.
constexpr std::size_t size_max = 4000;

// What each of the decoders that may be handed a message makes of it.
using Meanings = std::vector<std::string>;

Meanings read_user(const Frame& frame) {
  static UserDataDecoder decoder(symbols());
  static OrderDetailsDecoder details_decoder;
  const auto event = decoder.decode(frame.view());
  const auto details = details_decoder.decode(frame.view());
  return {event.has_value() ? std::visit([](const auto& e) { return render(e); }, *event) +
                                  " stream=" + std::string(decoder.listen_key())
                            : "malformed",
          render(details)};
}

// Without the counts of limits: those are advice, and a row of another kind among them is no fault.
Meanings read_reply(const Frame& frame) {
  static ReplyDecoder decoder;
  auto reply = decoder.decode(frame.view());
  if (reply.has_value()) reply->used = {};
  return {render(reply)};
}

// A REST body has no padding behind it that could be read.
Meanings read_rest(const Frame& frame) {
  const std::string body(frame.view());
  return {render(decode_rest_order(200, body)), render(decode_order(body))};
}

Meanings read_batch(const Frame& frame) {
  const std::string body(frame.view());
  const auto batch = decode_rest_batch(200, body);
  if (batch.has_error()) return {"malformed"};
  std::string out;
  for (const Reply& element : batch->elements) out += "[" + render(element) + "]";
  return {out};
}

using Read = Meanings (*)(const Frame&);
const std::map<std::string, Read> readers{
    {"user", read_user}, {"reply", read_reply}, {"one_order", read_rest}, {"batch", read_batch}};

bool is_refused(const Meanings& meanings) {
  return std::all_of(meanings.begin(), meanings.end(),
                     [](const std::string& meaning) { return meaning == "malformed"; });
}

// An order that is no longer one is as good as a refusal: its fate is asked about.
bool lost_its_order(Read read, const std::string& meaning) {
  return read == read_reply && meaning.find(" order=") == meaning.npos;
}

// Each decoder by itself: refused, or the same.
bool is_safe(Read read, const Meanings& after, const Meanings& before) {
  for (std::size_t i = 0; i < before.size(); ++i)
    if (after[i] != before[i] && after[i] != "malformed" && !lost_its_order(read, after[i]))
      return false;
  return true;
}

std::string shown(const Meanings& meanings) {
  std::string out;
  for (const auto& meaning : meanings) out += meaning + "\n";
  return out;
}

// Calls `check(name, text, meaning, read)` for every message that its reader understands.
void for_each_message(const std::function<void(const std::string&, const std::string&,
                                               const Meanings&, Read)>& check) {
  int messages = 0;
  for (const auto& line : expected()) {
    const auto reader = readers.find(line.kind);
    if (reader == readers.end()) continue;
    const std::string text = golden(line.name);
    if (text.size() > size_max) continue;
    const Meanings meaning = reader->second(Frame(text));
    if (is_refused(meaning)) continue;
    ++messages;
    check(line.name, text, meaning, reader->second);
    if (::testing::Test::HasFatalFailure()) return;
  }
  EXPECT_GT(messages, 130);
}

TEST(Malformed, CutAtAnyByte) {
  int cuts = 0;
  for_each_message([&](const auto& name, const auto& text, const auto&, Read read) {
    for (std::size_t size = 0; size < text.size(); ++size) {
      const std::string_view whole(text);
      // What was cut off stands right behind the frame, as it may in a receive buffer.
      for (const auto behind : {whole.substr(size), std::string_view()}) {
        const Frame frame(whole.substr(0, size), behind);
        ASSERT_TRUE(is_refused(read(frame))) << name << " cut at " << size;
        ++cuts;
      }
    }
  });
  EXPECT_GT(cuts, 100'000);
}

std::string with_value(const std::string& text, const Member& member, std::string_view value) {
  std::string other = text;
  return other.replace(member.value_at, member.value_end - member.value_at, value);
}

// The member's value in every kind that it is not, and as what is no value at all.
std::vector<std::string> wrong_values(std::string_view value) {
  std::vector<std::string> out{"{}",
                               "[1]",
                               R"({"a":1})",
                               "1e400",
                               "NaN",
                               "Infinity",
                               "99999999999999999999999999999999999999999",
                               R"("\ud800")",
                               R"("\u12")",
                               "\"\x01\"",
                               "\"\xff\"",
                               ""};
  if (!value.starts_with('[')) out.push_back("[]");
  const bool text = value.starts_with('"');
  const bool boolean = value == "true" || value == "false";
  if (!boolean) out.insert(out.end(), {"true"});
  if (boolean) out.insert(out.end(), {"1", "0", R"("true")"});
  if (!text) out.push_back('"' + std::string(value) + '"');
  // A decimal in quotes, as the number itself.
  const std::string_view inner = text ? value.substr(1, value.size() - 2) : std::string_view();
  if (!inner.empty() && inner.find_first_not_of("-0123456789.") == inner.npos)
    out.push_back(std::string(inner));
  else if (text) out.push_back("17.5");
  if (!text && !boolean && value.find('.') == value.npos) out.insert(out.end(), {"1.5", "1e3"});
  return out;
}

TEST(Malformed, AnotherKindOfValueForAnyMember) {
  int changes = 0;
  int same = 0;
  for_each_message([&](const auto& name, const auto& text, const auto& meaning, Read read) {
    for (const Member& member : members_of(text)) {
      const std::string value = text.substr(member.value_at, member.value_end - member.value_at);
      if (value == "null") continue;  // says nothing: any kind may follow
      for (const std::string& wrong : wrong_values(value)) {
        // An id of a request may be a number or a text.
        if (member.key == "id" && (wrong == "17.5" || wrong.starts_with('"'))) continue;
        const Meanings after = read(Frame(with_value(text, member, wrong)));
        const bool unchanged = after == meaning;
        ASSERT_TRUE(is_safe(read, after, meaning))
            << name << ": " << member.key << " as " << wrong << "\n"
            << shown(after);
        ++changes;
        same += unchanged;
      }
    }
  });
  EXPECT_GT(changes, 40'000);
  EXPECT_GT(same, 1000);  // members that nobody reads
  EXPECT_LT(same, changes / 2);
}

// Null may stand for what an event does not say, in what is not needed for copying.
TEST(Malformed, NullForAnyMember) {
  for_each_message([&](const auto& name, const auto& text, const auto& meaning, Read read) {
    for (const Member& member : members_of(text)) {
      if (member.key == "id") continue;
      Meanings after = read(Frame(with_value(text, member, "null")));
      if (read == read_user) after[1] = meaning[1];
      ASSERT_TRUE(is_safe(read, after, meaning)) << name << ": " << member.key << shown(after);
    }
  });
}

// Another value of the same kind.
std::string other_value(const std::string& value) {
  if (value == "true") return "false";
  if (value == "false") return "true";
  if (value.starts_with('"')) return value == R"("7")" ? R"("8")" : R"("7")";
  if (value.starts_with('{')) return "{}";
  if (value.starts_with('[')) return "[]";
  return value == "7" ? "8" : "7";
}

TEST(Malformed, AnyMemberTwice) {
  int refused = 0;
  for_each_message([&](const auto& name, const auto& text, const auto& meaning, Read read) {
    for (const Member& member : members_of(text)) {
      const std::string value = text.substr(member.value_at, member.value_end - member.value_at);
      const std::string key = '"' + member.key + "\":";
      const std::string other = key + other_value(value);
      const std::string twins[] = {key + value + "," + key + value, other + "," + key + value,
                                   key + value + "," + other};
      for (const std::string& twin : twins) {
        std::string doubled = text;
        doubled.replace(member.key_at, member.value_end - member.key_at, twin);
        const Meanings after = read(Frame(doubled));
        ASSERT_TRUE(is_safe(read, after, meaning)) << name << ": " << twin << shown(after);
        refused += after[0] == "malformed";
      }
    }
  });
  EXPECT_GT(refused, 3000);
}

TEST(Malformed, NestedDeeply) {
  const std::string arrays = std::string(2000, '[') + std::string(2000, ']');
  const std::string open(20'000, '[');
  std::string objects;
  for (int i = 0; i < 2000; ++i) objects += R"({"a":)";
  objects += "1" + std::string(2000, '}');
  for (const char* name :
       {"seq.market_open_close.03.order_trade_update.trade.filled.json", "trade_lite.maker.json",
        "account_update.order.docs.json", "wsapi.order_place.ok.current_shape.json",
        "rest.order.place.result.market.filled.json"}) {
    const std::string text = golden(name);
    const Read read = name[0] == 'w' ? read_reply : name[0] == 'r' ? read_rest : read_user;
    const Meanings meaning = read(Frame(text));
    ASSERT_FALSE(is_refused(meaning)) << name;
    for (const Member& member : members_of(text)) {
      for (const std::string& deep : {arrays, objects, open}) {
        const Meanings after = read(Frame(with_value(text, member, deep)));
        ASSERT_TRUE(is_safe(read, after, meaning)) << name << ": " << member.key << shown(after);
      }
    }
  }
}

TEST(Malformed, BytesThatAreNoText) {
  for (const char* bad :
       {"\xff", "\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe6\xb5"}) {
    for (const char* name :
         {"seq.market_open_close.03.order_trade_update.trade.filled.json",
          "account_update.order.hedge.short.json", "wsapi.order_place.ok.current_shape.json"}) {
      const std::string text = golden(name);
      const Read read = name[0] == 'w' ? read_reply : read_user;
      for (std::size_t at = 0; at <= text.size(); at += 3) {
        std::string other = text;
        other.insert(at, bad);
        ASSERT_TRUE(is_refused(read(Frame(other)))) << name << " at " << at;
      }
    }
  }
}

TEST(Malformed, EventsAndMembersThatAreNew) {
  const std::string fill = golden("seq.market_open_close.03.order_trade_update.trade.filled.json");
  const Meanings meaning = read_user(Frame(fill));
  for (const char* name : {"ORDER_TRADE_UPDATE_V2", "order_trade_update", "", "executionReport",
                           "TRADE_LITE ", "balanceUpdate"}) {
    std::string other = fill;
    other.replace(other.find("ORDER_TRADE_UPDATE"), 18, name);
    EXPECT_EQ(read_user(Frame(other))[0], "other name=" + std::string(name) + " known=0 stream=");
  }
  for (const Member& member : members_of(fill)) {
    std::string other = fill;
    other.insert(member.key_at, R"("brand_new":[{"l":"9","x":"TRADE"},null,1e400,"\"}{"],)");
    EXPECT_EQ(read_user(Frame(other)), meaning) << other;
  }
}

// Ten megabytes of one thing: read or refused, in one piece.
TEST(Malformed, HugeFrames) {
  constexpr std::size_t huge = 10U << 20U;
  const std::string fill = golden("seq.market_open_close.03.order_trade_update.trade.filled.json");
  const Meanings meaning = read_user(Frame(fill));
  std::string frame = fill;
  frame.insert(1, R"("junk":")" + std::string(huge, 'x') + "\",");
  EXPECT_EQ(read_user(Frame(frame)), meaning);
  EXPECT_EQ(read_user(Frame(std::string(huge, ' ') + fill)), meaning);
  EXPECT_TRUE(is_refused(read_user(Frame(std::string(huge, '[')))));
  EXPECT_TRUE(is_refused(read_user(Frame(std::string(huge, '\0')))));
  frame = fill;
  frame.replace(frame.find("1190331610"), 10, std::string(huge, '1'));
  EXPECT_EQ(read_user(Frame(frame))[0], "malformed");

  std::string rows;
  constexpr int row_count = 60'000;
  for (int i = 0; i < row_count; ++i)
    rows += std::string(i > 0 ? "," : "") +
            R"({"s":"BTCUSDT","pa":"1","ps":"BOTH","ep":"83041.30324000001","ignored":")" +
            std::string(110, 'x') + "\"}";
  ASSERT_GT(rows.size(), huge);
  UserDataDecoder decoder(symbols());
  const Frame many(R"({"e":"ACCOUNT_UPDATE","E":1,"T":1,"a":{"m":"ORDER","B":[],"P":[)" + rows +
                   "]}}");
  const auto event = decoder.decode(many.view());
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(std::get<AccountUpdate>(*event).positions.size(), std::size_t{row_count});
  const std::string answer = golden("rest.order.place.result.market.filled.json");
  EXPECT_TRUE(decode_rest_order(200, std::string(huge, ' ') + answer)->has_order);
  EXPECT_EQ(decode_rest_order(502, std::string(huge, '<'))->message.size(), 200U);
}

}  // namespace
}  // namespace copyd::venue::testing
