// REST: conditional orders.
#include <algorithm>

#include "sim/encode.hpp"
#include "sim/order_history.hpp"
#include "sim/param_readers.hpp"
#include "sim/protocol.hpp"

namespace copyd::sim {

namespace {

constexpr const char* all_canceled =
    R"({"code":200,"msg":"The operation of cancel all open order is done."})";

std::optional<ApiError> check_kind(const Params& params) {
  const std::string* kind = params.find("algoType");
  if (kind != nullptr && *kind != "CONDITIONAL") return bad_parameter("algoType");
  return std::nullopt;
}

}  // namespace

Answer<std::string> Protocol::rest_place_algo(RestContext& context) {
  return place_algo(context.caller.account, context.params, context.now);
}

Answer<std::string> Protocol::rest_cancel_algo(RestContext& context) {
  return cancel_algo(context.caller.account, context.params, context.now);
}

Answer<std::string> Protocol::rest_cancel_all_algos(RestContext& context) {
  const auto symbol = read_symbol(exchange_, context.params);
  if (!symbol.ok()) return symbol.error();
  exchange_.cancel_all_algos(context.caller.account, symbol.value(), context.now);
  return std::string(all_canceled);
}

Answer<std::string> Protocol::rest_query_algo(RestContext& context) {
  const auto wanted = read_order_ref(context.params, {.id = "algoId", .client_id = "clientAlgoId"});
  if (!wanted.ok()) return wanted.error();
  const auto& algos = exchange_.account(context.caller.account).algos;
  const auto found = std::find_if(algos.rbegin(), algos.rend(), [&](const AlgoOrder& algo) {
    return wanted.value().id ? algo.id == *wanted.value().id
                             : algo.client_id == wanted.value().client_id;
  });
  if (found == algos.rend()) return no_such_order();
  return encode::queried_algo(exchange_, context.caller.account, *found);
}

Answer<std::string> Protocol::rest_open_algos(RestContext& context) {
  const auto symbol = optional_symbol(context.params);
  if (!symbol.ok()) return symbol.error();
  if (auto error = check_kind(context.params)) return *error;
  const auto id = context.params.integer("algoId");
  if (!id.ok()) return id.error();
  const auto& account = exchange_.account(context.caller.account);
  JsonWriter out;
  out.array();
  for (const auto place : account.open_algos) {
    const AlgoOrder& algo = account.algos[place];
    if (symbol.value() && *symbol.value() != algo.symbol) continue;
    if (id.value() && *id.value() != algo.id) continue;
    encode::open_algo(out, exchange_, algo);
  }
  out.end_array();
  return out.take();
}

// The newest first, `page` by page.
Answer<std::string> Protocol::rest_all_algos(RestContext& context) {
  const auto symbol = read_symbol(exchange_, context.params);
  if (!symbol.ok()) return symbol.error();
  const auto range = read_range(context.params, {}, context.now);
  if (!range.ok()) return range.error();
  const auto from_id = context.params.integer("algoId");
  if (!from_id.ok()) return from_id.error();
  const auto page = context.params.integer("page");
  if (!page.ok()) return page.error();
  if (page.value() && *page.value() < 1) return bad_parameter("page");
  std::size_t skipped =
      static_cast<std::size_t>(page.value().value_or(1) - 1) * range.value().limit;
  std::size_t rows = 0;
  const auto& algos = exchange_.account(context.caller.account).algos;
  JsonWriter out;
  out.array();
  for (auto algo = algos.rbegin(); algo != algos.rend() && rows < range.value().limit; ++algo) {
    if (algo->symbol != symbol.value() || !range.value().has(algo->created)) continue;
    if (from_id.value() && algo->id < *from_id.value()) continue;
    if (skipped > 0) {
      --skipped;
      continue;
    }
    encode::listed_algo(out, exchange_, context.caller.account, *algo);
    ++rows;
  }
  out.end_array();
  return out.take();
}

}  // namespace copyd::sim
