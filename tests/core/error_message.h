// Reads the message of the exception that an expression throws.
#pragma once
#include <sinter/core/error.h>

#include <string>

namespace sinter::test {

// The message of the E that fn throws; says so when fn throws nothing or something else.
template <class E = Error, class F>
std::string message_of(F&& fn) {
  try {
    fn();
  } catch (const E& error) {
    return error.what();
  } catch (const std::exception& error) {
    return std::string("another exception: ") + error.what();
  }
  return "no exception";
}

}  // namespace sinter::test
