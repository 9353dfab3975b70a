#include "core/secret.hpp"

#include <cstring>
#include <sodium.h>

#include "core/assert.hpp"

namespace copyd {

Secret Secret::of_size(std::size_t size) {
  static const int ready = sodium_init();
  ASSERT(ready >= 0);
  Secret secret;
  if (size == 0) return secret;
  secret.data_ = static_cast<char*>(sodium_malloc(size));
  ASSERT(secret.data_ != nullptr);
  secret.size_ = size;
  return secret;
}

Secret Secret::copy_of(std::string_view source) {
  Secret secret = of_size(source.size());
  if (!source.empty()) std::memcpy(secret.data_, source.data(), source.size());
  return secret;
}

Secret Secret::take(std::string& source) {
  Secret secret = copy_of(source);
  wipe(source);
  return secret;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

Secret::~Secret() {
  if (data_ != nullptr) sodium_free(data_);
}

void wipe(void* data, std::size_t size) noexcept { sodium_memzero(data, size); }

}  // namespace copyd
