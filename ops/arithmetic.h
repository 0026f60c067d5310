// Arithmetic between tensors, and between tensors and numbers. See pointwise.h for broadcasting,
// dtypes and errors.
#pragma once
#include <sinter/core/tensor.h>

#include <optional>
#include <string_view>

namespace sinter {

// --- Sums and products.

// a + alpha * b. On bool: or. alpha must be integral for an integral result; else TypeError.
Tensor add(const Tensor& a, const Tensor& b, const Scalar& alpha = 1);
Tensor add(const Tensor& a, const Scalar& b, const Scalar& alpha = 1);
// a - alpha * b. Not for bool.
Tensor sub(const Tensor& a, const Tensor& b, const Scalar& alpha = 1);
Tensor sub(const Tensor& a, const Scalar& b, const Scalar& alpha = 1);
// alpha * a subtracted from b: b - alpha * a.
Tensor rsub(const Tensor& a, const Tensor& b, const Scalar& alpha = 1);
Tensor rsub(const Tensor& a, const Scalar& b, const Scalar& alpha = 1);
// a * b. On bool: and.
Tensor mul(const Tensor& a, const Tensor& b);
Tensor mul(const Tensor& a, const Scalar& b);
// a + value * b * c. Not for bool.
Tensor addcmul(const Tensor& a, const Tensor& b, const Tensor& c, const Scalar& value = 1);
// a + value * b / c, for floating dtypes.
Tensor addcdiv(const Tensor& a, const Tensor& b, const Tensor& c, const Scalar& value = 1);
// a + weight * (b - a), for floating dtypes; exact at weights 0 and 1.
Tensor lerp(const Tensor& a, const Tensor& b, const Tensor& weight);
Tensor lerp(const Tensor& a, const Tensor& b, const Scalar& weight);

// --- Division. Integers divided by 0 throw ValueError `[op] integer division by zero`; the lowest
// integer divided by -1 wraps around to itself.

// a / b, to floating.
Tensor div(const Tensor& a, const Tensor& b);
Tensor div(const Tensor& a, const Scalar& b);
// a / b rounded toward zero ("trunc") or down ("floor"), in the promoted dtype; not for bool. Any
// other mode throws ValueError. The gradient is zero.
Tensor div(const Tensor& a, const Tensor& b, std::string_view rounding_mode);
Tensor div(const Tensor& a, const Scalar& b, std::string_view rounding_mode);
// div(a, b, "floor").
Tensor floor_divide(const Tensor& a, const Tensor& b);
Tensor floor_divide(const Tensor& a, const Scalar& b);
// a - b * floor(a / b): it has the sign of b. Not for bool.
Tensor remainder(const Tensor& a, const Tensor& b);
Tensor remainder(const Tensor& a, const Scalar& b);
Tensor remainder(const Scalar& a, const Tensor& b);
// a - b * trunc(a / b): it has the sign of a. Not for bool.
Tensor fmod(const Tensor& a, const Tensor& b);
Tensor fmod(const Tensor& a, const Scalar& b);

// --- Powers. Not for bool, which a number promotes to its own dtype.

// a to the power of b. Integers to a negative power of a tensor give 1 / a^-b rounded to zero; a
// negative number as exponent of integers throws ValueError.
Tensor pow(const Tensor& a, const Tensor& b);
Tensor pow(const Tensor& a, const Scalar& b);
Tensor pow(const Scalar& a, const Tensor& b);

// The angle of the point (x, y) in (-pi, pi], to floating.
Tensor atan2(const Tensor& y, const Tensor& x);

// --- Bounds. NaN in any input gives NaN.

// The smaller and the larger of two. Where they are equal each gets half of the gradient.
Tensor minimum(const Tensor& a, const Tensor& b);
Tensor maximum(const Tensor& a, const Tensor& b);
// min(max(x, min), max): the upper bound wins where they cross. A bound that is not given does not
// bound. The gradient passes where x is within, bounds included. Throws ValueError when no bound is
// given. Bounds that are numbers promote x as a C++ number does; not for bool.
Tensor clamp(const Tensor& x, const std::optional<Scalar>& min,
             const std::optional<Scalar>& max = std::nullopt);
Tensor clamp(const Tensor& x, const Tensor& min, const Tensor& max = {});
Tensor clamp_min(const Tensor& x, const Scalar& min);
Tensor clamp_min(const Tensor& x, const Tensor& min);
Tensor clamp_max(const Tensor& x, const Scalar& max);
Tensor clamp_max(const Tensor& x, const Tensor& max);

// --- Operators. a % b is remainder(a, b).

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
inline Tensor operator%(const Tensor& a, const Tensor& b) { return remainder(a, b); }
inline Tensor operator%(const Tensor& a, const Scalar& b) { return remainder(a, b); }
inline Tensor operator%(const Scalar& a, const Tensor& b) { return remainder(a, b); }

}  // namespace sinter
