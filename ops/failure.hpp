// Failure: what a person is told when something did not work: the cause, and what to do about it.
// For cold code whose errors are read by people; code that reacts to errors uses core/result.hpp.
// Never holds a secret, nor a part of one.
#pragma once

#include <boost/system/result.hpp>
#include <cstdlib>
#include <string>

namespace copyd::ops {

struct Failure {
  std::string error;   // what went wrong, and with what
  std::string remedy;  // what would be right; may be empty
};

template <class T>
using Outcome = boost::system::result<T, Failure>;

// Taking the value of a failed Outcome is a bug of ours, and never done on purpose.
[[noreturn]] inline void throw_exception_from_error(const Failure&, const boost::source_location&) {
  std::abort();
}

}  // namespace copyd::ops
