#include <sinter/core/tensor_factory.h>
#include <sinter/ops/pointwise.h>
#include <sinter/ops/pointwise_def_internal.h>

namespace sinter {

namespace ops {

void vjp_zero(const VjpContext& c) {
  for (std::size_t i = 0; i < c.shapes.size(); ++i) {
    if (!c.needs(i)) continue;
    // Not 0 times the gradient, which may be infinite.
    c.set(i, sum_to_size(where(wrapped_number(true), 0, c.grad()), c.sizes(i)));
  }
}

namespace {

void vjp_neg(const VjpContext& c) { c.set(0, neg(c.grad())); }
void vjp_frac(const VjpContext& c) { c.set(0, c.grad()); }

constexpr OpDef kNeg = pointwise_def<formula::Neg>(save_nothing, vjp_neg);
constexpr OpDef kFrac = pointwise_def<formula::Frac>(save_nothing, vjp_frac);

template <class... F>
constexpr auto unary_defs(FormulaList<F...>) {
  return std::array{&kNeg,
                    &kFrac,
                    &kStepDef<formula::Sign>,
                    &kStepDef<formula::Floor>,
                    &kStepDef<formula::Ceil>,
                    &kStepDef<formula::Round>,
                    &kStepDef<formula::Trunc>,
                    &kUnaryDef<F>...,
                    &kBackwardDef<F>...};
}
constexpr auto kOps = unary_defs(formula::ElementaryFormulas{});

}  // namespace

OpTable elementary_ops() { return kOps; }

}  // namespace ops

using ops::call;
using ops::call_in_place;
namespace formula = ops::formula;

#define SINTER_UNARY_OF(name, def)                            \
  Tensor name(const Tensor& x) { return call(def, x); }       \
  Tensor Tensor::name() const { return sinter::name(*this); } \
  Tensor& Tensor::name##_() { return call_in_place(def, *this); }
#define SINTER_UNARY(name, F) SINTER_UNARY_OF(name, ops::kUnaryDef<formula::F>)
#define SINTER_STEP(name, F) SINTER_UNARY_OF(name, ops::kStepDef<formula::F>)
SINTER_UNARY_OF(neg, ops::kNeg)
SINTER_UNARY_OF(frac, ops::kFrac)
SINTER_STEP(sign, Sign)
SINTER_STEP(floor, Floor)
SINTER_STEP(ceil, Ceil)
SINTER_STEP(round, Round)
SINTER_STEP(trunc, Trunc)
SINTER_UNARY(abs, Abs)
SINTER_UNARY(sqrt, Sqrt)
SINTER_UNARY(rsqrt, Rsqrt)
SINTER_UNARY(reciprocal, Reciprocal)
SINTER_UNARY(exp, Exp)
SINTER_UNARY(exp2, Exp2)
SINTER_UNARY(expm1, Expm1)
SINTER_UNARY(log, Log)
SINTER_UNARY(log2, Log2)
SINTER_UNARY(log10, Log10)
SINTER_UNARY(log1p, Log1p)
SINTER_UNARY(sin, Sin)
SINTER_UNARY(cos, Cos)
SINTER_UNARY(tan, Tan)
SINTER_UNARY(asin, Asin)
SINTER_UNARY(acos, Acos)
SINTER_UNARY(atan, Atan)
SINTER_UNARY(sinh, Sinh)
SINTER_UNARY(cosh, Cosh)
SINTER_UNARY(tanh, Tanh)
SINTER_UNARY(asinh, Asinh)
SINTER_UNARY(acosh, Acosh)
SINTER_UNARY(atanh, Atanh)
SINTER_UNARY(erf, Erf)
SINTER_UNARY(erfc, Erfc)
#undef SINTER_STEP
#undef SINTER_UNARY
#undef SINTER_UNARY_OF

Tensor square(const Tensor& x) {
  return call(ops::kUnaryDef<formula::Square>, ops::promoted_to(x, 1));
}
Tensor Tensor::square() const { return sinter::square(*this); }
Tensor& Tensor::square_() {
  if (defined()) ops::check_keeps_category("square_", *this, 1);
  return call_in_place(ops::kUnaryDef<formula::Square>, *this);
}

}  // namespace sinter
