// Words in messages: quoting what a file says without trusting it, and "did you mean".
// Pure functions; any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace copyd::config {

// The text with control characters as \xNN and every invalid UTF-8 byte as U+FFFD.
std::string printable(std::string_view text);

// `text` as a JSON string, with its quotes; invalid UTF-8 becomes U+FFFD.
std::string json_string(std::string_view text);

// "text" with its quotes, printable and shortened to what a message can carry.
std::string in_quotes(std::string_view text);

// Insertions, deletions, replacements and swaps of neighbours that lead from one to the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The candidate that the word was probably meant to be, by edit distance and without regard to
// case; empty when none is near.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

// "a", "b" or "c"; each between `quote`s.
std::string one_of(std::span<const std::string_view> words, std::string_view quote);

// The parts of "a|b|c".
std::vector<std::string_view> split(std::string_view text, char separator);

}  // namespace copyd::config
