#include <sinter/ops/checks_internal.h>
#include <sinter/ops/cpu/softmax_kernels.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/registry.h>
#include <sinter/ops/softmax.h>
#include <sinter/ops/softmax_attrs.h>

namespace sinter {
namespace ops {

namespace {

void infer_softmax(InferContext& c) {
  check_floating(c);
  check_dim(c, c.attrs<SoftmaxAttrs>().dim, c.meta(0).dim());
  c.set(0, c.meta(0).sizes, c.meta(0).dtype);
}
void infer_softmax_backward(InferContext& c) {
  check_same_dtype(c, 1);
  SINTER_CHECK_AS(ValueError, c.meta(0).sizes == c.meta(1).sizes, "[", c.op(),
                  "] the gradient must have the shape of the output; got ",
                  IntArrayRef(c.meta(0).sizes), " and ", IntArrayRef(c.meta(1).sizes));
  infer_softmax(c);
}

void vjp_softmax(const VjpContext& c);
void vjp_log_softmax(const VjpContext& c);
void vjp_softmax_backward(const VjpContext& c);
void vjp_log_softmax_backward(const VjpContext& c);

constexpr OpDef kSoftmax{.name = "softmax",
                         .attrs = &attrs_type<SoftmaxAttrs>,
                         .infer = infer_softmax,
                         .kernel = {cpu::softmax},
                         .saves = save_output,
                         .vjp = vjp_softmax,
                         .onnx = {"Softmax", 13}};
constexpr OpDef kLogSoftmax{.name = "log_softmax",
                            .attrs = &attrs_type<SoftmaxAttrs>,
                            .infer = infer_softmax,
                            .kernel = {cpu::log_softmax},
                            .saves = save_output,
                            .vjp = vjp_log_softmax,
                            .onnx = {"LogSoftmax", 13}};
constexpr OpDef kSoftmaxBackward{.name = "softmax_backward",
                                 .arity = 2,
                                 .attrs = &attrs_type<SoftmaxAttrs>,
                                 .infer = infer_softmax_backward,
                                 .kernel = {cpu::softmax_backward},
                                 .saves = save_inputs<0, 1>,
                                 .vjp = vjp_softmax_backward,
                                 .no_onnx = "ONNX models are exported without backward ops"};
constexpr OpDef kLogSoftmaxBackward{.name = "log_softmax_backward",
                                    .arity = 2,
                                    .attrs = &attrs_type<SoftmaxAttrs>,
                                    .infer = infer_softmax_backward,
                                    .kernel = {cpu::log_softmax_backward},
                                    .saves = save_inputs<0, 1>,
                                    .vjp = vjp_log_softmax_backward,
                                    .no_onnx = "ONNX models are exported without backward ops"};

void vjp_softmax(const VjpContext& c) {
  c.set(0, call(kSoftmaxBackward, c.attrs<SoftmaxAttrs>(), c.grad(), c.out()));
}
void vjp_log_softmax(const VjpContext& c) {
  c.set(0, call(kLogSoftmaxBackward, c.attrs<SoftmaxAttrs>(), c.grad(), c.out()));
}

// r = y (g - sum(g y)), for a gradient u of r.
void vjp_softmax_backward(const VjpContext& c) {
  const auto& attrs = c.attrs<SoftmaxAttrs>();
  const Tensor& g = c.in(0);
  const Tensor& y = c.in(1);
  if (c.needs(0)) c.set(0, call(kSoftmaxBackward, attrs, c.grad(), y));
  if (c.needs(1)) {
    const Tensor gy = g.mul(y).sum(attrs.dim, true);
    const Tensor uy = c.grad().mul(y).sum(attrs.dim, true);
    c.set(1, c.grad().mul(g.sub(gy)).sub(g.mul(uy)));
  }
}

// r = g - exp(y) sum(g), for a gradient u of r.
void vjp_log_softmax_backward(const VjpContext& c) {
  const std::int64_t dim = c.attrs<SoftmaxAttrs>().dim;
  const Tensor uy = c.grad().mul(c.in(1).exp());
  if (c.needs(0)) c.set(0, c.grad().sub(uy.sum(dim, true)));
  if (c.needs(1)) c.set(1, uy.mul(c.in(0).sum(dim, true)).neg());
}

Tensor call_softmax(const OpDef& def, const Tensor& x, std::int64_t dim,
                    std::optional<DType> dtype) {
  const SoftmaxAttrs attrs{call_dim(def.name, x, dim)};
  return call(def, attrs, dtype && *dtype != x.dtype() ? x.to(*dtype) : x);
}

}  // namespace

OpTable softmax_ops() {
  static constexpr const OpDef* table[] = {&kSoftmax, &kLogSoftmax, &kSoftmaxBackward,
                                           &kLogSoftmaxBackward};
  return table;
}

}  // namespace ops

Tensor softmax(const Tensor& self, std::int64_t dim, std::optional<DType> dtype) {
  return ops::call_softmax(ops::kSoftmax, self, dim, dtype);
}
Tensor log_softmax(const Tensor& self, std::int64_t dim, std::optional<DType> dtype) {
  return ops::call_softmax(ops::kLogSoftmax, self, dim, dtype);
}

Tensor Tensor::softmax(std::int64_t dim, std::optional<DType> dtype) const {
  return sinter::softmax(*this, dim, dtype);
}
Tensor Tensor::log_softmax(std::int64_t dim, std::optional<DType> dtype) const {
  return sinter::log_softmax(*this, dim, dtype);
}

}  // namespace sinter
