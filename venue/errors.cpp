#include "venue/errors.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace copyd::venue {
namespace {

// A range of the venue's codes, first ≥ last because codes are negative.
struct Row {
  std::int32_t first;
  std::int32_t last;
  RetryClass retry;
};
constexpr Row one(std::int32_t code, RetryClass retry) {
  return {code, code, retry};
}

using enum RetryClass;

// Descending and disjoint, so that a code is found by bisection; checked below.
constexpr Row table[] = {
    one(-1000, query),       // unknown
    one(-1001, query),       // disconnected inside the venue: may have been executed
    one(-1002, pause),       // unauthorised
    one(-1003, backoff),     // too many requests
    {-1006, -1007, query},   // unexpected response, timeout: execution status unknown
    one(-1008, retry),       // throttled
    one(-1011, pause),       // this address may not use the route
    {-1013, -1014, final_},  // invalid message, unsupported combination
    one(-1015, backoff),     // too many orders
    one(-1016, retry),       // shutting down, maintenance
    one(-1020, final_),      // unsupported operation
    one(-1021, resync),      // timestamp outside the receive window
    one(-1022, pause),       // bad signature
    one(-1099, pause),       // not found, or not authorised
    {-1100, -1106, final_},  // malformed request
    {-1108, -1122, final_},  // malformed request, precision, bad symbol
    one(-1125, retry),       // no such listen key: a new one has to be made
    one(-1128, final_),      // combination of optional parameters
    one(-1130, final_),      // bad parameter
    one(-1136, final_),      // client order id
    one(-2010, final_),      // order rejected
    one(-2011, query),       // cancel rejected: it may have been filled
    one(-2012, retry),       // cancel-all failed
    one(-2013, query),       // no such order: right after a timeout no proof of anything
    {-2014, -2015, pause},   // the key
    one(-2017, pause),       // keys locked
    {-2018, -2022, final_},  // balance, margin, unable to fill, would trigger, reduce-only
    one(-2023, pause),       // in liquidation
    {-2024, -2028, final_},  // position, open orders, type, maximum position, leverage
    {-4001, -4005, final_},  // bounds of price and quantity
    {-4013, -4016, final_},  // price, tick, client order id, price cap
    one(-4021, final_),      // bad depth limit
    {-4023, -4024, final_},  // step, price floor
    one(-4028, final_),      // leverage invalid
    one(-4045, final_),      // conditional orders
    one(-4046, ok),          // margin type as it is
    {-4047, -4048, final_},  // margin type: orders, positions in the way
    one(-4059, ok),          // position mode as it is
    {-4060, -4061, pause},   // position side against the account's mode
    one(-4062, final_),      // reduceOnly conflicts
    {-4067, -4068, final_},  // position mode: orders, positions in the way
    {-4087, -4088, pause},   // reduce-only, no orders allowed
    {-4105, -4107, final_},  // the symbol takes reductions only
    one(-4109, pause),       // inactive account
    {-4116, -4117, query},   // duplicate client order id: an earlier attempt is alive; triggering
    one(-4118, final_),      // margin check of a reduction
    one(-4120, final_),      // wrong endpoint for the order type
    one(-4131, final_),      // the book is too thin for a market order
    {-4140, -4142, final_},  // symbol not open, closed; would trigger
    one(-4161, final_),      // leverage: positions in the way
    one(-4164, final_),      // minimum notional
    {-4167, -4170, final_},  // multi-assets mode: something in the way
    one(-4171, ok),          // multi-assets mode as it is
    one(-4172, final_),      // multi-assets mode: something in the way
    one(-4189, pause),       // reduce-only
    one(-4192, pause),       // cooling-off period
    one(-4197, ok),          // the same order
    {-4202, -4211, pause},   // identity, region, leverage
    {-4400, -4403, pause},   // quantitative rules, region
    one(-4411, pause),       // agreement not signed
    one(-4531, final_),      // position mode: the other market is in the way
    {-5021, -5022, final_},  // FOK, post-only
    {-5024, -5026, final_},  // modification
    one(-5027, ok),          // modification without a change
    one(-5028, resync),      // timestamp, checked again by the matching engine
    one(-5029, final_),      // minimum notional of a modification
    {-5037, -5041, final_},  // price match, self-trade prevention, good-till-date, no depth
    one(-5043, query),       // a modification is pending
    one(-5047, final_),      // not a reduce-only order
};

constexpr bool sorted() {
  for (std::size_t i = 0; i < std::size(table); ++i) {
    if (table[i].last > table[i].first) return false;
    if (i > 0 && table[i].first >= table[i - 1].last) return false;
  }
  return true;
}
static_assert(sorted());

RetryClass by_code(std::int32_t code) noexcept {
  const Row* const row = std::partition_point(std::begin(table), std::end(table),
                                              [code](const Row& r) { return r.last > code; });
  if (row == std::end(table) || code > row->first) return query;
  return row->retry;
}

}  // namespace

RetryClass classify(int status, std::int32_t code, std::string_view message) noexcept {
  switch (status) {
    case 401:
    case 403:
      return pause;
    case 418:
    case 429:
      return backoff;
    case 503:
      // Throttling, shutting down, and the one text that is documented as a failure for certain.
      // "Unknown error…" may have been executed; "Internal error…" is documented as a failure, but
      // an order is not placed twice on the strength of a sentence.
      if (code == -1008 || code == -1016) return retry;
      return message.find("Service Unavailable") != message.npos ? retry : query;
    default:
      break;
  }
  if (status == 408 || status >= 500) return query;
  // "code":200 is how some calls say that they are done.
  if (status >= 200 && status < 300 && (code == 0 || code == 200)) return ok;
  return by_code(code);
}

}  // namespace copyd::venue
