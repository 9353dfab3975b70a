// SourceText: the file as it was written, so that a number is taken from its digits and is never
// rounded to a binary fraction. Places are those of the parser: lines from 1, columns in code
// points from 1.
// Read only after construction; refers to the text, which must outlive it.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "config/schema.hpp"

namespace copyd::config {

// `text` without a byte order mark at its front, which the parser does not count either.
std::string_view without_bom(std::string_view text) noexcept;

class SourceText {
 public:
  explicit SourceText(std::string_view text);

  // The characters of a number that begins at `at`; empty if none does.
  std::string_view number_at(Position at) const noexcept;

  // The place of the first key with more than `most` dots. The parser nests one table per dot, and
  // enough of them would exhaust the stack.
  std::optional<Position> key_deeper_than(std::size_t most) const noexcept;

  // The place of the character that the byte at `offset` belongs to.
  Position position_at(std::size_t offset) const noexcept;
  // That character, as far as it is there.
  std::string_view character_at(std::size_t offset) const noexcept;

 private:
  struct Mark {
    Position at;
    std::size_t offset;
  };
  std::size_t offset_of(Position at) const noexcept;
  std::size_t character_begin(std::size_t offset) const noexcept;
  std::size_t after_string(std::size_t begin) const noexcept;

  std::string_view text_;
  std::vector<Mark> marks_;  // every line's start, and places within long lines
};

}  // namespace copyd::config
