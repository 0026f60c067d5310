#include <sinter/core/tensor_factory.h>
#include <sinter/ops/pointwise.h>
#include <sinter/ops/pointwise_def_internal.h>

namespace sinter {

namespace ops {
namespace {

void vjp_where(const VjpContext& c) {
  if (c.needs(1)) c.set(1, sum_to_size(where(c.in(0), c.grad(), 0), c.sizes(1)));
  if (c.needs(2)) c.set(2, sum_to_size(where(c.in(0), 0, c.grad()), c.sizes(2)));
}

constexpr OpDef kWhere = pointwise_def<formula::Where>(save_inputs<0>, vjp_where);

template <class... F>
constexpr auto predicate_defs(FormulaList<F...>) {
  return std::array{(std::is_same_v<F, formula::Where> ? &kWhere : &kPredicateDef<F>)...};
}
constexpr auto kOps = predicate_defs(formula::ComparisonFormulas{});

}  // namespace

OpTable comparison_ops() { return kOps; }

}  // namespace ops

using ops::call;
using ops::call_in_place;
using ops::kPredicateDef;
namespace formula = ops::formula;

#define SINTER_BINARY_WITH_TENSOR(name, F)                                                        \
  Tensor name(const Tensor& a, const Tensor& b) { return call(kPredicateDef<formula::F>, a, b); } \
  Tensor Tensor::name(const Tensor& other) const { return sinter::name(*this, other); }           \
  Tensor& Tensor::name##_(const Tensor& other) {                                                  \
    return call_in_place(kPredicateDef<formula::F>, *this, other);                                \
  }
#define SINTER_BINARY(name, F)                                                          \
  SINTER_BINARY_WITH_TENSOR(name, F)                                                    \
  Tensor name(const Tensor& a, const Scalar& b) { return name(a, wrapped_number(b)); }  \
  Tensor Tensor::name(const Scalar& other) const { return sinter::name(*this, other); } \
  Tensor& Tensor::name##_(const Scalar& other) { return name##_(wrapped_number(other)); }
SINTER_BINARY(eq, Eq)
SINTER_BINARY(ne, Ne)
SINTER_BINARY(lt, Lt)
SINTER_BINARY(le, Le)
SINTER_BINARY(gt, Gt)
SINTER_BINARY(ge, Ge)
SINTER_BINARY(bitwise_and, BitwiseAnd)
SINTER_BINARY(bitwise_or, BitwiseOr)
SINTER_BINARY(bitwise_xor, BitwiseXor)
SINTER_BINARY_WITH_TENSOR(logical_and, LogicalAnd)
SINTER_BINARY_WITH_TENSOR(logical_or, LogicalOr)
SINTER_BINARY_WITH_TENSOR(logical_xor, LogicalXor)
#undef SINTER_BINARY
#undef SINTER_BINARY_WITH_TENSOR

#define SINTER_UNARY(name, F)                                                 \
  Tensor name(const Tensor& x) { return call(kPredicateDef<formula::F>, x); } \
  Tensor Tensor::name() const { return sinter::name(*this); }
SINTER_UNARY(logical_not, LogicalNot)
SINTER_UNARY(bitwise_not, BitwiseNot)
SINTER_UNARY(isnan, Isnan)
SINTER_UNARY(isinf, Isinf)
SINTER_UNARY(isfinite, Isfinite)
#undef SINTER_UNARY
Tensor& Tensor::logical_not_() { return call_in_place(kPredicateDef<formula::LogicalNot>, *this); }
Tensor& Tensor::bitwise_not_() { return call_in_place(kPredicateDef<formula::BitwiseNot>, *this); }

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  return call(ops::kWhere, condition, a, b);
}
Tensor where(const Tensor& condition, const Tensor& a, const Scalar& b) {
  return where(condition, a, wrapped_number(b));
}
Tensor where(const Tensor& condition, const Scalar& a, const Tensor& b) {
  return where(condition, wrapped_number(a), b);
}
Tensor where(const Tensor& condition, const Scalar& a, const Scalar& b) {
  return where(condition, wrapped_number(a), wrapped_number(b));
}
Tensor Tensor::where(const Tensor& condition, const Tensor& other) const {
  return sinter::where(condition, *this, other);
}

}  // namespace sinter
