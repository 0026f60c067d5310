#include <sinter/ops/cpu/reduce_kernels.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/reduce.h>
#include <sinter/ops/reduce_internal.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace sinter {
namespace ops {

namespace {

constexpr Saved save_input_and_output(std::uint64_t) { return {1, 1}; }

template <class A>
void infer_floating(InferContext& c) {
  const A& attrs = c.attrs<A>();
  check_floating(c);
  check_dims(c, attrs.dims);
  c.set(0, reduced_sizes(c.meta(0).sizes, attrs.dims, attrs.keepdim), c.meta(0).dtype);
}

void infer_norm(InferContext& c) {
  const auto& attrs = c.attrs<NormAttrs>();
  check_floating(c);
  SINTER_CHECK_AS(ValueError, !std::isnan(attrs.p), "[norm] p must be a number; got ", attrs.p);
  check_dims(c, attrs.dims);
  const bool has_identity = attrs.p >= 0 && !std::isinf(attrs.p);
  SINTER_CHECK_AS(ValueError, has_identity || reduced_count(c.meta(0).sizes, attrs.dims) > 0,
                  "[norm] of no elements needs a finite p >= 0; got p = ", attrs.p, " and sizes ",
                  IntArrayRef(c.meta(0).sizes));
  c.set(0, reduced_sizes(c.meta(0).sizes, attrs.dims, attrs.keepdim), c.meta(0).dtype);
}

// The gradient of the variance, given the gradient of the result with its dimensions back.
Tensor var_gradient(const VjpContext& c, const Tensor& grad) {
  const auto& attrs = c.attrs<VarAttrs>();
  const auto count = static_cast<double>(reduced_count(c.sizes(0), attrs.dims));
  const Tensor deviation = c.in(0).sub(c.in(0).mean(attrs.dims, true));
  return grad.mul(Scalar(2 / std::max(0.0, count - attrs.correction))).mul(deviation);
}
void vjp_var(const VjpContext& c) {
  const auto& attrs = c.attrs<VarAttrs>();
  c.set(0, var_gradient(c, with_dims(c.grad(), c.sizes(0), attrs.dims, attrs.keepdim)));
}
void vjp_std(const VjpContext& c) {
  const auto& attrs = c.attrs<VarAttrs>();
  const Tensor half = c.grad().div(c.out().mul(2)).masked_fill(c.out().eq(0), 0);
  c.set(0, var_gradient(c, with_dims(half, c.sizes(0), attrs.dims, attrs.keepdim)));
}

// Infinite p: equal extremes share the gradient.
Tensor extreme_norm_gradient(const Tensor& x, const Tensor& norm, const Tensor& grad,
                             const Dims& dims) {
  const Tensor mask = x.abs().eq(norm).to(x.dtype());
  return x.sign().mul(mask).mul(grad.div(mask.sum(dims, true)));
}

void vjp_norm(const VjpContext& c) {
  const auto& attrs = c.attrs<NormAttrs>();
  const double p = attrs.p;
  const Tensor& x = c.in(0);
  if (p == 0) return c.set(0, c.grad().new_zeros(c.sizes(0)));
  const Tensor grad = with_dims(c.grad(), c.sizes(0), attrs.dims, attrs.keepdim);
  if (p == 1) return c.set(0, x.sign().mul(grad));
  const Tensor norm = with_dims(c.out(), c.sizes(0), attrs.dims, attrs.keepdim);
  if (p == 2) return c.set(0, x.mul(grad.div(norm).masked_fill(norm.eq(0), 0)));
  if (std::isinf(p)) return c.set(0, extreme_norm_gradient(x, norm, grad, attrs.dims));
  // d/dx = x |x|^(p-2) / norm^(p-1), taken as 0 where x or the norm is 0.
  const Tensor zero = x.eq(0);
  const Tensor power = p < 2 ? x.abs().masked_fill(zero, 1).pow(Scalar(p - 1)).mul(x.sign())
                             : x.abs().pow(Scalar(p - 2)).mul(x);
  const Tensor scale = grad.div(norm.pow(Scalar(p - 1))).masked_fill(norm.eq(0), 0);
  c.set(0, power.mul(scale));
}

void vjp_logsumexp(const VjpContext& c) {
  const auto& attrs = c.attrs<ReduceAttrs>();
  const Tensor out =
      c.out().masked_fill(c.out().eq(Scalar(-std::numeric_limits<double>::infinity())), 0);
  const Tensor shift = with_dims(out, c.sizes(0), attrs.dims, attrs.keepdim);
  const Tensor grad = with_dims(c.grad(), c.sizes(0), attrs.dims, attrs.keepdim);
  c.set(0, c.in(0).sub(shift).exp().mul(grad));
}

}  // namespace

constinit const OpDef kVar{.name = "var",
                           .attrs = &attrs_type<VarAttrs>,
                           .infer = infer_floating<VarAttrs>,
                           .kernel = {cpu::var},
                           .saves = save_inputs<0>,
                           .vjp = vjp_var,
                           .no_onnx = "written as Sub, ReduceMean and ReduceSumSquare",
                           .no_cuda = "CUDA kernels come later"};
constinit const OpDef kStd{.name = "std",
                           .attrs = &attrs_type<VarAttrs>,
                           .infer = infer_floating<VarAttrs>,
                           .kernel = {cpu::std},
                           .saves = save_input_and_output,
                           .vjp = vjp_std,
                           .no_onnx = "written as Sub, ReduceMean, ReduceSumSquare and Sqrt",
                           .no_cuda = "CUDA kernels come later"};
constinit const OpDef kNorm{.name = "norm",
                            .attrs = &attrs_type<NormAttrs>,
                            .infer = infer_norm,
                            .kernel = {cpu::norm},
                            .saves = save_input_and_output,
                            .vjp = vjp_norm,
                            .no_onnx = "written as ReduceL1, ReduceL2, or Pow and ReduceSum, by p",
                            .no_cuda = "CUDA kernels come later"};
constinit const OpDef kLogsumexp{.name = "logsumexp",
                                 .attrs = &attrs_type<ReduceAttrs>,
                                 .infer = infer_floating<ReduceAttrs>,
                                 .kernel = {cpu::logsumexp},
                                 .saves = save_input_and_output,
                                 .vjp = vjp_logsumexp,
                                 .onnx = {"ReduceLogSumExp", 18},
                                 .no_cuda = "CUDA kernels come later"};

namespace {
Tensor moment(const OpDef& def, const Tensor& x, IntArrayRef dims, double correction,
              bool keepdim) {
  check_defined(def.name, x);
  const Dims checked = reduced_dims(def.name, dims, static_cast<std::size_t>(x.dim()));
  return call(def, VarAttrs{checked, correction, keepdim}, x);
}
}  // namespace

}  // namespace ops

namespace {
double correction_or_one(const std::optional<Scalar>& correction) {
  return correction ? correction->to_double() : 1.0;
}
}  // namespace

Tensor var(const Tensor& self, IntArrayRef dims, bool unbiased, bool keepdim) {
  return ops::moment(ops::kVar, self, dims, unbiased ? 1 : 0, keepdim);
}
Tensor var(const Tensor& self, std::optional<IntArrayRef> dims,
           const std::optional<Scalar>& correction, bool keepdim) {
  return ops::moment(ops::kVar, self, dims.value_or(IntArrayRef()), correction_or_one(correction),
                     keepdim);
}
Tensor std(const Tensor& self, IntArrayRef dims, bool unbiased, bool keepdim) {
  return ops::moment(ops::kStd, self, dims, unbiased ? 1 : 0, keepdim);
}
Tensor std(const Tensor& self, std::optional<IntArrayRef> dims,
           const std::optional<Scalar>& correction, bool keepdim) {
  return ops::moment(ops::kStd, self, dims.value_or(IntArrayRef()), correction_or_one(correction),
                     keepdim);
}
std::tuple<Tensor, Tensor> var_mean(const Tensor& self, IntArrayRef dims, bool unbiased,
                                    bool keepdim) {
  return {var(self, dims, unbiased, keepdim), self.mean(dims, keepdim)};
}
std::tuple<Tensor, Tensor> std_mean(const Tensor& self, IntArrayRef dims, bool unbiased,
                                    bool keepdim) {
  return {sinter::std(self, dims, unbiased, keepdim), self.mean(dims, keepdim)};
}

Tensor norm(const Tensor& self, const Scalar& p) { return norm(self, p, {}); }
Tensor norm(const Tensor& self, const Scalar& p, IntArrayRef dims, bool keepdim) {
  ops::check_defined("norm", self);
  const Dims checked = ops::reduced_dims("norm", dims, static_cast<std::size_t>(self.dim()));
  return ops::call(ops::kNorm, ops::NormAttrs{checked, p.to_double(), keepdim}, self);
}

Tensor logsumexp(const Tensor& self, IntArrayRef dims, bool keepdim) {
  ops::check_defined("logsumexp", self);
  if (!self.is_floating_point()) return logsumexp(self.to(get_default_dtype()), dims, keepdim);
  const Dims checked = ops::reduced_dims("logsumexp", dims, static_cast<std::size_t>(self.dim()));
  return ops::call(ops::kLogsumexp, ops::ReduceAttrs{checked, keepdim}, self);
}

}  // namespace sinter
