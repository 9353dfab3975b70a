// Requests to the REST API: the target (path and query, signed where needed) of each call we make.
// Cold. A target with a signature or a listen key is never logged.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "venue/signer.hpp"

namespace copyd::venue {

// The venue's four front doors.
struct Endpoints {
  std::string rest;     // https origin
  std::string sapi;     // https origin of the key-permission record; "" where there is none
  std::string ws_api;   // wss URL
  std::string streams;  // wss origin; /private, /market, /public are appended

  static Endpoints binance_usdm();
  static Endpoints binance_usdm_testnet();
  // The private stream of one account.
  std::string private_stream(std::string_view listen_key) const;
  // Of many on one connection, in the combined form.
  std::string private_streams(std::span<const std::string_view> listen_keys) const;
};

using Params = std::vector<std::pair<std::string_view, std::string>>;

// path?params&recvWindow=…&timestamp=…&signature=…, values percent-encoded, signed as sent.
std::string signed_target(std::string_view path, const Params& params, VenueTime timestamp,
                          int recv_window_ms, Signer& signer);
// path?params without a signature.
std::string plain_target(std::string_view path, const Params& params);

namespace path {
inline constexpr std::string_view time = "/fapi/v1/time";
inline constexpr std::string_view exchange_info = "/fapi/v1/exchangeInfo";
inline constexpr std::string_view account_config = "/fapi/v1/accountConfig";
inline constexpr std::string_view listen_key = "/fapi/v1/listenKey";
inline constexpr std::string_view position_risk = "/fapi/v3/positionRisk";
inline constexpr std::string_view account = "/fapi/v3/account";
inline constexpr std::string_view balance = "/fapi/v3/balance";
inline constexpr std::string_view income = "/fapi/v1/income";
inline constexpr std::string_view symbol_config = "/fapi/v1/symbolConfig";
inline constexpr std::string_view leverage = "/fapi/v1/leverage";
inline constexpr std::string_view leverage_bracket = "/fapi/v1/leverageBracket";
inline constexpr std::string_view margin_type = "/fapi/v1/marginType";
inline constexpr std::string_view position_mode = "/fapi/v1/positionSide/dual";
inline constexpr std::string_view multi_assets = "/fapi/v1/multiAssetsMargin";
inline constexpr std::string_view order_limits = "/fapi/v1/rateLimit/order";
inline constexpr std::string_view premium_index = "/fapi/v1/premiumIndex";
inline constexpr std::string_view algo_order = "/fapi/v1/algoOrder";
inline constexpr std::string_view open_algo_orders = "/fapi/v1/openAlgoOrders";
inline constexpr std::string_view all_algo_orders = "/fapi/v1/allAlgoOrders";
inline constexpr std::string_view order = "/fapi/v1/order";
inline constexpr std::string_view batch_orders = "/fapi/v1/batchOrders";
inline constexpr std::string_view open_orders = "/fapi/v1/openOrders";
inline constexpr std::string_view all_open_orders = "/fapi/v1/allOpenOrders";
inline constexpr std::string_view all_orders = "/fapi/v1/allOrders";
inline constexpr std::string_view user_trades = "/fapi/v1/userTrades";
inline constexpr std::string_view api_restrictions = "/sapi/v1/account/apiRestrictions";
}  // namespace path

}  // namespace copyd::venue
