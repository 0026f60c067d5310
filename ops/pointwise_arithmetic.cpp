#include <sinter/core/tensor_factory.h>
#include <sinter/ops/pointwise.h>
#include <sinter/ops/pointwise_def_internal.h>

namespace sinter {

Tensor sum_to_size(const Tensor& grad, IntArrayRef sizes);

namespace ops {
namespace {

void vjp_add(const VjpContext& c) {
  if (c.needs(0)) c.set(0, sum_to_size(c.grad(), c.sizes(0)));
  if (!c.needs(1)) return;
  const Scalar& alpha = c.attrs<AlphaAttrs>().alpha;
  const Tensor g = sum_to_size(c.grad(), c.sizes(1));
  c.set(1, alpha.to_double() == 1 ? g : mul(g, alpha));
}

void vjp_sub(const VjpContext& c) {
  if (c.needs(0)) c.set(0, sum_to_size(c.grad(), c.sizes(0)));
  if (!c.needs(1)) return;
  const Tensor g = sum_to_size(c.grad(), c.sizes(1));
  c.set(1, mul(g, -c.attrs<AlphaAttrs>().alpha.to_double()));
}

void vjp_mul(const VjpContext& c) {
  if (c.needs(0)) c.set(0, sum_to_size(mul(c.grad(), c.in(1)), c.sizes(0)));
  if (c.needs(1)) c.set(1, sum_to_size(mul(c.grad(), c.in(0)), c.sizes(1)));
}

void vjp_div(const VjpContext& c) {
  const Tensor g = div(c.grad(), c.in(1));
  if (c.needs(0)) c.set(0, sum_to_size(g, c.sizes(0)));
  if (c.needs(1)) c.set(1, sum_to_size(mul(mul(g, c.out()), -1), c.sizes(1)));
}
constexpr Saved saves_div(std::uint64_t needed) { return {2, (needed & 2U) != 0 ? 1U : 0U}; }

constexpr OpDef kAdd = pointwise_def<formula::Add>("add", save_nothing, vjp_add);
constexpr OpDef kSub = pointwise_def<formula::Sub>("sub", save_nothing, vjp_sub);
constexpr OpDef kMul = pointwise_def<formula::Mul>("mul", save_other, vjp_mul);
constexpr OpDef kDiv = pointwise_def<formula::Div>("div", saves_div, vjp_div);

}  // namespace
}  // namespace ops

using ops::AlphaAttrs;
using ops::call;
using ops::call_in_place;

Tensor add(const Tensor& a, const Tensor& b, const Scalar& alpha) {
  return call(ops::kAdd, AlphaAttrs{alpha}, a, b);
}
Tensor add(const Tensor& a, const Scalar& b, const Scalar& alpha) {
  return add(a, wrapped_number(b), alpha);
}
Tensor sub(const Tensor& a, const Tensor& b, const Scalar& alpha) {
  return call(ops::kSub, AlphaAttrs{alpha}, a, b);
}
Tensor sub(const Tensor& a, const Scalar& b, const Scalar& alpha) {
  return sub(a, wrapped_number(b), alpha);
}
Tensor mul(const Tensor& a, const Tensor& b) { return call(ops::kMul, a, b); }
Tensor mul(const Tensor& a, const Scalar& b) { return mul(a, wrapped_number(b)); }
Tensor div(const Tensor& a, const Tensor& b) { return call(ops::kDiv, a, b); }
Tensor div(const Tensor& a, const Scalar& b) { return div(a, wrapped_number(b)); }

Tensor operator+(const Scalar& a, const Tensor& b) { return add(wrapped_number(a), b); }
Tensor operator-(const Scalar& a, const Tensor& b) { return sub(wrapped_number(a), b); }
Tensor operator*(const Scalar& a, const Tensor& b) { return mul(wrapped_number(a), b); }
Tensor operator/(const Scalar& a, const Tensor& b) { return div(wrapped_number(a), b); }

Tensor Tensor::add(const Tensor& other, const Scalar& alpha) const {
  return sinter::add(*this, other, alpha);
}
Tensor Tensor::add(const Scalar& other, const Scalar& alpha) const {
  return sinter::add(*this, other, alpha);
}
Tensor& Tensor::add_(const Tensor& other, const Scalar& alpha) {
  return call_in_place(ops::kAdd, AlphaAttrs{alpha}, *this, other);
}
Tensor& Tensor::add_(const Scalar& other, const Scalar& alpha) {
  return add_(wrapped_number(other), alpha);
}
Tensor Tensor::sub(const Tensor& other, const Scalar& alpha) const {
  return sinter::sub(*this, other, alpha);
}
Tensor Tensor::sub(const Scalar& other, const Scalar& alpha) const {
  return sinter::sub(*this, other, alpha);
}
Tensor& Tensor::sub_(const Tensor& other, const Scalar& alpha) {
  return call_in_place(ops::kSub, AlphaAttrs{alpha}, *this, other);
}
Tensor& Tensor::sub_(const Scalar& other, const Scalar& alpha) {
  return sub_(wrapped_number(other), alpha);
}
#define SINTER_BINARY(name, def)                                                            \
  Tensor Tensor::name(const Tensor& other) const { return sinter::name(*this, other); }     \
  Tensor Tensor::name(const Scalar& other) const { return sinter::name(*this, other); }     \
  Tensor& Tensor::name##_(const Tensor& other) { return call_in_place(def, *this, other); } \
  Tensor& Tensor::name##_(const Scalar& other) { return name##_(wrapped_number(other)); }
SINTER_BINARY(mul, ops::kMul)
SINTER_BINARY(div, ops::kDiv)
#undef SINTER_BINARY

}  // namespace sinter
