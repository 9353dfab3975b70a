#include "journal/writer.hpp"

#include <algorithm>
#include <utility>

#include "core/assert.hpp"

namespace copyd::journal {

Writer::Writer(Start start) noexcept
    : name_(std::move(start.name)),
      capacity_(start.capacity),
      sequence_(start.last_sequence),
      records_(1),
      open_(start.file.get()),
      appended_(start.last_sequence),
      durable_(start.last_sequence) {
  files_.push_back(std::move(start.file));
}

bool Writer::append(Type type, std::span<const std::byte> payload, Mono now) noexcept {
  ASSERT(payload.size() <= payload_size);
  if (failed_.load(std::memory_order_relaxed)) return false;
  auto records = records_.load(std::memory_order_relaxed);
  if (records == capacity_) {
    if (!open_next()) return fail();
    records = 1;
  }
  Record record{.type = static_cast<std::uint16_t>(type),
                .length = static_cast<std::uint16_t>(payload.size()),
                .sequence = sequence_ + 1,
                .durable = durable_.load(std::memory_order_relaxed),
                .mono_ns = now.ns};
  std::copy(payload.begin(), payload.end(), record.payload.begin());
  record.crc = checksum(record);
  File* const file = open_.load(std::memory_order_relaxed);
  if (!file->write_at(records * record_size, std::as_bytes(std::span(&record, 1)))) return fail();
  ++sequence_;
  records_.store(records + 1, std::memory_order_release);
  appended_.store(sequence_, std::memory_order_release);
  return true;
}

bool Writer::fail() noexcept {
  failed_.store(true, std::memory_order_release);
  return false;
}

bool Writer::open_next() noexcept {
  File* const next = ready_.exchange(nullptr, std::memory_order_acq_rel);
  if (next == nullptr) return false;
  open_.store(next, std::memory_order_release);
  records_.store(1, std::memory_order_release);
  return true;
}

bool Writer::wants_segment() const noexcept {
  return !failed() && ready_.load(std::memory_order_acquire) == nullptr &&
         records_.load(std::memory_order_acquire) > capacity_ / 2;
}

void Writer::prepare(std::unique_ptr<File> file) noexcept {
  File* const next = file.get();
  files_.push_back(std::move(file));
  ready_.store(next, std::memory_order_release);
}

Result<void> Writer::sync() noexcept {
  // In this order: what was appended by now is in the file that is open now, or in one before it.
  const std::uint64_t appended = appended_.load(std::memory_order_acquire);
  const File* const open = open_.load(std::memory_order_acquire);
  if (appended == durable_.load(std::memory_order_relaxed)) return {};
  while (true) {
    if (const auto synced = files_.front()->sync(); !synced) {
      fail();
      return synced;
    }
    if (files_.front().get() == open) break;
    files_.erase(files_.begin());
  }
  durable_.store(appended, std::memory_order_release);
  return {};
}

}  // namespace copyd::journal
