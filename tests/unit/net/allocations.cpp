#include "tests/unit/net/allocations.hpp"

#include <cstdlib>
#include <new>

namespace {
thread_local bool counts = false;
thread_local std::uint64_t counted = 0;

void* allocate(std::size_t size) {
  if (counts) ++counted;
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  return memory;
}
}  // namespace

void* operator new(std::size_t size) {
  return allocate(size);
}
void* operator new[](std::size_t size) {
  return allocate(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace copyd::test {

Allocations::Allocations() noexcept {
  counted = 0;
  counts = true;
}
Allocations::~Allocations() {
  counts = false;
}
std::uint64_t Allocations::count() const noexcept {
  return counted;
}

}  // namespace copyd::test
