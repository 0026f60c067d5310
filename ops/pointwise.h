// Arithmetic and functions of each element.
//
// Every function here broadcasts its tensors by NumPy's rule and promotes their dtypes by
// PyTorch's: tensors with dimensions count first, 0-d tensors and C++ numbers only when their
// category (bool, integer, floating) is higher. "to floating" means that integers and bool become
// the default floating dtype. f16 and bf16 are computed in f32 and rounded once. All throw
// ValueError when shapes do not broadcast, NotImplementedError for a dtype without a meaning, and
// Error for an undefined tensor. In-place forms are methods of Tensor (x.add_(y)).
#pragma once
#include <sinter/core/tensor.h>

namespace sinter {

// a + alpha * b. On bool: or.
Tensor add(const Tensor& a, const Tensor& b, const Scalar& alpha = 1);
Tensor add(const Tensor& a, const Scalar& b, const Scalar& alpha = 1);
// a - alpha * b. Not for bool.
Tensor sub(const Tensor& a, const Tensor& b, const Scalar& alpha = 1);
Tensor sub(const Tensor& a, const Scalar& b, const Scalar& alpha = 1);
// a * b. On bool: and.
Tensor mul(const Tensor& a, const Tensor& b);
Tensor mul(const Tensor& a, const Scalar& b);
// a / b, to floating.
Tensor div(const Tensor& a, const Tensor& b);
Tensor div(const Tensor& a, const Scalar& b);

inline Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b); }
inline Tensor operator+(const Tensor& a, const Scalar& b) { return add(a, b); }
Tensor operator+(const Scalar& a, const Tensor& b);
inline Tensor operator-(const Tensor& a, const Tensor& b) { return sub(a, b); }
inline Tensor operator-(const Tensor& a, const Scalar& b) { return sub(a, b); }
Tensor operator-(const Scalar& a, const Tensor& b);
inline Tensor operator*(const Tensor& a, const Tensor& b) { return mul(a, b); }
inline Tensor operator*(const Tensor& a, const Scalar& b) { return mul(a, b); }
Tensor operator*(const Scalar& a, const Tensor& b);
inline Tensor operator/(const Tensor& a, const Tensor& b) { return div(a, b); }
inline Tensor operator/(const Tensor& a, const Scalar& b) { return div(a, b); }
Tensor operator/(const Scalar& a, const Tensor& b);

// max(x, 0); NaN stays NaN.
Tensor relu(const Tensor& x);
// 1 / (1 + exp(-x)), to floating.
Tensor sigmoid(const Tensor& x);
// x where x > 0, else negative_slope * x.
Tensor leaky_relu(const Tensor& x, const Scalar& negative_slope = 0.01);

}  // namespace sinter
