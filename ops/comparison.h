// Comparisons, logic, bits, and choosing between tensors. See pointwise.h for broadcasting, dtypes
// and errors.
#pragma once
#include <sinter/core/tensor.h>

namespace sinter {

// --- Comparisons, in the promoted dtype; the result is bool. NaN differs from everything.
Tensor eq(const Tensor& a, const Tensor& b);
Tensor eq(const Tensor& a, const Scalar& b);
Tensor ne(const Tensor& a, const Tensor& b);
Tensor ne(const Tensor& a, const Scalar& b);
Tensor lt(const Tensor& a, const Tensor& b);
Tensor lt(const Tensor& a, const Scalar& b);
Tensor le(const Tensor& a, const Tensor& b);
Tensor le(const Tensor& a, const Scalar& b);
Tensor gt(const Tensor& a, const Tensor& b);
Tensor gt(const Tensor& a, const Scalar& b);
Tensor ge(const Tensor& a, const Tensor& b);
Tensor ge(const Tensor& a, const Scalar& b);

// --- Logic on any dtype: what is not zero is true. The result is bool.
Tensor logical_and(const Tensor& a, const Tensor& b);
Tensor logical_or(const Tensor& a, const Tensor& b);
Tensor logical_xor(const Tensor& a, const Tensor& b);
Tensor logical_not(const Tensor& x);

// --- Bits of integers and bool; other dtypes throw NotImplementedError.
Tensor bitwise_and(const Tensor& a, const Tensor& b);
Tensor bitwise_and(const Tensor& a, const Scalar& b);
Tensor bitwise_or(const Tensor& a, const Tensor& b);
Tensor bitwise_or(const Tensor& a, const Scalar& b);
Tensor bitwise_xor(const Tensor& a, const Tensor& b);
Tensor bitwise_xor(const Tensor& a, const Scalar& b);
Tensor bitwise_not(const Tensor& x);

// --- Kinds of floating numbers; integers and bool are finite. The result is bool.
Tensor isnan(const Tensor& x);
Tensor isinf(const Tensor& x);
Tensor isfinite(const Tensor& x);

// a where condition (bool, else TypeError) holds, b elsewhere; a and b are promoted to one dtype.
// No gradient leaks from the element that was not chosen, be it NaN or infinite.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);
Tensor where(const Tensor& condition, const Tensor& a, const Scalar& b);
Tensor where(const Tensor& condition, const Scalar& a, const Tensor& b);
Tensor where(const Tensor& condition, const Scalar& a, const Scalar& b);

// --- Operators. Those that compare yield a tensor, not a bool.
#define SINTER_COMPARISON_OPERATOR(sign, function, mirrored)                               \
  inline Tensor operator sign(const Tensor& a, const Tensor& b) { return function(a, b); } \
  inline Tensor operator sign(const Tensor& a, const Scalar& b) { return function(a, b); } \
  inline Tensor operator sign(const Scalar& a, const Tensor& b) { return mirrored(b, a); }
SINTER_COMPARISON_OPERATOR(==, eq, eq)
SINTER_COMPARISON_OPERATOR(!=, ne, ne)
SINTER_COMPARISON_OPERATOR(<, lt, gt)
SINTER_COMPARISON_OPERATOR(<=, le, ge)
SINTER_COMPARISON_OPERATOR(>, gt, lt)
SINTER_COMPARISON_OPERATOR(>=, ge, le)
SINTER_COMPARISON_OPERATOR(&, bitwise_and, bitwise_and)
SINTER_COMPARISON_OPERATOR(|, bitwise_or, bitwise_or)
SINTER_COMPARISON_OPERATOR(^, bitwise_xor, bitwise_xor)
#undef SINTER_COMPARISON_OPERATOR
// !x is logical_not(x).
inline Tensor operator!(const Tensor& x) { return logical_not(x); }

}  // namespace sinter
