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
      durable_(start.last_sequence),
      bell_(start.bell) {
  files_.push_back(std::move(start.file));
}

bool Writer::stage(Type type, std::span<const std::byte> payload, Mono now) noexcept {
  ASSERT(payload.size() <= payload_size);
  if (failed_.load(std::memory_order_relaxed)) return false;
  // What is staged goes into one segment: into the next one where the open one is full.
  const auto records = records_.load(std::memory_order_relaxed);
  const auto before = records == capacity_ ? 1 : records;
  const bool full = before + staged_size_ == capacity_ || staged_size_ == staged_max;
  if (full && !commit()) return false;
  Record& record = staged_[staged_size_++];
  record = {.type = static_cast<std::uint16_t>(type),
            .length = static_cast<std::uint16_t>(payload.size()),
            .sequence = last_sequence(),
            .durable = durable_.load(std::memory_order_relaxed),
            .mono_ns = now.ns};
  std::copy(payload.begin(), payload.end(), record.payload.begin());
  record.crc = checksum(record);
  return true;
}

bool Writer::commit() noexcept {
  const std::size_t size = std::exchange(staged_size_, 0);
  if (failed_.load(std::memory_order_relaxed)) return false;
  if (size == 0) return true;
  auto records = records_.load(std::memory_order_relaxed);
  if (records == capacity_) {
    if (!open_next()) return fail();
    records = 1;
  }
  File* const file = open_.load(std::memory_order_relaxed);
  const auto bytes = std::as_bytes(std::span(staged_).first(size));
  if (!file->write_at(records * record_size, bytes)) return fail();
  sequence_ += size;
  records_.store(records + size, std::memory_order_release);
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

void Writer::ask_now() noexcept {
  asked_.store(true, std::memory_order_release);
  if (bell_ != nullptr) bell_->ring();
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
