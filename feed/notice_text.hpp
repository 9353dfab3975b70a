// Builds a Notice of the feed about one leader. Text that does not fit is cut.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/flow.hpp"

namespace copyd::feed {

class NoticeText {
 public:
  NoticeText(Notice::Level level, LeaderId leader) noexcept;
  NoticeText& operator<<(std::string_view text) noexcept;
  NoticeText& operator<<(std::int64_t number) noexcept;
  const Notice& notice() const noexcept { return notice_; }

 private:
  Notice notice_;
  std::size_t size_ = 0;
};

}  // namespace copyd::feed
