#include "config/text.hpp"

#include <algorithm>
#include <limits>

namespace copyd::config {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr std::size_t quoted_max = 60;
// Longer words are not compared: no key or choice comes near it.
constexpr std::size_t word_max = 64;

// The bytes of the UTF-8 sequence at the front of `text`, or 0 if it is not a valid one.
std::size_t sequence_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  if (first == 0xE0 && second < 0xA0) return 0;  // could be written shorter
  if (first == 0xED && second > 0x9F) return 0;  // a surrogate
  if (first == 0xF0 && second < 0x90) return 0;  // could be written shorter
  if (first == 0xF4 && second > 0x8F) return 0;  // beyond U+10FFFF
  return size;
}

void append_hex(std::string& out, unsigned char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += digits[byte >> 4U];
  out += digits[byte & 0xFU];
}

// C0, DEL and the two-byte C1 controls, which a terminal obeys.
bool is_control(std::string_view sequence) {
  const auto first = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return first < 0x20 || first == 0x7F;
  return sequence.size() == 2 && first == 0xC2 && static_cast<unsigned char>(sequence[1]) < 0xA0;
}

// Calls `each` with every valid UTF-8 sequence, or with an empty view for an invalid byte.
template <class Each>
void for_each_sequence(std::string_view text, Each each) {
  while (!text.empty()) {
    const std::size_t size = sequence_size(text);
    each(text.substr(0, size));
    text.remove_prefix(size == 0 ? 1 : size);
  }
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for_each_sequence(text, [&](std::string_view sequence) {
    if (sequence.empty()) {
      out += replacement;
    } else if (is_control(sequence)) {
      out += "\\x";
      append_hex(out, static_cast<unsigned char>(sequence.back()));
    } else {
      out += sequence;
    }
  });
  return out;
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for_each_sequence(text, [&](std::string_view sequence) {
    if (sequence.empty()) {
      out += replacement;
    } else if (sequence == "\"" || sequence == "\\") {
      out += '\\';
      out += sequence;
    } else if (sequence == "\n") {
      out += "\\n";
    } else if (is_control(sequence)) {
      out += "\\u00";
      append_hex(out, static_cast<unsigned char>(sequence.back()));
    } else {
      out += sequence;
    }
  });
  return out += '"';
}

std::string in_quotes(std::string_view text) {
  if (text.size() <= quoted_max) return '"' + printable(text) + '"';
  std::size_t cut = quoted_max;
  // A sequence of UTF-8 is not cut in two.
  while (cut > quoted_max - 4 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80) --cut;
  return '"' + printable(text.substr(0, cut)) + "…\"";
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.empty() || word.size() > word_max) return {};
  const std::string wanted = lower(word);
  std::string_view best;
  std::size_t best_distance = std::numeric_limits<std::size_t>::max();
  for (const std::string_view candidate : candidates) {
    if (candidate.empty() || candidate.size() > word_max) continue;
    const std::string known = lower(candidate);
    std::size_t distance = edit_distance(wanted, known);
    // A word that was cut short or written on counts as near: "binance", "max_slippage".
    const std::size_t common = std::min(wanted.size(), known.size());
    if (common >= 4 && wanted.compare(0, common, known, 0, common) == 0) {
      distance = std::min<std::size_t>(distance, 2);
    }
    const std::size_t allowed = std::max<std::size_t>(1, known.size() / 3);
    if (distance <= allowed && distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string one_of(std::span<const std::string_view> words, std::string_view quote) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i != 0) text += i + 1 == words.size() ? " or " : ", ";
    text += quote;
    text += words[i];
    text += quote;
  }
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t cut = text.find(separator);
    parts.push_back(text.substr(0, cut));
    if (cut == std::string_view::npos) return parts;
    text.remove_prefix(cut + 1);
  }
}

}  // namespace copyd::config
