// Amounts are what the digits in the file say, to the last one, or they are refused.
#include <gtest/gtest.h>

#include <string>

#include "config/source.hpp"
#include "config/values.hpp"
#include "document.hpp"

namespace copyd::config {
namespace {

constexpr std::string_view notional = "follower.limits.max_order_notional";

std::optional<std::int64_t> units_of(std::string_view value) {
  const LoadOutcome outcome = Document().set(notional, value).load();
  if (!outcome.config) return std::nullopt;
  return outcome.config->followers.at(0).limits.max_order_notional->units();
}

std::string why_not(std::string_view value) {
  Document document;
  document.set(notional, value);
  const LoadOutcome outcome = document.load();
  if (outcome.faults.size() != 1) return "not one fault:\n" + listed(outcome.faults);
  EXPECT_EQ(outcome.faults[0].column, document.place_of(notional).column);
  const std::string& message = outcome.faults[0].message;
  EXPECT_NE(message.find("must be an amount above 0 with at most 8 decimals, not "),
            std::string::npos)
      << message;
  return message.substr(message.rfind(": ") + 2);
}

TEST(Amounts, ANumberIsTakenFromItsDigits) {
  EXPECT_EQ(units_of("5000"), 500'000'000'000);
  EXPECT_EQ(units_of("0.1"), 10'000'000);
  EXPECT_EQ(units_of("+2.5"), 250'000'000);
  EXPECT_EQ(units_of("1_000"), 100'000'000'000);
  EXPECT_EQ(units_of("1_000.000_1"), 100'000'010'000);
  EXPECT_EQ(units_of("0.00000001"), 1);
  // Seventeen digits and more: a binary fraction between would change the last of them.
  EXPECT_EQ(units_of("123456789.12345678"), 12'345'678'912'345'678);
  EXPECT_EQ(units_of("90071992.54740993"), 9'007'199'254'740'993);
  EXPECT_EQ(units_of("92233720368.54775807"), INT64_MAX);
  EXPECT_EQ(units_of("72057594037.92793667"), 7'205'759'403'792'793'667);
  // What is beyond the eighth place is zero.
  EXPECT_EQ(units_of("0.250000000000"), 25'000'000);
}

TEST(Amounts, AStringIsTakenLikeANumber) {
  EXPECT_EQ(units_of("\"5000\""), 500'000'000'000);
  EXPECT_EQ(units_of("'123456789.12345678'"), 12'345'678'912'345'678);
  EXPECT_EQ(units_of("'1_000'"), 100'000'000'000);
}

TEST(Amounts, MoreThanCanBeHeldExactlyIsRefused) {
  EXPECT_EQ(why_not("0.123456789"), "it has 9 decimals, at most 8 are exact");
  EXPECT_EQ(why_not("'0.123456789'"), "it has 9 decimals, at most 8 are exact");
  EXPECT_EQ(why_not("1.0000000000000001"), "it has 16 decimals, at most 8 are exact");
  EXPECT_EQ(why_not("92233720368.54775808"),
            "it is too large, at most 92233720368.54775807 can be held");
  EXPECT_EQ(why_not("92233720369"), "it is too large, at most 92233720368.54775807 can be held");
}

TEST(Amounts, OtherFormsAreRefusedWithTheRightOne) {
  EXPECT_EQ(why_not("1e3"), "write it out, without an exponent");
  EXPECT_EQ(why_not("2.5E-1"), "write it out, without an exponent");
  EXPECT_EQ(why_not("'1e3'"), "write it out, without an exponent");
  EXPECT_EQ(why_not("0x10"), "write it as a decimal number");
  EXPECT_EQ(why_not("0o17"), "write it as a decimal number");
  EXPECT_EQ(why_not("0b11"), "write it as a decimal number");
  EXPECT_EQ(why_not("inf"), "it is not a number");
  EXPECT_EQ(why_not("-nan"), "it is not a number");
  EXPECT_EQ(why_not("'lots'"), "it is not a decimal number like 0.25");
  EXPECT_EQ(why_not("'5 USDT'"), "it is not a decimal number like 0.25");
  EXPECT_EQ(why_not("'1.2.3'"), "it is not a decimal number like 0.25");
  EXPECT_EQ(why_not("'--1'"), "it is not a decimal number like 0.25");
  EXPECT_EQ(why_not("''"), "it is empty");
  EXPECT_EQ(why_not("'5.'"), "digits stand on both sides of the point");
  EXPECT_EQ(why_not("'.5'"), "digits stand on both sides of the point");
  EXPECT_EQ(why_not("'1__0'"), "an underscore stands between two digits only");
  EXPECT_EQ(why_not("'_1'"), "an underscore stands between two digits only");
  EXPECT_EQ(why_not("'1_'"), "an underscore stands between two digits only");
  EXPECT_EQ(why_not("'1_.5'"), "an underscore stands between two digits only");
}

TEST(Amounts, NothingThatIsNotPositive) {
  EXPECT_EQ(why_not("0"), "it is not above 0");
  EXPECT_EQ(why_not("-0.0"), "it is not above 0");
  EXPECT_EQ(why_not("-5"), "it is not above 0");
  for (const std::string_view key :
       {"follower.link.sizing.ratio", "follower.limits.max_position_notional",
        "follower.limits.max_total_notional", "follower.limits.equity_floor",
        "follower.limits.max_daily_loss", "follower.limits.max_drawdown",
        "follower.link.round_up_from"}) {
    const LoadOutcome outcome = Document().set(key, "0").load();
    ASSERT_EQ(outcome.faults.size(), 1U) << key << listed(outcome.faults);
    EXPECT_TRUE(outcome.faults[0].message.ends_with("not 0: it is not above 0")) << key;
  }
}

TEST(Amounts, AMultiplierANotionalAndAQuantityAreAboveZero) {
  for (const std::string sizing :
       {"{ mode = 'equity_ratio', multiplier = 0 }", "{ mode = 'fixed_notional', notional = 0 }",
        "{ mode = 'fixed_quantity', quantity = 0 }"}) {
    Document document;
    document.remove("follower.link.sizing.mode").remove("follower.link.sizing.ratio");
    const LoadOutcome outcome = document.set("follower.link.sizing", sizing).load();
    ASSERT_EQ(outcome.faults.size(), 1U) << sizing << listed(outcome.faults);
    EXPECT_TRUE(outcome.faults[0].message.ends_with("not 0: it is not above 0")) << sizing;
  }
}

TEST(Amounts, AShareIsAtMostOne) {
  EXPECT_TRUE(Document().set("follower.link.round_up_from", "1").load().config);
  const LoadOutcome outcome = Document().set("follower.link.round_up_from", "1.00000001").load();
  ASSERT_EQ(outcome.faults.size(), 1U);
  EXPECT_EQ(outcome.faults[0].message,
            "`follower.link.round_up_from` must be above 0, at most 1, with at most 8 decimals, "
            "not 1.00000001: it is above 1");
}

TEST(Amounts, ALossIsAnAmountOrAPercentage) {
  const auto loss = [](std::string_view value) {
    const LoadOutcome outcome = Document().set("follower.limits.max_drawdown", value).load();
    if (outcome.config) return *outcome.config->followers.at(0).limits.max_drawdown;
    return LossLimit{Usd::from_units(-static_cast<std::int64_t>(outcome.faults.size()))};
  };
  const LossLimit one_fault{Usd::from_units(-1)};
  EXPECT_EQ(loss("'5%'"), LossLimit{*Ratio::parse("0.05")});
  EXPECT_EQ(loss("'0.000001%'"), LossLimit{Ratio::from_units(1)});
  EXPECT_EQ(loss("'100%'"), LossLimit{Ratio::whole(1)});
  EXPECT_EQ(loss("'250.5'"), LossLimit{*Usd::parse("250.5")});
  EXPECT_EQ(loss("250"), LossLimit{Usd::whole(250)});
  for (const char* bad :
       {"'100.1%'", "'0%'", "'-1%'", "'0.0000001%'", "'%'", "'5 %'", "'5%%'", "true"}) {
    EXPECT_EQ(loss(bad), one_fault) << bad;
  }
}

TEST(Amounts, ADigitIsFoundBehindTextOfAnyKind) {
  // Columns count code points: a name of three bytes a character, a tab, a byte order mark.
  const std::string text =
      "\xEF\xBB\xBF" + Document().text() +
      "[follower.limits]\r\n\tmax_order_qty = { \"币安USDT\" = 123456789.12345678, BTC = 0.5 }\r\n";
  std::string moved = text;
  const std::size_t limits = moved.find("[follower.limits]");
  const std::size_t link = moved.find("[[follower.link]]");
  moved = moved.substr(0, link) + moved.substr(limits) + moved.substr(link, limits - link);
  const LoadOutcome outcome = load_text(moved);
  ASSERT_TRUE(outcome.config) << listed(outcome.faults);
  const auto& quantities = outcome.config->followers.at(0).limits.max_order_qty;
  EXPECT_EQ(quantities.at("币安USDT").units(), 12'345'678'912'345'678);
  EXPECT_EQ(quantities.at("BTC").units(), 50'000'000);
}

TEST(Amounts, ADigitIsFoundFarBehindInALongLine) {
  std::string text = "x = [";
  for (int i = 0; i < 5000; ++i) text += "1, ";
  const auto column = static_cast<std::uint32_t>(text.size() + 1);
  text += "987.65 ] # ü\ny = 12";
  const SourceText source(text);
  EXPECT_EQ(source.number_at({.line = 1, .column = column}), "987.65");
  EXPECT_EQ(source.number_at({.line = 2, .column = 5}), "12");
  EXPECT_EQ(source.number_at({.line = 2, .column = 99}), "");
  EXPECT_EQ(source.number_at({.line = 3, .column = 1}), "");
  EXPECT_EQ(source.number_at({.line = 0, .column = 0}), "");
}

}  // namespace
}  // namespace copyd::config
