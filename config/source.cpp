#include "config/source.hpp"

#include <algorithm>
#include <string>
#include <tuple>

namespace copyd::config {
namespace {

constexpr std::uint32_t mark_every = 1024;

bool continues_code_point(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80;
}

bool in_number(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' ||
         c == '-' || c == '.' || c == '_';
}

}  // namespace

std::string_view without_bom(std::string_view text) noexcept {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

SourceText::SourceText(std::string_view text) : text_(text) {
  Position at{.line = 1, .column = 1};
  marks_.push_back({at, 0});
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') {
      at = {.line = at.line + 1, .column = 1};
      marks_.push_back({at, i + 1});
    } else if (!continues_code_point(text[i])) {
      // A long line gets marks of its own: finding a place never walks a whole file.
      if (at.column % mark_every == 0) marks_.push_back({at, i});
      ++at.column;
    }
  }
}

std::size_t SourceText::offset_of(Position at) const noexcept {
  auto mark = std::upper_bound(marks_.begin(), marks_.end(), at, [](Position a, const Mark& b) {
    return std::tie(a.line, a.column) < std::tie(b.at.line, b.at.column);
  });
  if (mark == marks_.begin()) return text_.size();
  --mark;
  if (mark->at.line != at.line) return text_.size();
  std::size_t offset = mark->offset;
  for (std::uint32_t column = mark->at.column; column < at.column; ++column) {
    if (offset >= text_.size() || text_[offset] == '\n') return text_.size();
    ++offset;
    while (offset < text_.size() && continues_code_point(text_[offset])) ++offset;
  }
  return offset;
}

std::size_t SourceText::character_begin(std::size_t offset) const noexcept {
  while (offset > 0 && continues_code_point(text_[offset])) --offset;
  return offset;
}

std::string_view SourceText::character_at(std::size_t offset) const noexcept {
  const std::size_t begin = character_begin(offset);
  std::size_t end = begin + 1;
  while (end < text_.size() && continues_code_point(text_[end])) ++end;
  return text_.substr(begin, end - begin);
}

Position SourceText::position_at(std::size_t offset) const noexcept {
  offset = character_begin(offset);
  auto mark = std::upper_bound(marks_.begin(), marks_.end(), offset,
                               [](std::size_t a, const Mark& b) { return a < b.offset; });
  --mark;
  Position at = mark->at;
  for (std::size_t i = mark->offset; i < offset; ++i) {
    if (!continues_code_point(text_[i])) ++at.column;
  }
  return at;
}

std::string_view SourceText::number_at(Position at) const noexcept {
  const std::size_t begin = offset_of(at);
  std::size_t end = begin;
  while (end < text_.size() && in_number(text_[end])) ++end;
  return text_.substr(std::min(begin, text_.size()), end - begin);
}

// The offset behind the string that begins at `begin`; a one-line string ends with its line at the
// latest, because there the parser stops.
std::size_t SourceText::after_string(std::size_t begin) const noexcept {
  const char quote = text_[begin];
  const bool escapes = quote == '"';
  std::size_t i = begin + 1;
  const bool many_lines = i + 1 < text_.size() && text_[i] == quote && text_[i + 1] == quote;
  if (many_lines) i += 2;
  for (; i < text_.size(); ++i) {
    if (escapes && text_[i] == '\\') {
      ++i;
    } else if (!many_lines && (text_[i] == quote || text_[i] == '\n')) {
      return i + 1;
    } else if (many_lines && text_[i] == quote && text_.substr(i, 3) == std::string(3, quote)) {
      i += 3;
      // Up to two more quotes belong to the text.
      for (int extra = 0; extra < 2 && i < text_.size() && text_[i] == quote; ++extra) ++i;
      return i;
    }
  }
  return text_.size();
}

std::optional<Position> SourceText::key_deeper_than(std::size_t most) const noexcept {
  std::size_t dots = 0;
  for (std::size_t i = 0; i < text_.size();) {
    const char c = text_[i];
    if (c == '"' || c == '\'') {
      i = after_string(i);
      continue;
    }
    if (c == '#') {
      i = std::min(text_.find('\n', i), text_.size());
      continue;
    }
    if (c == '.' && ++dots > most) return position_at(i);
    if (std::string_view("\n=,[]{}").find(c) != std::string_view::npos) dots = 0;
    ++i;
  }
  return std::nullopt;
}

}  // namespace copyd::config
