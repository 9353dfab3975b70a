// Canaries: what must never be seen, and where it was. Each test with real processes looks through
// all that they have written for what its venue calls secret: API keys and what belongs to them,
// listen keys, signatures; and for what opens the key store.
//
// A text shows a secret when it has a run of it: as it is, as its bytes where it is base64, or in
// hex. Fewer characters of it than `run` are no evidence; the first four of an API key are shown on
// purpose.
#pragma once

#include <bitset>
#include <deque>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace copyd::system_test {

std::string content_of(const std::filesystem::path& path);
// The lines between BEGIN and END of a PEM, as one.
std::string pem_body(const std::string& pem);
std::string decoded_base64(const std::string& text);

class Canaries {
 public:
  static constexpr std::size_t run = 14;

  // `name`: what it is, for the report. A secret shorter than a run is left out: it shows by
  // chance.
  void add(const std::string& name, std::string_view secret);
  // Its body, without what all keys of its kind begin with.
  void add_private_key(const std::string& name, const std::string& pem);

  // The names of those that the text shows.
  std::set<std::string> shown_in(std::string_view text) const;
  // "file shows name" of each regular file below `directory`, but for what is below these entries
  // of it.
  std::vector<std::string> shown_below(const std::filesystem::path& directory,
                                       const std::set<std::string>& but_for) const;

 private:
  void add_form(std::size_t name, std::string form);

  std::vector<std::string> names_;
  std::deque<std::string> forms_;
  std::unordered_map<std::string_view, std::size_t> runs_;  // of each form, by text → whose
  std::bitset<1U << 16U> begins_;  // the first two bytes of a run: most of a text has none
};

}  // namespace copyd::system_test
