#include <sinter/ops/checks_internal.h>
#include <sinter/ops/cpu/quantize_kernels.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/quantize_attrs.h>
#include <sinter/ops/quantized.h>
#include <sinter/ops/registry.h>

#include <limits>

namespace sinter {
namespace ops {
namespace {

constexpr const char* kNoCuda = "CUDA kernels come later";
constexpr const char* kNoVjp = "it works on integers";
constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();

// --- Checks

bool is_byte(DType dtype) { return dtype == kUInt8 || dtype == kInt8; }

void check_bytes(const InferContext& c, std::size_t i) {
  SINTER_CHECK_AS(TypeError, is_byte(c.meta(i).dtype), "[", c.op(), "] works on u8 and i8; got ",
                  c.meta(i).dtype);
}

void check_params(const InferContext& c, const char* what, double scale, std::int64_t zero_point,
                  DType dtype) {
  const bool fits = scale >= static_cast<double>(std::numeric_limits<float>::min()) &&
                    scale <= static_cast<double>(std::numeric_limits<float>::max());
  SINTER_CHECK_AS(ValueError, fits, "[", c.op(), "] the scale of ", what,
                  " must be a positive f32; got ", scale);
  const std::int64_t low = dtype == kInt8 ? -128 : 0;
  SINTER_CHECK_AS(ValueError, zero_point >= low && zero_point <= low + 255, "[", c.op(),
                  "] the zero point of ", what, " must be a ", dtype, "; got ", zero_point);
}

template <class Attrs>
void check_ends(const InferContext& c, const Attrs& a, DType output) {
  check_params(c, "the input", a.input_scale, a.input_zero_point, c.meta(0).dtype);
  if (output != kFloat32) {
    check_params(c, "the output", a.output_scale, a.output_zero_point, output);
  }
}

// Inputs (x, weight, scales, bias).
template <class Attrs>
void check_weighted(const InferContext& c, const Attrs& a) {
  check_bytes(c, 0);
  SINTER_CHECK_AS(TypeError, c.meta(1).dtype == kInt8, "[", c.op(), "] weight must be i8; got ",
                  c.meta(1).dtype);
  SINTER_CHECK_AS(TypeError, is_byte(a.dtype) || a.dtype == kFloat32, "[", c.op(),
                  "] the output must be u8, i8 or f32; got ", a.dtype);
  SINTER_CHECK_AS(TypeError, c.meta(2).dtype == kFloat32, "[", c.op(),
                  "] weight scales must be f32; got ", c.meta(2).dtype);
  check_ends(c, a, a.dtype);
}

void check_channels(const InferContext& c, std::int64_t outputs) {
  for (std::size_t i = 2; i < 4; ++i) {
    if (!c.in.defined(i)) continue;
    SINTER_CHECK_AS(ValueError, c.meta(i).sizes == Dims{outputs}, "[", c.op(), "] ",
                    i == 2 ? "weight scales" : "bias",
                    " must have one element for each output channel ", outputs, "; got ",
                    IntArrayRef(c.meta(i).sizes));
  }
  if (!c.in.defined(3)) return;
  SINTER_CHECK_AS(TypeError, c.meta(3).dtype == kInt32, "[", c.op(), "] bias must be i32; got ",
                  c.meta(3).dtype);
}

void check_values(const InferContext& c, const char* what, IntArrayRef values, std::size_t count,
                  std::int64_t least) {
  SINTER_CHECK_AS(ValueError, values.size() == count, "[", c.op(), "] ", what, " must have ", count,
                  " values; got ", values);
  for (const std::int64_t v : values) {
    SINTER_CHECK_AS(ValueError, v >= least && v <= kMost, "[", c.op(), "] ", what,
                    " must be between ", least, " and ", kMost, "; got ", values);
  }
}

// --- Convolution

std::int64_t convolved_size(const InferContext& c, const ByteConvAttrs& a, std::size_t d) {
  const std::int64_t size = c.meta(0).sizes[d + 2], taps = c.meta(1).sizes[d + 2];
  const std::int64_t span = checked_mul(c.op(), a.dilation[d], taps - 1) + 1;
  const std::int64_t padded =
      checked_add(c.op(), checked_add(c.op(), size, a.padding[d]), a.padding[d + 2]);
  SINTER_CHECK_AS(ValueError, span <= padded, "[", c.op(),
                  "] the kernel must fit into the padded input; got a kernel that spans ", span,
                  " over ", padded);
  return (padded - span) / a.stride[d] + 1;
}

void infer_conv(InferContext& c) {
  const auto& a = c.attrs<ByteConvAttrs>();
  check_weighted(c, a);
  const IntArrayRef x = c.meta(0).sizes, weight = c.meta(1).sizes;
  SINTER_CHECK_AS(ValueError, x.size() == 4 && weight.size() == 4, "[", c.op(),
                  "] input and weight must have 4 dimensions; got ", x, " and ", weight);
  check_values(c, "stride", a.stride, 2, 1);
  check_values(c, "padding", a.padding, 4, 0);
  check_values(c, "dilation", a.dilation, 2, 1);
  SINTER_CHECK_AS(ValueError, x[2] >= 1 && x[3] >= 1 && weight[2] >= 1 && weight[3] >= 1, "[",
                  c.op(), "] input and kernel must not be empty; got ", x, " and ", weight);
  SINTER_CHECK_AS(ValueError,
                  a.groups >= 1 && weight[0] % a.groups == 0 &&
                      x[1] == checked_mul(c.op(), weight[1], a.groups),
                  "[", c.op(), "] channels must be groups times those of the weight; got input ", x,
                  ", weight ", weight, " and groups ", a.groups);
  check_channels(c, weight[0]);
  const Dims sizes{x[0], weight[0], convolved_size(c, a, 0), convolved_size(c, a, 1)};
  c.set_free_channels_last(0, sizes, a.dtype);
}

// --- Linear

void infer_linear(InferContext& c) {
  const auto& a = c.attrs<ByteLinearAttrs>();
  check_weighted(c, a);
  const IntArrayRef x = c.meta(0).sizes, weight = c.meta(1).sizes;
  SINTER_CHECK_AS(ValueError, weight.size() == 2 && !x.empty() && x.back() == weight[1], "[",
                  c.op(), "] input must end with the weight's last size; got ", x, " and ", weight);
  check_channels(c, weight[0]);
  Dims sizes = c.meta(0).sizes;
  sizes[sizes.size() - 1] = weight[0];
  c.set(0, sizes, a.dtype);
}

// --- Addition

void infer_add(InferContext& c) {
  const auto& a = c.attrs<ByteAddAttrs>();
  check_bytes(c, 0);
  const DType dtype = c.meta(0).dtype;
  check_same_dtype(c, 1);
  SINTER_CHECK_AS(ValueError, c.meta(0).sizes == c.meta(1).sizes, "[", c.op(),
                  "] tensors must have the same sizes; got ", IntArrayRef(c.meta(0).sizes), " and ",
                  IntArrayRef(c.meta(1).sizes));
  check_params(c, "the first tensor", a.a_scale, a.a_zero_point, dtype);
  check_params(c, "the second tensor", a.b_scale, a.b_zero_point, dtype);
  check_params(c, "the output", a.output_scale, a.output_zero_point, dtype);
  c.set_like(0, c.meta(0).sizes, dtype, c.meta(0));
}

// --- Pooling

void check_planes(const InferContext& c) {
  check_bytes(c, 0);
  const IntArrayRef x = c.meta(0).sizes;
  SINTER_CHECK_AS(ValueError, x.size() == 4 && x[2] >= 1 && x[3] >= 1, "[", c.op(),
                  "] input must have 4 dimensions and planes that are not empty; got ", x);
  SINTER_CHECK_AS(NotImplementedError, x[2] <= (kMost >> 8) / x[3], "[", c.op(),
                  "] planes of more than ", kMost >> 8, " elements are not supported; got ", x);
}

// As avg_pool2d.
std::int64_t pooled_size(const InferContext& c, const ByteAvgPoolAttrs& a, std::size_t d) {
  const std::int64_t size = c.meta(0).sizes[d + 2];
  SINTER_CHECK_AS(ValueError, a.padding[d] <= a.kernel[d] / 2, "[", c.op(),
                  "] padding must be at most half of the kernel; got padding ",
                  IntArrayRef(a.padding), " and kernel ", IntArrayRef(a.kernel));
  const std::int64_t room = size + 2 * a.padding[d] - a.kernel[d];
  SINTER_CHECK_AS(ValueError, room >= 0 || (a.ceil_mode && -room < a.stride[d]), "[", c.op(),
                  "] the kernel must fit into the padded input; got a kernel of ", a.kernel[d],
                  " over ", size + 2 * a.padding[d]);
  const std::int64_t count = (room + (a.ceil_mode ? a.stride[d] - 1 : 0)) / a.stride[d] + 1;
  return a.ceil_mode && (count - 1) * a.stride[d] >= size + a.padding[d] ? count - 1 : count;
}

void set_planes(const InferContext& c, std::int64_t h, std::int64_t w) {
  const IntArrayRef x = c.meta(0).sizes;
  c.set_free_channels_last(0, {x[0], x[1], h, w}, c.meta(0).dtype);
}

void infer_avg_pool(InferContext& c) {
  const auto& a = c.attrs<ByteAvgPoolAttrs>();
  check_planes(c);
  check_ends(c, a, c.meta(0).dtype);
  check_values(c, "kernel_size", a.kernel, 2, 1);
  check_values(c, "stride", a.stride, 2, 1);
  check_values(c, "padding", a.padding, 2, 0);
  set_planes(c, pooled_size(c, a, 0), pooled_size(c, a, 1));
}

void infer_global_pool(InferContext& c) {
  check_planes(c);
  check_ends(c, c.attrs<ByteGlobalPoolAttrs>(), c.meta(0).dtype);
  set_planes(c, 1, 1);
}

constexpr OpDef kConv{.name = "quantized_conv2d",
                      .arity = 4,
                      .optional_inputs = 8,
                      .attrs = &attrs_type<ByteConvAttrs>,
                      .infer = infer_conv,
                      .kernel = {cpu::quantized_conv2d},
                      .any_layout = true,
                      .no_vjp = kNoVjp,
                      .onnx = {"QLinearConv", 10},
                      .no_cuda = kNoCuda};
constexpr OpDef kLinear{.name = "quantized_linear",
                        .arity = 4,
                        .optional_inputs = 8,
                        .attrs = &attrs_type<ByteLinearAttrs>,
                        .infer = infer_linear,
                        .kernel = {cpu::quantized_linear},
                        .no_vjp = kNoVjp,
                        .no_onnx = "written as Gemm between DequantizeLinear and QuantizeLinear",
                        .no_cuda = kNoCuda};
constexpr OpDef kAdd{.name = "quantized_add",
                     .arity = 2,
                     .attrs = &attrs_type<ByteAddAttrs>,
                     .infer = infer_add,
                     .kernel = {cpu::quantized_add},
                     .any_layout = true,
                     .no_vjp = kNoVjp,
                     .no_onnx = "written as Add between DequantizeLinear and QuantizeLinear",
                     .no_cuda = kNoCuda};
constexpr const char* kPoolNoOnnx =
    "written as a pooling between DequantizeLinear and QuantizeLinear";
constexpr OpDef kAvgPool{.name = "quantized_avg_pool2d",
                         .attrs = &attrs_type<ByteAvgPoolAttrs>,
                         .infer = infer_avg_pool,
                         .kernel = {cpu::quantized_avg_pool2d},
                         .any_layout = true,
                         .no_vjp = kNoVjp,
                         .no_onnx = kPoolNoOnnx,
                         .no_cuda = kNoCuda};
constexpr OpDef kGlobalPool{.name = "quantized_global_avg_pool2d",
                            .attrs = &attrs_type<ByteGlobalPoolAttrs>,
                            .infer = infer_global_pool,
                            .kernel = {cpu::quantized_global_avg_pool2d},
                            .any_layout = true,
                            .no_vjp = kNoVjp,
                            .no_onnx = kPoolNoOnnx,
                            .no_cuda = kNoCuda};

// --- Public arguments

Dims pair_of(const char* op, const char* what, IntArrayRef values) {
  SINTER_CHECK_AS(ValueError, values.size() == 1 || values.size() == 2, "[", op, "] ", what,
                  " must have 1 or 2 values; got ", values);
  return {values[0], values.back()};
}

Dims both_ends(const Dims& pair) { return {pair[0], pair[1], pair[0], pair[1]}; }

}  // namespace

OpTable quantized_ops() {
  static constexpr const OpDef* ops[] = {&kConv, &kLinear, &kAdd, &kAvgPool, &kGlobalPool};
  return ops;
}

}  // namespace ops

Tensor quantized_conv2d(const Tensor& x, const QuantParams& x_params, const QuantizedWeight& weight,
                        const QuantizedOutput& output, const QuantizedConvGeometry& geometry) {
  constexpr const char* kName = "quantized_conv2d";
  const ops::ByteConvAttrs attrs{ops::pair_of(kName, "stride", geometry.stride),
                                 ops::both_ends(ops::pair_of(kName, "padding", geometry.padding)),
                                 ops::pair_of(kName, "dilation", geometry.dilation),
                                 geometry.groups,
                                 x_params.scale,
                                 x_params.zero_point,
                                 output.params.scale,
                                 output.params.zero_point,
                                 output.dtype,
                                 output.relu};
  return ops::call(ops::kConv, attrs, x, weight.values, weight.scales, weight.bias);
}

Tensor quantized_linear(const Tensor& x, const QuantParams& x_params, const QuantizedWeight& weight,
                        const QuantizedOutput& output) {
  const ops::ByteLinearAttrs attrs{x_params.scale,      x_params.zero_point,
                                   output.params.scale, output.params.zero_point,
                                   output.dtype,        output.relu};
  return ops::call(ops::kLinear, attrs, x, weight.values, weight.scales, weight.bias);
}

Tensor quantized_add(const Tensor& a, const QuantParams& a_params, const Tensor& b,
                     const QuantParams& b_params, const QuantizedOutput& output) {
  SINTER_CHECK_AS(TypeError, !a.defined() || output.dtype == a.dtype(),
                  "[quantized_add] the output must be of the inputs' dtype; got ", output.dtype);
  const ops::ByteAddAttrs attrs{a_params.scale,      a_params.zero_point, b_params.scale,
                                b_params.zero_point, output.params.scale, output.params.zero_point,
                                output.relu};
  return ops::call(ops::kAdd, attrs, a, b);
}

Tensor quantized_avg_pool2d(const Tensor& x, const QuantParams& x_params,
                            const QuantParams& y_params, const QuantizedPoolGeometry& geometry) {
  constexpr const char* kName = "quantized_avg_pool2d";
  const Dims& stride = geometry.stride.empty() ? geometry.kernel : geometry.stride;
  const ops::ByteAvgPoolAttrs attrs{ops::pair_of(kName, "kernel_size", geometry.kernel),
                                    ops::pair_of(kName, "stride", stride),
                                    ops::pair_of(kName, "padding", geometry.padding),
                                    geometry.ceil_mode,
                                    geometry.count_include_pad,
                                    x_params.scale,
                                    x_params.zero_point,
                                    y_params.scale,
                                    y_params.zero_point};
  return ops::call(ops::kAvgPool, attrs, x);
}

Tensor quantized_global_avg_pool2d(const Tensor& x, const QuantParams& x_params,
                                   const QuantParams& y_params) {
  const ops::ByteGlobalPoolAttrs attrs{x_params.scale, x_params.zero_point, y_params.scale,
                                       y_params.zero_point};
  return ops::call(ops::kGlobalPool, attrs, x);
}

}  // namespace sinter
