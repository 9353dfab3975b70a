// Writes JSON in the many ways that it may be written, and, when asked to, with one fault in what
// it says: a field left out, twice, or of another kind.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace copyd::testing {

class Random;

class JsonMaker {
 public:
  using Members = std::vector<std::pair<std::string, std::string>>;

  // `with_fault`: one of the objects written gets a fault, most of the time.
  JsonMaker(Random& random, bool with_fault);

  std::string blanks();
  // Keys as they are to be written; values are JSON. Shuffled, and with fields that nobody knows.
  std::string object(Members members);
  std::string array(const std::vector<std::string>& items);
  std::string text(std::u32string_view points);
  // A decimal in quotes: at most eight places, or `longer`.
  std::string decimal(bool may_be_negative, bool longer);
  // A decimal in quotes, or a JSON number.
  std::string number();
  std::string integer();
  std::string integer_in_quotes(bool may_be_negative);
  // Any value.
  std::string anything(int depth);

 private:
  std::string whole(bool may_be_negative);
  void spoil(Members& members);

  Random& random_;
  bool spaced_;
  bool shuffled_;
  unsigned escapes_;  // per cent of the characters
  bool fault_due_;
};

}  // namespace copyd::testing
