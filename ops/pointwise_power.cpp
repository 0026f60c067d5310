#include <sinter/core/tensor_factory.h>
#include <sinter/ops/pointwise.h>
#include <sinter/ops/pointwise_def_internal.h>

#include <cmath>

namespace sinter {

namespace ops {
namespace {

// The logarithm of a base. A C++ number keeps its precision: it would become f32 as a tensor.
Tensor log_of(const Tensor& base) {
  if (!base.impl()->wrapped_number) return log(base);
  return wrapped_number(std::log(base.item().to_double()));
}

void vjp_pow(const VjpContext& c) {
  if (c.needs(0)) {
    const Tensor& x = c.in(0);
    const Tensor& e = c.in(1);
    const Tensor slope = mul(e, pow(x, sub(e, 1)));
    c.set(0, sum_to_size(where(eq(e, 0), 0, mul(c.grad(), slope)), c.sizes(0)));
  }
  if (c.needs(1)) {
    // 0^e does not depend on e >= 0.
    const Tensor flat = logical_and(eq(c.in(0), 0), ge(c.in(1), 0));
    const Tensor slope = mul(c.out(), log_of(c.in(0)));
    c.set(1, sum_to_size(where(flat, 0, mul(c.grad(), slope)), c.sizes(1)));
  }
}
constexpr Saved saves_pow(std::uint64_t needed) { return {3, (needed & 2U) != 0 ? 1U : 0U}; }

void vjp_atan2(const VjpContext& c) {
  const Tensor& y = c.in(0);
  const Tensor& x = c.in(1);
  // The origin has no angle: its gradient is 0.
  const Tensor squared = add(square(x), square(y));
  const Tensor g = where(eq(squared, 0), 0, div(c.grad(), squared));
  if (c.needs(0)) c.set(0, sum_to_size(mul(g, x), c.sizes(0)));
  if (c.needs(1)) c.set(1, sum_to_size(neg(mul(g, y)), c.sizes(1)));
}

constexpr OpDef kPow = pointwise_def<formula::Pow>(saves_pow, vjp_pow);
constexpr const OpDef& kPowScalar = kUnaryDef<formula::PowScalar>;
constexpr OpDef kAtan2 = pointwise_def<formula::Atan2>(save_inputs<0, 1>, vjp_atan2);

constexpr std::array kOps{&kPow, &kPowScalar, &kBackwardDef<formula::PowScalar>, &kAtan2};

void check_exponent(const char* op, const Tensor& x, const Scalar& exponent) {
  if (exponent.to_double() >= 0 || exponent.is_floating_point() || x.is_floating_point()) return;
  fail<ValueError>("[", op, "] integers cannot be raised to a negative power; got exponent ",
                   exponent);
}

}  // namespace

OpTable power_ops() { return kOps; }

Tensor promoted_to(const Tensor& x, const Scalar& number) {
  if (!x.defined() || category(x.dtype()) >= number.kind()) return x;
  return x.to(number.is_floating_point() ? get_default_dtype() : number.dtype());
}

void check_keeps_category(const char* op, const Tensor& x, const Scalar& number) {
  if (category(x.dtype()) >= number.kind()) return;
  fail<TypeError>("[", op, "] the result of type ",
                  number.is_floating_point() ? get_default_dtype() : number.dtype(),
                  " cannot be stored in self of type ", x.dtype());
}

}  // namespace ops

using ops::call;
using ops::call_in_place;
using ops::ExponentAttrs;

Tensor pow(const Tensor& a, const Tensor& b) { return call(ops::kPow, a, b); }
Tensor pow(const Tensor& a, const Scalar& b) {
  const Tensor x = ops::promoted_to(a, b);
  if (x.defined()) ops::check_exponent("pow", x, b);
  return call(ops::kPowScalar, ExponentAttrs{b}, x);
}
Tensor pow(const Scalar& a, const Tensor& b) { return pow(wrapped_number(a), b); }
Tensor atan2(const Tensor& y, const Tensor& x) { return call(ops::kAtan2, y, x); }

Tensor Tensor::pow(const Tensor& other) const { return sinter::pow(*this, other); }
Tensor Tensor::pow(const Scalar& other) const { return sinter::pow(*this, other); }
Tensor& Tensor::pow_(const Tensor& other) { return call_in_place(ops::kPow, *this, other); }
Tensor& Tensor::pow_(const Scalar& other) {
  if (defined()) {
    ops::check_keeps_category("pow_", *this, other);
    ops::check_exponent("pow_", *this, other);
  }
  return call_in_place(ops::kPowScalar, ExponentAttrs{other}, *this);
}
Tensor Tensor::atan2(const Tensor& other) const { return sinter::atan2(*this, other); }

}  // namespace sinter
