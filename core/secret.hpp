// Secret: bytes that must not leave the process: an API secret, a private key, a passphrase.
//
// The memory is locked, kept out of core dumps, fenced by guard pages (sodium_malloc) and wiped on
// destruction. It cannot be copied, printed or formatted: operator<< is deleted, there is no
// conversion to a string, and `reveal` is the one greppable way to the bytes.
// Owned by one thread at a time; moves.
#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace copyd {

class Secret {
 public:
  Secret() noexcept = default;
  // Takes the bytes over and wipes the source.
  static Secret take(std::string& source);
  static Secret copy_of(std::string_view source);
  // Room for `size` bytes, to be filled through `writable`.
  static Secret of_size(std::size_t size);

  Secret(Secret&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  Secret clone() const { return copy_of(reveal()); }
  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }
  std::string_view reveal() const noexcept { return {data_, size_}; }
  char* writable() noexcept { return data_; }

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
};

std::ostream& operator<<(std::ostream&, const Secret&) = delete;

// Overwrites a buffer that held a secret for a moment; the compiler may not remove it.
void wipe(void* data, std::size_t size) noexcept;
inline void wipe(std::string& text) noexcept { wipe(text.data(), text.size()); text.clear(); }

// An API key as it may be shown: its first four characters.
inline std::string masked(std::string_view api_key) {
  return std::string(api_key.substr(0, 4)) + "…";
}

}  // namespace copyd
