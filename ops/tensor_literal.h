// tensor({{1, 2}, {3, 4}}): tensors written out in a program.
#pragma once
#include <sinter/core/tensor.h>

#include <cstdint>
#include <initializer_list>
#include <type_traits>
#include <vector>

namespace sinter {

// The argument of tensor(): a number, or nested braces of numbers (or of std::vectors). Made
// implicitly; users never name it.
class TensorLiteral {
 public:
  TensorLiteral() : sizes_{0} {}
  template <class T, std::enable_if_t<std::is_arithmetic_v<T> || std::is_same_v<T, Half> ||
                                          std::is_same_v<T, BFloat16>,
                                      int> = 0>
  TensorLiteral(T value) : TensorLiteral(to_scalar(value), 0) {}  // NOLINT
  // Throws ValueError `[tensor] ...` when parts differ in sizes or mix booleans, integers and
  // floating point numbers.
  TensorLiteral(std::initializer_list<TensorLiteral> parts);  // NOLINT
  template <class T>
  TensorLiteral(const std::vector<T>& values)  // NOLINT
      : sizes_{static_cast<std::int64_t>(values.size())}, kind_(to_scalar(T()).kind()) {
    values_.reserve(values.size());
    for (const T value : values) values_.push_back(to_scalar(value));
  }

  IntArrayRef sizes() const { return sizes_; }
  DTypeCategory kind() const { return kind_; }
  const std::vector<Scalar>& values() const { return values_; }

 private:
  TensorLiteral(const Scalar& value, int /*tag*/) : kind_(value.kind()), values_{value} {}
  template <class T>
  static Scalar to_scalar(T value) {
    if constexpr (std::is_same_v<T, long double>) {
      return static_cast<double>(value);
    } else {
      return value;
    }
  }

  Dims sizes_;
  DTypeCategory kind_ = DTypeCategory::floating;
  std::vector<Scalar> values_;
};

// A tensor with the written elements: tensor(1.5) is 0-d, tensor({1, 2, 3}) has sizes [3],
// tensor({{1, 2}, {3, 4}}) has [2, 2]. Without a dtype, integers give i64, booleans bool, floating
// point numbers (float and double alike) the default dtype. Throws ValueError for ragged or mixed
// braces, and for an integer that does not fit the dtype.
Tensor tensor(const TensorLiteral& values, const TensorOptions& options = {});
// The elements of a vector, without a Scalar for each.
template <class T>
Tensor tensor(const std::vector<T>& values, const TensorOptions& options = {});

namespace detail {
Tensor tensor_from(const void* values, std::size_t count, DType dtype,
                   const TensorOptions& options);
}

template <class T>
Tensor tensor(const std::vector<T>& values, const TensorOptions& options) {
  if constexpr (requires { DTypeOf<T>::value; } && !std::is_same_v<T, bool>) {
    return detail::tensor_from(values.data(), values.size(), dtype_of<T>, options);
  } else {
    return tensor(TensorLiteral(values), options);
  }
}

}  // namespace sinter
