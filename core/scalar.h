// A number whose type is known at run time.
#pragma once
#include <sinter/core/dtype.h>

#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

namespace sinter {

// A bool, int64 or double: what a C++ number becomes when it meets a tensor. An unsigned number
// above INT64_MAX throws ValueError.
class Scalar {
 public:
  Scalar() : Scalar(0) {}
  template <std::integral T>
  Scalar(T value) {  // NOLINT: implicit, so that x + 1 works
    if constexpr (std::is_same_v<T, bool>) {
      kind_ = DTypeCategory::boolean;
      int_ = value ? 1 : 0;
    } else {
      kind_ = DTypeCategory::integral;
      int_ = static_cast<std::int64_t>(value);
      if constexpr (sizeof(T) == 8 && std::is_unsigned_v<T>) {
        if (int_ < 0) [[unlikely]]
          throw_too_large(value);
      }
    }
  }
  Scalar(double value) : kind_(DTypeCategory::floating), double_(value) {}            // NOLINT
  Scalar(float value) : Scalar(static_cast<double>(value)) {}                         // NOLINT
  Scalar(Half value) : Scalar(static_cast<double>(static_cast<float>(value))) {}      // NOLINT
  Scalar(BFloat16 value) : Scalar(static_cast<double>(static_cast<float>(value))) {}  // NOLINT

  constexpr DTypeCategory kind() const { return kind_; }
  constexpr bool is_floating_point() const { return kind_ == DTypeCategory::floating; }
  constexpr bool is_boolean() const { return kind_ == DTypeCategory::boolean; }
  constexpr bool is_integral() const { return kind_ == DTypeCategory::integral; }
  // bool, i64 or f64.
  DType dtype() const {
    if (is_floating_point()) return kFloat64;
    return is_boolean() ? kBool : kInt64;
  }

  constexpr double to_double() const {
    return is_floating_point() ? double_ : static_cast<double>(int_);
  }
  // Truncates toward zero; throws ValueError when a floating value is not finite or does not fit.
  std::int64_t to_int() const { return is_floating_point() ? truncated() : int_; }
  // The number itself, where it is a bool or an integer.
  constexpr std::int64_t integral_value() const { return int_; }
  constexpr bool to_bool() const { return is_floating_point() ? double_ != 0 : int_ != 0; }
  // to<T>(): the value as T. A number that does not fit an integer type throws ValueError.
  template <class T>
  T to() const;

  // libtorch's names for these.
  double toDouble() const { return to<double>(); }
  float toFloat() const { return to<float>(); }
  std::int64_t toLong() const { return to<std::int64_t>(); }
  int toInt() const { return to<int>(); }
  bool toBool() const { return to<bool>(); }
  bool isFloatingPoint() const { return is_floating_point(); }
  bool isIntegral(bool include_bool) const {
    return is_integral() || (include_bool && is_boolean());
  }
  bool isBoolean() const { return is_boolean(); }
  DType type() const { return dtype(); }

  friend bool operator==(const Scalar& a, const Scalar& b) {
    if (a.kind_ != b.kind_) return false;
    return a.is_floating_point() ? a.double_ == b.double_ : a.int_ == b.int_;
  }

 private:
  std::int64_t truncated() const;
  [[noreturn]] static void throw_too_large(std::uint64_t value);
  [[noreturn]] void throw_out_of_range(int digits, bool is_signed) const;

  DTypeCategory kind_;
  union {
    std::int64_t int_;
    double double_;
  };
};

template <class T>
T Scalar::to() const {
  if constexpr (std::is_same_v<T, bool>) {
    return to_bool();
  } else if constexpr (std::is_integral_v<T>) {
    const std::int64_t value = to_int();
    if (!std::in_range<T>(value)) [[unlikely]]
      throw_out_of_range(std::numeric_limits<T>::digits, std::is_signed_v<T>);
    return static_cast<T>(value);
  } else {
    // By way of float where T is a 16-bit type.
    using Via = std::conditional_t<std::is_same_v<T, double>, double, float>;
    return static_cast<T>(static_cast<Via>(to_double()));
  }
}

}  // namespace sinter
