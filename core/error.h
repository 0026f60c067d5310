// Errors: every misuse of Sinter throws one of these, with a message `[op] rule; got ...`.
#pragma once
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>

namespace sinter {

class IntArrayRef;
enum class DType : std::uint8_t;
class Device;
class Scalar;

// Base of all exceptions thrown by Sinter. The message names the op, the rule and what it got:
// `[matmul] inner dimensions differ; got [2, 3] x [4, 5]`.
class Error : public std::exception {
 public:
  explicit Error(std::string message) : message_(std::move(message)) {}
  const char* what() const noexcept override { return message_.c_str(); }
  // libtorch's names for the message; Sinter's has no backtrace.
  const std::string& msg() const noexcept { return message_; }
  const char* what_without_backtrace() const noexcept { return message_.c_str(); }

 private:
  std::string message_;
};

// An index, or a dimension number, is out of range.
class IndexError : public Error {
  using Error::Error;
};
// A value, size or shape is not allowed.
class ValueError : public Error {
  using Error::Error;
};
// A dtype, or the kind of an argument, is not allowed.
class TypeError : public Error {
  using Error::Error;
};
// The op exists, but not for this dtype, device or mode.
class NotImplementedError : public Error {
  using Error::Error;
};
// The allocator could not provide the memory.
class OutOfMemoryError : public Error {
  using Error::Error;
};
// A file could not be read or written, or its content is malformed.
class IOError : public Error {
  using Error::Error;
};

namespace detail {
void append(std::string& out, std::string_view text);
void append(std::string& out, std::int64_t value);
void append(std::string& out, std::uint64_t value);
void append(std::string& out, double value);
void append(std::string& out, bool value);
void append(std::string& out, IntArrayRef sizes);
void append(std::string& out, DType dtype);
void append(std::string& out, const Device& device);
void append(std::string& out, const Scalar& scalar);

template <class T>
void append_any(std::string& out, const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    append(out, value);
  } else if constexpr (std::is_same_v<T, char>) {
    append(out, std::string_view(&value, 1));
  } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
    append(out, static_cast<std::int64_t>(value));
  } else if constexpr (std::is_integral_v<T>) {
    append(out, static_cast<std::uint64_t>(value));
  } else if constexpr (std::is_floating_point_v<T>) {
    append(out, static_cast<double>(value));
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    append(out, std::string_view(value));
  } else {
    append(out, value);
  }
}
}  // namespace detail

// Concatenates its arguments as text: strings, numbers, sizes, dtypes, devices, scalars.
template <class... Args>
std::string str(const Args&... args) {
  std::string out;
  (detail::append_any(out, args), ...);
  return out;
}

// Throws E with the arguments concatenated. Kept out of line so that checks stay cheap.
template <class E = Error, class... Args>
[[noreturn, gnu::cold, gnu::noinline]] void fail(const Args&... args) {
  throw E(str(args...));
}

}  // namespace sinter

// SINTER_CHECK(condition, message parts...) throws sinter::Error when the condition does not hold.
#define SINTER_CHECK(condition, ...) \
  do {                               \
    if (!(condition)) [[unlikely]]   \
      ::sinter::fail<>(__VA_ARGS__); \
  } while (false)

// The same with a chosen exception type: SINTER_CHECK_AS(IndexError, i < n, "[select] ...").
#define SINTER_CHECK_AS(type, condition, ...)      \
  do {                                             \
    if (!(condition)) [[unlikely]]                 \
      ::sinter::fail<::sinter::type>(__VA_ARGS__); \
  } while (false)
