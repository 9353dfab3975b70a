// How an account is set up: leverage, margin type, brackets, modes, order limits. Cold: owned
// values. Every function gives Errc::malformed for a body that does not say what it must.
//
// Calls that only change something (margin type, position mode, multi-assets mode) answer
// {"code":200,"msg":"success"}: decode_error() and classify() read that.
// Source: Binance docs, "Symbol Configuration", "Change Initial Leverage", "Notional and Leverage
// Brackets", "Query User Rate Limit".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/symbols.hpp"
#include "venue/user_data.hpp"

namespace copyd::venue {

// One symbol's leverage and margin type. They stand here, not with the positions (v3).
struct SymbolConfig {
  std::string symbol_name;
  std::optional<SymbolId> symbol;
  MarginType margin = MarginType::unknown;
  bool auto_add_margin = false;
  int leverage = 0;
  Usd max_notional;
};
Result<std::vector<SymbolConfig>> decode_symbol_configs(std::string_view body,
                                                        const SymbolTable& symbols);

// The answer to a change of leverage: as it is now.
struct LeverageChanged {
  std::string symbol_name;
  int leverage = 0;
  Usd max_notional;
};
Result<LeverageChanged> decode_leverage(std::string_view body);

// The notional that a leverage allows, step by step.
struct LeverageBrackets {
  struct Bracket {
    int number = 0;
    int leverage = 0;     // the highest
    Usd floor;
    Usd cap;
    Ratio maintenance;
    Usd cumulative;       // deducted from notional × maintenance
  };
  std::string symbol_name;
  std::optional<Ratio> coefficient;  // of this account, on all notionals
  std::vector<Bracket> brackets;
};
// An array, or, when one symbol was asked for, sometimes the object alone.
Result<std::vector<LeverageBrackets>> decode_leverage_brackets(std::string_view body);

// {"dualSidePosition":…}, {"multiAssetsMargin":…}.
Result<PositionMode> decode_position_mode(std::string_view body);
enum class AssetMode : std::uint8_t { single, multi };
Result<AssetMode> decode_asset_mode(std::string_view body);

// rateLimit/order: the account's own limits, which may differ from the announced ones. 0: not said.
struct OrderLimits {
  int per_10s = 0;
  int per_minute = 0;
};
Result<OrderLimits> decode_order_limits(std::string_view body);

}  // namespace copyd::venue
