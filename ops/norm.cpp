#include <sinter/ops/checks_internal.h>
#include <sinter/ops/cpu/norm_kernels.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/norm.h>
#include <sinter/ops/norm_attrs.h>
#include <sinter/ops/norm_internal.h>
#include <sinter/ops/pointwise.h>
#include <sinter/ops/reduce.h>
#include <sinter/ops/registry.h>
#include <sinter/ops/view.h>

#include <array>
#include <limits>

namespace sinter {
namespace ops {
namespace {

constexpr const char* kNoCuda = "CUDA kernels come later";
constexpr const char* kNoGradientExport = "gradients are not exported";

// --- layer_norm and rms_norm

void check_input(const InferContext& c, std::size_t x) {
  SINTER_CHECK_AS(NotImplementedError, is_floating_point(c.meta(x).dtype), "[", c.op(),
                  "] works on floating point tensors; got ", c.meta(x).dtype);
}

void check_normalized(const InferContext& c, std::size_t x) {
  check_input(c, x);
  const Dims& shape = c.attrs<LayerNormAttrs>().normalized_shape;
  const IntArrayRef sizes = c.meta(x).sizes;
  const bool fits = !shape.empty() && shape.size() <= sizes.size() &&
                    sizes.slice(sizes.size() - shape.size(), shape.size()).equals(shape);
  SINTER_CHECK_AS(ValueError, fits, "[", c.op(), "] input must end with the normalized shape ",
                  IntArrayRef(shape), "; got ", sizes);
}

void check_row_parameter(const InferContext& c, std::size_t x, std::size_t i, const char* what) {
  if (!c.in.defined(i)) return;
  const Dims& shape = c.attrs<LayerNormAttrs>().normalized_shape;
  SINTER_CHECK_AS(ValueError, c.meta(i).sizes == shape, "[", c.op(), "] ", what,
                  " must have the normalized shape ", IntArrayRef(shape), "; got ",
                  IntArrayRef(c.meta(i).sizes));
  check_parameter_dtype(c, x, i);
}

// The sizes of one statistic per row: ones in the normalized dimensions.
Dims statistics_sizes(const InferContext& c, std::size_t x) {
  Dims sizes = c.meta(x).sizes;
  const std::size_t normalized = c.attrs<LayerNormAttrs>().normalized_shape.size();
  for (std::size_t d = sizes.size() - normalized; d < sizes.size(); ++d) sizes[d] = 1;
  return sizes;
}

// Outputs (y, mean, rstd), or (y, rstd) for rms_norm.
template <bool kCentred>
void infer_rows(InferContext& c) {
  check_normalized(c, 0);
  check_row_parameter(c, 0, 1, "weight");
  if (kCentred) check_row_parameter(c, 0, 2, "bias");
  c.set(0, c.meta(0).sizes, c.meta(0).dtype);
  for (std::size_t i = 1; i < c.out.size(); ++i) {
    c.set(i, statistics_sizes(c, 0), statistics_dtype(c.meta(0).dtype));
  }
}

void check_same_sizes(const InferContext& c, std::size_t a, std::size_t b) {
  SINTER_CHECK_AS(ValueError, c.meta(a).sizes == c.meta(b).sizes, "[", c.op(),
                  "] the gradient must have the sizes of the input ", IntArrayRef(c.meta(b).sizes),
                  "; got ", IntArrayRef(c.meta(a).sizes));
  check_input(c, a);
}

void check_statistics(const InferContext& c, std::size_t i, const Dims& sizes) {
  SINTER_CHECK_AS(ValueError, c.meta(i).sizes == sizes && is_floating_point(c.meta(i).dtype), "[",
                  c.op(), "] statistics must be floating point of sizes ", IntArrayRef(sizes),
                  "; got ", c.meta(i).dtype, " of ", IntArrayRef(c.meta(i).sizes));
}

// Inputs (dy, x, weight, mean, rstd), or without the mean; outputs (dx, dweight) and dbias.
template <bool kCentred>
void infer_rows_backward(InferContext& c) {
  check_normalized(c, 1);
  check_same_sizes(c, 0, 1);
  check_row_parameter(c, 1, 2, "weight");
  for (std::size_t i = 3; i < c.in.size(); ++i) check_statistics(c, i, statistics_sizes(c, 1));
  c.set(0, c.meta(1).sizes, c.meta(1).dtype);
  for (std::size_t i = 1; i < c.out.size(); ++i) {
    c.set(i, c.attrs<LayerNormAttrs>().normalized_shape, parameter_dtype(c, 1, 2));
  }
}

Saved saves_layer_norm(std::uint64_t) { return {0b11, 0b110}; }
Saved saves_rms_norm(std::uint64_t) { return {0b11, 0b10}; }

std::array<Tensor, 3> layer_backward(const LayerNormAttrs& attrs,
                                     const std::array<Tensor, 5>& inputs);
std::array<Tensor, 2> rms_backward(const LayerNormAttrs& attrs,
                                   const std::array<Tensor, 4>& inputs);

double width_of(const LayerNormAttrs& attrs) {
  double width = 1;
  for (const std::int64_t size : attrs.normalized_shape) width *= static_cast<double>(size);
  return width;
}

// Gradients of the inputs through the output, and of x through the statistics.
void put_gradients(const VjpContext& c, std::span<const Tensor> through_output,
                   const Tensor& through_statistics) {
  for (std::size_t i = 0; i < through_output.size(); ++i) {
    if (c.needs(i)) c.set(i, through_output[i].to(c.shapes[i].dtype));
  }
  if (!through_statistics.defined() || !c.needs(0)) return;
  c.set(0, c.result[0].defined() ? c.result[0] + through_statistics : through_statistics);
}

void vjp_layer_norm(const VjpContext& c) {
  const auto& attrs = c.attrs<LayerNormAttrs>();
  const Tensor statistics =
      statistics_gradient(c.in(0), c.out(1), c.out(2), c.grad(1), c.grad(2), width_of(attrs));
  if (!c.grad().defined()) return put_gradients(c, {}, statistics);
  put_gradients(c, layer_backward(attrs, {c.grad(), c.in(0), c.in(1), c.out(1), c.out(2)}),
                statistics);
}

void vjp_rms_norm(const VjpContext& c) {
  const auto& attrs = c.attrs<LayerNormAttrs>();
  const Tensor statistics =
      statistics_gradient(c.in(0), {}, c.out(1), {}, c.grad(1), width_of(attrs));
  if (!c.grad().defined()) return put_gradients(c, {}, statistics);
  put_gradients(c, rms_backward(attrs, {c.grad(), c.in(0), c.in(1), c.out(1)}), statistics);
}

Dims range(std::size_t begin, std::size_t end) {
  Dims dims;
  for (std::size_t d = begin; d < end; ++d) dims.push_back(static_cast<std::int64_t>(d));
  return dims;
}

void put_second(const VjpContext& c, const NormDoubleBackward::Result& result) {
  if (c.needs(0) && result.dy.defined()) c.set(0, result.dy.to(c.shapes[0].dtype));
  if (c.needs(1) && result.x.defined()) c.set(1, result.x.to(c.shapes[1].dtype));
  if (c.needs(2) && result.weight.defined()) {
    c.set(2, sum_to_size(result.weight, c.sizes(2)).to(c.shapes[2].dtype));
  }
}

template <bool kCentred>
void vjp_rows_backward(const VjpContext& c) {
  const std::size_t rank = c.sizes(1).size();
  const DType dtype = statistics_dtype(c.shapes[1].dtype);
  NormDoubleBackward second;
  second.dy = c.in(0).to(dtype);
  second.x = c.in(1).to(dtype);
  second.weight = c.in(2);
  second.centred = kCentred;
  if (kCentred) second.mean = c.in(3);
  second.rstd = c.in(kCentred ? 4 : 3);
  second.reduced = range(rank - c.attrs<LayerNormAttrs>().normalized_shape.size(), rank);
  second.u = c.grad(0);
  second.v = c.grad(1);
  if (kCentred) second.t = c.grad(2);
  put_second(c, second.run());
}

// --- group_norm

void check_groups(const InferContext& c, std::size_t x) {
  check_input(c, x);
  const IntArrayRef sizes = c.meta(x).sizes;
  SINTER_CHECK_AS(ValueError, sizes.size() >= 2, "[", c.op(),
                  "] input must have at least 2 dimensions; got ", sizes);
  const std::int64_t groups = c.attrs<GroupNormAttrs>().groups;
  SINTER_CHECK_AS(ValueError, groups >= 1 && sizes[1] % groups == 0, "[", c.op(),
                  "] channels must be divisible by the number of groups; got ", sizes[1],
                  " channels and ", groups, " groups");
}

void check_channel_parameter(const InferContext& c, std::size_t x, std::size_t i,
                             const char* what) {
  if (!c.in.defined(i)) return;
  SINTER_CHECK_AS(ValueError, c.meta(i).sizes == Dims{c.meta(x).sizes[1]}, "[", c.op(), "] ", what,
                  " must have one element per channel ", c.meta(x).sizes[1], "; got ",
                  IntArrayRef(c.meta(i).sizes));
  check_parameter_dtype(c, x, i);
}

Dims group_statistics(const InferContext& c, std::size_t x) {
  return {c.meta(x).sizes[0], c.attrs<GroupNormAttrs>().groups};
}

void infer_group_norm(InferContext& c) {
  check_groups(c, 0);
  check_channel_parameter(c, 0, 1, "weight");
  check_channel_parameter(c, 0, 2, "bias");
  c.set(0, c.meta(0).sizes, c.meta(0).dtype);
  for (const std::size_t i : {1, 2}) {
    c.set(i, group_statistics(c, 0), statistics_dtype(c.meta(0).dtype));
  }
}

void infer_group_norm_backward(InferContext& c) {
  check_groups(c, 1);
  check_same_sizes(c, 0, 1);
  check_channel_parameter(c, 1, 2, "weight");
  for (const std::size_t i : {3, 4}) check_statistics(c, i, group_statistics(c, 1));
  c.set(0, c.meta(1).sizes, c.meta(1).dtype);
  for (const std::size_t i : {1, 2}) {
    c.set(i, c.meta(1).sizes[1], parameter_dtype(c, 1, 2));
  }
}

std::array<Tensor, 3> group_backward(const GroupNormAttrs& attrs,
                                     const std::array<Tensor, 5>& inputs);

// Activations seen as [items, groups, channels of a group, inner].
struct GroupView {
  IntArrayRef sizes;
  std::int64_t groups, width, inner = 1;

  GroupView(IntArrayRef x, std::int64_t count) : sizes(x), groups(count), width(x[1] / count) {
    for (std::size_t d = 2; d < x.size(); ++d) inner *= x[d];
  }
  Tensor activations(const Tensor& x) const {
    if (!x.defined()) return x;
    return x.to(statistics_dtype(x.dtype())).reshape({sizes[0], groups, width, inner});
  }
  Tensor statistic(const Tensor& x) const {
    return x.defined() ? x.reshape({sizes[0], groups, 1, 1}) : x;
  }
  Tensor parameter(const Tensor& x) const {
    return x.defined() ? x.reshape({1, groups, width, 1}) : x;
  }
};

void vjp_group_norm(const VjpContext& c) {
  const auto& attrs = c.attrs<GroupNormAttrs>();
  const GroupView view(c.sizes(0), attrs.groups);
  Tensor statistics;
  if (c.grad(1).defined() || c.grad(2).defined()) {
    const auto count = static_cast<double>(view.width * view.inner);
    statistics = statistics_gradient(view.activations(c.in(0)), view.statistic(c.out(1)),
                                     view.statistic(c.out(2)), view.statistic(c.grad(1)),
                                     view.statistic(c.grad(2)), count)
                     .reshape(c.sizes(0))
                     .to(c.shapes[0].dtype);
  }
  if (!c.grad().defined()) return put_gradients(c, {}, statistics);
  put_gradients(c, group_backward(attrs, {c.grad(), c.in(0), c.in(1), c.out(1), c.out(2)}),
                statistics);
}

void vjp_group_norm_backward(const VjpContext& c) {
  const IntArrayRef sizes = c.sizes(1);
  const GroupView view(sizes, c.attrs<GroupNormAttrs>().groups);
  NormDoubleBackward second;
  second.dy = view.activations(c.in(0));
  second.x = view.activations(c.in(1));
  second.weight = view.parameter(c.in(2));
  second.mean = view.statistic(c.in(3));
  second.rstd = view.statistic(c.in(4));
  second.reduced = {2, 3};
  second.u = view.activations(c.grad(0));
  second.v = view.parameter(c.grad(1));
  second.t = view.parameter(c.grad(2));
  NormDoubleBackward::Result result = second.run();
  if (result.dy.defined()) result.dy = result.dy.reshape(sizes);
  if (result.x.defined()) result.x = result.x.reshape(sizes);
  if (result.weight.defined()) result.weight = sum(result.weight, {0, 3}).reshape({sizes[1]});
  put_second(c, result);
}

constexpr OpDef kLayerNorm{.name = "layer_norm",
                           .arity = 3,
                           .outputs = 3,
                           .optional_inputs = 0b110,
                           .attrs = &attrs_type<LayerNormAttrs>,
                           .infer = infer_rows<true>,
                           .kernel = {cpu::layer_norm},
                           .saves = saves_layer_norm,
                           .vjp = vjp_layer_norm,
                           .onnx = {"LayerNormalization", 17}};
constexpr OpDef kLayerNormBackward{.name = "layer_norm_backward",
                                   .arity = 5,
                                   .outputs = 3,
                                   .optional_inputs = 0b100,
                                   .attrs = &attrs_type<LayerNormAttrs>,
                                   .infer = infer_rows_backward<true>,
                                   .kernel = {cpu::layer_norm_backward},
                                   .saves = save_inputs<0, 1, 2, 3, 4>,
                                   .vjp = vjp_rows_backward<true>,
                                   .no_onnx = kNoGradientExport};
constexpr OpDef kRmsNorm{.name = "rms_norm",
                         .arity = 2,
                         .outputs = 2,
                         .optional_inputs = 0b10,
                         .attrs = &attrs_type<LayerNormAttrs>,
                         .infer = infer_rows<false>,
                         .kernel = {cpu::rms_norm},
                         .saves = saves_rms_norm,
                         .vjp = vjp_rms_norm,
                         .onnx = {"RMSNormalization", 23},
                         .no_cuda = kNoCuda};
constexpr OpDef kRmsNormBackward{.name = "rms_norm_backward",
                                 .arity = 4,
                                 .outputs = 2,
                                 .optional_inputs = 0b100,
                                 .attrs = &attrs_type<LayerNormAttrs>,
                                 .infer = infer_rows_backward<false>,
                                 .kernel = {cpu::rms_norm_backward},
                                 .saves = save_inputs<0, 1, 2, 3>,
                                 .vjp = vjp_rows_backward<false>,
                                 .no_onnx = kNoGradientExport,
                                 .no_cuda = kNoCuda};
constexpr OpDef kGroupNorm{.name = "group_norm",
                           .arity = 3,
                           .outputs = 3,
                           .optional_inputs = 0b110,
                           .attrs = &attrs_type<GroupNormAttrs>,
                           .infer = infer_group_norm,
                           .kernel = {cpu::group_norm},
                           .saves = saves_layer_norm,
                           .vjp = vjp_group_norm,
                           .onnx = {"GroupNormalization", 21},
                           .no_cuda = kNoCuda};
constexpr OpDef kGroupNormBackward{.name = "group_norm_backward",
                                   .arity = 5,
                                   .outputs = 3,
                                   .optional_inputs = 0b100,
                                   .attrs = &attrs_type<GroupNormAttrs>,
                                   .infer = infer_group_norm_backward,
                                   .kernel = {cpu::group_norm_backward},
                                   .saves = save_inputs<0, 1, 2, 3, 4>,
                                   .vjp = vjp_group_norm_backward,
                                   .no_onnx = kNoGradientExport,
                                   .no_cuda = kNoCuda};

std::array<Tensor, 3> layer_backward(const LayerNormAttrs& attrs, const std::array<Tensor, 5>& in) {
  return call_multi<3>(kLayerNormBackward, attrs, in[0], in[1], in[2], in[3], in[4]);
}
std::array<Tensor, 2> rms_backward(const LayerNormAttrs& attrs, const std::array<Tensor, 4>& in) {
  return call_multi<2>(kRmsNormBackward, attrs, in[0], in[1], in[2], in[3]);
}
std::array<Tensor, 3> group_backward(const GroupNormAttrs& attrs, const std::array<Tensor, 5>& in) {
  return call_multi<3>(kGroupNormBackward, attrs, in[0], in[1], in[2], in[3], in[4]);
}

double machine_epsilon(DType dtype) {
  switch (dtype) {
    case DType::f64:
      return std::numeric_limits<double>::epsilon();
    case DType::f16:
      return 0x1p-10;
    case DType::bf16:
      return 0x1p-7;
    default:
      return static_cast<double>(std::numeric_limits<float>::epsilon());
  }
}

}  // namespace

OpTable norm_ops() {
  static constexpr const OpDef* ops[] = {&kLayerNorm, &kLayerNormBackward,
                                         &kRmsNorm,   &kRmsNormBackward,
                                         &kGroupNorm, &kGroupNormBackward};
  return ops;
}

}  // namespace ops

Tensor layer_norm(const Tensor& input, IntArrayRef normalized_shape, const Tensor& weight,
                  const Tensor& bias, double eps) {
  const ops::LayerNormAttrs attrs{Dims(normalized_shape), eps};
  return ops::call_multi<3>(ops::kLayerNorm, attrs, input, weight, bias)[0];
}

Tensor group_norm(const Tensor& input, std::int64_t num_groups, const Tensor& weight,
                  const Tensor& bias, double eps) {
  const ops::GroupNormAttrs attrs{num_groups, eps};
  return ops::call_multi<3>(ops::kGroupNorm, attrs, input, weight, bias)[0];
}

Tensor rms_norm(const Tensor& input, IntArrayRef normalized_shape, const Tensor& weight,
                std::optional<double> eps) {
  const ops::LayerNormAttrs attrs{Dims(normalized_shape),
                                  eps.value_or(ops::machine_epsilon(input.dtype()))};
  return ops::call_multi<2>(ops::kRmsNorm, attrs, input, weight)[0];
}

}  // namespace sinter
