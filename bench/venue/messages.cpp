#include "bench/venue/messages.hpp"

#include <fmt/format.h>
#include <chrono>
#include <string>

#include "core/clock.hpp"

namespace copyd::bench {
namespace {

// Announced in exchangeInfo, so that a client that honours limits is not held back by them.
constexpr int orders_per_10s = 1'000'000;
constexpr int orders_per_minute = 6'000'000;

constexpr std::string_view contract =
    R"({"symbol":"BTCUSDT","pair":"BTCUSDT","contractType":"PERPETUAL",)"
    R"("deliveryDate":4133404800000,"onboardDate":1567965300000,"status":"TRADING",)"
    R"("maintMarginPercent":"2.5000","requiredMarginPercent":"5.0000","baseAsset":"BTC",)"
    R"("quoteAsset":"USDT","marginAsset":"USDT","pricePrecision":2,"quantityPrecision":3,)"
    R"("baseAssetPrecision":8,"quotePrecision":8,"underlyingType":"COIN",)"
    R"("underlyingSubType":["PoW"],"triggerProtect":"0.0500","liquidationFee":"0.012500",)"
    R"("marketTakeBound":"0.05","maxMoveOrderLimit":10000,"filters":[)"
    R"({"filterType":"PRICE_FILTER","minPrice":"0.10","maxPrice":"4529764","tickSize":"0.10"},)"
    R"({"filterType":"LOT_SIZE","minQty":"0.001","maxQty":"1000","stepSize":"0.001"},)"
    R"({"filterType":"MARKET_LOT_SIZE","minQty":"0.001","maxQty":"120","stepSize":"0.001"},)"
    R"({"filterType":"MAX_NUM_ORDERS","limit":200},{"filterType":"MIN_NOTIONAL","notional":"50"},)"
    R"({"filterType":"PERCENT_PRICE","multiplierUp":"1.0500","multiplierDown":"0.9500",)"
    R"("multiplierDecimal":"4"}],"orderTypes":["LIMIT","MARKET"],)"
    R"("timeInForce":["GTC","IOC","FOK","GTX","GTD"],"permissionSets":["COPY"]})";

std::string limit(std::string_view type, std::string_view interval, int number, int most) {
  return fmt::format(R"({{"rateLimitType":"{}","interval":"{}","intervalNum":{},"limit":{}}})",
                     type, interval, number, most);
}

}  // namespace

std::int64_t wall_ms() {
  return wall_clock_ns() / 1'000'000;
}

std::string_view member_of(std::string_view json, std::string_view name) {
  for (std::size_t at = json.find(name); at != json.npos; at = json.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    if (at == 0 || json[at - 1] != '"' || end + 2 > json.size() || json[end] != '"') continue;
    std::size_t begin = json.find_first_not_of(" :", end + 1);
    if (begin == json.npos) return {};
    if (json[begin] == '"') {
      ++begin;
      return json.substr(begin, json.find('"', begin) - begin);
    }
    return json.substr(begin, json.find_first_of(",}] ", begin) - begin);
  }
  return {};
}

std::string_view parameter_of(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto pair = query.substr(0, query.find('&'));
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=')
      return pair.substr(name.size() + 1);
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
  }
  return {};
}

std::string trade_lite(const Fill& fill) {
  return fmt::format(
      R"({{"e":"TRADE_LITE","E":{0},"T":{0},"s":"{1}","q":"{4}","p":"0.00","m":false,"c":"{2}",)"
      R"("S":"{3}","L":"{5}","l":"{4}","t":{7},"i":{6}}})",
      fill.time_ms, bench_symbol, fill.client_order_id, fill.side, fill.quantity, bench_price,
      fill.order, fill.trade);
}

std::string order_trade_update(const Fill& fill) {
  return fmt::format(
      R"({{"e":"ORDER_TRADE_UPDATE","T":{0},"E":{0},"o":{{"s":"{1}","c":"{2}","S":"{3}",)"
      R"("o":"MARKET","f":"GTC","q":"{4}","p":"0","ap":"{5}","sp":"0","x":"TRADE","X":"FILLED",)"
      R"("i":{6},"l":"{4}","z":"{4}","L":"{5}","n":"0.30000000","N":"USDT","T":{0},"t":{7},)"
      R"("b":"0","a":"0","m":false,"R":false,"wt":"CONTRACT_PRICE","ot":"MARKET","ps":"BOTH",)"
      R"("cp":false,"rp":"0","pP":false,"si":0,"ss":0,"V":"EXPIRE_MAKER","pm":"NONE","gtd":0,)"
      R"("er":"0"}}}})",
      fill.time_ms, bench_symbol, fill.client_order_id, fill.side, fill.quantity, bench_price,
      fill.order, fill.trade);
}

std::string filled_order(const OrderRequest& request, std::int64_t order) {
  return fmt::format(
      R"({{"orderId":{0},"symbol":"{1}","status":"FILLED","clientOrderId":"{2}","price":"0.00",)"
      R"("avgPrice":"{3}","origQty":"{4}","executedQty":"{4}","cumQty":"{4}","cumQuote":"600.00",)"
      R"("timeInForce":"GTC","type":"{5}","reduceOnly":{6},"closePosition":false,"side":"{7}",)"
      R"("positionSide":"BOTH","stopPrice":"0.00","workingType":"CONTRACT_PRICE",)"
      R"("priceProtect":false,"origType":"{5}","priceMatch":"NONE",)"
      R"("selfTradePreventionMode":"EXPIRE_TAKER","goodTillDate":0,"updateTime":{8}}})",
      order, bench_symbol, request.client_order_id, bench_price, request.quantity, request.type,
      request.reduce_only, request.side, wall_ms());
}

std::string api_answer(std::string_view id, std::string_view result) {
  return fmt::format(
      R"({{"id":{},"status":200,"result":{},"rateLimits":[)"
      R"({{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":-1,)"
      R"("count":-1}},{{"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":{},)"
      R"("count":1}},{{"rateLimitType":"ORDERS","interval":"MINUTE","intervalNum":1,"limit":{},)"
      R"("count":1}}]}})",
      id, result, orders_per_10s, orders_per_minute);
}

std::string api_error(std::string_view id, int code, std::string_view message) {
  return fmt::format(R"({{"id":{},"status":400,"error":{{"code":{},"msg":"{}"}},"rateLimits":[]}})",
                     id, code, message);
}

std::string http_answer(int status, std::string_view body) {
  return fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n"
      "Connection: keep-alive\r\nX-MBX-USED-WEIGHT-1M: 1\r\n\r\n{}",
      status, status == 200 ? "OK" : "Not Found", body.size(), body);
}

std::string server_time() {
  return fmt::format(R"({{"serverTime":{}}})", wall_ms());
}

std::string exchange_info() {
  return fmt::format(
      R"({{"timezone":"UTC","serverTime":{},"futuresType":"U_MARGINED","rateLimits":[{},{},{}],)"
      R"("exchangeFilters":[],"assets":[{{"asset":"USDT","marginAvailable":true,)"
      R"("autoAssetExchange":"-10000"}}],"symbols":[{}]}})",
      wall_ms(), limit("REQUEST_WEIGHT", "MINUTE", 1, 1'000'000),
      limit("ORDERS", "MINUTE", 1, orders_per_minute),
      limit("ORDERS", "SECOND", 10, orders_per_10s), contract);
}

std::string account_state() {
  return R"({"totalInitialMargin":"0","totalMaintMargin":"0","totalWalletBalance":"100000",)"
         R"("totalUnrealizedProfit":"0","totalMarginBalance":"100000","availableBalance":"100000",)"
         R"("totalCrossWalletBalance":"100000","totalCrossUnPnl":"0","maxWithdrawAmount":"100000",)"
         R"("canTrade":true,"assets":[{"asset":"USDT","walletBalance":"100000",)"
         R"("unrealizedProfit":"0","marginBalance":"100000","availableBalance":"100000",)"
         R"("crossWalletBalance":"100000","updateTime":0}],"positions":[]})";
}

std::string balances(std::string_view alias) {
  return fmt::format(
      R"([{{"accountAlias":"{}","asset":"USDT","balance":"100000","crossWalletBalance":"100000",)"
      R"("crossUnPnl":"0","availableBalance":"100000","maxWithdrawAmount":"100000",)"
      R"("marginAvailable":true,"updateTime":0}}])",
      alias);
}

std::string position_risk(std::int64_t position) {
  if (position == 0) return "[]";
  return fmt::format(
      R"([{{"symbol":"{}","positionSide":"BOTH","positionAmt":"{}{}.{:03}","entryPrice":"{}",)"
      R"("breakEvenPrice":"{}","markPrice":"{}","unRealizedProfit":"0","liquidationPrice":"0",)"
      R"("isolatedMargin":"0","notional":"0","marginAsset":"USDT","isolatedWallet":"0",)"
      R"("initialMargin":"0","maintMargin":"0","adl":0,"updateTime":{}}}])",
      bench_symbol, position < 0 ? "-" : "", std::abs(position) / 1000, std::abs(position) % 1000,
      bench_price, bench_price, bench_price, wall_ms());
}

}  // namespace copyd::bench
