#include <sinter/core/tensor_factory.h>
#include <sinter/ops/pointwise.h>
#include <sinter/ops/pointwise_def_internal.h>

namespace sinter {

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
  const double alpha = c.attrs<AlphaAttrs>().alpha.to_double();
  const Tensor g = sum_to_size(c.grad(), c.sizes(1));
  c.set(1, alpha == 1 ? neg(g) : mul(g, -alpha));
}

void vjp_mul(const VjpContext& c) {
  if (c.needs(0)) c.set(0, sum_to_size(mul(c.grad(), c.in(1)), c.sizes(0)));
  if (c.needs(1)) c.set(1, sum_to_size(mul(c.grad(), c.in(0)), c.sizes(1)));
}

void vjp_div(const VjpContext& c) {
  const Tensor g = div(c.grad(), c.in(1));
  if (c.needs(0)) c.set(0, sum_to_size(g, c.sizes(0)));
  if (c.needs(1)) c.set(1, sum_to_size(neg(mul(g, c.out())), c.sizes(1)));
}
constexpr Saved saves_div(std::uint64_t needed) { return {2, (needed & 2U) != 0 ? 1U : 0U}; }

// a - b * rounded(a / b), where the rounded quotient counts as a constant.
void vjp_modulo(const VjpContext& c, const char* rounding_mode) {
  if (c.needs(0)) c.set(0, sum_to_size(c.grad(), c.sizes(0)));
  if (!c.needs(1)) return;
  const Tensor quotient = div(c.in(0), c.in(1), rounding_mode);
  c.set(1, sum_to_size(neg(mul(c.grad(), quotient)), c.sizes(1)));
}
void vjp_remainder(const VjpContext& c) { vjp_modulo(c, "floor"); }
void vjp_fmod(const VjpContext& c) { vjp_modulo(c, "trunc"); }
constexpr Saved saves_modulo(std::uint64_t needed) { return {(needed & 2U) != 0 ? 3U : 0U, 0}; }

void vjp_addcmul(const VjpContext& c) {
  const Scalar& value = c.attrs<ValueAttrs>().value;
  if (c.needs(0)) c.set(0, sum_to_size(c.grad(), c.sizes(0)));
  if (!c.needs(1) && !c.needs(2)) return;
  const Tensor g = value.to_double() == 1 ? c.grad() : mul(c.grad(), value);
  if (c.needs(1)) c.set(1, sum_to_size(mul(g, c.in(2)), c.sizes(1)));
  if (c.needs(2)) c.set(2, sum_to_size(mul(g, c.in(1)), c.sizes(2)));
}
constexpr Saved saves_addcmul(std::uint64_t needed) {
  return {((needed & 2U) != 0 ? 4U : 0U) | ((needed & 4U) != 0 ? 2U : 0U), 0};
}

void vjp_addcdiv(const VjpContext& c) {
  const Scalar& value = c.attrs<ValueAttrs>().value;
  if (c.needs(0)) c.set(0, sum_to_size(c.grad(), c.sizes(0)));
  if (!c.needs(1) && !c.needs(2)) return;
  const Tensor g = div(value.to_double() == 1 ? c.grad() : mul(c.grad(), value), c.in(2));
  if (c.needs(1)) c.set(1, sum_to_size(g, c.sizes(1)));
  if (c.needs(2)) c.set(2, sum_to_size(neg(mul(g, div(c.in(1), c.in(2)))), c.sizes(2)));
}
constexpr Saved saves_addcdiv(std::uint64_t needed) {
  return {((needed & 6U) != 0 ? 4U : 0U) | ((needed & 4U) != 0 ? 2U : 0U), 0};
}

void vjp_lerp(const VjpContext& c) {
  if (c.needs(0)) c.set(0, sum_to_size(sub(c.grad(), mul(c.grad(), c.in(2))), c.sizes(0)));
  if (c.needs(1)) c.set(1, sum_to_size(mul(c.grad(), c.in(2)), c.sizes(1)));
  if (c.needs(2)) c.set(2, sum_to_size(mul(c.grad(), sub(c.in(1), c.in(0))), c.sizes(2)));
}
constexpr Saved saves_lerp(std::uint64_t needed) {
  return {((needed & 3U) != 0 ? 4U : 0U) | ((needed & 4U) != 0 ? 3U : 0U), 0};
}

constexpr OpDef kAdd = pointwise_def<formula::Add>(save_nothing, vjp_add);
constexpr OpDef kSub = pointwise_def<formula::Sub>(save_nothing, vjp_sub);
constexpr OpDef kMul = pointwise_def<formula::Mul>(save_other, vjp_mul);
constexpr OpDef kDiv = pointwise_def<formula::Div>(saves_div, vjp_div);
constexpr OpDef kDivTrunc = kStepDef<formula::DivTrunc>;
constexpr OpDef kFloorDivide = kStepDef<formula::FloorDivide>;
constexpr OpDef kRemainder = pointwise_def<formula::Remainder>(saves_modulo, vjp_remainder);
constexpr OpDef kFmod = pointwise_def<formula::Fmod>(saves_modulo, vjp_fmod);
constexpr OpDef kAddcmul = pointwise_def<formula::Addcmul>(saves_addcmul, vjp_addcmul);
constexpr OpDef kAddcdiv = pointwise_def<formula::Addcdiv>(saves_addcdiv, vjp_addcdiv);
constexpr OpDef kLerp = pointwise_def<formula::Lerp>(saves_lerp, vjp_lerp);

// A factor that is not integral has no meaning for an integral sum.
void check_factor(const char* op, const Scalar& factor, const Tensor& a, const Tensor& b) {
  if (!factor.is_floating_point()) [[likely]]
    return;
  if (!a.defined() || !b.defined()) return;
  if (a.is_floating_point() || b.is_floating_point()) return;
  fail<TypeError>("[", op, "] alpha must be an integer for integral tensors; got ", factor);
}

enum class Rounding : std::uint8_t { trunc, floor };
Rounding rounding_of(std::string_view mode) {
  if (mode == "trunc") return Rounding::trunc;
  if (mode == "floor") return Rounding::floor;
  fail<ValueError>("[div] rounding_mode must be \"trunc\" or \"floor\"; got \"", mode, "\"");
}

constexpr std::array kOps{&kAdd,       &kSub,  &kMul,     &kDiv,     &kDivTrunc, &kFloorDivide,
                          &kRemainder, &kFmod, &kAddcmul, &kAddcdiv, &kLerp};

}  // namespace

OpTable arithmetic_ops() { return kOps; }

}  // namespace ops

using ops::AlphaAttrs;
using ops::call;
using ops::call_in_place;
using ops::ValueAttrs;

Tensor add(const Tensor& a, const Tensor& b, const Scalar& alpha) {
  ops::check_factor("add", alpha, a, b);
  return call(ops::kAdd, AlphaAttrs{alpha}, a, b);
}
Tensor add(const Tensor& a, const Scalar& b, const Scalar& alpha) {
  return add(a, wrapped_number(b), alpha);
}
Tensor sub(const Tensor& a, const Tensor& b, const Scalar& alpha) {
  ops::check_factor("sub", alpha, a, b);
  return call(ops::kSub, AlphaAttrs{alpha}, a, b);
}
Tensor sub(const Tensor& a, const Scalar& b, const Scalar& alpha) {
  return sub(a, wrapped_number(b), alpha);
}
Tensor rsub(const Tensor& a, const Tensor& b, const Scalar& alpha) { return sub(b, a, alpha); }
Tensor rsub(const Tensor& a, const Scalar& b, const Scalar& alpha) {
  return sub(wrapped_number(b), a, alpha);
}
Tensor mul(const Tensor& a, const Tensor& b) { return call(ops::kMul, a, b); }
Tensor mul(const Tensor& a, const Scalar& b) { return mul(a, wrapped_number(b)); }
Tensor div(const Tensor& a, const Tensor& b) { return call(ops::kDiv, a, b); }
Tensor div(const Tensor& a, const Scalar& b) { return div(a, wrapped_number(b)); }
Tensor div(const Tensor& a, const Tensor& b, std::string_view rounding_mode) {
  const bool trunc = ops::rounding_of(rounding_mode) == ops::Rounding::trunc;
  return call(trunc ? ops::kDivTrunc : ops::kFloorDivide, a, b);
}
Tensor div(const Tensor& a, const Scalar& b, std::string_view rounding_mode) {
  return div(a, wrapped_number(b), rounding_mode);
}
Tensor floor_divide(const Tensor& a, const Tensor& b) { return call(ops::kFloorDivide, a, b); }
Tensor floor_divide(const Tensor& a, const Scalar& b) { return floor_divide(a, wrapped_number(b)); }
Tensor remainder(const Tensor& a, const Tensor& b) { return call(ops::kRemainder, a, b); }
Tensor remainder(const Tensor& a, const Scalar& b) { return remainder(a, wrapped_number(b)); }
Tensor remainder(const Scalar& a, const Tensor& b) { return remainder(wrapped_number(a), b); }
Tensor fmod(const Tensor& a, const Tensor& b) { return call(ops::kFmod, a, b); }
Tensor fmod(const Tensor& a, const Scalar& b) { return fmod(a, wrapped_number(b)); }
Tensor addcmul(const Tensor& a, const Tensor& b, const Tensor& c, const Scalar& value) {
  return call(ops::kAddcmul, ValueAttrs{value}, a, b, c);
}
Tensor addcdiv(const Tensor& a, const Tensor& b, const Tensor& c, const Scalar& value) {
  return call(ops::kAddcdiv, ValueAttrs{value}, a, b, c);
}
Tensor lerp(const Tensor& a, const Tensor& b, const Tensor& weight) {
  return call(ops::kLerp, a, b, weight);
}
Tensor lerp(const Tensor& a, const Tensor& b, const Scalar& weight) {
  return lerp(a, b, wrapped_number(weight));
}

Tensor operator+(const Scalar& a, const Tensor& b) { return add(wrapped_number(a), b); }
Tensor operator-(const Scalar& a, const Tensor& b) { return sub(wrapped_number(a), b); }
Tensor operator*(const Scalar& a, const Tensor& b) { return mul(wrapped_number(a), b); }
Tensor operator/(const Scalar& a, const Tensor& b) { return div(wrapped_number(a), b); }

#define SINTER_SUM(name, def)                                           \
  Tensor Tensor::name(const Tensor& other, const Scalar& alpha) const { \
    return sinter::name(*this, other, alpha);                           \
  }                                                                     \
  Tensor Tensor::name(const Scalar& other, const Scalar& alpha) const { \
    return sinter::name(*this, other, alpha);                           \
  }                                                                     \
  Tensor& Tensor::name##_(const Tensor& other, const Scalar& alpha) {   \
    ops::check_factor(#name "_", alpha, *this, other);                  \
    return call_in_place(def, AlphaAttrs{alpha}, *this, other);         \
  }                                                                     \
  Tensor& Tensor::name##_(const Scalar& other, const Scalar& alpha) {   \
    return name##_(wrapped_number(other), alpha);                       \
  }
SINTER_SUM(add, ops::kAdd)
SINTER_SUM(sub, ops::kSub)
#undef SINTER_SUM

#define SINTER_BINARY(name, def)                                                            \
  Tensor Tensor::name(const Tensor& other) const { return sinter::name(*this, other); }     \
  Tensor Tensor::name(const Scalar& other) const { return sinter::name(*this, other); }     \
  Tensor& Tensor::name##_(const Tensor& other) { return call_in_place(def, *this, other); } \
  Tensor& Tensor::name##_(const Scalar& other) { return name##_(wrapped_number(other)); }
SINTER_BINARY(mul, ops::kMul)
SINTER_BINARY(div, ops::kDiv)
SINTER_BINARY(floor_divide, ops::kFloorDivide)
SINTER_BINARY(remainder, ops::kRemainder)
SINTER_BINARY(fmod, ops::kFmod)
#undef SINTER_BINARY

Tensor Tensor::div(const Tensor& other, std::string_view rounding_mode) const {
  return sinter::div(*this, other, rounding_mode);
}
Tensor Tensor::lerp(const Tensor& end, const Scalar& weight) const {
  return sinter::lerp(*this, end, weight);
}
Tensor Tensor::lerp(const Tensor& end, const Tensor& weight) const {
  return sinter::lerp(*this, end, weight);
}
Tensor& Tensor::lerp_(const Tensor& end, const Scalar& weight) {
  return call_in_place(ops::kLerp, *this, end, wrapped_number(weight));
}
Tensor Tensor::addcmul(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value) const {
  return sinter::addcmul(*this, tensor1, tensor2, value);
}
Tensor& Tensor::addcmul_(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value) {
  return call_in_place(ops::kAddcmul, ValueAttrs{value}, *this, tensor1, tensor2);
}
Tensor Tensor::addcdiv(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value) const {
  return sinter::addcdiv(*this, tensor1, tensor2, value);
}
Tensor& Tensor::addcdiv_(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value) {
  return call_in_place(ops::kAddcdiv, ValueAttrs{value}, *this, tensor1, tensor2);
}

}  // namespace sinter
