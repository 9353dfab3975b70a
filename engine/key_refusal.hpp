// What a refusal of the venue says about a key, and what its owner is to change there. Pure.
//
// The wallet's host (/sapi) is asked before the futures one: what only futures refuses has another
// cause than what both do.
// Source: Binance docs, "Error codes"; binance-connector-js; where the venue says from which
// address it was asked, it does so as ", request ip: 203.0.113.7" behind the message of -2015.
#pragma once

#include "engine/venue_api.hpp"
#include "ops/failure.hpp"
#include "ops/key_store.hpp"

namespace copyd::engine {

struct KeyQuestion {
  ops::AccountKey key_type = ops::AccountKey::hmac;
  bool of_futures = false;   // else: of the permission record
  bool record_read = false;  // the permission record was read before, and taken
  bool testnet = false;      // the daemon works with the testnet
};

// REQUIRES: an answer that is not ok.
ops::Failure explain(const VenueAnswer& answer, const KeyQuestion& asked);

}  // namespace copyd::engine
