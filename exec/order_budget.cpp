#include "exec/order_budget.hpp"

namespace copyd::exec {

void OrderBudget::told(const Count& count, Mono now) noexcept {
  if (const int more = count.in_10s - short_.used(now); more > 0) short_.add(more, now);
  if (const int more = count.in_minute - long_.used(now); more > 0) long_.add(more, now);
}

}  // namespace copyd::exec
