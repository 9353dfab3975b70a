// Where the members of a JSON text stand, so that a test can change one and leave the rest as it
// is. Reads only well-formed, compact messages; knows nothing of the decoders.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace copyd::venue::testing {

// One "key":value of any object, however deep.
struct Member {
  std::string key;
  std::size_t key_at = 0;  // of the opening quote
  std::size_t value_at = 0;
  std::size_t value_end = 0;
};

class MemberScan {
 public:
  explicit MemberScan(std::string_view text) : text_(text) { value(); }
  std::vector<Member> take() { return std::move(members_); }

 private:
  char peek() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  void string() {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_)
      if (text_[at_] == '\\') ++at_;
    ++at_;
  }
  void value() {
    switch (peek()) {
      case '{':
        return object();
      case '[':
        return array();
      case '"':
        return string();
      default:
        at_ = std::min(text_.find_first_of(",]} ", at_), text_.size());
    }
  }
  void array() {
    for (++at_; peek() != ']' && at_ < text_.size();) {
      value();
      if (peek() == ',') ++at_;
    }
    ++at_;
  }
  void object() {
    for (++at_; peek() != '}' && at_ < text_.size();) {
      Member member;
      member.key_at = at_;
      string();
      member.key = text_.substr(member.key_at + 1, at_ - member.key_at - 2);
      if (peek() == ':') ++at_;
      peek();
      member.value_at = at_;
      const std::size_t place = members_.size();
      members_.push_back(member);
      value();
      members_[place].value_end = at_;
      if (peek() == ',') ++at_;
    }
    ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Member> members_;
};

// Every member of every object, outer ones first.
inline std::vector<Member> members_of(std::string_view text) {
  return MemberScan(text).take();
}

}  // namespace copyd::venue::testing
