#include <sinter/core/tensor_factory.h>
#include <sinter/ops/expr.h>
#include <sinter/ops/pointwise.h>

namespace sinter::ops {

Tensor Expr::tensor() const { return is_constant() ? wrapped_number(constant_) : tensor_; }

Expr operator+(const Expr& a, const Expr& b) {
  if (a.is(0)) return b;
  if (b.is(0)) return a;
  if (a.is_constant() && b.is_constant()) return Expr(a.constant_ + b.constant_);
  return Expr(add(a.tensor(), b.tensor()));
}
Expr operator-(const Expr& a, const Expr& b) {
  if (b.is(0)) return a;
  if (a.is_constant() && b.is_constant()) return Expr(a.constant_ - b.constant_);
  return Expr(sub(a.tensor(), b.tensor()));
}
Expr operator*(const Expr& a, const Expr& b) {
  if (a.is(0) || b.is(0)) return Expr(0.0);
  if (a.is(1)) return b;
  if (b.is(1)) return a;
  if (a.is_constant() && b.is_constant()) return Expr(a.constant_ * b.constant_);
  return Expr(mul(a.tensor(), b.tensor()));
}
Expr operator/(const Expr& a, const Expr& b) {
  if (a.is(0) || b.is(1)) return a;
  if (a.is_constant() && b.is_constant()) return Expr(a.constant_ / b.constant_);
  return Expr(div(a.tensor(), b.tensor()));
}
Expr operator-(const Expr& a) {
  return a.is_constant() ? Expr(-a.constant_) : Expr(mul(a.tensor_, -1));
}

}  // namespace sinter::ops
