// A target whose one property is easily broken, to show that a replay fails when it should.
#include "tests/fuzz/property.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  PROPERTY(copyd::fuzz::text_of(data, size).find("broken") == std::string_view::npos);
  return 0;
}
