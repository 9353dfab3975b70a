#include "engine/key_refusal.hpp"

#include <gtest/gtest.h>

namespace copyd::engine {
namespace {

VenueAnswer answer(int status, const std::string& body) {
  return {.status = status, .body = body, .failure = {}, .retry_after = {}};
}

TEST(KeyRefusal, TheAddressIsTakenFromTheVenuesWordsAndOnlyAnAddress) {
  const auto said = explain(
      answer(401, R"({"code":-2015,"msg":"Invalid API-key, request ip: 2001:db8::7"})"), {});
  EXPECT_NE(said.remedy.find("add 2001:db8::7 to"), std::string::npos) << said.remedy;
  const auto strange = explain(answer(401, R"({"code":-2015,"msg":"request ip: <script>"})"), {});
  EXPECT_NE(strange.error.find("does not know this key"), std::string::npos) << strange.error;
}

TEST(KeyRefusal, OnTheTestnetAKeyOfTheLiveVenueIsThought) {
  const auto said = explain(answer(401, R"({"code":-2015,"msg":"Invalid API-key."})"),
                            {.of_futures = true, .testnet = true});
  EXPECT_NE(said.error.find("the testnet does not know this key"), std::string::npos);
  EXPECT_NE(said.remedy.find("live venue"), std::string::npos);
}

TEST(KeyRefusal, WhatIsNoRefusalOfTheKeyIsNotCalledOne) {
  VenueAnswer silent;
  silent.failure = "Connection refused";
  EXPECT_NE(explain(silent, {}).error.find("Connection refused"), std::string::npos);
  EXPECT_NE(explain(answer(403, "<html>"), {}).error.find("firewall"), std::string::npos);
  EXPECT_NE(explain(answer(429, R"({"code":-1003,"msg":"Way too many requests"})"), {})
                .error.find("limits this machine"),
            std::string::npos);
  EXPECT_NE(explain(answer(502, "<html>"), {}).remedy.find("status page"), std::string::npos);
}

}  // namespace
}  // namespace copyd::engine
