// What the records say: one payload type per kind. A number once given is never given again, and a
// payload once released is never changed: what is new gets a new number.
//
// The copy agent writes every input that it applies, in the order applied, so that its segments
// alone rebuild its books. A lane writes what it puts on the wire before it does, and what came of
// it. Ids are those of the segment's own preamble, which spells out what they stand for.
// Quantities, prices and money are whole numbers of 1e-8 units. Spare bytes are zero.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/copy_id.hpp"
#include "core/flow.hpp"
#include "core/symbols.hpp"
#include "journal/record.hpp"

namespace copyd::journal {

inline constexpr std::uint32_t format_version = 1;
inline constexpr std::array<char, 8> magic{'c', 'o', 'p', 'y', 'd', 'j', 'n', 'l'};

enum class Type : std::uint16_t {
  // Of every segment.
  segment = 1,
  // The preamble of the copy agent's first segment after a start: what the ids stand for.
  text = 2,
  symbol = 3,
  account = 4,
  policy = 5,
  // Inputs of the copy agent.
  leader_fill = 10,
  leader_position = 11,
  order_done = 12,
  order_unknown = 13,
  follower_position = 14,
  follower_link = 15,
  set_state = 16,
  leader_equity = 17,
  follower_equity = 18,
  mark = 19,
  // What a lane does.
  intent = 30,
  answer = 31,
  unknown = 32,
  absent = 33,
  finished = 34,
  // The rows of a snapshot of the books.
  snapshot_begin = 40,
  snapshot_row = 41,
  snapshot_end = 42,
};

// A name in a fixed field; zero-terminated unless it fills the field.
template <std::size_t N>
struct Name {
  std::array<char, N> bytes{};

  Name() = default;
  explicit Name(std::string_view text) noexcept {
    for (std::size_t i = 0; i < text.size() && i < N; ++i) bytes[i] = text[i];
  }
  std::string_view view() const noexcept {
    std::size_t length = 0;
    while (length < N && bytes[length] != '\0') ++length;
    return {bytes.data(), length};
  }
};

// ---- of every segment --------------------------------------------------------------------------

// The first record of a segment.
struct Segment {
  static constexpr Type type = Type::segment;
  std::array<char, 8> magic = journal::magic;
  std::uint32_t version = format_version;
  std::uint32_t size = record_size;
  Name<16> writer;
  std::uint64_t number = 0;             // 1, 2, 3… of this writer
  std::int64_t mono_ns = 0;             // at one moment…
  std::int64_t wall_ns = 0;             // …by both clocks
  std::array<std::uint8_t, 16> boot{};  // the machine's boot id: the steady clock's zero
};

// ---- preamble ----------------------------------------------------------------------------------

// A piece of the configuration, as it was read.
struct Text {
  static constexpr Type type = Type::text;
  std::uint32_t generation = 0;
  std::uint32_t offset = 0;
  std::uint32_t total = 0;
  std::array<char, 84> bytes{};
};

struct SymbolDefinition {
  static constexpr Type type = Type::symbol;
  SymbolId id;
  std::uint8_t has_filters = 0;
  std::uint8_t copyable = 0;
  std::uint32_t spare = 0;
  SymbolFilters filters;
  Name<48> name;
};

struct Account {
  static constexpr Type type = Type::account;
  enum class Role : std::uint8_t { leader, follower };
  std::uint16_t id = 0;
  Role role = Role::leader;
  std::uint8_t spare = 0;
  Name<32> label;
};

// From here on this generation of the configuration decides.
struct Policy {
  static constexpr Type type = Type::policy;
  std::uint32_t generation = 0;
};

// ---- inputs of the copy agent ------------------------------------------------------------------

inline constexpr std::int64_t unknown_age = INT64_MIN;

struct Fill {
  static constexpr Type type = Type::leader_fill;
  LeaderFill fill;
  std::int64_t age_ms = unknown_age;  // by the venue's clock, when it was decided
};

struct Position {
  static constexpr Type type = Type::leader_position;
  LeaderPosition position;
};

struct Done {
  static constexpr Type type = Type::order_done;
  CopyId copy_id;
  OrderDone done;
};

struct Unknown {
  static constexpr Type type = Type::order_unknown;
  CopyId copy_id;
  FollowerId follower;
};

struct Held {
  static constexpr Type type = Type::follower_position;
  FollowerPosition position;
};

struct Link {
  static constexpr Type type = Type::follower_link;
  FollowerLink link;
};

struct State {
  static constexpr Type type = Type::set_state;
  SetState state;
};

struct LeaderEquity {
  static constexpr Type type = Type::leader_equity;
  SetLeaderEquity equity;
};

struct FollowerEquity {
  static constexpr Type type = Type::follower_equity;
  SetFollowerEquity equity;
};

struct Mark {
  static constexpr Type type = Type::mark;
  SetMark mark;
};

// ---- what a lane does --------------------------------------------------------------------------

// Written before the request is: from here on the order may exist at the venue under the client
// order id of this copy id and attempt.
struct Intent {
  static constexpr Type type = Type::intent;
  CopyId copy_id;
  Qty qty;
  Price limit;
  std::int64_t timestamp_ms = 0;  // as signed
  std::int64_t received_ns = 0;   // of the fill; 0: none caused it
  std::int64_t expires_ns = 0;
  std::int32_t recv_window_ms = 0;
  FollowerId follower;
  SymbolId symbol;
  Side side = Side::buy;
  Leg leg = Leg::both;
  OrderKind kind = OrderKind::increase;
  std::uint8_t reduce_only = 0;
  std::uint8_t attempt = 0;
  std::array<std::uint8_t, 3> spare{};
};

// What the venue said of one attempt, by any way.
struct Answer {
  static constexpr Type type = Type::answer;
  CopyId copy_id;
  Qty filled;
  Price average;
  std::int64_t venue_ms = 0;
  std::int32_t status = 0;  // HTTP's, or that of a WebSocket answer; 0: an event of the stream
  std::int32_t code = 0;    // the venue's error
  FollowerId follower;
  std::uint8_t attempt = 0;
  std::uint8_t final_ = 0;  // the attempt has ended
};

// An attempt whose fate is not known, or is proven not to exist.
struct Fate {
  CopyId copy_id;
  FollowerId follower;
  std::uint8_t attempt = 0;
};
struct Lost : Fate {
  static constexpr Type type = Type::unknown;
};
struct Absent : Fate {
  static constexpr Type type = Type::absent;
};

// The order was reported to the copy agent: nothing more of it will be written.
struct Finished {
  static constexpr Type type = Type::finished;
  CopyId copy_id;
  FollowerId follower;
  OrderEnd end = OrderEnd::executed;
};

}  // namespace copyd::journal
