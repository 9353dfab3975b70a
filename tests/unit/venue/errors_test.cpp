#include "venue/errors.hpp"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace copyd::venue {
namespace {

const char* name(RetryClass c) {
  const char* const names[] = {"ok", "retry", "resync", "query", "final", "pause", "backoff"};
  return names[static_cast<std::size_t>(c)];
}

#define EXPECT_CLASS(status, code, message, expected)                             \
  EXPECT_STREQ(name(classify(status, code, message)), name(RetryClass::expected)) \
      << (status) << ' ' << (code) << ' ' << (message)

TEST(Errors, EveryCodeOfTheTable) {
  const std::map<RetryClass, std::vector<int>> table{
      {RetryClass::ok, {-4046, -4059, -4171, -5027, -4197}},
      {RetryClass::retry, {-1008, -1016, -2012, -1125}},
      {RetryClass::resync, {-1021, -5028}},
      {RetryClass::query, {-1000, -1001, -1006, -1007, -2011, -2013, -4116, -4117, -5043}},
      {RetryClass::backoff, {-1003, -1015}},
      {RetryClass::pause,
       {-1002, -1011, -1022, -1099, -2014, -2015, -2017, -2023, -4060, -4061, -4087, -4088,
        -4189, -4400, -4401, -4109, -4192, -4202, -4205, -4211, -4402, -4403, -4411}},
      {RetryClass::final_,
       {-1013, -1014, -1020, -1100, -1101, -1102, -1103, -1104, -1105, -1106, -1108, -1109,
        -1110, -1111, -1112, -1113, -1114, -1115, -1116, -1117, -1118, -1119, -1120, -1121,
        -1122, -1128, -1130, -1136, -2010, -2018, -2019, -2020, -2021, -2022, -2024, -2025,
        -2026, -2027, -2028, -4001, -4002, -4003, -4004, -4005, -4013, -4014, -4015, -4016,
        -4021, -4023, -4024, -4028, -4045, -4047, -4048, -4062, -4067, -4068, -4105, -4106,
        -4107, -4118, -4120, -4131, -4140, -4141, -4142, -4161, -4164, -4168, -4531, -5021,
        -5022, -5024, -5025, -5026, -5029, -5037, -5038, -5039, -5040, -5041, -5047}},
  };
  for (const auto& [expected, codes] : table)
    for (const int code : codes)
      EXPECT_STREQ(name(classify(400, code, "")), name(expected)) << code;
}

TEST(Errors, TheThreeTextsOf503) {
  EXPECT_CLASS(503, 0, "Unknown error, please check your request or try again later.", query);
  EXPECT_CLASS(503, -1000, "Unknown error, please check your request or try again later.", query);
  EXPECT_CLASS(503, 0, "Service Unavailable.", retry);
  EXPECT_CLASS(503, 0, "<html><h1>503 Service Unavailable</h1></html>", retry);
  // Documented as a failure; asked about all the same, since placing twice is the worse mistake.
  EXPECT_CLASS(503, 0, "Internal error; unable to process your request. Please try again.", query);
  EXPECT_CLASS(503, -1001, "Internal error; unable to process your request. Please try again.",
               query);
  EXPECT_CLASS(503, -1008, "Request throttled by system-level protection.", retry);
  EXPECT_CLASS(503, -1016, "Service is under maintenance.", retry);
  EXPECT_CLASS(503, 0, "", query);
  EXPECT_CLASS(503, 0, "something new", query);
}

TEST(Errors, StatusesThatDecideByThemselves) {
  for (const int status : {408, 500, 502, 504, 599}) {
    EXPECT_CLASS(status, 0, "", query);
    EXPECT_CLASS(status, -2019, "", query);
  }
  for (const int status : {418, 429}) {
    EXPECT_CLASS(status, 0, "", backoff);
    EXPECT_CLASS(status, -1015, "Too many new orders", backoff);
    EXPECT_CLASS(status, -1003, "banned until 1780765249479", backoff);
  }
  for (const int status : {401, 403}) {
    EXPECT_CLASS(status, 0, "", pause);
    EXPECT_CLASS(status, -2015, "Invalid API-key, IP, or permissions for action.", pause);
  }
}

TEST(Errors, Success) {
  EXPECT_CLASS(200, 0, "", ok);
  EXPECT_CLASS(200, 200, "success", ok);
  EXPECT_CLASS(200, -2011, "an element of a batch", query);
  EXPECT_CLASS(200, -2019, "an element of a batch", final_);
}

TEST(Errors, WhatIsNotKnownToBeDefiniteIsAskedAbout) {
  EXPECT_CLASS(400, -1, "", query);
  EXPECT_CLASS(400, -1107, "", query);
  EXPECT_CLASS(400, -1999, "", query);
  EXPECT_CLASS(400, -4006, "", query);
  EXPECT_CLASS(400, -9999, "", query);
  EXPECT_CLASS(400, 0, "<html>", query);
  EXPECT_CLASS(400, 200, "", query);
  EXPECT_CLASS(404, 0, "", query);
  EXPECT_CLASS(0, 0, "", query);  // no answer at all
}

}  // namespace
}  // namespace copyd::venue
