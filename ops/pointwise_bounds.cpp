// Minimum, maximum and clamp.
#include <sinter/core/tensor_factory.h>
#include <sinter/ops/pointwise.h>
#include <sinter/ops/pointwise_def_internal.h>

namespace sinter {

namespace ops {
namespace {

// Input i is chosen where it is not beaten; equals share the gradient.
void vjp_extreme(const VjpContext& c, const Tensor& first_loses, const Tensor& second_loses) {
  const Tensor shared = where(eq(c.in(0), c.in(1)), mul(c.grad(), 0.5), c.grad());
  if (c.needs(0)) c.set(0, sum_to_size(where(first_loses, 0, shared), c.sizes(0)));
  if (c.needs(1)) c.set(1, sum_to_size(where(second_loses, 0, shared), c.sizes(1)));
}
void vjp_minimum(const VjpContext& c) {
  vjp_extreme(c, gt(c.in(0), c.in(1)), lt(c.in(0), c.in(1)));
}
void vjp_maximum(const VjpContext& c) {
  vjp_extreme(c, lt(c.in(0), c.in(1)), gt(c.in(0), c.in(1)));
}

void vjp_clamp_min(const VjpContext& c) {
  const Tensor below = lt(c.in(0), c.in(1));
  if (c.needs(0)) c.set(0, sum_to_size(where(below, 0, c.grad()), c.sizes(0)));
  if (c.needs(1)) c.set(1, sum_to_size(where(below, c.grad(), 0), c.sizes(1)));
}
void vjp_clamp_max(const VjpContext& c) {
  const Tensor above = gt(c.in(0), c.in(1));
  if (c.needs(0)) c.set(0, sum_to_size(where(above, 0, c.grad()), c.sizes(0)));
  if (c.needs(1)) c.set(1, sum_to_size(where(above, c.grad(), 0), c.sizes(1)));
}
void vjp_clamp_tensor(const VjpContext& c) {
  const Tensor& x = c.in(0);
  const Tensor& low = c.in(1);
  const Tensor& high = c.in(2);
  const Tensor below = lt(x, low);
  const Tensor crossed = gt(low, high);
  const Tensor above = gt(x, high);
  if (c.needs(0)) {
    c.set(0, sum_to_size(where(logical_or(below, above), 0, c.grad()), c.sizes(0)));
  }
  if (c.needs(1)) {
    const Tensor chosen = logical_and(below, logical_not(crossed));
    c.set(1, sum_to_size(where(chosen, c.grad(), 0), c.sizes(1)));
  }
  if (c.needs(2)) {
    const Tensor chosen = logical_or(above, crossed);
    c.set(2, sum_to_size(where(chosen, c.grad(), 0), c.sizes(2)));
  }
}

constexpr OpDef kMinimum = pointwise_def<formula::Minimum>(save_inputs<0, 1>, vjp_minimum);
constexpr OpDef kMaximum = pointwise_def<formula::Maximum>(save_inputs<0, 1>, vjp_maximum);
constexpr const OpDef& kClamp = kUnaryDef<formula::Clamp>;
constexpr OpDef kClampTensor =
    pointwise_def<formula::ClampTensor>(save_inputs<0, 1, 2>, vjp_clamp_tensor);
constexpr OpDef kClampMin = pointwise_def<formula::ClampMin>(save_inputs<0, 1>, vjp_clamp_min);
constexpr OpDef kClampMax = pointwise_def<formula::ClampMax>(save_inputs<0, 1>, vjp_clamp_max);

constexpr std::array kOps{&kMinimum,     &kMaximum,  &kClamp,   &kBackwardDef<formula::Clamp>,
                          &kClampTensor, &kClampMin, &kClampMax};

void check_bounds(const char* op, bool min, bool max) {
  SINTER_CHECK_AS(ValueError, min || max, "[", op, "] needs min or max; got neither");
}

}  // namespace

OpTable bounds_ops() { return kOps; }

}  // namespace ops

using ops::call;
using ops::call_in_place;
using ops::ClampAttrs;

Tensor minimum(const Tensor& a, const Tensor& b) { return call(ops::kMinimum, a, b); }
Tensor maximum(const Tensor& a, const Tensor& b) { return call(ops::kMaximum, a, b); }
Tensor clamp(const Tensor& x, const std::optional<Scalar>& min, const std::optional<Scalar>& max) {
  ops::check_bounds("clamp", min.has_value(), max.has_value());
  Tensor promoted = min ? ops::promoted_to(x, *min) : x;
  if (max) promoted = ops::promoted_to(promoted, *max);
  return call(ops::kClamp, ClampAttrs{min, max}, promoted);
}
Tensor clamp(const Tensor& x, const Tensor& min, const Tensor& max) {
  ops::check_bounds("clamp", min.defined(), max.defined());
  if (!max.defined()) return call(ops::kClampMin, x, min);
  if (!min.defined()) return call(ops::kClampMax, x, max);
  return call(ops::kClampTensor, x, min, max);
}
Tensor clamp_min(const Tensor& x, const Scalar& min) { return clamp(x, min); }
Tensor clamp_min(const Tensor& x, const Tensor& min) { return call(ops::kClampMin, x, min); }
Tensor clamp_max(const Tensor& x, const Scalar& max) { return clamp(x, std::nullopt, max); }
Tensor clamp_max(const Tensor& x, const Tensor& max) { return call(ops::kClampMax, x, max); }

Tensor Tensor::minimum(const Tensor& other) const { return sinter::minimum(*this, other); }
Tensor Tensor::maximum(const Tensor& other) const { return sinter::maximum(*this, other); }
Tensor Tensor::clamp(const std::optional<Scalar>& min, const std::optional<Scalar>& max) const {
  return sinter::clamp(*this, min, max);
}
Tensor Tensor::clamp(const Tensor& min, const Tensor& max) const {
  return sinter::clamp(*this, min, max);
}
Tensor& Tensor::clamp_(const std::optional<Scalar>& min, const std::optional<Scalar>& max) {
  ops::check_bounds("clamp_", min.has_value(), max.has_value());
  if (min && defined()) ops::check_keeps_category("clamp_", *this, *min);
  if (max && defined()) ops::check_keeps_category("clamp_", *this, *max);
  return call_in_place(ops::kClamp, ClampAttrs{min, max}, *this);
}
Tensor& Tensor::clamp_(const Tensor& min, const Tensor& max) {
  ops::check_bounds("clamp_", min.defined(), max.defined());
  if (!max.defined()) return call_in_place(ops::kClampMin, *this, min);
  if (!min.defined()) return call_in_place(ops::kClampMax, *this, max);
  return call_in_place(ops::kClampTensor, *this, min, max);
}
Tensor Tensor::clamp_min(const Scalar& min) const { return sinter::clamp_min(*this, min); }
Tensor Tensor::clamp_max(const Scalar& max) const { return sinter::clamp_max(*this, max); }

}  // namespace sinter
