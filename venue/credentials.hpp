// Credentials: what it takes to speak for one account. Owned by the one agent that speaks for it.
#pragma once

#include <string>

#include "core/secret.hpp"
#include "venue/signer.hpp"

namespace copyd::venue {

struct Credentials {
  Secret api_key;  // not secret by itself, but shown by its first four characters only
  Signer signer;
};

}  // namespace copyd::venue
