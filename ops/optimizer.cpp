#include <sinter/ops/cpu/optimizer_kernels.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/optimizer.h>
#include <sinter/ops/optimizer_attrs.h>
#include <sinter/ops/registry.h>

namespace sinter {
namespace ops {

namespace {

// Input 0 is the parameter; the others up to `last` that are defined must be like it.
void check_like_param(const InferContext& c, std::size_t last) {
  const TensorMeta& param = c.meta(0);
  if (!is_floating_point(param.dtype)) {
    fail<TypeError>("[", c.op(), "] the parameter must be floating point; got ", param.dtype);
  }
  for (std::size_t i = 1; i <= last; ++i) {
    if (!c.in.defined(i)) continue;
    const TensorMeta& other = c.meta(i);
    if (!(other.sizes == param.sizes)) {
      fail<ValueError>("[", c.op(), "] gradient and state must have the parameter's shape ",
                       IntArrayRef(param.sizes), "; got ", IntArrayRef(other.sizes));
    }
    if (other.dtype != param.dtype) {
      fail<TypeError>("[", c.op(), "] gradient and state must have the parameter's dtype ",
                      param.dtype, "; got ", other.dtype);
    }
  }
}

void check_number(const InferContext& c, std::size_t i, const char* what, DType dtype) {
  const TensorMeta& meta = c.meta(i);
  if (meta.dtype == dtype && meta.dim() == 0 && meta.device.is_cpu()) return;
  fail<ValueError>("[", c.op(), "] the ", what, " must be a 0-d CPU tensor of dtype ", dtype,
                   "; got ", meta.dtype, " ", IntArrayRef(meta.sizes), " on ", meta.device);
}

void infer_sgd(InferContext& c) {
  if (c.attrs<SgdAttrs>().momentum != 0 && !c.in.defined(2)) {
    fail("[sgd_update] momentum needs a buffer; got an undefined tensor");
  }
  check_like_param(c, 2);
  check_number(c, 3, "learning rate", kFloat64);
}

void infer_adam(InferContext& c) {
  check_like_param(c, 4);
  check_number(c, 5, "step", kInt64);
  check_number(c, 6, "learning rate", kFloat64);
}

constexpr const char* kNotDifferentiable = "it changes parameters, outside of what is recorded";
constexpr const char* kTrainingOnly = "it belongs to training";

constexpr OpDef kSgdUpdate{.name = "sgd_update",
                           .arity = 4,
                           .outputs = 0,
                           .optional_inputs = 0b0100,
                           .attrs = &attrs_type<SgdAttrs>,
                           .infer = infer_sgd,
                           .kernel = {cpu::sgd_update},
                           .writes = 0b0101,
                           .no_vjp = kNotDifferentiable,
                           .no_onnx = kTrainingOnly};
constexpr OpDef kAdamUpdate{.name = "adam_update",
                            .arity = 7,
                            .outputs = 0,
                            .optional_inputs = 0b0010000,
                            .attrs = &attrs_type<AdamAttrs>,
                            .infer = infer_adam,
                            .kernel = {cpu::adam_update},
                            .writes = 0b0111101,
                            .no_vjp = kNotDifferentiable,
                            .no_onnx = kTrainingOnly};

constexpr const OpDef* kOps[] = {&kAdamUpdate, &kSgdUpdate};

}  // namespace

OpTable optimizer_ops() { return kOps; }

}  // namespace ops

void sgd_update_(Tensor& param, const Tensor& grad, Tensor& momentum_buffer, const Tensor& lr,
                 const SgdStep& options) {
  const ops::SgdAttrs attrs{options.momentum, options.dampening, options.weight_decay,
                            options.nesterov, options.first};
  ops::call_writing(ops::kSgdUpdate, attrs, param, grad, momentum_buffer, lr);
}

void adam_update_(Tensor& param, const Tensor& grad, const AdamMoments& moments, const Tensor& lr,
                  const AdamStep& options) {
  const ops::AdamAttrs attrs{options.beta1, options.beta2, options.eps, options.weight_decay,
                             options.decoupled};
  ops::call_writing(ops::kAdamUpdate, attrs, param, grad, moments.exp_avg, moments.exp_avg_sq,
                    moments.max_exp_avg_sq, moments.step, lr);
}

}  // namespace sinter
