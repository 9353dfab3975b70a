#include "tests/system/canaries.hpp"

#include <fmt/format.h>
#include <sodium.h>
#include <cstdint>
#include <fstream>
#include <sstream>

namespace copyd::system_test {
namespace {

namespace fs = std::filesystem;

std::size_t pair_at(std::string_view text, std::size_t at) {
  return static_cast<std::size_t>(static_cast<std::uint8_t>(text[at])) << 8U |
         static_cast<std::uint8_t>(text[at + 1]);
}

std::string hex_of(std::string_view bytes) {
  std::string hex;
  for (const char byte : bytes) hex += fmt::format("{:02x}", static_cast<std::uint8_t>(byte));
  return hex;
}

}  // namespace

std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string pem_body(const std::string& pem) {
  std::string body;
  const auto begin = pem.find('\n') + 1;
  for (const char c : pem.substr(begin, pem.find("-----END") - begin))
    if (c != '\n') body += c;
  return body;
}

std::string decoded_base64(const std::string& text) {
  std::string bytes(text.size(), '\0');
  std::size_t size = 0;
  sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                    text.size(), nullptr, &size, nullptr, sodium_base64_VARIANT_ORIGINAL);
  bytes.resize(size);
  return bytes;
}

void Canaries::add(const std::string& name, std::string_view secret) {
  if (secret.size() < run) return;
  names_.push_back(name);
  add_form(names_.size() - 1, std::string(secret));
  add_form(names_.size() - 1, hex_of(secret));
}

void Canaries::add_private_key(const std::string& name, const std::string& pem) {
  const std::string body = pem_body(pem);
  const std::string bytes = decoded_base64(body);
  const bool rsa = bytes.size() > 100;
  if (body.size() < 60) return;
  names_.push_back(name);
  add_form(names_.size() - 1, body.substr(rsa ? 88 : 24));
  const std::string own = bytes.substr(rsa ? 64 : 16);
  add_form(names_.size() - 1, own);
  add_form(names_.size() - 1, hex_of(own));
}

void Canaries::add_form(std::size_t name, std::string form) {
  const std::string_view kept = forms_.emplace_back(std::move(form));
  for (std::size_t at = 0; at + run <= kept.size(); ++at) {
    runs_.emplace(kept.substr(at, run), name);
    begins_.set(pair_at(kept, at));
  }
}

std::set<std::string> Canaries::shown_in(std::string_view text) const {
  std::set<std::string> shown;
  for (std::size_t at = 0; at + run <= text.size(); ++at) {
    // What is laid out ahead and not written yet.
    if (text[at] == '\0' && text[at + 1] == '\0') {
      at = std::min(text.find_first_not_of('\0', at), text.size()) - 1;
      continue;
    }
    if (!begins_.test(pair_at(text, at))) continue;
    const auto found = runs_.find(text.substr(at, run));
    if (found != runs_.end()) shown.insert(names_[found->second]);
  }
  return shown;
}

std::vector<std::string> Canaries::shown_below(const fs::path& directory,
                                               const std::set<std::string>& but_for) const {
  std::vector<std::string> found;
  for (fs::recursive_directory_iterator entry(directory), end; entry != end; ++entry) {
    const auto path = entry->path().lexically_relative(directory).string();
    if (but_for.count(path) != 0) {
      entry.disable_recursion_pending();
      continue;
    }
    if (entry->is_symlink() || !entry->is_regular_file()) continue;
    for (const auto& name : shown_in(content_of(entry->path())))
      found.push_back(path + " shows " + name);
  }
  return found;
}

}  // namespace copyd::system_test
