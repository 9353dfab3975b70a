// Result<T>: a value or an error code. TRY unwraps one or returns its error to the caller.
// TRY is for plain functions; a coroutine tests with `if`.
#pragma once

#include <boost/system/result.hpp>

#include "core/error.hpp"

namespace copyd {

template <class T>
using Result = boost::system::result<T>;

}  // namespace copyd

#define COPYD_TRY_NAME_(line) try_result_##line
#define COPYD_TRY_(name, expression)  \
  __extension__({  \
    auto name = (expression);  \
    if (name.has_error()) return name.error();  \
    std::move(name).value();  \
  })
#define TRY(expression) COPYD_TRY_(COPYD_TRY_NAME_(__LINE__), expression)
