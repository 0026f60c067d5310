#include <sinter/ops/checks_internal.h>
#include <sinter/ops/cpu/pool_kernels.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/index.h>
#include <sinter/ops/pool.h>
#include <sinter/ops/pool_attrs.h>
#include <sinter/ops/registry.h>
#include <sinter/ops/view.h>

#include <array>
#include <limits>

namespace sinter {
namespace ops {
namespace {

constexpr const char* kNoCuda = "CUDA kernels come later";
constexpr const char* kNoGradientExport = "gradients are not exported";
constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();

// --- Checks

void check_pair(const InferContext& c, const char* what, IntArrayRef values, std::int64_t least) {
  SINTER_CHECK_AS(ValueError, values.size() == 2, "[", c.op(), "] ", what,
                  " must have 2 values; got ", values);
  for (const std::int64_t v : values) {
    SINTER_CHECK_AS(ValueError, v >= least && v <= kMost, "[", c.op(), "] ", what,
                    " must be between ", least, " and ", kMost, "; got ", values);
  }
}

void check_planes(const InferContext& c) {
  const IntArrayRef sizes = c.meta(0).sizes;
  SINTER_CHECK_AS(ValueError, sizes.size() == 4, "[", c.op(),
                  "] input must have a plane, channels and perhaps a batch; got ", sizes);
  SINTER_CHECK_AS(ValueError, sizes[2] >= 1 && sizes[3] >= 1, "[", c.op(),
                  "] planes must not be empty; got ", sizes);
}

void check_images(const InferContext& c) {
  check_floating(c);
  check_planes(c);
}

// Planes of the given size in the memory order of the input.
void set_planes(const InferContext& c, std::size_t i, IntArrayRef plane, DType dtype) {
  const TensorMeta& x = c.meta(0);
  const Dims sizes{x.sizes[0], x.sizes[1], plane[0], plane[1]};
  if (!x.channels_last || x.contiguous) return c.set(i, sizes, dtype);
  c.set_free_channels_last(i, sizes, dtype);
  c.out[i]->free_layout = c.out[i]->free_layout && x.free_layout;
}

// The gradient of an input whose order is not known where planes were pooled to one element: then
// it lies channels_last, as a convolution's would.
void set_gradient_planes(const InferContext& c, IntArrayRef plane) {
  const TensorMeta& dy = c.meta(0);
  const Dims sizes{dy.sizes[0], dy.sizes[1], plane[0], plane[1]};
  if (dy.channels_last && dy.contiguous) return c.set_free_channels_last(0, sizes, dy.dtype);
  set_planes(c, 0, plane, dy.dtype);
}

struct Sliding {
  IntArrayRef kernel, stride, padding, dilation;
  bool ceil_mode;
};

std::int64_t pooled_size(const InferContext& c, const Sliding& s, std::int64_t in, std::size_t d) {
  const std::int64_t span = checked_mul(c.op(), s.dilation[d], s.kernel[d] - 1) + 1;
  SINTER_CHECK_AS(ValueError, s.padding[d] <= span / 2, "[", c.op(),
                  "] padding must be at most half of the kernel; got padding ", s.padding,
                  " and kernel ", s.kernel);
  const std::int64_t padded = checked_add(c.op(), in, 2 * s.padding[d]);
  SINTER_CHECK_AS(ValueError, span <= padded || (s.ceil_mode && span - padded < s.stride[d]), "[",
                  c.op(), "] the kernel must fit into the padded input; got a kernel that spans ",
                  span, " over ", padded);
  SINTER_CHECK_AS(ValueError, s.kernel[d] == 1 || s.dilation[d] <= in, "[", c.op(),
                  "] dilation must not be larger than the input; got ", s.dilation[d], " over ",
                  in);
  const std::int64_t rest = padded - span + (s.ceil_mode ? s.stride[d] - 1 : 0);
  const std::int64_t count = rest / s.stride[d] + 1;
  // The last window starts inside the input or the padding before it.
  return s.ceil_mode && (count - 1) * s.stride[d] >= in + s.padding[d] ? count - 1 : count;
}

Dims pooled_plane(const InferContext& c, const Sliding& s, IntArrayRef plane) {
  check_pair(c, "kernel_size", s.kernel, 1);
  check_pair(c, "stride", s.stride, 1);
  check_pair(c, "padding", s.padding, 0);
  check_pair(c, "dilation", s.dilation, 1);
  return {pooled_size(c, s, plane[0], 0), pooled_size(c, s, plane[1], 1)};
}

Dims plane_of(const InferContext& c) { return {c.meta(0).sizes[2], c.meta(0).sizes[3]}; }

// --- Maximum

void set_maxima(const InferContext& c, const Dims& plane) {
  set_planes(c, 0, plane, c.meta(0).dtype);
  if (c.out.size() < 2) return;
  const IntArrayRef sizes = c.meta(0).sizes;
  SINTER_CHECK_AS(NotImplementedError, sizes[2] <= kMost / sizes[3], "[", c.op(),
                  "] planes of more than ", kMost, " elements are not supported; got ", sizes);
  set_planes(c, 1, plane, kInt64);
}

// Without places, bytes do as well.
void infer_max_pool(InferContext& c) {
  const auto& a = c.attrs<MaxPoolAttrs>();
  const DType dtype = c.meta(0).dtype;
  const bool is_byte = dtype == kUInt8 || dtype == kInt8;
  if (c.out.size() > 1 || !is_byte) check_floating(c);
  check_planes(c);
  set_maxima(
      c, pooled_plane(c, {a.kernel, a.stride, a.padding, a.dilation, a.ceil_mode}, plane_of(c)));
}

void infer_adaptive_max(InferContext& c) {
  check_images(c);
  check_pair(c, "output_size", c.attrs<PlaneAttrs>().plane, 0);
  set_maxima(c, c.attrs<PlaneAttrs>().plane);
}

// Inputs (dy, places).
void infer_max_backward(InferContext& c) {
  check_floating(c);
  check_pair(c, "size", c.attrs<PlaneAttrs>().plane, 1);
  const TensorMeta &dy = c.meta(0), &places = c.meta(1);
  SINTER_CHECK_AS(ValueError, dy.dim() == 4 && dy.sizes == places.sizes, "[", c.op(),
                  "] gradient and indices must have the same 4 dimensions; got ",
                  IntArrayRef(dy.sizes), " and ", IntArrayRef(places.sizes));
  SINTER_CHECK_AS(TypeError, places.dtype == kInt64, "[", c.op(), "] indices must be i64; got ",
                  places.dtype);
  set_gradient_planes(c, c.attrs<PlaneAttrs>().plane);
}

Tensor scatter_maxima(const Tensor& dy, const Tensor& places, IntArrayRef input);
Tensor places_of(const MaxPoolAttrs& a, const Tensor& x);

// The places are found again: writing them costs as much, and inference needs none.
void vjp_max_pool(const VjpContext& c) {
  if (!c.needs(0)) return;
  c.set(0, scatter_maxima(c.grad(), places_of(c.attrs<MaxPoolAttrs>(), c.in(0)), c.sizes(0)));
}

void vjp_max_with_places(const VjpContext& c) {
  if (c.needs(0) && c.grad().defined()) {
    c.set(0, scatter_maxima(c.grad(), c.out(1), c.sizes(0)));
  }
}

void vjp_max_backward(const VjpContext& c) {
  if (!c.needs(0)) return;
  const Tensor& places = c.in(1);
  const Tensor gathered = gather(flatten(c.grad(), 2), 2, flatten(places, 2));
  c.set(0, reshape(gathered, c.sizes(0)));
}

// --- Mean

template <class Attrs>
Sliding sliding_of(const Attrs& a) {
  static constexpr std::int64_t kOnes[] = {1, 1};
  return {a.kernel, a.stride, a.padding, {kOnes, 2}, a.ceil_mode};
}

template <class Attrs>
void check_divisor(const InferContext& c, const Attrs& a) {
  SINTER_CHECK_AS(ValueError, !a.divisor_override || *a.divisor_override != 0, "[", c.op(),
                  "] divisor_override must not be 0; got 0");
}

void infer_avg_pool(InferContext& c) {
  const auto& a = c.attrs<AvgPoolAttrs>();
  check_images(c);
  check_divisor(c, a);
  set_planes(c, 0, pooled_plane(c, sliding_of(a), plane_of(c)), c.meta(0).dtype);
}

void infer_avg_backward(InferContext& c) {
  const auto& a = c.attrs<AvgPoolBackwardAttrs>();
  check_images(c);
  check_divisor(c, a);
  check_pair(c, "input_size", a.input, 1);
  const Dims pooled = pooled_plane(c, sliding_of(a), a.input);
  SINTER_CHECK_AS(ValueError, pooled == plane_of(c), "[", c.op(),
                  "] the gradient must have the output's planes ", IntArrayRef(pooled), "; got ",
                  IntArrayRef(c.meta(0).sizes));
  set_gradient_planes(c, a.input);
}

void infer_adaptive_avg(InferContext& c) {
  check_images(c);
  check_pair(c, "output_size", c.attrs<PlaneAttrs>().plane, 0);
  set_planes(c, 0, c.attrs<PlaneAttrs>().plane, c.meta(0).dtype);
}

void infer_adaptive_avg_backward(InferContext& c) {
  check_floating(c);
  check_pair(c, "size", c.attrs<PlaneAttrs>().plane, 1);
  SINTER_CHECK_AS(ValueError, c.meta(0).dim() == 4, "[", c.op(),
                  "] the gradient must have 4 dimensions; got ", IntArrayRef(c.meta(0).sizes));
  set_gradient_planes(c, c.attrs<PlaneAttrs>().plane);
}

Tensor spread_means(const AvgPoolAttrs& a, const Tensor& dy, IntArrayRef input);
Tensor means(const AvgPoolBackwardAttrs& a, const Tensor& x);
Tensor spread_adaptive_means(const Tensor& dy, IntArrayRef input);

void vjp_avg_pool(const VjpContext& c) {
  if (c.needs(0)) c.set(0, spread_means(c.attrs<AvgPoolAttrs>(), c.grad(), c.sizes(0)));
}
void vjp_avg_backward(const VjpContext& c) {
  if (c.needs(0)) c.set(0, means(c.attrs<AvgPoolBackwardAttrs>(), c.grad()));
}
void vjp_adaptive_avg(const VjpContext& c) {
  if (c.needs(0)) c.set(0, spread_adaptive_means(c.grad(), c.sizes(0)));
}
void vjp_adaptive_avg_backward(const VjpContext& c) {
  if (!c.needs(0)) return;
  c.set(0, adaptive_avg_pool2d(c.grad(), {c.sizes(0)[2], c.sizes(0)[3]}));
}

constexpr Saved save_places(std::uint64_t) { return {0, 0b10}; }

constexpr OpDef kMaxPool{.name = "max_pool2d",
                         .attrs = &attrs_type<MaxPoolAttrs>,
                         .infer = infer_max_pool,
                         .kernel = {cpu::max_pool2d},
                         .any_layout = true,
                         .saves = save_inputs<0>,
                         .vjp = vjp_max_pool,
                         .onnx = {"MaxPool", 12}};
constexpr OpDef kMaxPoolWithIndices{.name = "max_pool2d_with_indices",
                                    .outputs = 2,
                                    .attrs = &attrs_type<MaxPoolAttrs>,
                                    .infer = infer_max_pool,
                                    .kernel = {cpu::max_pool2d},
                                    .any_layout = true,
                                    .saves = save_places,
                                    .vjp = vjp_max_with_places,
                                    .onnx = {"MaxPool", 12}};
constexpr OpDef kAdaptiveMaxPool{.name = "adaptive_max_pool2d",
                                 .outputs = 2,
                                 .attrs = &attrs_type<PlaneAttrs>,
                                 .infer = infer_adaptive_max,
                                 .kernel = {cpu::adaptive_max_pool2d},
                                 .any_layout = true,
                                 .saves = save_places,
                                 .vjp = vjp_max_with_places,
                                 .no_onnx = "written as MaxPool where the parts are equal",
                                 .no_cuda = kNoCuda};
constexpr OpDef kMaxPoolBackward{.name = "max_pool2d_backward",
                                 .arity = 2,
                                 .attrs = &attrs_type<PlaneAttrs>,
                                 .infer = infer_max_backward,
                                 .kernel = {cpu::max_pool2d_backward},
                                 .any_layout = true,
                                 .saves = save_inputs<1>,
                                 .vjp = vjp_max_backward,
                                 .no_onnx = kNoGradientExport};
constexpr OpDef kAvgPool{.name = "avg_pool2d",
                         .attrs = &attrs_type<AvgPoolAttrs>,
                         .infer = infer_avg_pool,
                         .kernel = {cpu::avg_pool2d},
                         .any_layout = true,
                         .vjp = vjp_avg_pool,
                         .onnx = {"AveragePool", 19},
                         .no_cuda = kNoCuda};
constexpr OpDef kAvgPoolBackward{.name = "avg_pool2d_backward",
                                 .attrs = &attrs_type<AvgPoolBackwardAttrs>,
                                 .infer = infer_avg_backward,
                                 .kernel = {cpu::avg_pool2d_backward},
                                 .any_layout = true,
                                 .vjp = vjp_avg_backward,
                                 .no_onnx = kNoGradientExport,
                                 .no_cuda = kNoCuda};
constexpr OpDef kAdaptiveAvgPool{.name = "adaptive_avg_pool2d",
                                 .attrs = &attrs_type<PlaneAttrs>,
                                 .infer = infer_adaptive_avg,
                                 .kernel = {cpu::adaptive_avg_pool2d},
                                 .any_layout = true,
                                 .vjp = vjp_adaptive_avg,
                                 .no_onnx =
                                     "written as GlobalAveragePool, or as AveragePool where "
                                     "the parts are equal",
                                 .no_cuda = kNoCuda};
constexpr OpDef kAdaptiveAvgPoolBackward{.name = "adaptive_avg_pool2d_backward",
                                         .attrs = &attrs_type<PlaneAttrs>,
                                         .infer = infer_adaptive_avg_backward,
                                         .kernel = {cpu::adaptive_avg_pool2d_backward},
                                         .any_layout = true,
                                         .vjp = vjp_adaptive_avg_backward,
                                         .no_onnx = kNoGradientExport,
                                         .no_cuda = kNoCuda};

Dims last_two(IntArrayRef sizes) { return {sizes[2], sizes[3]}; }

Tensor scatter_maxima(const Tensor& dy, const Tensor& places, IntArrayRef input) {
  return call(kMaxPoolBackward, PlaneAttrs{last_two(input)}, dy, places);
}
Tensor places_of(const MaxPoolAttrs& a, const Tensor& x) {
  return call_multi<2>(kMaxPoolWithIndices, a, x)[1];
}
Tensor spread_means(const AvgPoolAttrs& a, const Tensor& dy, IntArrayRef input) {
  return call(kAvgPoolBackward,
              AvgPoolBackwardAttrs{a.kernel, a.stride, a.padding, a.ceil_mode, a.count_include_pad,
                                   a.divisor_override, last_two(input)},
              dy);
}
Tensor means(const AvgPoolBackwardAttrs& a, const Tensor& x) {
  return call(kAvgPool,
              AvgPoolAttrs{a.kernel, a.stride, a.padding, a.ceil_mode, a.count_include_pad,
                           a.divisor_override},
              x);
}
Tensor spread_adaptive_means(const Tensor& dy, IntArrayRef input) {
  return call(kAdaptiveAvgPoolBackward, PlaneAttrs{last_two(input)}, dy);
}

// --- Public arguments

// Values for rows and columns; a 1-d pooling has one row.
Dims pair_of(const char* name, const char* what, IntArrayRef values, std::size_t spatial,
             std::int64_t row) {
  SINTER_CHECK_AS(ValueError, values.size() == 1 || values.size() == spatial, "[", name, "] ", what,
                  spatial == 1 ? " must have 1 value" : " must have 1 or 2 values", "; got ",
                  values);
  if (spatial == 1) return {row, values[0]};
  return {values[0], values[values.size() - 1]};
}

// Brings input to [N, C, H, W], and the result back.
class Framed {
 public:
  Framed(const char* name, const Tensor& input, std::size_t spatial)
      : spatial_(static_cast<std::int64_t>(spatial)), batched_(input.dim() == spatial_ + 2) {
    SINTER_CHECK_AS(ValueError, batched_ || input.dim() == spatial_ + 1, "[", name,
                    "] input must have ", spatial_ + 1, " or ", spatial_ + 2, " dimensions; got ",
                    input.sizes());
    framed_ = batched_ ? input : unsqueeze(input, 0);
    if (spatial == 1) framed_ = unsqueeze(framed_, 2);
  }
  const Tensor& input() const { return framed_; }
  Tensor restore(Tensor result) const {
    if (spatial_ == 1) result = squeeze(result, 2);
    return batched_ ? result : squeeze(result, 0);
  }

 private:
  std::int64_t spatial_;
  bool batched_;
  Tensor framed_;
};

struct PoolArguments {
  const char* name;
  std::size_t spatial;
  IntArrayRef kernel, stride, padding;
};

MaxPoolAttrs max_attrs(const PoolArguments& a, IntArrayRef dilation, bool ceil_mode) {
  const IntArrayRef stride = a.stride.empty() ? a.kernel : a.stride;
  return {pair_of(a.name, "kernel_size", a.kernel, a.spatial, 1),
          pair_of(a.name, "stride", stride, a.spatial, 1),
          pair_of(a.name, "padding", a.padding, a.spatial, 0),
          pair_of(a.name, "dilation", dilation, a.spatial, 1), ceil_mode};
}

Tensor max_pooled(const Tensor& input, const PoolArguments& a, IntArrayRef dilation,
                  bool ceil_mode) {
  const Framed framed(a.name, input, a.spatial);
  return framed.restore(call(kMaxPool, max_attrs(a, dilation, ceil_mode), framed.input()));
}

std::tuple<Tensor, Tensor> max_pooled_with_places(const Tensor& input, const PoolArguments& a,
                                                  IntArrayRef dilation, bool ceil_mode) {
  const Framed framed(a.name, input, a.spatial);
  const auto out =
      call_multi<2>(kMaxPoolWithIndices, max_attrs(a, dilation, ceil_mode), framed.input());
  return {framed.restore(out[0]), framed.restore(out[1])};
}

Tensor avg_pooled(const Tensor& input, const PoolArguments& a, const AvgPoolAttrs& rest) {
  const Framed framed(a.name, input, a.spatial);
  const MaxPoolAttrs pairs = max_attrs(a, 1, rest.ceil_mode);
  AvgPoolAttrs attrs = rest;
  attrs.kernel = pairs.kernel;
  attrs.stride = pairs.stride;
  attrs.padding = pairs.padding;
  return framed.restore(call(kAvgPool, attrs, framed.input()));
}

Tensor adaptive_mean(const char* name, const Tensor& input, std::size_t spatial,
                     IntArrayRef output_size) {
  const Framed framed(name, input, spatial);
  const PlaneAttrs attrs{pair_of(name, "output_size", output_size, spatial, 1)};
  return framed.restore(call(kAdaptiveAvgPool, attrs, framed.input()));
}

std::tuple<Tensor, Tensor> adaptive_maximum(const char* name, const Tensor& input,
                                            std::size_t spatial, IntArrayRef output_size) {
  const Framed framed(name, input, spatial);
  const PlaneAttrs attrs{pair_of(name, "output_size", output_size, spatial, 1)};
  const auto out = call_multi<2>(kAdaptiveMaxPool, attrs, framed.input());
  return {framed.restore(out[0]), framed.restore(out[1])};
}

}  // namespace

OpTable pool_ops() {
  static constexpr const OpDef* ops[] = {
      &kMaxPool, &kMaxPoolWithIndices, &kAdaptiveMaxPool, &kMaxPoolBackward,
      &kAvgPool, &kAvgPoolBackward,    &kAdaptiveAvgPool, &kAdaptiveAvgPoolBackward};
  return ops;
}

}  // namespace ops

Tensor max_pool1d(const Tensor& input, IntArrayRef kernel_size, IntArrayRef stride,
                  IntArrayRef padding, IntArrayRef dilation, bool ceil_mode) {
  return ops::max_pooled(input, {"max_pool1d", 1, kernel_size, stride, padding}, dilation,
                         ceil_mode);
}
Tensor max_pool2d(const Tensor& input, IntArrayRef kernel_size, IntArrayRef stride,
                  IntArrayRef padding, IntArrayRef dilation, bool ceil_mode) {
  return ops::max_pooled(input, {"max_pool2d", 2, kernel_size, stride, padding}, dilation,
                         ceil_mode);
}
std::tuple<Tensor, Tensor> max_pool1d_with_indices(const Tensor& input, IntArrayRef kernel_size,
                                                   IntArrayRef stride, IntArrayRef padding,
                                                   IntArrayRef dilation, bool ceil_mode) {
  return ops::max_pooled_with_places(
      input, {"max_pool1d_with_indices", 1, kernel_size, stride, padding}, dilation, ceil_mode);
}
std::tuple<Tensor, Tensor> max_pool2d_with_indices(const Tensor& input, IntArrayRef kernel_size,
                                                   IntArrayRef stride, IntArrayRef padding,
                                                   IntArrayRef dilation, bool ceil_mode) {
  return ops::max_pooled_with_places(
      input, {"max_pool2d_with_indices", 2, kernel_size, stride, padding}, dilation, ceil_mode);
}

Tensor avg_pool1d(const Tensor& input, IntArrayRef kernel_size, IntArrayRef stride,
                  IntArrayRef padding, bool ceil_mode, bool count_include_pad) {
  return ops::avg_pooled(input, {"avg_pool1d", 1, kernel_size, stride, padding},
                         {{}, {}, {}, ceil_mode, count_include_pad, std::nullopt});
}
Tensor avg_pool2d(const Tensor& input, IntArrayRef kernel_size, IntArrayRef stride,
                  IntArrayRef padding, bool ceil_mode, bool count_include_pad,
                  std::optional<std::int64_t> divisor_override) {
  return ops::avg_pooled(input, {"avg_pool2d", 2, kernel_size, stride, padding},
                         {{}, {}, {}, ceil_mode, count_include_pad, divisor_override});
}

Tensor adaptive_avg_pool1d(const Tensor& input, IntArrayRef output_size) {
  return ops::adaptive_mean("adaptive_avg_pool1d", input, 1, output_size);
}
Tensor adaptive_avg_pool2d(const Tensor& input, IntArrayRef output_size) {
  return ops::adaptive_mean("adaptive_avg_pool2d", input, 2, output_size);
}
std::tuple<Tensor, Tensor> adaptive_max_pool1d(const Tensor& input, IntArrayRef output_size) {
  return ops::adaptive_maximum("adaptive_max_pool1d", input, 1, output_size);
}
std::tuple<Tensor, Tensor> adaptive_max_pool2d(const Tensor& input, IntArrayRef output_size) {
  return ops::adaptive_maximum("adaptive_max_pool2d", input, 2, output_size);
}

}  // namespace sinter
