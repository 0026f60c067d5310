// Expr: a formula run on it composes public ops, so that derivatives of any order can be recorded.
#pragma once
#include <sinter/core/tensor.h>
#include <sinter/ops/formula_types.h>

namespace sinter::ops {

// A tensor, or a number that folds away: 0 * x is 0 and x + 0 is x, so the derivative part of a
// Dual<Expr> costs nothing where it is constant. A condition is an Expr of bool.
class Expr {
 public:
  explicit Expr(double constant) : constant_(constant) {}
  explicit Expr(int constant) : constant_(constant) {}
  explicit Expr(Tensor tensor) : tensor_(std::move(tensor)) {}

  bool is_constant() const { return !tensor_.defined(); }
  bool is(double value) const { return is_constant() && constant_ == value; }
  double constant() const { return constant_; }
  // The tensor, or a 0-d one that holds the constant.
  Tensor tensor() const;

  friend Expr operator+(const Expr& a, const Expr& b);
  friend Expr operator-(const Expr& a, const Expr& b);
  friend Expr operator*(const Expr& a, const Expr& b);
  friend Expr operator/(const Expr& a, const Expr& b);
  friend Expr operator-(const Expr& a);
  friend Expr operator<(const Expr& a, const Expr& b);
  friend Expr operator>(const Expr& a, const Expr& b);
  friend Expr operator<=(const Expr& a, const Expr& b);
  friend Expr operator>=(const Expr& a, const Expr& b);
  friend Expr operator==(const Expr& a, const Expr& b);
  friend Expr operator!=(const Expr& a, const Expr& b);

 private:
  Tensor tensor_;
  double constant_ = 0;
};

}  // namespace sinter::ops

namespace sinter::ops::scalar {
Expr select(const Expr& condition, const Expr& a, const Expr& b);
Expr land(const Expr& a, const Expr& b);
Expr lor(const Expr& a, const Expr& b);
Expr lxor(const Expr& a, const Expr& b);
Expr lnot(const Expr& a);
Expr is_nan(const Expr& x);
Expr exp(const Expr& x);
Expr exp2(const Expr& x);
Expr expm1(const Expr& x);
Expr log(const Expr& x);
Expr log2(const Expr& x);
Expr log10(const Expr& x);
Expr log1p(const Expr& x);
Expr sin(const Expr& x);
Expr cos(const Expr& x);
Expr tan(const Expr& x);
Expr asin(const Expr& x);
Expr acos(const Expr& x);
Expr atan(const Expr& x);
Expr sinh(const Expr& x);
Expr cosh(const Expr& x);
Expr tanh(const Expr& x);
Expr asinh(const Expr& x);
Expr acosh(const Expr& x);
Expr atanh(const Expr& x);
Expr erf(const Expr& x);
Expr erfc(const Expr& x);
Expr normal_cdf(const Expr& x);
Expr sigmoid(const Expr& x);
Expr sqrt(const Expr& x);
Expr abs(const Expr& x);
Expr max(const Expr& a, const Expr& b);
Expr min(const Expr& a, const Expr& b);
// y is a constant.
Expr pow(const Expr& x, const Expr& y);
template <>
struct Convert<Expr> {
  static Expr from(const Scalar& s) { return Expr(s.to_double()); }
  static Expr bound(const Scalar& s) { return from(s); }
};
}  // namespace sinter::ops::scalar
