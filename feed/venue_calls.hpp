// Translates a session's questions into signed HTTP requests, and responses into answers. Cold.
#pragma once

#include "core/symbols.hpp"
#include "feed/ask.hpp"
#include "net/http.hpp"
#include "venue/credentials.hpp"

namespace copyd::feed {

net::HttpRequest make_request(const Ask& ask, venue::Credentials& credentials,
                              const SymbolTable& symbols, VenueTime now);

Answer read_answer(Call call, const Result<net::HttpResponse>& response,
                   const SymbolTable& symbols);

}  // namespace copyd::feed
