// Inflight: the orders of one lane that are decided and not finished, in a fixed table.
//
//   waiting ──▶ staged ──▶ written ──▶ done
//      ▲                      │  ▲
//      └── definite failure ──┤  └── found
//                             ▼
//                          unknown ──▶ proven absent: waiting again
//
// waiting: nothing of it is on the wire; it may leave later, or finish unfilled.
// staged:  its bytes are being handed to the socket; if the connection ends now, its fate is open.
// written: sent; the answer or the follower's stream will tell.
// unknown: no answer that can be trusted; never sent again before it is resolved.
// An order of an earlier run may begin as unknown: its attempts of then are asked for one by one.
// ended:   a close that is filled, while an opening decided before it has no end: told after it.
// riding:  it leaves with another order, or has left with it, and ends with it (lane_joined.cpp).
//
// A slot is found by the request id that the venue echoes, and by the CopyId inside the client
// order id that its events carry. The orders of one follower are linked in order of decision.
// Owned by one lane. Nothing is allocated after construction. References live until `close`. Slots
// are used again before others are taken, so memory is touched by as many orders as there were at
// once, and what a usual day needs is touched at the start.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/flow.hpp"
#include "core/limits.hpp"

namespace copyd::exec {

enum class OrderState : std::uint8_t { free, waiting, staged, written, unknown, ended, riding };

// Who a request id belongs to: the slot in its low bits, a serial above them, so that an answer to
// an earlier request of the slot is not taken for the present one's. Below 2^53, as JSON likes.
using RequestId = std::uint64_t;
inline constexpr RequestId request_slot_bits = 18;
static_assert(limits::inflight_per_lane_max < (std::size_t{1} << request_slot_bits) - 1,
              "one slot number is left for requests that are not orders");

// Names an order across a wait, in a handler: the slot may have a new tenant when it returns.
struct OrderHandle {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
};

struct InflightOrder {
  static constexpr std::uint32_t none = UINT32_MAX;
  static constexpr std::uint32_t by_rest = 0;

  OrderTerms terms;
  OrderState state = OrderState::free;

  // Attempts. Each has a client order id of its own, and none is written twice.
  std::uint8_t attempt = 0;       // the present one
  std::uint8_t attempt_next = 1;  // the lowest that was never used
  bool confirmed = false;         // the venue has shown that it knows the order
  bool early = false;             // a close that left while what it closes could still be opened
  std::uint8_t ended = 0;         // attempts below it have ended, and count in `settled`
  Qty settled;                    // what they filled
  std::uint8_t doubts = 0;        // of an earlier run: so many attempts, the one below
                                  // `attempt_next` the last of them, are not resolved

  // Of a close: what orders decided after it have opened of its leg, less what they have closed.
  // What they opened is not its to close; what they closed of its own (negative) is to be made up
  // for by what they were for.
  Qty opened_since;

  // Of orders that leave as one.
  Joined joined = Joined::no;
  bool alone = false;        // a joined order with it was refused: it joins none any more
  std::uint32_t riders = 0;  // of one that carries: how many ride, the next ones of its leg,
  Qty riding;                // what they want,
  Price sent_limit;          // and the limit price that is right for all

  Qty sent_qty;      // what the present attempt asks for
  Qty filled;        // settled, and the largest cumulative quantity heard of the present one
  Price average;     // 0 while unknown
  VenueTime traded;  // of the last execution heard of
  std::int32_t refusal = 0;  // the venue's last error code
  Qty intended;              // the present attempt's written intent; 0: none is written

  RequestId request = 0;      // 0: no request of the present attempt is out
  std::uint32_t carrier = 0;  // the serial of the socket that it was written on; by_rest
  VenueTime deadline;         // from then on the venue takes the written request no more
  Mono taken{};
  // It does not leave before so much is on the disk: of what the copy agent wrote, and of what this
  // lane did.
  std::uint64_t books_recorded = 0;
  std::uint64_t lane_recorded = 0;
  Mono unrecorded_since{};  // ns = 0: it has not been held for that
  bool left_unrecorded = false;  // the last attempt did, as a close may
  bool crosses = false;          // an opening that was taken behind what takes its leg to zero
  Mono sealed{};  // the present attempt is encoded and signed
  Mono written{};
  bool timed = false;  // when its stages ended is written
  Mono retry_at{};  // waiting: not before

  // Asking for its fate.
  Mono query_at{};  // written and confirmed, or unknown: when to ask (again)
  Mono unknown_since{};
  Mono asked_anew{};          // when its doubtful attempts began to be asked for, one by one
  Mono absent_at{};           // when the last answer that counts against it was asked for
  std::uint8_t absences = 0;  // such answers
  bool query_out = false;
  bool unknown_reported = false;
  bool alarmed = false;

  std::uint32_t leg = 0;  // index into the lane's Legs
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  std::uint32_t previous = none;  // within the follower, by decision
  std::uint32_t next = none;

  // Further attempts of an earlier run are to be asked for, behind the present one.
  bool doubts_behind() const noexcept { return doubts != 0 && attempt + 1 < attempt_next; }
  // What an attempt is for, before what earlier ones have filled.
  Qty asked() const noexcept { return terms.qty + riding; }
  // Of what a joined order has filled: those that were told theirs before this start have it.
  Qty counted(Qty filled_in_all) const noexcept {
    return joined == Joined::carries ? std::min(filled_in_all, asked()) : filled_in_all;
  }
  Price limit() const noexcept { return joined == Joined::carries ? sent_limit : terms.limit; }
  bool reduces() const noexcept { return terms.kind == OrderKind::reduce; }
  // Of the two sides of zero, the one that it opens or closes: 0 above, 1 below.
  std::size_t zone() const noexcept { return (terms.side == Side::buy) == reduces() ? 1 : 0; }
  OrderHandle handle() const noexcept { return {slot, generation}; }
};

class Inflight {
 public:
  explicit Inflight(std::size_t followers);

  // REQUIRES: not full(), a CopyId that is not in flight, and a follower within range.
  InflightOrder& open(const OrderTerms& terms, Mono now) noexcept;
  void close(InflightOrder& order) noexcept;
  // Asks for the memory that open() will write for the order of that id.
  void bring_near(const CopyId& id) const noexcept;

  // Gives the order a request id for its present attempt; an earlier one finds it no more.
  RequestId new_request(InflightOrder& order) noexcept;
  // A request id that belongs to no order.
  RequestId session_request() noexcept;
  static bool is_session_request(RequestId id) noexcept;

  // Null when it names no order in flight.
  InflightOrder* by_request(RequestId id) noexcept;
  InflightOrder* by_copy_id(const CopyId& id) noexcept;
  InflightOrder* by_handle(OrderHandle handle) noexcept;

  // The orders of one follower, in order of decision.
  InflightOrder* first(FollowerId follower) noexcept { return at(heads_[follower.value].first); }
  InflightOrder* next(const InflightOrder& order) noexcept { return at(order.next); }
  InflightOrder* previous(const InflightOrder& order) noexcept { return at(order.previous); }

  bool full() const noexcept { return size_ == limits::inflight_per_lane_max; }
  std::size_t size() const noexcept { return size_; }

 private:
  struct Ends {
    std::uint32_t first = InflightOrder::none;
    std::uint32_t last = InflightOrder::none;
  };

  InflightOrder* at(std::uint32_t slot) noexcept {
    return slot == InflightOrder::none ? nullptr : &slots_[slot];
  }
  std::uint32_t free_slot() noexcept;
  void widen() noexcept;
  std::size_t probe(const CopyId& id) const noexcept;
  void index(const InflightOrder& order) noexcept;
  void unindex(const InflightOrder& order) noexcept;
  void unlink(InflightOrder& order) noexcept;

  std::vector<InflightOrder> slots_;
  // By CopyId; open addressing. Of few orders small and a quarter full at most, else half.
  std::vector<std::uint32_t> index_;
  std::vector<Ends> heads_;           // by follower
  std::uint32_t free_ = InflightOrder::none;  // linked through `next`; once used, free again
  std::size_t size_ = 0;
  std::uint64_t serial_ = 0;
};

}  // namespace copyd::exec
