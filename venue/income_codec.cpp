#include "venue/income_codec.hpp"

#include <simdjson.h>

#include "venue/records.hpp"

namespace copyd::venue {
namespace {

namespace dom = simdjson::dom;

bool read_income(const dom::object& object, Income& out) {
  using namespace records;
  return text_field(object, "incomeType", out.type) && text_field(object, "asset", out.asset) &&
         cut_field(object, "income", out.amount) && field(object, "time", out.time) &&
         field(object, "tranId", out.tran);
}

}  // namespace

Result<std::vector<Income>> decode_incomes(std::string_view body) {
  return records::rows<Income, dom::parser>(body, read_income);
}

}  // namespace copyd::venue
