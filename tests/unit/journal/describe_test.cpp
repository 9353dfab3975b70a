// Every record can be read by a person: nothing that stands in a payload is left out.
#include <algorithm>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "journal/describe.hpp"

namespace copyd::journal {
namespace {

std::string line_of(const Record& record, const SymbolNames& names = {}) {
  std::string line;
  for (const auto& field : fields_of(record, names))
    line += std::string(field.name) + "=" + field.text + ' ';
  return line;
}

// Bytes of a payload that are between its members.
template <class Payload>
std::vector<bool> padding_of() {
  alignas(Payload) std::array<std::byte, sizeof(Payload)> bytes;
  bytes.fill(std::byte{0xFF});
  Payload* const payload = std::launder(reinterpret_cast<Payload*>(bytes.data()));
  clear_padding(*payload);
  std::vector<bool> padding;
  for (const std::byte byte : bytes) padding.push_back(byte == std::byte{0});
  return padding;
}

template <class Payload>
void expect_whole() {
  const Description* const known = describe(static_cast<std::uint16_t>(Payload::type));
  ASSERT_NE(known, nullptr);
  EXPECT_EQ(known->size, sizeof(Payload)) << known->name;
  const auto padding = padding_of<Payload>();
  std::vector<bool> shown(sizeof(Payload));
  for (const Field& field : known->fields)
    for (std::size_t i = 0; i < field.size; ++i) {
      ASSERT_LT(field.offset + i, shown.size()) << known->name << ' ' << field.name;
      EXPECT_FALSE(shown[field.offset + i]) << known->name << ": two fields at one place";
      shown[field.offset + i] = true;
    }
  for (std::size_t i = 0; i < shown.size(); ++i)
    EXPECT_EQ(shown[i], !padding[i]) << known->name << ": byte " << i;
}

template <class... Payloads>
std::set<Type> expect_all_whole() {
  (expect_whole<Payloads>(), ...);
  return {Payloads::type...};
}

TEST(Describe, EveryByteOfEveryPayloadIsShown) {
  const auto checked =
      expect_all_whole<Segment, Text, SymbolDefinition, Policy, Snapshot, Fill, Position, Synced,
                       Done, Unknown, Held, Link, State, LeaderEquity, FollowerEquity, Mark,
                       FlattenAll, Operator, Taken, Reloaded, Intent, PlainIntent, Answer, Lost, Absent, Finished,
                       Resumed, Timing, Riding, Books, LastPrice, Follower, LinkEquity, Ledger, Lot, HeldLeg, Outcome,
                       OpenOrder, Count, LeaderLeg, LeaderBegun, SeenTrade, BooksEnd, LossBase,
                       Wish, Paper, Adopting, Generation, JoinedOrder>();
  EXPECT_EQ(checked.size(), descriptions().size());
}

// The enumerators as they are written: a new one without a description is found by its absence.
TEST(Describe, EveryTypeHasADescriptionOfItsName) {
  std::ifstream in(COPYD_SOURCE_DIR "/journal/records.hpp");
  std::stringstream text;
  text << in.rdbuf();
  std::string list = text.str();
  list = list.substr(list.find("enum class Type"));
  list = list.substr(0, list.find("};"));
  std::istringstream lines(list);
  std::size_t types = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find(" = ");
    if (equals == std::string::npos || line.find("//") < equals) continue;
    const std::string name = line.substr(2, equals - 2);
    const auto number = static_cast<std::uint16_t>(std::stoi(line.substr(equals + 3)));
    const Description* const known = describe(number);
    ASSERT_NE(known, nullptr) << name << " is a type that journal/describe.cpp does not describe";
    EXPECT_EQ(known->name, name);
    ++types;
  }
  EXPECT_EQ(types, descriptions().size());
  EXPECT_GT(types, 30U);
}

TEST(Describe, SpellsDecimalsWordsAndNames) {
  const auto fill = record_of(Fill{.fill = {.trade = TradeId{77},
                                            .price = *Price::parse("50000.12"),
                                            .qty = *Qty::parse("0.001"),
                                            .order_qty = Qty::whole(2),
                                            .time = VenueTime{1'700'000'000'000},
                                            .received = Mono{5},
                                            .decoded_ns = 6,
                                            .symbol = SymbolId{1},
                                            .leader = LeaderId{3},
                                            .side = Side::sell,
                                            .leg = Leg::short_,
                                            .forced = true},
                                   .age_ms = -4,
                                   .doubts = 0});
  EXPECT_EQ(line_of(fill, {{1, "ETHUSDT"}}),
            "leader=3 symbol=ETHUSDT trade=77 side=sell leg=SHORT price=50000.12 qty=0.001 "
            "order_qty=2 forced=true time=1700000000000 received=5 decoded_ns=6 age_ms=-4 "
            "doubts=0 ");
  EXPECT_NE(line_of(fill).find("symbol=1 "), std::string::npos);

  Follower follower{.id = FollowerId{2}};
  follower.states[static_cast<std::size_t>(StateCause::operator_)] = FollowerState::halted;
  follower.states[static_cast<std::size_t>(StateCause::journal)] = FollowerState::reduce_only;
  EXPECT_NE(line_of(record_of(follower)).find("states=operator:halted journal:reduce_only "),
            std::string::npos);

  CopyId id;
  id.bytes.fill(0xAB);
  EXPECT_NE(line_of(record_of(Lost{{.copy_id = id, .follower = {}, .attempt = 2}}))
                .find("copy_id=abababababababababababababababab "),
            std::string::npos);
  EXPECT_NE(line_of(record_of(Outcome{.skipped = 1,
                                      .skip = static_cast<std::uint8_t>(Reject::below_min)}))
                .find("skip=below_min "),
            std::string::npos);
}

TEST(Describe, LearnsTheNamesOfTheSymbols) {
  SymbolNames names;
  learn(names,
        record_of(SymbolDefinition{.id = SymbolId{4}, .filters = {}, .name = Name<48>("SOLUSDT")}));
  learn(names, record_of(Policy{.generation = 1}));
  EXPECT_EQ(names, (SymbolNames{{4, "SOLUSDT"}}));
}

// A number outside the words, or a type of another version, is shown as it stands.
TEST(Describe, WhatItDoesNotKnowIsShownAsNumbers) {
  auto record = record_of(Wish{});
  record.payload[1] = std::byte{200};
  EXPECT_NE(line_of(record).find("state=200 "), std::string::npos);
  Record strange{.type = 999, .length = 2};
  strange.payload[0] = std::byte{0xBE};
  strange.payload[1] = std::byte{0xEF};
  EXPECT_EQ(line_of(strange), "payload=beef ");
}

}  // namespace
}  // namespace copyd::journal
