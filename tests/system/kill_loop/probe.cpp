#include "tests/system/kill_loop/probe.hpp"

#include "journal/reader.hpp"

namespace copyd::system_test {
namespace {

using journal::Type;
using Attempts = std::set<std::pair<CopyId, int>>;

void apply(const journal::Record& record, Attempts& open) {
  switch (static_cast<Type>(record.type)) {
    case Type::intent: {
      const auto intent = record.as<journal::Intent>();
      open.insert({intent.copy_id, intent.attempt});
      break;
    }
    case Type::answer: {
      const auto answer = record.as<journal::Answer>();
      if (answer.final_ != 0) open.erase({answer.copy_id, answer.attempt});
      break;
    }
    case Type::absent: {
      const auto absent = record.as<journal::Absent>();
      open.erase({absent.copy_id, absent.attempt});
      break;
    }
    case Type::finished: {
      const auto id = record.as<journal::Finished>().copy_id;
      std::erase_if(open, [&](const auto& attempt) { return attempt.first == id; });
      break;
    }
    default:
      break;
  }
}

}  // namespace

Attempts intents_without_result(const std::filesystem::path& directory) {
  Attempts open;
  if (!std::filesystem::exists(directory)) return open;
  const auto disk = journal::open_directory(directory.string());
  if (!disk) return open;
  const auto writers = journal::Reader::writers(**disk);
  if (!writers) return open;
  for (const auto& writer : *writers) {
    if (!writer.starts_with("lane")) continue;
    auto reader = journal::Reader::open(**disk, writer);
    if (!reader) continue;
    while (const auto record = reader->next()) apply(*record, open);
  }
  return open;
}

}  // namespace copyd::system_test
