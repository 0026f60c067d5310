// Dual numbers: a formula run on Dual<T> yields its value and its derivative (forward mode).
#pragma once
// Functions on Expr must be declared before the templates below that call them.
#include <sinter/ops/expr.h>
#include <sinter/ops/formula_types.h>

namespace sinter::ops {

// value + derivative * epsilon, with epsilon^2 = 0. T is float, double or Expr.
template <class T>
struct Dual {
  T v;
  T d;
  Dual(T value, T derivative) : v(value), d(derivative) {}
  explicit Dual(double c) : v(c), d(0.0) {}
  explicit Dual(int c) : v(static_cast<double>(c)), d(0.0) {}

  friend Dual operator+(const Dual& a, const Dual& b) { return {a.v + b.v, a.d + b.d}; }
  friend Dual operator-(const Dual& a, const Dual& b) { return {a.v - b.v, a.d - b.d}; }
  friend Dual operator*(const Dual& a, const Dual& b) { return {a.v * b.v, a.d * b.v + a.v * b.d}; }
  friend Dual operator/(const Dual& a, const Dual& b) {
    const T q = a.v / b.v;
    return {q, (a.d - q * b.d) / b.v};
  }
  friend Dual operator-(const Dual& a) { return {-a.v, -a.d}; }
  friend auto operator<(const Dual& a, const Dual& b) { return a.v < b.v; }
  friend auto operator>(const Dual& a, const Dual& b) { return a.v > b.v; }
  friend auto operator<=(const Dual& a, const Dual& b) { return a.v <= b.v; }
  friend auto operator>=(const Dual& a, const Dual& b) { return a.v >= b.v; }
  friend auto operator==(const Dual& a, const Dual& b) { return a.v == b.v; }
  friend auto operator!=(const Dual& a, const Dual& b) { return a.v != b.v; }
};

}  // namespace sinter::ops

namespace sinter::ops::scalar {

template <class M, class T>
Dual<T> select(const M& m, const Dual<T>& a, const Dual<T>& b) {
  return {select(m, a.v, b.v), select(m, a.d, b.d)};
}
template <class T>
auto is_nan(const Dual<T>& x) {
  return is_nan(x.v);
}
template <class T>
struct Convert<Dual<T>> {
  static Dual<T> from(const Scalar& s) { return Dual<T>(s.to_double()); }
  static Dual<T> bound(const Scalar& s) { return from(s); }
};

template <class T>
Dual<T> exp(const Dual<T>& x) {
  const T e = exp(x.v);
  return {e, x.d * e};
}
template <class T>
Dual<T> exp2(const Dual<T>& x) {
  const T e = exp2(x.v);
  return {e, x.d * (e * T(kLn2))};
}
template <class T>
Dual<T> expm1(const Dual<T>& x) {
  const T e = expm1(x.v);
  return {e, x.d * (e + T(1))};
}
template <class T>
Dual<T> log(const Dual<T>& x) {
  return {log(x.v), x.d / x.v};
}
template <class T>
Dual<T> log1p(const Dual<T>& x) {
  return {log1p(x.v), x.d / (T(1) + x.v)};
}
template <class T>
Dual<T> log2(const Dual<T>& x) {
  return {log2(x.v), x.d / (x.v * T(kLn2))};
}
template <class T>
Dual<T> log10(const Dual<T>& x) {
  return {log10(x.v), x.d / (x.v * T(kLn10))};
}
template <class T>
Dual<T> sqrt(const Dual<T>& x) {
  const T r = sqrt(x.v);
  return {r, x.d / (r + r)};
}
template <class T>
Dual<T> abs(const Dual<T>& x) {
  return {abs(x.v), select(x.v < T(0), -x.d, select(x.v > T(0), x.d, T(0)))};
}
template <class T>
Dual<T> max(const Dual<T>& a, const Dual<T>& b) {
  return {max(a.v, b.v), select(a.v >= b.v, a.d, b.d)};
}
template <class T>
Dual<T> min(const Dual<T>& a, const Dual<T>& b) {
  return {min(a.v, b.v), select(a.v <= b.v, a.d, b.d)};
}
template <class T>
Dual<T> sigmoid(const Dual<T>& x) {
  const T s = sigmoid(x.v);
  return {s, x.d * (s * (T(1) - s))};
}
template <class T>
Dual<T> tanh(const Dual<T>& x) {
  const T t = tanh(x.v);
  return {t, x.d * (T(1) - t * t)};
}
template <class T>
Dual<T> sin(const Dual<T>& x) {
  return {sin(x.v), x.d * cos(x.v)};
}
template <class T>
Dual<T> cos(const Dual<T>& x) {
  return {cos(x.v), -(x.d * sin(x.v))};
}
template <class T>
Dual<T> tan(const Dual<T>& x) {
  const T t = tan(x.v);
  return {t, x.d * (T(1) + t * t)};
}
template <class T>
Dual<T> asin(const Dual<T>& x) {
  return {asin(x.v), x.d / sqrt(T(1) - x.v * x.v)};
}
template <class T>
Dual<T> acos(const Dual<T>& x) {
  return {acos(x.v), -x.d / sqrt(T(1) - x.v * x.v)};
}
template <class T>
Dual<T> atan(const Dual<T>& x) {
  return {atan(x.v), x.d / (T(1) + x.v * x.v)};
}
template <class T>
Dual<T> sinh(const Dual<T>& x) {
  return {sinh(x.v), x.d * cosh(x.v)};
}
template <class T>
Dual<T> cosh(const Dual<T>& x) {
  return {cosh(x.v), x.d * sinh(x.v)};
}
template <class T>
Dual<T> asinh(const Dual<T>& x) {
  return {asinh(x.v), x.d / sqrt(x.v * x.v + T(1))};
}
template <class T>
Dual<T> acosh(const Dual<T>& x) {
  return {acosh(x.v), x.d / sqrt(x.v * x.v - T(1))};
}
template <class T>
Dual<T> atanh(const Dual<T>& x) {
  return {atanh(x.v), x.d / (T(1) - x.v * x.v)};
}
template <class T>
Dual<T> erf(const Dual<T>& x) {
  return {erf(x.v), x.d * (T(kTwoOverSqrtPi) * exp(-(x.v * x.v)))};
}
template <class T>
Dual<T> erfc(const Dual<T>& x) {
  return {erfc(x.v), -x.d * (T(kTwoOverSqrtPi) * exp(-(x.v * x.v)))};
}
template <class T>
Dual<T> normal_cdf(const Dual<T>& x) {
  return {normal_cdf(x.v), x.d * (T(kInvSqrt2Pi) * exp(T(-0.5) * (x.v * x.v)))};
}
// For an exponent that does not depend on the variable.
template <class T>
Dual<T> pow(const Dual<T>& x, const Dual<T>& y) {
  return {pow(x.v, y.v), x.d * (y.v * pow(x.v, y.v - T(1)))};
}

}  // namespace sinter::ops::scalar
