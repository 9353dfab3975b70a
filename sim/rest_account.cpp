// REST: accounts, their positions, and how they are set up.
#include <fmt/format.h>

#include <algorithm>

#include "sim/encode.hpp"
#include "sim/param_readers.hpp"
#include "sim/protocol.hpp"

namespace copyd::sim {

namespace {

constexpr std::int64_t a_week = 7LL * 24 * 3'600'000;

std::string success() {
  return R"({"code":200,"msg":"success"})";
}

Answer<bool> required_flag(const Params& params, std::string_view name) {
  const auto flag = read_flag(params, name);
  if (!flag.ok()) return flag.error();
  if (!flag.value()) return missing_parameter(name);
  return *flag.value();
}
Answer<std::int64_t> read_integer(const Params& params, std::string_view name) {
  const auto value = params.integer(name);
  if (!value.ok()) return value.error();
  if (!value.value()) return missing_parameter(name);
  return *value.value();
}

Answer<std::int64_t> read_integer(const Params& params, std::string_view name,
                                  std::int64_t absent) {
  const auto value = params.integer(name);
  if (!value.ok()) return value.error();
  return value.value().value_or(absent);
}

Answer<std::string> done(const std::optional<ApiError>& error) {
  if (error) return *error;
  return success();
}

}  // namespace

void Protocol::add_account_routes(Routes& table) {
  using S = Security;
  const Routes rows{
      {"GET /fapi/v1/accountConfig", {&Protocol::rest_account_config, S::signed_, 5}},
      {"GET /fapi/v2/account", {&Protocol::rest_account_v2, S::signed_, 5}},
      {"GET /fapi/v3/account", {&Protocol::rest_account, S::signed_, 5}},
      {"GET /fapi/v2/balance", {&Protocol::rest_balance, S::signed_, 5}},
      {"GET /fapi/v3/balance", {&Protocol::rest_balance, S::signed_, 5}},
      {"GET /fapi/v2/positionRisk", {&Protocol::rest_position_risk_v2, S::signed_, 5}},
      {"GET /fapi/v3/positionRisk", {&Protocol::rest_position_risk, S::signed_, 5}},
      {"GET /fapi/v1/symbolConfig", {&Protocol::rest_symbol_config, S::signed_, 5}},
      {"GET /fapi/v1/positionSide/dual", {&Protocol::rest_position_mode, S::signed_, 30}},
      {"POST /fapi/v1/positionSide/dual", {&Protocol::rest_set_position_mode, S::trade, 1}},
      {"GET /fapi/v1/multiAssetsMargin", {&Protocol::rest_multi_assets, S::signed_, 30}},
      {"POST /fapi/v1/multiAssetsMargin", {&Protocol::rest_set_multi_assets, S::trade, 1}},
      {"POST /fapi/v1/leverage", {&Protocol::rest_set_leverage, S::trade, 1}},
      {"POST /fapi/v1/marginType", {&Protocol::rest_set_margin_type, S::trade, 1}},
      {"POST /fapi/v1/positionMargin", {&Protocol::rest_position_margin, S::trade, 1}},
      {"GET /fapi/v1/leverageBracket", {&Protocol::rest_leverage_brackets, S::signed_, 1}},
      {"GET /fapi/v1/commissionRate", {&Protocol::rest_commission_rate, S::signed_, 20}},
      {"GET /fapi/v1/adlQuantile", {&Protocol::rest_adl_quantile, S::signed_, 5}},
      {"GET /fapi/v1/income", {&Protocol::rest_income, S::signed_, 30}},
      {"GET /fapi/v1/feeBurn", {&Protocol::rest_fee_burn, S::signed_, 30}},
      {"POST /fapi/v1/feeBurn", {&Protocol::rest_set_fee_burn, S::trade, 1}},
      {"GET /fapi/v1/apiTradingStatus", {&Protocol::rest_trading_status, S::signed_, 1, 10}},
  };
  table.insert(rows.begin(), rows.end());
}

Answer<std::string> Protocol::rest_account_config(RestContext& context) {
  return encode::account_config(exchange_.account(context.caller.account));
}

Answer<std::string> Protocol::rest_account(RestContext& context) {
  return encode::account(exchange_, context.caller.account, encode::AccountVersion::v3);
}

Answer<std::string> Protocol::rest_account_v2(RestContext& context) {
  return encode::account(exchange_, context.caller.account, encode::AccountVersion::v2);
}

Answer<std::string> Protocol::rest_balance(RestContext& context) {
  return encode::balances(exchange_, context.caller.account);
}

Answer<std::string> Protocol::rest_position_risk(RestContext& context) {
  const auto symbol = optional_symbol(context.params);
  if (!symbol.ok()) return symbol.error();
  return encode::position_risk(exchange_, context.caller.account, symbol.value());
}

Answer<std::string> Protocol::rest_position_risk_v2(RestContext& context) {
  const auto symbol = optional_symbol(context.params);
  if (!symbol.ok()) return symbol.error();
  return encode::position_risk_v2(exchange_, context.caller.account, symbol.value(), false);
}

Answer<std::string> Protocol::rest_symbol_config(RestContext& context) {
  const auto symbol = optional_symbol(context.params);
  if (!symbol.ok()) return symbol.error();
  return encode::symbol_config(exchange_, context.caller.account, symbol.value());
}

Answer<std::string> Protocol::rest_position_mode(RestContext& context) {
  const bool hedge = exchange_.account(context.caller.account).mode == PositionMode::hedge;
  return fmt::format(R"({{"dualSidePosition":{}}})", hedge);
}

Answer<std::string> Protocol::rest_set_position_mode(RestContext& context) {
  const auto hedge = required_flag(context.params, "dualSidePosition");
  if (!hedge.ok()) return hedge.error();
  return done(exchange_.set_position_mode(
      context.caller.account, hedge.value() ? PositionMode::hedge : PositionMode::one_way));
}

Answer<std::string> Protocol::rest_multi_assets(RestContext& context) {
  return fmt::format(R"({{"multiAssetsMargin":{}}})",
                     exchange_.account(context.caller.account).multi_assets);
}

Answer<std::string> Protocol::rest_set_multi_assets(RestContext& context) {
  const auto on = required_flag(context.params, "multiAssetsMargin");
  if (!on.ok()) return on.error();
  return done(exchange_.set_multi_assets(context.caller.account, on.value(), context.now));
}

Answer<std::string> Protocol::rest_set_leverage(RestContext& context) {
  const auto symbol = read_symbol(exchange_, context.params);
  if (!symbol.ok()) return symbol.error();
  const auto leverage = read_integer(context.params, "leverage");
  if (!leverage.ok()) return leverage.error();
  const auto clamped = static_cast<int>(std::clamp<std::int64_t>(leverage.value(), -1, 1'000'000));
  if (auto error =
          exchange_.set_leverage(context.caller.account, symbol.value(), clamped, context.now))
    return *error;
  return encode::leverage_set(exchange_, symbol.value(), clamped);
}

Answer<std::string> Protocol::rest_set_margin_type(RestContext& context) {
  const auto symbol = read_symbol(exchange_, context.params);
  if (!symbol.ok()) return symbol.error();
  const std::string* type = context.params.find("marginType");
  if (type == nullptr) return missing_parameter("marginType");
  if (*type != "ISOLATED" && *type != "CROSSED") return bad_parameter("marginType");
  return done(exchange_.set_margin_type(context.caller.account, symbol.value(), *type == "ISOLATED",
                                        context.now));
}

Answer<std::string> Protocol::rest_position_margin(RestContext& context) {
  const auto symbol = read_symbol(exchange_, context.params);
  if (!symbol.ok()) return symbol.error();
  const auto type = read_integer(context.params, "type");
  if (!type.ok()) return type.error();
  if (type.value() != 1 && type.value() != 2) return bad_parameter("type");
  const std::string* text = context.params.find("amount");
  if (text == nullptr) return missing_parameter("amount");
  const auto amount = Usd::parse(*text);
  if (!amount) return bad_parameter("amount");
  if (amount->sign() <= 0) return ApiError{.code = -4055, .message = "Amount must be positive."};
  const std::string* side = context.params.find("positionSide");
  const auto leg = side == nullptr ? std::optional(Leg::both) : parse_leg(*side);
  if (!leg) return bad_parameter("positionSide");
  if (auto error = exchange_.move_margin(context.caller.account, symbol.value(), *leg,
                                         type.value() == 1 ? *amount : -*amount, context.now))
    return *error;
  return fmt::format(
      R"({{"amount":{},"code":200,"msg":"Successfully modify position margin.","type":{}}})",
      FixedText(*amount).view(), type.value());
}

// An array also when a symbol is sent, as recorded from the venue.
Answer<std::string> Protocol::rest_leverage_brackets(RestContext& context) {
  const auto symbol = optional_symbol(context.params);
  if (!symbol.ok()) return symbol.error();
  return encode::leverage_brackets(exchange_, symbol.value());
}

Answer<std::string> Protocol::rest_commission_rate(RestContext& context) {
  const auto symbol = read_symbol(exchange_, context.params);
  if (!symbol.ok()) return symbol.error();
  return encode::commission_rate(exchange_.symbol(symbol.value()),
                                 exchange_.account(context.caller.account).fees);
}

Answer<std::string> Protocol::rest_adl_quantile(RestContext& context) {
  const auto symbol = optional_symbol(context.params);
  if (!symbol.ok()) return symbol.error();
  return encode::adl_quantiles(exchange_, context.caller.account, symbol.value());
}

Answer<std::string> Protocol::rest_income(RestContext& context) {
  const auto symbol = optional_symbol(context.params);
  if (!symbol.ok()) return symbol.error();
  const auto from = read_integer(context.params, "startTime", context.now.ms - a_week);
  if (!from.ok()) return from.error();
  const auto to = read_integer(context.params, "endTime", context.now.ms);
  if (!to.ok()) return to.error();
  const auto limit = read_integer(context.params, "limit", 100);
  if (!limit.ok()) return limit.error();
  const auto page = read_integer(context.params, "page", 1);
  if (!page.ok()) return page.error();
  if (limit.value() < 1 || page.value() < 1) return bad_parameter("limit");
  const auto size = std::min<std::int64_t>(limit.value(), 1000);
  const std::string* type = context.params.find("incomeType");
  std::vector<const Income*> rows;
  std::int64_t skip = (page.value() - 1) * size;
  for (const auto& income : exchange_.account(context.caller.account).incomes) {
    if (income.time.ms < from.value() || income.time.ms > to.value()) continue;
    if (symbol.value() && income.symbol != symbol.value()) continue;
    if (type != nullptr && *type != name_of(income.type)) continue;
    if (skip-- > 0) continue;
    if (static_cast<std::int64_t>(rows.size()) == size) break;
    rows.push_back(&income);
  }
  return encode::income(exchange_, rows);
}

Answer<std::string> Protocol::rest_fee_burn(RestContext& context) {
  return fmt::format(R"({{"feeBurn":{}}})", exchange_.account(context.caller.account).fee_in_bnb);
}

Answer<std::string> Protocol::rest_set_fee_burn(RestContext& context) {
  const auto on = required_flag(context.params, "feeBurn");
  if (!on.ok()) return on.error();
  exchange_.set_fee_in_bnb(context.caller.account, on.value());
  return success();
}

// Nobody is ever locked.
Answer<std::string> Protocol::rest_trading_status(RestContext& context) {
  return fmt::format(R"({{"indicators":{{}},"updateTime":{}}})", context.now.ms);
}

}  // namespace copyd::sim
