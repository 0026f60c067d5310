// Functions of one tensor. See pointwise.h for dtypes and errors. NaN gives NaN unless said
// otherwise. Each has a method (x.exp()) and an in-place method (x.exp_()) of the same name.
#pragma once
#include <sinter/core/tensor.h>

namespace sinter {

// --- Signs and rounding, in x's dtype; not for bool but for sign.

// -x. Unsigned integers wrap around.
Tensor neg(const Tensor& x);
inline Tensor negative(const Tensor& x) { return neg(x); }
// |x|. The lowest integer stays as it is. The gradient at 0 is 0.
Tensor abs(const Tensor& x);
// -1, 0 or 1; 0 for NaN. The gradient is zero.
Tensor sign(const Tensor& x);
// The integer below, above, nearest (ties to even), or toward zero; integers stay as they are. The
// gradient is zero.
Tensor floor(const Tensor& x);
Tensor ceil(const Tensor& x);
Tensor round(const Tensor& x);
Tensor trunc(const Tensor& x);
inline Tensor fix(const Tensor& x) { return trunc(x); }
// x - trunc(x), for floating dtypes.
Tensor frac(const Tensor& x);

// --- Powers. square keeps integers (and makes i64 of bool), the others go to floating.
Tensor square(const Tensor& x);
Tensor sqrt(const Tensor& x);
// 1 / sqrt(x).
Tensor rsqrt(const Tensor& x);
// 1 / x.
Tensor reciprocal(const Tensor& x);

// --- Exponentials and logarithms, to floating.
Tensor exp(const Tensor& x);
// 2^x.
Tensor exp2(const Tensor& x);
// exp(x) - 1, accurate near 0.
Tensor expm1(const Tensor& x);
Tensor log(const Tensor& x);
Tensor log2(const Tensor& x);
Tensor log10(const Tensor& x);
// log(1 + x), accurate near 0.
Tensor log1p(const Tensor& x);

// --- Trigonometric and hyperbolic functions, of radians, to floating.
Tensor sin(const Tensor& x);
Tensor cos(const Tensor& x);
Tensor tan(const Tensor& x);
Tensor asin(const Tensor& x);
Tensor acos(const Tensor& x);
Tensor atan(const Tensor& x);
Tensor sinh(const Tensor& x);
Tensor cosh(const Tensor& x);
Tensor tanh(const Tensor& x);
Tensor asinh(const Tensor& x);
Tensor acosh(const Tensor& x);
Tensor atanh(const Tensor& x);

// --- The error function 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x, and 1 minus it,
// accurate where that is tiny. To floating.
Tensor erf(const Tensor& x);
Tensor erfc(const Tensor& x);

}  // namespace sinter
