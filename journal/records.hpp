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
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

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
  // The preamble of a run: what its ids stand for. The books it begins with follow.
  text = 2,
  symbol = 3,
  policy = 5,
  // Of a snapshot: what its books count up to.
  snapshot = 6,
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
  flatten = 20,
  operator_word = 21,
  positions_taken = 22,
  leader_synced = 23,
  reload = 24,
  // What a lane does.
  plain_intent = 30,
  answer = 31,
  unknown = 32,
  absent = 33,
  finished = 34,
  resumed = 35,
  timing = 36,
  intent = 37,
  riding = 38,
  // The rows of the books, as one run hands them to the next.
  books = 40,
  last_price = 41,
  follower = 42,
  link_equity = 43,
  ledger = 44,
  lot = 45,
  held_leg = 46,
  outcome = 47,
  open_order = 48,
  count = 49,
  leader_leg = 50,
  seen_trade = 51,
  books_end = 52,
  loss_base = 53,
  wish = 54,
  leader_begun = 55,
  paper = 56,
  adopting = 57,
  generation = 58,
  joined = 59,
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

// The piece of a configuration's text that begins at `offset`.
inline Text piece_of(std::string_view text, std::uint32_t generation,
                     std::uint32_t offset) noexcept {
  Text piece{.generation = generation,
             .offset = offset,
             .total = static_cast<std::uint32_t>(text.size())};
  text.copy(piece.bytes.data(), piece.bytes.size(), offset);
  return piece;
}

struct SymbolDefinition {
  static constexpr Type type = Type::symbol;
  SymbolId id;
  std::uint8_t has_filters = 0;
  std::uint8_t copyable = 0;
  std::uint32_t spare = 0;
  SymbolFilters filters;
  Name<48> name;
};

// From here on this generation of the configuration decides.
struct Policy {
  static constexpr Type type = Type::policy;
  std::uint32_t generation = 0;
};

// The first record of a snapshot. Its preamble and books count everything up to one record of the
// copy agent, the last one of a segment.
struct Snapshot {
  static constexpr Type type = Type::snapshot;
  std::uint64_t segment = 0;
  std::uint64_t sequence = 0;
};

// ---- inputs of the copy agent ------------------------------------------------------------------

inline constexpr std::int64_t unknown_age = INT64_MIN;

struct Fill {
  static constexpr Type type = Type::leader_fill;
  LeaderFill fill{};
  std::int64_t age_ms = unknown_age;  // by the venue's clock, when it was decided
  std::uint64_t doubts = 0;           // attempts that a lost journal may have known of its orders
};

struct Position {
  static constexpr Type type = Type::leader_position;
  LeaderPosition position;
};

struct Synced {
  static constexpr Type type = Type::leader_synced;
  LeaderSynced synced;
};

struct Done {
  static constexpr Type type = Type::order_done;
  CopyId copy_id{};
  OrderDone done{};
};

struct Unknown {
  static constexpr Type type = Type::order_unknown;
  CopyId copy_id{};
  FollowerId follower{};
  std::uint8_t quarantined = 0;
  std::uint8_t spare = 0;
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

struct FlattenAll {
  static constexpr Type type = Type::flatten;
  Flatten flatten;
};

struct Operator {
  static constexpr Type type = Type::operator_word;
  OperatorWord word;
};

struct Taken {
  static constexpr Type type = Type::positions_taken;
  PositionsTaken taken;
};

// From here on the configuration decides whose text was written since the last one, in pieces among
// the inputs. It has every leader, follower and link of the one before, in its place.
struct Reloaded {
  static constexpr Type type = Type::reload;
  std::uint32_t generation = 0;
};

// ---- what a lane does --------------------------------------------------------------------------

// Written before the request is: from here on the order may exist at the venue under the client
// order id of this copy id and attempt.
struct Intent {
  static constexpr Type type = Type::intent;
  CopyId copy_id{};
  Qty qty{};
  Price limit{};
  std::int64_t timestamp_ms = 0;  // as signed
  std::int64_t received_ns = 0;   // of the fill; 0: none caused it
  std::int64_t expires_ns = 0;
  std::int32_t recv_window_ms = 0;
  std::uint32_t generation = 0;  // of the configuration that decided; 0: not known
  FollowerId follower{};
  SymbolId symbol{};
  Side side = Side::buy;
  Leg leg = Leg::both;
  OrderKind kind = OrderKind::increase;
  std::uint8_t reduce_only = 0;
  std::uint8_t attempt = 0;
  std::array<std::uint8_t, 7> spare{};
};

// The same, as it was written before configurations were counted; only read.
struct PlainIntent {
  static constexpr Type type = Type::plain_intent;
  CopyId copy_id{};
  Qty qty{};
  Price limit{};
  std::int64_t timestamp_ms = 0;
  std::int64_t received_ns = 0;
  std::int64_t expires_ns = 0;
  std::int32_t recv_window_ms = 0;
  FollowerId follower{};
  SymbolId symbol{};
  Side side = Side::buy;
  Leg leg = Leg::both;
  OrderKind kind = OrderKind::increase;
  std::uint8_t reduce_only = 0;
  std::uint8_t attempt = 0;
  std::array<std::uint8_t, 3> spare{};

  Intent intent() const noexcept {
    return {.copy_id = copy_id,
            .qty = qty,
            .limit = limit,
            .timestamp_ms = timestamp_ms,
            .received_ns = received_ns,
            .expires_ns = expires_ns,
            .recv_window_ms = recv_window_ms,
            .follower = follower,
            .symbol = symbol,
            .side = side,
            .leg = leg,
            .kind = kind,
            .reduce_only = reduce_only,
            .attempt = attempt};
  }
};

// What the venue said of one attempt, by any way.
struct Answer {
  static constexpr Type type = Type::answer;
  CopyId copy_id{};
  Qty filled{};
  Price average{};
  std::int64_t venue_ms = 0;
  std::int32_t status = 0;  // HTTP's, or that of a WebSocket answer; 0: an event of the stream
  std::int32_t code = 0;    // the venue's error
  FollowerId follower{};
  std::uint8_t attempt = 0;
  std::uint8_t final_ = 0;  // the attempt has ended
};

// An attempt whose fate is not known, or is proven not to exist.
struct Fate {
  CopyId copy_id{};
  FollowerId follower{};
  std::uint8_t attempt = 0;
};
struct Lost : Fate {
  static constexpr Type type = Type::unknown;
};
struct Absent : Fate {
  static constexpr Type type = Type::absent;
};

// An order of an earlier run, as the lane has taken it over: nothing that was written of it before
// this is needed any more.
struct Resumed {
  static constexpr Type type = Type::resumed;
  CopyId copy_id{};
  FollowerId follower{};
  std::uint8_t attempt = 0;
  std::uint8_t doubts = 0;
  std::uint8_t ended = 0;
  Qty filled_before{};
};

// The order leaves with another one of its leg, under that one's id, for the sum of all that name
// it; written of each of them, the one that carries first, before that one's intent.
struct Riding {
  static constexpr Type type = Type::riding;
  CopyId copy_id{};
  CopyId carrier{};  // its own: it carries; all 0: it is for itself again
  FollowerId follower{};
};

// When each stage of one attempt ended, by the steady clock; written with the first answer to it.
// `received`, `decoded` and `decided` are 0 where no fill caused the order.
struct Timing {
  static constexpr Type type = Type::timing;
  CopyId copy_id{};
  std::int64_t received_ns = 0;
  std::int64_t decoded_ns = 0;
  std::int64_t decided_ns = 0;
  std::int64_t taken_ns = 0;         // by the lane
  std::int64_t signed_ns = 0;        // encoded and signed
  std::int64_t written_ns = 0;       // send returned
  std::int64_t acknowledged_ns = 0;  // the first answer is decoded
  FollowerId follower{};
  std::uint8_t attempt = 0;
  std::array<std::uint8_t, 5> spare{};
};

// How the order finished, as the copy agent is told next: nothing more of it will be written.
struct Finished {
  static constexpr Type type = Type::finished;
  CopyId copy_id{};
  Qty filled{};
  Price average{};
  std::int64_t venue_ms = 0;
  std::int32_t code = 0;
  FollowerId follower{};
  OrderEnd end = OrderEnd::executed;
};

// ---- the rows of the books ---------------------------------------------------------------------
//
// Books, then last prices, then for each follower: Follower, its LinkEquity, its Ledger rows (each
// with its Lots behind it), Adopting, HeldLegs or Paper, Outcomes, OpenOrders (of one leg in sending
// order, each behind its Generation and JoinedOrder) and Counts; then what is known of the leaders; then BooksEnd.

struct Books {
  static constexpr Type type = Type::books;
  std::int64_t settle_number = 0;    // n of the next settle(n)
  std::uint64_t first_follower = 0;  // whose turn it is to be first
  // Trades up to then, where they are decided from here on, may have been copied by a run whose
  // journal the disk has lost; 0: there was none.
  std::int64_t doubt_until_ms = 0;
};

struct LastPrice {
  static constexpr Type type = Type::last_price;
  SymbolId symbol{};
  std::uint8_t same_run = 0;  // as Follower has it: then the mark counts
  Price price{};
  Price mark{};               // 0: not known
  std::int64_t mark_ns = 0;  // when it was told, by the steady clock of the run
};

inline constexpr std::int64_t never_ns = INT64_MIN;

struct Follower {
  static constexpr Type type = Type::follower;
  static constexpr std::size_t causes_max = 16;
  FollowerId id{};
  std::uint8_t mode_known = 0;
  PositionMode mode = PositionMode::one_way;
  std::uint8_t equity_known = 0;
  // The low two bits: 1: what it holds; 2: everything, before its positions are taken. Then who
  // asked for it: 4: the operator; 8: a drawdown.
  std::uint8_t flattening = 0;
  std::array<FollowerState, causes_max> states{};  // by StateCause
  std::uint8_t same_run = 0;      // 1, in a snapshot: what is of this start alone counts as well
  std::uint8_t refused_mode = 0;  // 1 + the account's PositionMode, while the book cannot follow it
  Usd equity{};
  std::int64_t unknown_since_ns = never_ns;  // the equity
  std::array<std::int64_t, 2> refused_ns{never_ns, never_ns};  // increases, oldest first
  std::uint8_t no_equity_told = 0;
};

struct LinkEquity {
  static constexpr Type type = Type::link_equity;
  FollowerId follower{};
  std::uint16_t link = 0;  // its place in the follower's list of links
  LeaderId leader{};
  std::uint8_t known = 0;
  Usd leader_equity{};
};

struct Ledger {
  static constexpr Type type = Type::ledger;
  FollowerId follower{};
  std::uint16_t link = 0;
  LeaderId leader{};
  SymbolId symbol{};
  Leg leg = Leg::both;  // the leader's
  std::uint8_t out_of_sync = 0;
};

// Of the ledger before it; oldest first.
struct Lot {
  static constexpr Type type = Type::lot;
  Qty leader{};
  Qty follower{};
  std::int64_t rate_units = -1;  // −1: none
};

struct HeldLeg {
  static constexpr Type type = Type::held_leg;
  FollowerId follower{};
  SymbolId symbol{};
  Leg leg = Leg::both;
  Qty position{};
};

inline constexpr std::uint32_t no_outcome = UINT32_MAX;

// A leader fill whose orders are not all finished.
struct Outcome {
  static constexpr Type type = Type::outcome;
  FollowerId follower{};
  std::uint8_t skipped = 0;
  std::uint8_t skip = 0;  // the Reject, if skipped
  std::uint32_t number = 0;
  std::uint8_t failed = 0;
  std::uint8_t carried = 0;
  std::uint8_t filled = 0;
  std::uint8_t moved = 0;
};

struct OpenOrder {
  static constexpr Type type = Type::open_order;
  static constexpr std::uint8_t no_ledger = 255;
  static constexpr std::uint8_t quarantined = 2;  // of `unknown`
  CopyId copy_id{};
  Qty qty{};
  Price limit{};
  Qty filled_before{};
  Mono received{};
  Mono expires{};
  std::uint32_t outcome = no_outcome;
  FollowerId follower{};
  SymbolId symbol{};
  std::uint16_t link = 0;
  LeaderId leader{};  // of the link
  Side side = Side::buy;
  Leg leg = Leg::both;
  OrderKind kind = OrderKind::increase;
  std::uint8_t reduce_only = 0;
  std::uint8_t attempt = 0;
  std::uint8_t doubts = 0;
  std::uint8_t ended = 0;
  std::uint8_t ledger_leg = no_ledger;  // of the ledger that asked, of the same link and symbol
  std::uint8_t unknown = 0;  // 1: its fate cannot be told; 2: quarantined as well

  OpenOrder() = default;
  explicit OpenOrder(const OrderTerms& terms) noexcept
      : copy_id(terms.copy_id),
        qty(terms.qty),
        limit(terms.limit),
        filled_before(terms.filled_before),
        received(terms.received),
        expires(terms.expires),
        follower(terms.follower),
        symbol(terms.symbol),
        side(terms.side),
        leg(terms.leg),
        kind(terms.kind),
        reduce_only(terms.reduce_only),
        attempt(terms.attempt),
        doubts(terms.doubts),
        ended(terms.ended) {}
  // Without a place in the table of orders.
  OrderTerms terms() const noexcept {
    OrderTerms out;
    out.copy_id = copy_id;
    out.qty = qty;
    out.limit = limit;
    out.received = received;
    out.expires = expires;
    out.follower = follower;
    out.symbol = symbol;
    out.side = side;
    out.leg = leg;
    out.kind = kind;
    out.reduce_only = reduce_only != 0;
    out.filled_before = filled_before;
    out.attempt = attempt;
    out.doubts = doubts;
    out.ended = ended != 0;
    return out;
  }
};

// Fills of one follower that have ended so.
struct Count {
  static constexpr Type type = Type::count;
  FollowerId follower{};
  std::uint8_t is_skip = 0;  // `index` is a Reject, else an Outcome
  std::uint8_t index = 0;
  std::uint32_t spare = 0;
  std::int64_t count = 0;
};

struct LeaderLeg {
  static constexpr Type type = Type::leader_leg;
  LeaderId leader{};
  SymbolId symbol{};
  Leg leg = Leg::both;
  Qty qty{};
  std::int64_t as_of_ms = 0;  // what traded until then is in it; 0: until LeaderBegun says
};

// From when on a leader's trades count, and until when they are known.
struct LeaderBegun {
  static constexpr Type type = Type::leader_begun;
  LeaderId leader{};
  std::int64_t begun_ms = 0;
  std::int64_t until_ms = 0;
};

struct SeenTrade {
  static constexpr Type type = Type::seen_trade;
  LeaderId leader{};
  SymbolId symbol{};
  Leg leg = Leg::both;
  std::array<std::uint8_t, 3> spare{};
  TradeId trade{};
  std::int64_t time_ms = 0;
};

// What a follower's loss limits are measured from. Part of its rows, behind Follower.
struct LossBase {
  static constexpr Type type = Type::loss_base;
  FollowerId follower{};
  std::uint8_t known = 0;
  std::int32_t day = 0;           // UTC days since 1970, of `day_base`
  Usd day_base{};                 // net equity when the day began, or at first sight that day
  Usd highest{};                  // net equity, since connect or the last `resume`
  Usd transfers{};                // as SetFollowerEquity has them
  std::int64_t transfers_ms = 0;
};

// What the operator wants of an account, or of all; the newest of each. Behind the followers' rows.
struct Wish {
  static constexpr Type type = Type::wish;
  OperatorWord::About about = OperatorWord::About::all;
  FollowerState state = FollowerState::active;
  std::uint16_t account = 0;
};

// Of a book on paper, whose orders no venue sees: in place of HeldLegs. Its sums, always; and each
// leg that it holds.
struct Paper {
  static constexpr Type type = Type::paper;
  FollowerId follower{};
  SymbolId symbol{};
  Leg leg = Leg::both;
  std::uint8_t of_leg = 0;  // 0: the sums; 1: a leg
  Qty position{};           // of the leg, signed
  Usd cost{};               // of the leg: what it was opened for
  Usd realised{};           // of the sums
  Usd fees{};
};

// What a leader held when a link first appeared is to be adopted. Behind the Ledger rows.
struct Adopting {
  static constexpr Type type = Type::adopting;
  FollowerId follower{};
  std::uint16_t link = 0;
  LeaderId leader{};
  SymbolId symbol{};
  Leg leg = Leg::both;      // the leader's
  std::uint8_t of_leg = 0;  // 0: his positions are not told yet; 1: this one is, and not adopted
};

// Under which configuration the OpenOrder behind it was decided.
struct Generation {
  static constexpr Type type = Type::generation;
  CopyId copy_id{};
  std::uint32_t generation = 0;
};

// Of orders that may have left as one: with whom the OpenOrder behind it did; its own id: it
// carries. Those that ride with it are the next of its leg.
struct JoinedOrder {
  static constexpr Type type = Type::joined;
  CopyId copy_id{};
  CopyId carrier{};
};

struct BooksEnd {
  static constexpr Type type = Type::books_end;
  std::uint64_t rows = 0;
};

// The layout is the format: a change of any of these is a new number.
static_assert(sizeof(Segment) == 72 && sizeof(Text) == 96 && sizeof(SymbolDefinition) == 96);
static_assert(sizeof(Policy) == 4 && sizeof(Snapshot) == 16 && sizeof(Fill) == 80);
static_assert(sizeof(Position) == 24 && sizeof(Synced) == 24 && sizeof(Done) == 64 && sizeof(Unknown) == 20);
static_assert(sizeof(Held) == 24 && sizeof(Link) == 4 && sizeof(State) == 4);
static_assert(sizeof(LeaderEquity) == 24 && sizeof(FollowerEquity) == 40 && sizeof(Mark) == 16);
static_assert(sizeof(Operator) == 96 && sizeof(Finished) == 48);
static_assert(sizeof(PlainIntent) == 72 && sizeof(Answer) == 56 && sizeof(Fate) == 20);
static_assert(sizeof(Timing) == 80 && sizeof(Intent) == 80 && sizeof(Reloaded) == 4);
static_assert(sizeof(Generation) == 20 && sizeof(Riding) == 34 && sizeof(JoinedOrder) == 32);
static_assert(sizeof(OpenOrder) <= payload_size && sizeof(Paper) == 40 && sizeof(Adopting) == 10);

// A payload as a record that nobody has appended yet.
template <class Payload>
Record record_of(const Payload& payload) {
  static_assert(std::is_trivially_copyable_v<Payload> && sizeof(Payload) <= payload_size);
  Payload clean = payload;
  clear_padding(clean);
  Record record{.type = static_cast<std::uint16_t>(Payload::type), .length = sizeof clean};
  std::memcpy(record.payload.data(), &clean, sizeof clean);
  return record;
}

// Takes rows, one after the other.
class RowSink {
 public:
  virtual ~RowSink() = default;
  virtual void row(Type type, std::span<const std::byte> payload) = 0;
  template <class P>
  void put(const P& payload) {
    static_assert(std::is_trivially_copyable_v<P> && sizeof(P) <= payload_size);
    P clean = payload;
    clear_padding(clean);
    row(P::type, std::as_bytes(std::span(&clean, 1)));
  }
};

}  // namespace copyd::journal
