// exchangeInfo.
#include <algorithm>
#include <array>

#include "sim/encode.hpp"
#include "sim/rate_limits.hpp"

namespace copyd::sim::encode {

namespace {

// Members of one filter object. The venue's order of keys differs from object to object, so ours
// does too, the same way each time.
class FilterWriter {
 public:
  FilterWriter(JsonWriter& out, std::string_view type) : out_(out) {
    members_.emplace_back("filterType", quoted(type));
  }
  FilterWriter& text(std::string_view name, std::string_view value) {
    members_.emplace_back(name, quoted(value));
    return *this;
  }
  FilterWriter& number(std::string_view name, int value) {
    members_.emplace_back(name, std::to_string(value));
    return *this;
  }
  void write(Random& random) {
    for (std::size_t i = members_.size(); i > 1; --i)
      std::swap(members_[i - 1], members_[random.below(i)]);
    out_.object();
    for (const auto& [name, value] : members_) out_.key(name).raw(value);
    out_.end_object();
  }

 private:
  static std::string quoted(std::string_view value) {
    JsonWriter writer;
    return writer.string(value).take();
  }
  JsonWriter& out_;
  std::vector<std::pair<std::string, std::string>> members_;
};

void filters(JsonWriter& out, const SymbolSpec& spec, Random& random) {
  const auto price = [&](Price value) { return padded(value, spec.price_precision); };
  const auto plain = [](auto value) { return std::string(FixedText(value).view()); };
  out.key("filters").array();
  FilterWriter(out, "PRICE_FILTER")
      .text("minPrice", price(spec.min_price))
      .text("maxPrice", plain(spec.max_price))
      .text("tickSize", price(spec.tick))
      .write(random);
  FilterWriter(out, "LOT_SIZE")
      .text("minQty", plain(spec.min_qty))
      .text("maxQty", plain(spec.max_qty_limit))
      .text("stepSize", plain(spec.step))
      .write(random);
  FilterWriter(out, "MARKET_LOT_SIZE")
      .text("minQty", plain(spec.market_min_qty))
      .text("maxQty", plain(spec.max_qty_market))
      .text("stepSize", plain(spec.market_step))
      .write(random);
  FilterWriter(out, "MAX_NUM_ORDERS").number("limit", 200).write(random);
  FilterWriter(out, "MIN_NOTIONAL").text("notional", plain(spec.min_notional)).write(random);
  FilterWriter(out, "PERCENT_PRICE")
      .text("multiplierUp", padded(spec.multiplier_up, 4))
      .text("multiplierDown", padded(spec.multiplier_down, 4))
      .text("multiplierDecimal", "4")
      .write(random);
  FilterWriter(out, "POSITION_RISK_CONTROL").text("positionControlSide", "NONE").write(random);
  out.end_array();
}

void strings(JsonWriter& out, std::string_view name,
             std::initializer_list<std::string_view> values) {
  out.key(name).array();
  for (const auto value : values) out.string(value);
  out.end_array();
}

void symbol_row(JsonWriter& out, const SymbolSpec& spec, Random& random) {
  out.object()
      .text("symbol", spec.name)
      .text("pair", spec.name)
      .text("contractType", spec.contract_type)
      .number("deliveryDate", 4133404800000)
      .number("onboardDate", 1567965300000)
      .text("status", spec.status)
      .text("maintMarginPercent", "2.5000")
      .text("requiredMarginPercent", "5.0000")
      .text("baseAsset", spec.base)
      .text("quoteAsset", spec.quote)
      .text("marginAsset", spec.quote)
      .number("pricePrecision", spec.price_precision)
      .number("quantityPrecision", spec.quantity_precision)
      .number("baseAssetPrecision", 8)
      .number("quotePrecision", 8)
      .text("underlyingType", spec.underlying_type);
  out.key("underlyingSubType").array();
  for (const auto& tag : spec.underlying_sub_types) out.string(tag);
  out.end_array();
  out.text("triggerProtect", "0.0500")
      .text("liquidationFee", "0.012500")
      .text("marketTakeBound", padded(spec.take_bound, 2))
      .number("maxMoveOrderLimit", 10000);
  filters(out, spec, random);
  strings(out, "orderTypes",
          {"LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET",
           "TRAILING_STOP_MARKET"});
  strings(out, "timeInForce", {"GTC", "IOC", "FOK", "GTX", "GTD"});
  strings(out, "permissionSets", {"GRID", "COPY", "DCA", "PSB"});
  out.end_object();
}

void rate_limit(JsonWriter& out, std::string_view type, std::string_view interval, int number,
                int limit) {
  out.object()
      .text("rateLimitType", type)
      .text("interval", interval)
      .number("intervalNum", number)
      .number("limit", limit)
      .end_object();
}

}  // namespace

std::string exchange_info_tail(const Exchange& exchange, const RateLimits::Options& limits) {
  // Without limits the list says so: a client that honours the announcement may send as it likes.
  const int weight = limits.weight ? RateLimits::weight_per_minute : 12'000'000;
  const int ten_seconds = limits.orders ? RateLimits::orders_per_ten_seconds : 1'000'000;
  const int minute = limits.orders ? RateLimits::orders_per_minute : 6'000'000;
  JsonWriter out;
  out.text("futuresType", "U_MARGINED").key("rateLimits").array();
  rate_limit(out, "REQUEST_WEIGHT", "MINUTE", 1, weight);
  rate_limit(out, "ORDERS", "MINUTE", 1, minute);
  rate_limit(out, "ORDERS", "SECOND", 10, ten_seconds);
  out.end_array().key("exchangeFilters").array().end_array().key("assets").array();
  for (const std::string_view asset : {"USDT", "USDC", "BTC", "BNB"})
    out.object()
        .text("asset", asset)
        .flag("marginAvailable", true)
        .text("autoAssetExchange", "-10000")
        .end_object();
  out.end_array().key("symbols").array();
  Random random(1);
  for (const auto& spec : exchange.symbols()) symbol_row(out, spec, random);
  out.end_array().end_object();
  return out.take();
}

}  // namespace copyd::sim::encode
