#include <sinter/ops/checks_internal.h>
#include <sinter/ops/cpu/norm_kernels.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/elementary.h>
#include <sinter/ops/norm.h>
#include <sinter/ops/norm_attrs.h>
#include <sinter/ops/norm_internal.h>
#include <sinter/ops/pointwise.h>
#include <sinter/ops/reduce.h>
#include <sinter/ops/registry.h>
#include <sinter/ops/view.h>

namespace sinter {
namespace ops {
namespace {

constexpr const char* kNoCuda = "CUDA kernels come later";

// Input `i` of the call must have one element per channel of input x.
void check_channels(const InferContext& c, std::size_t x, std::size_t i, const char* what) {
  if (!c.in.defined(i)) return;
  SINTER_CHECK_AS(ValueError, c.meta(i).sizes == Dims{c.meta(x).sizes[1]}, "[", c.op(), "] ", what,
                  " must have one element per channel ", c.meta(x).sizes[1], "; got ",
                  IntArrayRef(c.meta(i).sizes));
}

void check_activations(const InferContext& c, std::size_t x) {
  SINTER_CHECK_AS(NotImplementedError, is_floating_point(c.meta(x).dtype), "[", c.op(),
                  "] works on floating point tensors; got ", c.meta(x).dtype);
  SINTER_CHECK_AS(ValueError, c.meta(x).dim() >= 2, "[", c.op(),
                  "] input must have at least 2 dimensions; got ", IntArrayRef(c.meta(x).sizes));
}

void check_affine(const InferContext& c, std::size_t x, std::size_t weight) {
  check_channels(c, x, weight, "weight");
  check_parameter_dtype(c, x, weight);
}

// An output laid out as x is: channels_last stays so.
void set_like_activations(const InferContext& c, std::size_t i, std::size_t x) {
  const TensorMeta& meta = c.meta(x);
  if (meta.channels_last) {
    c.set_like(i, meta.sizes, meta.dtype, meta);
  } else {
    c.set(i, meta.sizes, meta.dtype);
  }
}

// Outputs (y, mean, biased variance).
void infer_batch_norm(InferContext& c) {
  check_activations(c, 0);
  check_affine(c, 0, 1);
  check_channels(c, 0, 2, "bias");
  check_parameter_dtype(c, 0, 2);
  const Dims channels{c.meta(0).sizes[1]};
  set_like_activations(c, 0, 0);
  c.set(1, channels, statistics_dtype(c.meta(0).dtype));
  c.set(2, channels, statistics_dtype(c.meta(0).dtype));
}

void check_statistics(const InferContext& c, std::size_t x, std::size_t mean) {
  for (const std::size_t i : {mean, mean + 1}) {
    check_channels(c, x, i, i == mean ? "mean" : "variance");
    SINTER_CHECK_AS(TypeError, is_floating_point(c.meta(i).dtype), "[", c.op(),
                    "] statistics must be floating point; got ", c.meta(i).dtype);
  }
}

// Inputs (dy, x, weight, mean, variance), outputs (dx, dweight, dbias).
void infer_batch_norm_backward(InferContext& c) {
  check_activations(c, 1);
  check_affine(c, 1, 2);
  check_statistics(c, 1, 3);
  SINTER_CHECK_AS(ValueError, c.meta(0).sizes == c.meta(1).sizes, "[", c.op(),
                  "] the gradient must have the sizes of the input ", IntArrayRef(c.meta(1).sizes),
                  "; got ", IntArrayRef(c.meta(0).sizes));
  const Dims channels{c.meta(1).sizes[1]};
  set_like_activations(c, 0, 1);
  for (const std::size_t i : {1U, 2U}) c.set(i, channels, parameter_dtype(c, 1, 2));
}

// Inputs (x, weight, bias, mean, variance).
void infer_batch_norm_inference(InferContext& c) {
  check_activations(c, 0);
  check_affine(c, 0, 1);
  check_channels(c, 0, 2, "bias");
  check_parameter_dtype(c, 0, 2);
  check_statistics(c, 0, 3);
  set_like_activations(c, 0, 0);
}

// Inputs (running mean, running variance, mean, variance).
void infer_batch_norm_update(InferContext& c) {
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    if (!c.in.defined(i)) continue;
    SINTER_CHECK_AS(ValueError, c.meta(i).dim() == 1 && c.meta(i).sizes == c.meta(i + 2).sizes, "[",
                    c.op(), "] running statistics must have the sizes of the batch's ",
                    IntArrayRef(c.meta(i + 2).sizes), "; got ", IntArrayRef(c.meta(i).sizes));
    SINTER_CHECK_AS(TypeError,
                    is_floating_point(c.meta(i).dtype) &&
                        c.meta(i + 2).dtype == statistics_dtype(c.meta(i + 2).dtype),
                    "[", c.op(), "] statistics must be floating point; got ", c.meta(i).dtype,
                    " and ", c.meta(i + 2).dtype);
  }
}

// One number per channel, as it broadcasts over activations.
Tensor per_channel(const Tensor& x, std::size_t rank) {
  if (!x.defined()) return x;
  Dims sizes(rank, 1);
  sizes[1] = x.numel();
  return reshape(x, sizes);
}

// All dimensions but that of the channels.
Dims all_but_channels(std::size_t rank) {
  Dims dims{0};
  for (std::size_t d = 2; d < rank; ++d) dims.push_back(static_cast<std::int64_t>(d));
  return dims;
}

std::int64_t values_per_channel(IntArrayRef sizes) {
  std::int64_t count = sizes[0];
  for (std::size_t d = 2; d < sizes.size(); ++d) count *= sizes[d];
  return count;
}

Saved saves_batch_norm(std::uint64_t) { return {0b011, 0b110}; }

std::array<Tensor, 3> backward_of(const BatchNormAttrs& attrs, const Tensor& dy, const Tensor& x,
                                  const Tensor& weight, const Tensor& mean, const Tensor& variance);

// What reaches x through the mean and the variance, where someone used them.
Tensor statistics_gradient(const VjpContext& c) {
  const Tensor& x = c.in(0);
  const std::size_t rank = c.sizes(0).size();
  const double share = 1 / static_cast<double>(values_per_channel(c.sizes(0)));
  Tensor result;
  if (c.grad(1).defined()) {
    result = (per_channel(c.grad(1), rank) * share).expand(c.sizes(0));
  }
  if (c.grad(2).defined()) {
    const Tensor distance = x - per_channel(c.out(1), rank);
    const Tensor term = distance * (per_channel(c.grad(2), rank) * (2 * share));
    result = result.defined() ? result + term : term;
  }
  return result.defined() ? result.to(x.dtype()) : result;
}

void vjp_batch_norm(const VjpContext& c) {
  Tensor dx = c.needs(0) ? statistics_gradient(c) : Tensor();
  if (c.grad(0).defined()) {
    const auto [input, weight, bias] =
        backward_of(c.attrs<BatchNormAttrs>(), c.grad(), c.in(0), c.in(1), c.out(1), c.out(2));
    dx = dx.defined() ? dx + input : input;
    if (c.needs(1)) c.set(1, weight);
    if (c.needs(2)) c.set(2, bias.to(c.shapes[2].dtype));
  }
  if (c.needs(0) && dx.defined()) c.set(0, dx);
}

// dx, dweight and dbias as functions of dy, x and weight: mean and variance follow from x.
void vjp_batch_norm_backward(const VjpContext& c) {
  const std::size_t rank = c.sizes(1).size();
  const DType dtype = statistics_dtype(c.shapes[1].dtype);
  NormDoubleBackward second;
  second.dy = c.in(0).to(dtype);
  second.x = c.in(1).to(dtype);
  second.weight = per_channel(c.in(2), rank);
  second.mean = per_channel(c.in(3), rank);
  second.rstd = rsqrt(per_channel(c.in(4), rank) + c.attrs<BatchNormAttrs>().eps);
  second.reduced = all_but_channels(rank);
  second.u = c.grad(0);
  second.v = per_channel(c.grad(1), rank);
  second.t = per_channel(c.grad(2), rank);
  const NormDoubleBackward::Result result = second.run();
  if (c.needs(0) && result.dy.defined()) c.set(0, result.dy.to(c.shapes[0].dtype));
  if (c.needs(1) && result.x.defined()) c.set(1, result.x.to(c.shapes[1].dtype));
  if (c.needs(2) && result.weight.defined()) {
    c.set(2, sum(result.weight, second.reduced).to(c.shapes[2].dtype));
  }
}

Saved saves_inference(std::uint64_t) { return {0b11011, 0}; }

void vjp_batch_norm_inference(const VjpContext& c) {
  const std::size_t rank = c.sizes(0).size();
  const Dims others = all_but_channels(rank);
  const Tensor& g = c.grad();
  const Tensor rstd = rsqrt(per_channel(c.in(4), rank) + c.attrs<BatchNormAttrs>().eps);
  const Tensor weight = per_channel(c.in(1), rank);
  const Tensor scale = weight.defined() ? weight * rstd : rstd;
  const Tensor distance = c.in(0) - per_channel(c.in(3), rank);
  const auto put = [&](std::size_t i, const Tensor& value) {
    if (c.needs(i)) c.set(i, value.to(c.shapes[i].dtype));
  };
  put(0, g * scale);
  if (c.needs(1)) put(1, sum(g * distance * rstd, others));
  if (c.needs(2)) put(2, sum(g, others));
  if (c.needs(3)) put(3, -sum(g * scale, others));
  if (c.needs(4)) put(4, sum(g * distance * scale * rstd * rstd, others) * -0.5);
}

constexpr OpDef kBatchNorm{.name = "batch_norm",
                           .arity = 3,
                           .outputs = 3,
                           .optional_inputs = 0b110,
                           .attrs = &attrs_type<BatchNormAttrs>,
                           .infer = infer_batch_norm,
                           .kernel = {cpu::batch_norm},
                           .any_layout = true,
                           .saves = saves_batch_norm,
                           .vjp = vjp_batch_norm,
                           .onnx = {"BatchNormalization", 15},
                           .no_cuda = kNoCuda};
constexpr OpDef kBatchNormBackward{.name = "batch_norm_backward",
                                   .arity = 5,
                                   .outputs = 3,
                                   .optional_inputs = 0b100,
                                   .attrs = &attrs_type<BatchNormAttrs>,
                                   .infer = infer_batch_norm_backward,
                                   .kernel = {cpu::batch_norm_backward},
                                   .any_layout = true,
                                   .saves = save_inputs<0, 1, 2, 3, 4>,
                                   .vjp = vjp_batch_norm_backward,
                                   .no_onnx = "gradients are not exported",
                                   .no_cuda = kNoCuda};
constexpr OpDef kBatchNormInference{.name = "batch_norm_inference",
                                    .arity = 5,
                                    .optional_inputs = 0b110,
                                    .attrs = &attrs_type<BatchNormAttrs>,
                                    .infer = infer_batch_norm_inference,
                                    .kernel = {cpu::batch_norm_inference},
                                    .any_layout = true,
                                    .saves = saves_inference,
                                    .vjp = vjp_batch_norm_inference,
                                    .onnx = {"BatchNormalization", 15},
                                    .no_cuda = kNoCuda};
constexpr OpDef kBatchNormUpdate{.name = "batch_norm_update",
                                 .arity = 4,
                                 .outputs = 0,
                                 .optional_inputs = 0b11,
                                 .attrs = &attrs_type<BatchNormUpdateAttrs>,
                                 .infer = infer_batch_norm_update,
                                 .kernel = {cpu::batch_norm_update},
                                 .writes = 0b11,
                                 .no_vjp = "it only writes running statistics",
                                 .no_onnx = "training is not exported",
                                 .no_cuda = kNoCuda};

std::array<Tensor, 3> backward_of(const BatchNormAttrs& attrs, const Tensor& dy, const Tensor& x,
                                  const Tensor& weight, const Tensor& mean,
                                  const Tensor& variance) {
  return call_multi<3>(kBatchNormBackward, attrs, dy, x, weight, mean, variance);
}

}  // namespace

OpTable batch_norm_ops() {
  static constexpr const OpDef* ops[] = {&kBatchNorm, &kBatchNormBackward, &kBatchNormInference,
                                         &kBatchNormUpdate};
  return ops;
}

}  // namespace ops

Tensor batch_norm(const Tensor& input, const Tensor& weight, const Tensor& bias,
                  const Tensor& running_mean, const Tensor& running_var, bool training,
                  double momentum, double eps) {
  using namespace ops;
  const bool running = running_mean.defined() && running_var.defined();
  if (!training && running) {
    return call(kBatchNormInference, BatchNormAttrs{eps}, input, weight, bias, running_mean,
                running_var);
  }
  auto [y, mean, variance] = call_multi<3>(kBatchNorm, BatchNormAttrs{eps}, input, weight, bias);
  const std::int64_t count = values_per_channel(input.sizes());
  if (!training || count == 0) return y;
  SINTER_CHECK_AS(ValueError, count > 1,
                  "[batch_norm] training needs more than one value per channel; got input ",
                  input.sizes());
  if (running_mean.defined() || running_var.defined()) {
    call_writing(kBatchNormUpdate, BatchNormUpdateAttrs{momentum, count}, running_mean, running_var,
                 mean, variance);
  }
  return y;
}

namespace {
// Statistics of each item are those of a batch of one with items times channels.
Tensor repeated(const Tensor& x, std::int64_t times) { return x.defined() ? x.repeat({times}) : x; }

void average_into(const Tensor& running, const Tensor& own, std::int64_t items) {
  if (!running.defined()) return;
  Tensor target = running;
  target.copy_(own.view({items, -1}).mean({0}));
}
}  // namespace

Tensor instance_norm(const Tensor& input, const Tensor& weight, const Tensor& bias,
                     const Tensor& running_mean, const Tensor& running_var, bool use_input_stats,
                     double momentum, double eps) {
  SINTER_CHECK_AS(ValueError, input.dim() >= 3,
                  "[instance_norm] input must have at least 3 dimensions; got ", input.sizes());
  const std::int64_t items = input.size(0), channels = input.size(1);
  if (!use_input_stats) {
    SINTER_CHECK_AS(ValueError, running_mean.defined() && running_var.defined(),
                    "[instance_norm] needs running statistics when it does not use the input's; "
                    "got none");
    return batch_norm(input, weight, bias, running_mean, running_var, false, momentum, eps);
  }
  if (!running_mean.defined() && !running_var.defined() && channels > 0) {
    return group_norm(input, channels, weight, bias, eps);
  }
  Dims merged = input.sizes();
  merged[0] = 1;
  merged[1] = checked_mul("instance_norm", items, channels);
  const Tensor own_mean = repeated(running_mean, items), own_var = repeated(running_var, items);
  const Tensor y = batch_norm(input.reshape(merged), repeated(weight, items), repeated(bias, items),
                              own_mean, own_var, true, momentum, eps);
  average_into(running_mean, own_mean, items);
  average_into(running_var, own_var, items);
  return y.reshape(input.sizes());
}

}  // namespace sinter
