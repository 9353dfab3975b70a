#include "tests/differential/json_maker.hpp"

#include <algorithm>
#include <cstdint>

#include "tests/differential/generate.hpp"

namespace copyd::testing {
namespace {

constexpr int nesting_max = 4;
constexpr std::size_t places = 8;

void put_utf8(char32_t point, std::string& to) {
  const auto put = [&](char32_t byte) { to.push_back(static_cast<char>(byte)); };
  if (point < 0x80) return put(point);
  if (point < 0x800) return put(0xc0 | point >> 6), put(0x80 | (point & 0x3f));
  if (point < 0x10000) {
    put(0xe0 | point >> 12);
  } else {
    put(0xf0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3f));
  }
  put(0x80 | (point >> 6 & 0x3f));
  put(0x80 | (point & 0x3f));
}

// What cannot be read as a field of any kind, or only just.
const std::vector<std::string>& odd_values() {
  static const std::vector<std::string> values{"null",
                                               "true",
                                               "0",
                                               "-1",
                                               "1.5",
                                               "1e3",
                                               "\"\"",
                                               "\"x\"",
                                               "\"1e5\"",
                                               "\"1.123456789\"",
                                               "\"92233720368.54775808\"",
                                               "\"-92233720368.54775808\"",
                                               "\"-0.00000001\"",
                                               "\"+-1\"",
                                               "\"1..2\"",
                                               "\".\"",
                                               "\" 1\"",
                                               "\"1,5\"",
                                               "\"\\ud800\"",
                                               "\"\\udc00\\ud800\"",
                                               "\"\\q\"",
                                               "\"\\u12\"",
                                               "01",
                                               "-",
                                               "+1",
                                               "9223372036854775808",
                                               "-9223372036854775809",
                                               "99999999999999999999",
                                               "tru",
                                               "nul",
                                               "1.",
                                               "[]",
                                               "{}",
                                               "[{}]",
                                               "[1]",
                                               "0x10",
                                               "1_0"};
  return values;
}

}  // namespace

JsonMaker::JsonMaker(Random& random, bool with_fault)
    : random_(random),
      spaced_(random.chance(20)),
      shuffled_(random.chance(60)),
      escapes_(random.chance(30) ? 30 : 0),
      fault_due_(with_fault) {}

std::string JsonMaker::blanks() {
  if (!spaced_) return {};
  std::string text;
  for (std::size_t size = random_.below(3); size > 0; --size) text += " \t\r\n"[random_.below(4)];
  return text;
}

std::string JsonMaker::text(std::u32string_view points) {
  static const std::string hex[] = {"0123456789abcdef", "0123456789ABCDEF"};
  std::string out = "\"";
  const auto unit = [&](char32_t value) {
    const std::string& digits = hex[random_.below(2)];
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += digits[value >> shift & 0xf];
  };
  for (const char32_t point : points) {
    const bool escaped = random_.chance(escapes_);
    if (point == '"' || point == '\\' || (point == '/' && escaped)) {
      out += '\\';
      out += static_cast<char>(point);
    } else if (point == '\n' && !escaped) {
      out += "\\n";
    } else if (point < 0x20 || (escaped && point < 0x10000)) {
      unit(point);
    } else if (escaped) {
      unit(0xd800 + ((point - 0x10000) >> 10));
      unit(0xdc00 + (point & 0x3ff));
    } else {
      put_utf8(point, out);
    }
  }
  return out += '"';
}

// Units of 1e-8 without their point: everyday ones, and those at the edges.
std::string JsonMaker::whole(bool may_be_negative) {
  const bool negative = may_be_negative && random_.chance(30);
  std::uint64_t magnitude = 0;
  switch (random_.below(8)) {
    case 0:
      break;
    case 1:
      magnitude = INT64_MAX - random_.below(2);
      break;
    case 2:
      magnitude = 1 + random_.below(9);
      break;
    case 3:
      magnitude = (std::uint64_t{1} << 53U) + random_.below(3);
      break;
    default:
      magnitude = random_.next() >> (1 + random_.below(50));
      break;
  }
  return (negative ? "-" : "") + std::to_string(magnitude);
}

std::string JsonMaker::integer() {
  return whole(true);
}

std::string JsonMaker::number() {
  if (random_.chance(50)) return decimal(true, true);
  std::string text = whole(true);
  if (random_.chance(60)) text += '.' + std::to_string(random_.below(1000));
  if (random_.chance(60)) {
    text += random_.chance(50) ? 'e' : 'E';
    if (random_.chance(60)) text += random_.chance(70) ? '-' : '+';
    text += std::to_string(random_.below(40));
  }
  return text;
}

std::string JsonMaker::integer_in_quotes(bool may_be_negative) {
  std::string digits = whole(may_be_negative);
  if (random_.chance(20)) digits.insert(digits.starts_with('-') ? 1 : 0, 1 + random_.below(4), '0');
  return '"' + digits + '"';
}

std::string JsonMaker::decimal(bool may_be_negative, bool longer) {
  std::string digits = whole(may_be_negative);
  std::string sign;
  if (digits.starts_with('-')) sign = "-", digits.erase(0, 1);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  std::string decimals = digits.substr(digits.size() - places);
  digits.resize(digits.size() - places);
  const auto last = decimals.find_last_not_of('0');
  decimals.resize(last == decimals.npos ? 0 : last + 1);
  if (random_.chance(50)) decimals.append(random_.below(places + 4 - decimals.size()), '0');
  if (longer && random_.chance(20)) {
    decimals.append(places - std::min(places, decimals.size()), '0');
    for (std::size_t size = random_.below(5); size > 0; --size)
      decimals += static_cast<char>('0' + random_.below(10));
  }
  if (random_.chance(15)) digits.insert(0, 1 + random_.below(6), '0');
  if (sign.empty() && random_.chance(3)) sign = "+";
  const bool point = !decimals.empty() || random_.chance(3);
  if (digits == "0" && !decimals.empty() && random_.chance(5)) digits.clear();
  if (sign.empty() && random_.chance(1) && digits.find_first_not_of('0') == digits.npos &&
      decimals.find_first_not_of('0') == decimals.npos)
    sign = "-";
  return '"' + sign + digits + (point ? "." : "") + decimals + '"';
}

std::string JsonMaker::array(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const auto& item : items) {
    if (out.size() > 1) out += ',';
    out += blanks() + item + blanks();
  }
  return out += ']';
}

std::string JsonMaker::anything(int depth) {
  switch (random_.below(depth < nesting_max ? 8 : 5)) {
    case 0:
      return random_.one_of(std::vector<std::string>{"null", "true", "false", "-1.5e+10", "0"});
    case 1:
      return decimal(true, true);
    case 2:
    case 3:
      return text(U"{\"e\":\"x\"},[]\\");
    case 4:
      return integer();
    case 5:
      return array({anything(depth + 1), anything(depth + 1)});
    case 6: {
      // Deep, now and then.
      const std::size_t levels = random_.chance(2) ? 200 : 3;
      return std::string(levels, '[') + std::string(levels, ']');
    }
    default:
      return '{' + blanks() + "\"e\":" + anything(depth + 1) + ",\"s\":" + anything(depth + 1) +
             '}';
  }
}

// One field is missing, stands twice, or says something odd.
void JsonMaker::spoil(Members& members) {
  const std::size_t at = random_.below(members.size());
  const auto place = members.begin() + static_cast<std::ptrdiff_t>(at);
  switch (random_.below(4)) {
    case 0:
      members.erase(place);
      break;
    case 1:
      members.push_back(*place);
      break;
    default:
      place->second = random_.one_of(odd_values());
      break;
  }
  fault_due_ = false;
}

std::string JsonMaker::object(Members members) {
  if (fault_due_ && !members.empty() && random_.chance(50)) spoil(members);
  static const std::vector<std::string> unknown{"pP", "V",      "gtd", "\\u0073", "\\u0065",
                                                "",   "d\\\"e", "a b", "币",      "em"};
  for (std::size_t count = random_.chance(40) ? random_.below(3) : 0; count > 0; --count)
    members.emplace_back(random_.one_of(unknown), anything(0));
  if (shuffled_) {
    for (std::size_t i = members.size(); i > 1; --i)
      std::swap(members[i - 1], members[random_.below(i)]);
  }
  std::string out = "{" + blanks();
  for (const auto& [key, value] : members) {
    if (&key != &members.front().first) out += ',' + blanks();
    out += '"' + key + '"' + blanks() + ':' + blanks() + value + blanks();
  }
  return out += '}';
}

}  // namespace copyd::testing
