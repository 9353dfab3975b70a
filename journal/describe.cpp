#include "journal/describe.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include <fmt/format.h>

#include "core/reject.hpp"

namespace copyd::journal {
namespace {

using Kind = Field::Kind;
using Words = std::span<const std::string_view>;

// ---- words -------------------------------------------------------------------------------------

constexpr std::array<std::string_view, 2> sides{"buy", "sell"};
constexpr std::array<std::string_view, 3> legs{"BOTH", "LONG", "SHORT"};
constexpr std::array<std::string_view, 2> modes{"one_way", "hedge"};
constexpr std::array<std::string_view, 3> kinds{"increase", "reduce", "flip"};
constexpr std::array<std::string_view, 6> ends{"executed", "refused", "expired", "lane_full",
                                               "flat",     "unprepared"};
constexpr std::array<std::string_view, 3> abouts{"all", "leader", "follower"};
constexpr std::array<std::string_view, 4> commands{"resume", "pause", "halt", "flatten"};

template <class Enum, std::size_t N>
constexpr std::array<std::string_view, N> names_of() {
  std::array<std::string_view, N> names{};
  for (std::size_t i = 0; i < N; ++i) names[i] = name_of(static_cast<Enum>(i));
  return names;
}
constexpr auto states = names_of<FollowerState, 3>();
constexpr auto causes = names_of<StateCause, state_cause_count>();
constexpr auto rejects = names_of<Reject, reject_count>();

// ---- what a member is, by its type -------------------------------------------------------------

template <class T>
struct Shape {
  static_assert(std::is_integral_v<T>, "say how this type is shown");
  static constexpr Kind kind = std::is_signed_v<T> ? Kind::integer : Kind::whole;
  static constexpr Words words{};
};
template <Kind of>
struct Plain {
  static constexpr Kind kind = of;
  static constexpr Words words{};
};
template <const auto& of>
struct Spelled {
  static constexpr Kind kind = Kind::word;
  static constexpr Words words{of};
};
template <>
struct Shape<bool> : Plain<Kind::flag> {};
template <class Tag>
struct Shape<Fixed<Tag>> : Plain<Kind::decimal> {};
template <class Tag>
struct Shape<Id<Tag, std::uint16_t>> : Plain<Kind::whole> {};
template <class Tag>
struct Shape<Id<Tag, std::int64_t>> : Plain<Kind::integer> {};
template <>
struct Shape<SymbolId> : Plain<Kind::symbol> {};
template <>
struct Shape<Mono> : Plain<Kind::integer> {};
template <>
struct Shape<VenueTime> : Plain<Kind::integer> {};
template <>
struct Shape<CopyId> : Plain<Kind::bytes> {};
template <std::size_t N>
struct Shape<std::array<std::uint8_t, N>> : Plain<Kind::bytes> {};
template <std::size_t N>
struct Shape<std::array<std::int64_t, N>> : Plain<Kind::integers> {};
template <std::size_t N>
struct Shape<std::array<char, N>> : Plain<Kind::text> {};
template <std::size_t N>
struct Shape<Name<N>> : Plain<Kind::text> {};
template <std::size_t N>
struct Shape<std::array<FollowerState, N>> : Plain<Kind::causes> {};
template <>
struct Shape<Side> : Spelled<sides> {};
template <>
struct Shape<Leg> : Spelled<legs> {};
template <>
struct Shape<PositionMode> : Spelled<modes> {};
template <>
struct Shape<OrderKind> : Spelled<kinds> {};
template <>
struct Shape<OrderEnd> : Spelled<ends> {};
template <>
struct Shape<FollowerState> : Spelled<states> {};
template <>
struct Shape<StateCause> : Spelled<causes> {};
template <>
struct Shape<OperatorWord::About> : Spelled<abouts> {};
template <>
struct Shape<OperatorWord::Word> : Spelled<commands> {};

template <class Member>
constexpr Field field(std::string_view name, std::size_t offset) {
  using Shown = Shape<Member>;
  return {.name = name,
          .kind = Shown::kind,
          .offset = offset,
          .size = sizeof(Member),
          .words = Shown::words};
}
constexpr Field as(Kind kind, Field field, Words words = {}) {
  field.kind = kind;
  field.words = words;
  return field;
}

// ---- the table ---------------------------------------------------------------------------------

#define FIELD(payload, member) field<decltype(payload::member)>(#member, offsetof(payload, member))
#define INNER(payload, outer, member)                                   \
  field<std::remove_cvref_t<decltype(payload{}.outer.member)>>(#member, \
                                                               offsetof(payload, outer.member))

constexpr std::array segment_fields{FIELD(Segment, magic),   FIELD(Segment, version),
                                    FIELD(Segment, size),    FIELD(Segment, writer),
                                    FIELD(Segment, number),  FIELD(Segment, mono_ns),
                                    FIELD(Segment, wall_ns), FIELD(Segment, boot)};
constexpr std::array text_fields{FIELD(Text, generation), FIELD(Text, offset), FIELD(Text, total),
                                 FIELD(Text, bytes)};
constexpr std::array symbol_fields{as(Kind::whole, FIELD(SymbolDefinition, id)),
                                   FIELD(SymbolDefinition, has_filters),
                                   FIELD(SymbolDefinition, copyable),
                                   as(Kind::spare, FIELD(SymbolDefinition, spare)),
                                   INNER(SymbolDefinition, filters, tick),
                                   INNER(SymbolDefinition, filters, step),
                                   INNER(SymbolDefinition, filters, min_qty),
                                   INNER(SymbolDefinition, filters, max_qty),
                                   INNER(SymbolDefinition, filters, min_notional),
                                   FIELD(SymbolDefinition, name)};
constexpr std::array policy_fields{FIELD(Policy, generation)};
constexpr std::array snapshot_fields{FIELD(Snapshot, segment), FIELD(Snapshot, sequence)};

constexpr std::array fill_fields{
    INNER(Fill, fill, leader), INNER(Fill, fill, symbol),    INNER(Fill, fill, trade),
    INNER(Fill, fill, side),   INNER(Fill, fill, leg),       INNER(Fill, fill, price),
    INNER(Fill, fill, qty),    INNER(Fill, fill, order_qty), INNER(Fill, fill, forced),
    INNER(Fill, fill, time),   INNER(Fill, fill, received),  INNER(Fill, fill, decoded_ns),
    FIELD(Fill, age_ms),       FIELD(Fill, doubts)};
constexpr std::array position_fields{INNER(Position, position, leader),
                                     INNER(Position, position, symbol),
                                     INNER(Position, position, leg), INNER(Position, position, qty),
                                     INNER(Position, position, as_of)};
constexpr std::array synced_fields{INNER(Synced, synced, leader), INNER(Synced, synced, begun),
                                   INNER(Synced, synced, until)};
constexpr std::array done_fields{
    FIELD(Done, copy_id),          INNER(Done, done, follower), INNER(Done, done, end),
    INNER(Done, done, filled),     INNER(Done, done, average),  INNER(Done, done, venue_time),
    INNER(Done, done, venue_code), INNER(Done, done, ref.slot), INNER(Done, done, ref.generation)};
constexpr std::array unknown_fields{FIELD(Unknown, copy_id), FIELD(Unknown, follower),
                                    FIELD(Unknown, quarantined),
                                    as(Kind::spare, FIELD(Unknown, spare))};
constexpr std::array held_fields{INNER(Held, position, follower), INNER(Held, position, symbol),
                                 INNER(Held, position, leg), INNER(Held, position, qty),
                                 INNER(Held, position, taken)};
constexpr std::array link_fields{INNER(Link, link, follower), INNER(Link, link, ready),
                                 INNER(Link, link, mode)};
constexpr std::array state_fields{INNER(State, state, follower), INNER(State, state, cause),
                                  INNER(State, state, state)};
constexpr std::array leader_equity_fields{INNER(LeaderEquity, equity, leader),
                                          INNER(LeaderEquity, equity, equity),
                                          INNER(LeaderEquity, equity, known)};
constexpr std::array follower_equity_fields{
    INNER(FollowerEquity, equity, follower),  INNER(FollowerEquity, equity, equity),
    INNER(FollowerEquity, equity, transfers), INNER(FollowerEquity, equity, transfers_ms),
    INNER(FollowerEquity, equity, day),       INNER(FollowerEquity, equity, known)};
constexpr std::array mark_fields{INNER(Mark, mark, symbol), INNER(Mark, mark, price)};
constexpr std::array flatten_fields{INNER(FlattenAll, flatten, follower),
                                    INNER(FlattenAll, flatten, everything)};
constexpr std::array operator_fields{INNER(Operator, word, about),   INNER(Operator, word, word),
                                     INNER(Operator, word, account), INNER(Operator, word, uid),
                                     INNER(Operator, word, wall_ms), INNER(Operator, word, reason)};
constexpr std::array taken_fields{INNER(Taken, taken, follower)};

constexpr std::array reload_fields{FIELD(Reloaded, generation)};

constexpr std::array intent_fields{
    FIELD(Intent, copy_id),      FIELD(Intent, attempt),        FIELD(Intent, follower),
    FIELD(Intent, generation),   FIELD(Intent, symbol),         FIELD(Intent, leg),
    FIELD(Intent, side),         FIELD(Intent, kind),           FIELD(Intent, reduce_only),
    FIELD(Intent, qty),          FIELD(Intent, limit),          FIELD(Intent, timestamp_ms),
    FIELD(Intent, recv_window_ms), FIELD(Intent, received_ns),  FIELD(Intent, expires_ns),
    as(Kind::spare, FIELD(Intent, spare))};
constexpr std::array plain_intent_fields{
    FIELD(PlainIntent, copy_id),     FIELD(PlainIntent, attempt),
    FIELD(PlainIntent, follower),    FIELD(PlainIntent, symbol),
    FIELD(PlainIntent, leg),         FIELD(PlainIntent, side),
    FIELD(PlainIntent, kind),        FIELD(PlainIntent, reduce_only),
    FIELD(PlainIntent, qty),         FIELD(PlainIntent, limit),
    FIELD(PlainIntent, timestamp_ms), FIELD(PlainIntent, recv_window_ms),
    FIELD(PlainIntent, received_ns), FIELD(PlainIntent, expires_ns),
    as(Kind::spare, FIELD(PlainIntent, spare))};
constexpr std::array answer_fields{
    FIELD(Answer, copy_id), FIELD(Answer, attempt), FIELD(Answer, follower),
    FIELD(Answer, filled),  FIELD(Answer, average), FIELD(Answer, venue_ms),
    FIELD(Answer, status),  FIELD(Answer, code),    FIELD(Answer, final_)};
constexpr std::array fate_fields{FIELD(Fate, copy_id), FIELD(Fate, follower), FIELD(Fate, attempt)};
constexpr std::array timing_fields{
    FIELD(Timing, copy_id),    FIELD(Timing, attempt),    FIELD(Timing, follower),
    FIELD(Timing, received_ns), FIELD(Timing, decoded_ns), FIELD(Timing, decided_ns),
    FIELD(Timing, taken_ns),   FIELD(Timing, signed_ns),  FIELD(Timing, written_ns),
    FIELD(Timing, acknowledged_ns), as(Kind::spare, FIELD(Timing, spare))};
constexpr std::array finished_fields{FIELD(Finished, copy_id), FIELD(Finished, follower),
                                     FIELD(Finished, end),     FIELD(Finished, filled),
                                     FIELD(Finished, average), FIELD(Finished, venue_ms),
                                     FIELD(Finished, code)};
constexpr std::array resumed_fields{FIELD(Resumed, copy_id), FIELD(Resumed, follower),
                                    FIELD(Resumed, attempt), FIELD(Resumed, doubts),
                                    FIELD(Resumed, ended),   FIELD(Resumed, filled_before)};

constexpr std::array riding_fields{FIELD(Riding, copy_id), FIELD(Riding, carrier),
                                   FIELD(Riding, follower)};

constexpr std::array books_fields{FIELD(Books, settle_number), FIELD(Books, first_follower),
                                  FIELD(Books, doubt_until_ms)};
constexpr std::array last_price_fields{FIELD(LastPrice, symbol), FIELD(LastPrice, price),
                                       FIELD(LastPrice, mark), FIELD(LastPrice, same_run),
                                       FIELD(LastPrice, mark_ns)};
constexpr std::array follower_fields{
    FIELD(Follower, id),           FIELD(Follower, mode_known),
    FIELD(Follower, mode),         FIELD(Follower, equity_known),
    FIELD(Follower, flattening),   FIELD(Follower, states),
    FIELD(Follower, same_run),     FIELD(Follower, equity),
    FIELD(Follower, refused_mode), FIELD(Follower, unknown_since_ns),
    FIELD(Follower, refused_ns),   FIELD(Follower, no_equity_told)};
constexpr std::array link_equity_fields{FIELD(LinkEquity, follower), FIELD(LinkEquity, link),
                                        FIELD(LinkEquity, leader), FIELD(LinkEquity, known),
                                        FIELD(LinkEquity, leader_equity)};
constexpr std::array ledger_fields{FIELD(Ledger, follower), FIELD(Ledger, link),
                                   FIELD(Ledger, leader),   FIELD(Ledger, symbol),
                                   FIELD(Ledger, leg),      FIELD(Ledger, out_of_sync)};
constexpr std::array lot_fields{FIELD(Lot, leader), FIELD(Lot, follower),
                                as(Kind::decimal, FIELD(Lot, rate_units))};
constexpr std::array held_leg_fields{FIELD(HeldLeg, follower), FIELD(HeldLeg, symbol),
                                     FIELD(HeldLeg, leg), FIELD(HeldLeg, position)};
constexpr std::array outcome_fields{
    FIELD(Outcome, follower), FIELD(Outcome, number),
    FIELD(Outcome, skipped),  as(Kind::word, FIELD(Outcome, skip), rejects),
    FIELD(Outcome, failed),   FIELD(Outcome, carried),
    FIELD(Outcome, filled),   FIELD(Outcome, moved)};
constexpr std::array open_order_fields{
    FIELD(OpenOrder, copy_id), FIELD(OpenOrder, follower),      FIELD(OpenOrder, symbol),
    FIELD(OpenOrder, leg),     FIELD(OpenOrder, side),          FIELD(OpenOrder, kind),
    FIELD(OpenOrder, qty),     FIELD(OpenOrder, limit),         FIELD(OpenOrder, reduce_only),
    FIELD(OpenOrder, attempt), FIELD(OpenOrder, doubts),        FIELD(OpenOrder, ended),
    FIELD(OpenOrder, unknown), FIELD(OpenOrder, filled_before), FIELD(OpenOrder, received),
    FIELD(OpenOrder, expires), FIELD(OpenOrder, outcome),       FIELD(OpenOrder, link),
    FIELD(OpenOrder, leader),  FIELD(OpenOrder, ledger_leg)};
constexpr std::array count_fields{FIELD(Count, follower), FIELD(Count, is_skip),
                                  FIELD(Count, index), FIELD(Count, count),
                                  as(Kind::spare, FIELD(Count, spare))};
constexpr std::array leader_leg_fields{FIELD(LeaderLeg, leader), FIELD(LeaderLeg, symbol),
                                       FIELD(LeaderLeg, leg), FIELD(LeaderLeg, qty),
                                       FIELD(LeaderLeg, as_of_ms)};
constexpr std::array leader_begun_fields{FIELD(LeaderBegun, leader), FIELD(LeaderBegun, begun_ms),
                                         FIELD(LeaderBegun, until_ms)};
constexpr std::array seen_trade_fields{
    FIELD(SeenTrade, leader), FIELD(SeenTrade, symbol),  FIELD(SeenTrade, leg),
    FIELD(SeenTrade, trade),  FIELD(SeenTrade, time_ms), as(Kind::spare, FIELD(SeenTrade, spare))};
constexpr std::array loss_base_fields{FIELD(LossBase, follower),    FIELD(LossBase, known),
                                      FIELD(LossBase, day),         FIELD(LossBase, day_base),
                                      FIELD(LossBase, highest),     FIELD(LossBase, transfers),
                                      FIELD(LossBase, transfers_ms)};
constexpr std::array wish_fields{FIELD(Wish, about), FIELD(Wish, account), FIELD(Wish, state)};
constexpr std::array paper_fields{FIELD(Paper, follower), FIELD(Paper, of_leg),
                                  FIELD(Paper, symbol),   FIELD(Paper, leg),
                                  FIELD(Paper, position), FIELD(Paper, cost),
                                  FIELD(Paper, realised), FIELD(Paper, fees)};
constexpr std::array adopting_fields{FIELD(Adopting, follower), FIELD(Adopting, link),
                                     FIELD(Adopting, leader),   FIELD(Adopting, of_leg),
                                     FIELD(Adopting, symbol),   FIELD(Adopting, leg)};
constexpr std::array joined_fields{FIELD(JoinedOrder, copy_id), FIELD(JoinedOrder, carrier)};
constexpr std::array generation_fields{FIELD(Generation, copy_id), FIELD(Generation, generation)};
constexpr std::array books_end_fields{FIELD(BooksEnd, rows)};

#undef FIELD
#undef INNER

template <class Payload>
constexpr Description of(std::string_view name, std::span<const Field> fields) {
  return {.type = Payload::type, .name = name, .size = sizeof(Payload), .fields = fields};
}

constexpr std::array table{
    of<Segment>("segment", segment_fields),
    of<Text>("text", text_fields),
    of<SymbolDefinition>("symbol", symbol_fields),
    of<Policy>("policy", policy_fields),
    of<Snapshot>("snapshot", snapshot_fields),
    of<Fill>("leader_fill", fill_fields),
    of<Position>("leader_position", position_fields),
    of<Synced>("leader_synced", synced_fields),
    of<Done>("order_done", done_fields),
    of<Unknown>("order_unknown", unknown_fields),
    of<Held>("follower_position", held_fields),
    of<Link>("follower_link", link_fields),
    of<State>("set_state", state_fields),
    of<LeaderEquity>("leader_equity", leader_equity_fields),
    of<FollowerEquity>("follower_equity", follower_equity_fields),
    of<Mark>("mark", mark_fields),
    of<FlattenAll>("flatten", flatten_fields),
    of<Operator>("operator_word", operator_fields),
    of<Taken>("positions_taken", taken_fields),
    of<Reloaded>("reload", reload_fields),
    of<Intent>("intent", intent_fields),
    of<PlainIntent>("plain_intent", plain_intent_fields),
    of<Answer>("answer", answer_fields),
    of<Lost>("unknown", fate_fields),
    of<Absent>("absent", fate_fields),
    of<Finished>("finished", finished_fields),
    of<Resumed>("resumed", resumed_fields),
    of<Timing>("timing", timing_fields),
    of<Riding>("riding", riding_fields),
    of<Books>("books", books_fields),
    of<LastPrice>("last_price", last_price_fields),
    of<Follower>("follower", follower_fields),
    of<LinkEquity>("link_equity", link_equity_fields),
    of<Ledger>("ledger", ledger_fields),
    of<Lot>("lot", lot_fields),
    of<HeldLeg>("held_leg", held_leg_fields),
    of<Outcome>("outcome", outcome_fields),
    of<OpenOrder>("open_order", open_order_fields),
    of<Count>("count", count_fields),
    of<LeaderLeg>("leader_leg", leader_leg_fields),
    of<LeaderBegun>("leader_begun", leader_begun_fields),
    of<SeenTrade>("seen_trade", seen_trade_fields),
    of<BooksEnd>("books_end", books_end_fields),
    of<LossBase>("loss_base", loss_base_fields),
    of<Wish>("wish", wish_fields),
    of<Paper>("paper", paper_fields),
    of<Adopting>("adopting", adopting_fields),
    of<Generation>("generation", generation_fields),
    of<JoinedOrder>("joined", joined_fields),
};

// ---- values ------------------------------------------------------------------------------------

std::uint64_t whole_at(std::span<const std::byte> bytes) noexcept {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data(), bytes.size());
  return value;
}

std::int64_t integer_at(std::span<const std::byte> bytes) noexcept {
  const std::size_t unused_bits = 64 - 8 * bytes.size();
  return static_cast<std::int64_t>(whole_at(bytes) << unused_bits) >>
         static_cast<std::int64_t>(unused_bits);
}

std::string hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) text += fmt::format("{:02x}", std::to_integer<int>(byte));
  return text;
}

std::string word(std::uint64_t value, Words words) {
  return value < words.size() ? std::string(words[value]) : std::to_string(value);
}

std::string restrictions(std::span<const std::byte> bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == std::byte{0}) continue;
    text += fmt::format("{}{}:{}", text.empty() ? "" : " ", word(i, causes),
                        word(std::to_integer<std::uint64_t>(bytes[i]), states));
  }
  return text.empty() ? "none" : text;
}

std::string integers(std::span<const std::byte> bytes) {
  std::string text;
  for (; !bytes.empty(); bytes = bytes.subspan(8))
    text += fmt::format("{}{}", text.empty() ? "" : " ", integer_at(bytes.first(8)));
  return text;
}

std::string text_at(std::span<const std::byte> bytes) {
  std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return text.substr(0, text.find('\0'));
}

FieldText value_of(const Field& field, std::span<const std::byte> bytes, const SymbolNames& names) {
  const auto quoted = [&](std::string text) {
    return FieldText{.name = field.name, .text = std::move(text), .quoted = true};
  };
  const auto plain = [&](std::string text) {
    return FieldText{.name = field.name, .text = std::move(text), .quoted = false};
  };
  switch (field.kind) {
    case Kind::whole:
      return plain(std::to_string(whole_at(bytes)));
    case Kind::integer:
      return plain(std::to_string(integer_at(bytes)));
    case Kind::integers:
      return quoted(integers(bytes));
    case Kind::decimal:
      return quoted(std::string(FixedText(Ratio::from_units(integer_at(bytes))).view()));
    case Kind::flag:
      return plain(whole_at(bytes) != 0 ? "true" : "false");
    case Kind::word:
      return quoted(word(whole_at(bytes), field.words));
    case Kind::causes:
      return quoted(restrictions(bytes));
    case Kind::text:
      return quoted(text_at(bytes));
    case Kind::symbol: {
      const auto known = names.find(static_cast<std::uint16_t>(whole_at(bytes)));
      return known != names.end() ? quoted(known->second) : plain(std::to_string(whole_at(bytes)));
    }
    case Kind::bytes:
    case Kind::spare:
      return quoted(hex(bytes));
  }
  return quoted(hex(bytes));
}

}  // namespace

std::span<const Description> descriptions() noexcept {
  return table;
}

const Description* describe(std::uint16_t type) noexcept {
  const auto* const found = std::find_if(table.begin(), table.end(), [&](const Description& one) {
    return static_cast<std::uint16_t>(one.type) == type;
  });
  return found == table.end() ? nullptr : found;
}

void learn(SymbolNames& names, const Record& record) {
  if (record.type != static_cast<std::uint16_t>(Type::symbol)) return;
  const auto symbol = record.as<SymbolDefinition>();
  names[symbol.id.value] = symbol.name.view();
}

std::vector<FieldText> fields_of(const Record& record, const SymbolNames& names) {
  const std::span payload(record.payload);
  const Description* const known = describe(record.type);
  if (known == nullptr)
    return {{.name = "payload",
             .text = hex(payload.first(std::min<std::size_t>(record.length, payload_size))),
             .quoted = true}};
  std::vector<FieldText> fields;
  for (const Field& field : known->fields) {
    const auto bytes = payload.subspan(field.offset, field.size);
    const bool zero = std::all_of(bytes.begin(), bytes.end(),
                                  [](std::byte byte) { return byte == std::byte{0}; });
    if (field.kind == Kind::spare && zero) continue;
    fields.push_back(value_of(field, bytes, names));
  }
  return fields;
}

}  // namespace copyd::journal
