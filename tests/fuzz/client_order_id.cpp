// Client order ids: ours are recognised, nothing else is, and each stands for one copy and attempt.
#include "venue/client_order_id.hpp"

#include <algorithm>

#include "tests/fuzz/property.hpp"

namespace copyd::fuzz {
namespace {

using namespace copyd::venue;

bool is_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// Whatever is recognised is exactly what would be written for it.
void check_text(std::string_view text) {
  const Copy copy(text);
  const auto own = parse_client_order_id(copy.view());
  if (!own) return;
  PROPERTY(text.size() == client_order_id_size && text.starts_with("c1"));
  PROPERTY(own->attempt <= attempt_max);
  PROPERTY_SAME(client_order_id(own->copy_id, own->attempt).view(), text);
}

// Every copy and attempt is written as something that is recognised.
void check_copy(std::string_view bytes) {
  CopyId id;
  if (bytes.size() <= id.bytes.size()) return;
  std::copy_n(bytes.begin(), id.bytes.size(), id.bytes.begin());
  const auto last = static_cast<unsigned char>(bytes[id.bytes.size()]);
  const auto attempt = static_cast<std::uint8_t>(last % (attempt_max + 1));
  const ClientOrderId written = client_order_id(id, attempt);
  PROPERTY(std::all_of(written.text.begin(), written.text.end(), is_digit));
  const auto own = parse_client_order_id(written.view());
  PROPERTY(own.has_value() && own->copy_id == id && own->attempt == attempt);
  PROPERTY(!parse_client_order_id(written.view().substr(1)));
}

}  // namespace
}  // namespace copyd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = copyd::fuzz::text_of(data, size);
  copyd::fuzz::check_text(text);
  copyd::fuzz::check_copy(text);
  return 0;
}
