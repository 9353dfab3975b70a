#include "feed/notice_text.hpp"

#include <algorithm>
#include <charconv>

namespace copyd::feed {

NoticeText::NoticeText(Notice::Level level, LeaderId leader) noexcept {
  notice_.level = level;
  notice_.who = Notice::Who::feed;
  notice_.subject = Notice::Subject::leader;
  notice_.account = leader.value;
}

NoticeText& NoticeText::operator<<(std::string_view text) noexcept {
  // The last byte stays zero.
  const std::size_t room = notice_.text.size() - 1 - size_;
  const std::size_t count = std::min(room, text.size());
  std::copy_n(text.data(), count, notice_.text.data() + size_);
  size_ += count;
  return *this;
}

NoticeText& NoticeText::operator<<(std::int64_t number) noexcept {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  return *this << std::string_view(digits, static_cast<std::size_t>(end - digits));
}

}  // namespace copyd::feed
