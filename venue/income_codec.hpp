// Incomes of an account, read over REST: what moved its wallets, and how much.
// Cold: one parse into owned values. Errors: Errc::malformed for a body that does not say what it
// must.
// Source: Binance docs, "Get Income History".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "core/units.hpp"

namespace copyd::venue {

struct Income {
  std::string type;  // TRANSFER, COMMISSION, …: the venue lengthens the list
  std::string asset;
  Usd amount;  // in the asset itself; negative: it went out
  VenueTime time;
  std::int64_t tran = 0;  // tells two of one type of one account apart
};
Result<std::vector<Income>> decode_incomes(std::string_view body);

}  // namespace copyd::venue
