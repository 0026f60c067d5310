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
  if (a.is(0)) return -b;
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
  return a.is_constant() ? Expr(-a.constant_) : Expr(neg(a.tensor_));
}

#define SINTER_EXPR_COMPARISON(sign, name)                                                     \
  Expr operator sign(const Expr& a, const Expr& b) {                                           \
    if (a.is_constant() && b.is_constant()) return Expr(a.constant_ sign b.constant_ ? 1 : 0); \
    return Expr(name(a.tensor(), b.tensor()));                                                 \
  }
SINTER_EXPR_COMPARISON(<, lt)
SINTER_EXPR_COMPARISON(>, gt)
SINTER_EXPR_COMPARISON(<=, le)
SINTER_EXPR_COMPARISON(>=, ge)
SINTER_EXPR_COMPARISON(==, eq)
SINTER_EXPR_COMPARISON(!=, ne)
#undef SINTER_EXPR_COMPARISON

namespace scalar {

namespace {
bool same(const Expr& a, const Expr& b) {
  if (a.is_constant() || b.is_constant()) return a.is_constant() && b.is(a.constant());
  return a.tensor().is_same(b.tensor());
}
}  // namespace

Expr select(const Expr& condition, const Expr& a, const Expr& b) {
  if (condition.is_constant()) return condition.is(0) ? b : a;
  if (same(a, b)) return a;
  return Expr(where(condition.tensor(), a.tensor(), b.tensor()));
}
Expr land(const Expr& a, const Expr& b) {
  if (a.is_constant()) return a.is(0) ? a : b;
  if (b.is_constant()) return b.is(0) ? b : a;
  return Expr(logical_and(a.tensor(), b.tensor()));
}
Expr lor(const Expr& a, const Expr& b) {
  if (a.is_constant()) return a.is(0) ? b : a;
  if (b.is_constant()) return b.is(0) ? a : b;
  return Expr(logical_or(a.tensor(), b.tensor()));
}
Expr lnot(const Expr& a) {
  return a.is_constant() ? Expr(a.is(0) ? 1 : 0) : Expr(logical_not(a.tensor()));
}
Expr lxor(const Expr& a, const Expr& b) {
  if (a.is_constant()) return a.is(0) ? b : lnot(b);
  if (b.is_constant()) return b.is(0) ? a : lnot(a);
  return Expr(logical_xor(a.tensor(), b.tensor()));
}
Expr is_nan(const Expr& x) { return x != x; }

#define SINTER_EXPR_FUNCTION(name)                        \
  Expr name(const Expr& x) {                              \
    if (x.is_constant()) return Expr(name(x.constant())); \
    return Expr(sinter::name(x.tensor()));                \
  }
SINTER_EXPR_FUNCTION(exp)
SINTER_EXPR_FUNCTION(exp2)
SINTER_EXPR_FUNCTION(expm1)
SINTER_EXPR_FUNCTION(log)
SINTER_EXPR_FUNCTION(log2)
SINTER_EXPR_FUNCTION(log10)
SINTER_EXPR_FUNCTION(log1p)
SINTER_EXPR_FUNCTION(sin)
SINTER_EXPR_FUNCTION(cos)
SINTER_EXPR_FUNCTION(tan)
SINTER_EXPR_FUNCTION(asin)
SINTER_EXPR_FUNCTION(acos)
SINTER_EXPR_FUNCTION(atan)
SINTER_EXPR_FUNCTION(sinh)
SINTER_EXPR_FUNCTION(cosh)
SINTER_EXPR_FUNCTION(tanh)
SINTER_EXPR_FUNCTION(asinh)
SINTER_EXPR_FUNCTION(acosh)
SINTER_EXPR_FUNCTION(atanh)
SINTER_EXPR_FUNCTION(erf)
SINTER_EXPR_FUNCTION(erfc)
SINTER_EXPR_FUNCTION(sigmoid)
SINTER_EXPR_FUNCTION(sqrt)
SINTER_EXPR_FUNCTION(abs)
#undef SINTER_EXPR_FUNCTION

Expr normal_cdf(const Expr& x) { return Expr(0.5) * erfc(x * Expr(-kSqrtHalf)); }
Expr max(const Expr& a, const Expr& b) {
  if (a.is_constant() && b.is_constant()) return Expr(max(a.constant(), b.constant()));
  if (b.is_constant()) return Expr(clamp_min(a.tensor(), b.constant()));
  if (a.is_constant()) return Expr(clamp_min(b.tensor(), a.constant()));
  return Expr(maximum(a.tensor(), b.tensor()));
}
Expr min(const Expr& a, const Expr& b) {
  if (a.is_constant() && b.is_constant()) return Expr(min(a.constant(), b.constant()));
  if (b.is_constant()) return Expr(clamp_max(a.tensor(), b.constant()));
  if (a.is_constant()) return Expr(clamp_max(b.tensor(), a.constant()));
  return Expr(minimum(a.tensor(), b.tensor()));
}
Expr pow(const Expr& x, const Expr& y) {
  if (x.is_constant()) return Expr(pow(x.constant(), y.constant()));
  return Expr(sinter::pow(x.tensor(), y.constant()));
}

}  // namespace scalar
}  // namespace sinter::ops
