#include <sinter/ops/checks_internal.h>
#include <sinter/ops/conv.h>
#include <sinter/ops/conv_attrs.h>
#include <sinter/ops/cpu/conv_kernels.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/epilogue.h>
#include <sinter/ops/registry.h>
#include <sinter/ops/view.h>

#include <limits>

namespace sinter {
namespace ops {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();

// Both call sides of one convolution: x is its larger end, y its result.
struct Spec {
  const char* name;  // for messages
  IntArrayRef stride, padding, dilation;
  std::int64_t groups;
};

const char* conv_name(std::size_t spatial) { return spatial == 1 ? "conv1d" : "conv2d"; }
const char* transpose_name(std::size_t spatial) {
  return spatial == 1 ? "conv_transpose1d" : "conv_transpose2d";
}

template <class Attrs>
Spec spec_of(const char* name, const Attrs& attrs) {
  return {name, attrs.stride, attrs.padding, attrs.dilation, attrs.groups};
}

void check_range(const char* name, const char* what, IntArrayRef values, std::int64_t least) {
  for (const std::int64_t v : values) {
    SINTER_CHECK_AS(ValueError, v >= least && v <= kMost, "[", name, "] ", what,
                    " must be between ", least, " and ", kMost, "; got ", values);
  }
}

void check_spec(const Spec& s) {
  const std::size_t spatial = s.stride.size();
  SINTER_CHECK_AS(ValueError,
                  (spatial == 1 || spatial == 2) && s.dilation.size() == spatial &&
                      s.padding.size() == 2 * spatial,
                  "[", s.name,
                  "] strides, paddings and dilations must be given for 1 or 2 "
                  "dimensions; got ",
                  s.stride, ", ", s.padding, " and ", s.dilation);
  check_range(s.name, "stride", s.stride, 1);
  check_range(s.name, "dilation", s.dilation, 1);
  check_range(s.name, "padding", s.padding.slice(0, spatial), 0);
  check_range(s.name, "padding at the end", s.padding.slice(spatial, spatial), -kMost);
  SINTER_CHECK_AS(ValueError, s.groups >= 1, "[", s.name, "] groups must be positive; got ",
                  s.groups);
}

void check_ranks(const Spec& s, IntArrayRef input, IntArrayRef weight) {
  const std::size_t rank = s.stride.size() + 2;
  SINTER_CHECK_AS(ValueError, input.size() == rank && weight.size() == rank, "[", s.name,
                  "] input and weight must have ", rank, " dimensions; got ", input, " and ",
                  weight);
  for (std::size_t d = 2; d < rank; ++d) {
    SINTER_CHECK_AS(ValueError, weight[d] >= 1 && input[d] >= 1, "[", s.name,
                    "] input and kernel must not be empty; got ", input, " and ", weight);
  }
}

// Elements that the kernel spans along spatial dimension i.
std::int64_t span_of(const Spec& s, IntArrayRef weight, std::size_t i) {
  return checked_mul(s.name, s.dilation[i], weight[i + 2] - 1) + 1;
}

std::int64_t padding_of(const Spec& s, std::size_t i) {
  return s.padding[i] + s.padding[s.stride.size() + i];
}

Dims forward_sizes(const Spec& s, IntArrayRef x, IntArrayRef weight) {
  Dims sizes{x[0], weight[0]};
  for (std::size_t i = 0; i < s.stride.size(); ++i) {
    const std::int64_t padded = checked_add(s.name, x[i + 2], padding_of(s, i));
    const std::int64_t span = span_of(s, weight, i);
    SINTER_CHECK_AS(ValueError, span <= padded, "[", s.name,
                    "] the kernel must fit into the padded input; got a kernel that spans ", span,
                    " over ", padded);
    sizes.push_back((padded - span) / s.stride[i] + 1);
  }
  return sizes;
}

void check_bias(const InferContext& c, const Spec& s, std::int64_t channels) {
  if (!c.in.defined(2)) return;
  SINTER_CHECK_AS(ValueError, c.meta(2).sizes == Dims{channels}, "[", s.name,
                  "] bias must have one element for each output channel ", channels, "; got ",
                  IntArrayRef(c.meta(2).sizes));
}

void check_dtypes(const InferContext& c, const Spec& s) {
  const DType dtype = c.meta(0).dtype;
  SINTER_CHECK_AS(NotImplementedError, is_floating_point(dtype), "[", s.name,
                  "] works on floating point tensors; got ", dtype);
  for (std::size_t i = 1; i < c.in.size(); ++i) {
    if (!c.in.defined(i) || c.meta(i).dtype == dtype) continue;
    fail<TypeError>("[", s.name, "] tensors must have one dtype; got ", dtype, " and ",
                    c.meta(i).dtype);
  }
}

// Activations of two spatial dimensions lie channels_last.
void set_activations(const InferContext& c, IntArrayRef sizes) {
  if (sizes.size() == 4) {
    c.set_free_channels_last(0, sizes, c.meta(0).dtype);
  } else {
    c.set(0, sizes, c.meta(0).dtype);
  }
}

// --- convolution

void infer_convolution(InferContext& c) {
  const auto& attrs = c.attrs<ConvAttrs>();
  const Spec s = spec_of(conv_name(attrs.stride.size()), attrs);
  const IntArrayRef x = c.meta(0).sizes, weight = c.meta(1).sizes;
  check_spec(s);
  check_dtypes(c, s);
  check_ranks(s, x, weight);
  SINTER_CHECK_AS(ValueError, x[1] == checked_mul(s.name, weight[1], s.groups), "[", s.name,
                  "] input channels must be groups times those of the weight; got input ", x,
                  ", weight ", weight, " and groups ", s.groups);
  SINTER_CHECK_AS(ValueError, weight[0] % s.groups == 0, "[", s.name,
                  "] output channels must be divisible by groups; got weight ", weight,
                  " and groups ", s.groups);
  check_bias(c, s, weight[0]);
  set_activations(c, forward_sizes(s, x, weight));
}

// --- conv_transpose

Dims transposed_sizes(const Spec& s, IntArrayRef output_padding, IntArrayRef y,
                      IntArrayRef weight) {
  Dims sizes{y[0], checked_mul(s.name, weight[1], s.groups)};
  for (std::size_t i = 0; i < s.stride.size(); ++i) {
    const std::int64_t steps = checked_mul(s.name, y[i + 2] - 1, s.stride[i]);
    const std::int64_t whole = checked_add(s.name, steps, span_of(s, weight, i));
    const std::int64_t size = checked_add(s.name, whole, output_padding[i] - padding_of(s, i));
    SINTER_CHECK_AS(ValueError, size >= 1, "[", s.name, "] the output must not be empty; got size ",
                    size);
    sizes.push_back(size);
  }
  return sizes;
}

void infer_conv_transpose(InferContext& c) {
  const auto& attrs = c.attrs<ConvTransposeAttrs>();
  const Spec s = spec_of(transpose_name(attrs.stride.size()), attrs);
  const IntArrayRef y = c.meta(0).sizes, weight = c.meta(1).sizes;
  check_spec(s);
  check_dtypes(c, s);
  check_ranks(s, y, weight);
  SINTER_CHECK_AS(ValueError, attrs.output_padding.size() == s.stride.size(), "[", s.name,
                  "] output_padding must be given for ", s.stride.size(), " dimensions; got ",
                  IntArrayRef(attrs.output_padding));
  check_range(s.name, "output_padding", attrs.output_padding, 0);
  SINTER_CHECK_AS(ValueError, y[1] == weight[0], "[", s.name,
                  "] input channels must be those of the weight; got input ", y, " and weight ",
                  weight);
  SINTER_CHECK_AS(ValueError, y[1] % s.groups == 0, "[", s.name,
                  "] input channels must be divisible by groups; got input ", y, " and groups ",
                  s.groups);
  const Dims sizes = transposed_sizes(s, attrs.output_padding, y, weight);
  check_bias(c, s, sizes[1]);
  set_activations(c, sizes);
}

// --- Gradients

// The padding that lets a convolution of a tensor of x's sizes give y's: what lies beyond is left
// out.
Dims fitting_padding(const Spec& s, IntArrayRef x, IntArrayRef weight, IntArrayRef y) {
  Dims padding = s.padding;
  const std::size_t spatial = s.stride.size();
  for (std::size_t i = 0; i < spatial; ++i) {
    const std::int64_t used = (y[i + 2] - 1) * s.stride[i] + span_of(s, weight, i);
    padding[spatial + i] = used - x[i + 2] - padding[i];
  }
  return padding;
}

ConvAttrs conv_attrs(const Spec& s, const Dims& padding) {
  return {Dims(s.stride), padding, Dims(s.dilation), s.groups};
}

// The gradient of a convolution with respect to its input of sizes x.
Tensor input_gradient(const Spec& s, IntArrayRef x, const Tensor& dy, const Tensor& weight);
// The gradient of the convolution of x to dy's sizes with respect to its weight.
Tensor weight_gradient(const Spec& s, const Tensor& x, const Tensor& dy, IntArrayRef weight);
Tensor bias_gradient(const Tensor& dy);
// The convolution of x that gives sizes y.
Tensor fitted_convolution(const Spec& s, const Tensor& x, const Tensor& weight, IntArrayRef y);

void vjp_convolution(const VjpContext& c) {
  SINTER_CHECK_AS(NotImplementedError, !c.attrs<ConvAttrs>().relu,
                  "[convolution] has no gradient once a pass has put a ReLU into it");
  const Spec s = spec_of("convolution", c.attrs<ConvAttrs>());
  if (c.needs(0)) c.set(0, input_gradient(s, c.sizes(0), c.grad(), c.in(1)));
  if (c.needs(1)) c.set(1, weight_gradient(s, c.in(0), c.grad(), c.sizes(1)));
  if (c.needs(2)) c.set(2, bias_gradient(c.grad()));
}

void vjp_conv_transpose(const VjpContext& c) {
  const Spec s = spec_of("conv_transpose", c.attrs<ConvTransposeAttrs>());
  if (c.needs(0)) c.set(0, fitted_convolution(s, c.grad(), c.in(1), c.sizes(0)));
  if (c.needs(1)) c.set(1, weight_gradient(s, c.grad(), c.in(0), c.sizes(1)));
  if (c.needs(2)) c.set(2, bias_gradient(c.grad()));
}

// Inputs (x, dy).
void infer_backward_weight(InferContext& c) {
  const auto& attrs = c.attrs<ConvWeightAttrs>();
  const Spec s = spec_of("convolution_backward_weight", attrs);
  const IntArrayRef x = c.meta(0).sizes, dy = c.meta(1).sizes, weight = attrs.weight;
  check_spec(s);
  check_dtypes(c, s);
  checked_numel(s.name, weight);
  check_ranks(s, x, weight);
  const bool fits = weight[0] % s.groups == 0 && x[1] == checked_mul(s.name, weight[1], s.groups) &&
                    dy.equals(forward_sizes(s, x, weight));
  SINTER_CHECK_AS(ValueError, fits, "[", s.name,
                  "] sizes of input, weight and output must agree; got ", x, ", ", weight, " and ",
                  dy);
  c.set(0, weight, c.meta(0).dtype);
}

void vjp_backward_weight(const VjpContext& c) {
  const auto& attrs = c.attrs<ConvWeightAttrs>();
  const Spec s = spec_of("convolution_backward_weight", attrs);
  if (c.needs(0)) c.set(0, input_gradient(s, c.sizes(0), c.in(1), c.grad()));
  if (c.needs(1)) c.set(1, fitted_convolution(s, c.in(0), c.grad(), c.sizes(1)));
}

void infer_backward_bias(InferContext& c) {
  check_floating(c);
  const IntArrayRef dy = c.meta(0).sizes;
  SINTER_CHECK_AS(ValueError, dy.size() == 3 || dy.size() == 4, "[", c.op(),
                  "] the gradient must have 3 or 4 dimensions; got ", dy);
  c.set(0, dy[1], c.meta(0).dtype);
}

void vjp_backward_bias(const VjpContext& c) {
  const IntArrayRef sizes = c.sizes(0);
  Dims ones(sizes.size(), 1);
  ones[1] = sizes[1];
  c.set(0, expand(view(c.grad(), ones), sizes));
}

constexpr OpDef kConvolution{.name = "convolution",
                             .arity = 3,
                             .optional_inputs = 4,
                             .attrs = &attrs_type<ConvAttrs>,
                             .infer = infer_convolution,
                             .kernel = {cpu::convolution},
                             .any_layout = true,
                             .saves = save_other,
                             .vjp = vjp_convolution,
                             .onnx = {"Conv", 1}};
constexpr OpDef kConvTranspose{.name = "conv_transpose",
                               .arity = 3,
                               .optional_inputs = 4,
                               .attrs = &attrs_type<ConvTransposeAttrs>,
                               .infer = infer_conv_transpose,
                               .kernel = {cpu::conv_transpose},
                               .any_layout = true,
                               .saves = save_other,
                               .vjp = vjp_conv_transpose,
                               .onnx = {"ConvTranspose", 1}};
constexpr OpDef kBackwardWeight{.name = "convolution_backward_weight",
                                .arity = 2,
                                .attrs = &attrs_type<ConvWeightAttrs>,
                                .infer = infer_backward_weight,
                                .kernel = {cpu::convolution_backward_weight},
                                .any_layout = true,
                                .saves = save_other,
                                .vjp = vjp_backward_weight,
                                .no_onnx = "gradients are not exported"};
constexpr OpDef kBackwardBias{.name = "convolution_backward_bias",
                              .infer = infer_backward_bias,
                              .kernel = {cpu::convolution_backward_bias},
                              .any_layout = true,
                              .vjp = vjp_backward_bias,
                              .no_onnx = "gradients are not exported"};

Tensor fitted_convolution(const Spec& s, const Tensor& x, const Tensor& weight, IntArrayRef y) {
  const Dims padding = fitting_padding(s, x.sizes(), weight.sizes(), y);
  return call(kConvolution, conv_attrs(s, padding), x, weight, Tensor());
}

Tensor input_gradient(const Spec& s, IntArrayRef x, const Tensor& dy, const Tensor& weight) {
  const Dims none(s.stride.size(), 0);
  ConvTransposeAttrs attrs{Dims(s.stride), Dims(s.padding), Dims(s.dilation), s.groups, none};
  const std::size_t spatial = s.stride.size();
  for (std::size_t i = 0; i < spatial; ++i) {
    const std::int64_t used =
        (dy.sizes()[i + 2] - 1) * s.stride[i] + span_of(s, weight.sizes(), i) - padding_of(s, i);
    attrs.output_padding[i] = x[i + 2] - used;
  }
  return call(kConvTranspose, attrs, dy, weight, Tensor());
}

Tensor weight_gradient(const Spec& s, const Tensor& x, const Tensor& dy, IntArrayRef weight) {
  const Dims padding = fitting_padding(s, x.sizes(), weight, dy.sizes());
  return call(kBackwardWeight,
              ConvWeightAttrs{Dims(s.stride), padding, Dims(s.dilation), s.groups, Dims(weight)}, x,
              dy);
}

Tensor bias_gradient(const Tensor& dy) { return call(kBackwardBias, dy); }

// --- Public arguments

Dims expanded(const char* name, const char* what, IntArrayRef values, std::size_t spatial) {
  SINTER_CHECK_AS(ValueError, values.size() == 1 || values.size() == spatial, "[", name, "] ", what,
                  " must have 1 or ", spatial, " values; got ", values);
  return values.size() == spatial ? Dims(values) : Dims(spatial, values[0]);
}

Dims both_ends(const Dims& padding) {
  Dims both = padding;
  for (const std::int64_t p : padding) both.push_back(p);
  return both;
}

// Padding by name: at the ends of each dimension so that a stride of 1 keeps the size.
Dims named_padding(const char* name, std::string_view padding, const Tensor& weight,
                   IntArrayRef stride, const Dims& dilation) {
  const std::size_t spatial = dilation.size();
  Dims both(2 * spatial, 0);
  if (padding == "valid") return both;
  SINTER_CHECK_AS(ValueError, padding == "same", "[", name,
                  "] padding must be \"same\", \"valid\" or numbers; got \"", padding, "\"");
  for (const std::int64_t s : stride) {
    SINTER_CHECK_AS(ValueError, s == 1, "[", name, "] padding \"same\" needs a stride of 1; got ",
                    stride);
  }
  if (weight.dim() != static_cast<std::int64_t>(spatial) + 2) return both;  // refused by infer
  for (std::size_t i = 0; i < spatial; ++i) {
    const std::int64_t total = checked_mul(name, dilation[i], weight.sizes()[i + 2] - 1);
    both[i] = total / 2;
    both[spatial + i] = total - total / 2;
  }
  return both;
}

// Adds the batch dimension where it is missing, and takes it away from the result.
template <class F>
Tensor batched(const Tensor& input, std::size_t spatial, F&& run) {
  if (!input.defined() || input.dim() != static_cast<std::int64_t>(spatial) + 1) return run(input);
  return squeeze(run(unsqueeze(input, 0)), 0);
}

struct ConvArguments {
  const Tensor &input, &weight, &bias;
  IntArrayRef stride, dilation;
  std::int64_t groups;
  std::size_t spatial;
};

// padding_for(stride, dilation) gives the padding of both ends.
template <class F>
Tensor convolve(const ConvArguments& a, F&& padding_for) {
  const char* name = conv_name(a.spatial);
  const Dims stride = expanded(name, "stride", a.stride, a.spatial);
  const Dims dilation = expanded(name, "dilation", a.dilation, a.spatial);
  const ConvAttrs attrs{stride, padding_for(stride, dilation), dilation, a.groups};
  for (const std::int64_t p : attrs.padding) {
    SINTER_CHECK_AS(ValueError, p >= 0, "[", name, "] padding must not be negative; got ",
                    IntArrayRef(attrs.padding));
  }
  return batched(a.input, a.spatial,
                 [&](const Tensor& x) { return call(kConvolution, attrs, x, a.weight, a.bias); });
}

Tensor convolve_padded(const ConvArguments& a, IntArrayRef padding) {
  return convolve(a, [&](const Dims&, const Dims&) {
    return both_ends(expanded(conv_name(a.spatial), "padding", padding, a.spatial));
  });
}

Tensor convolve_named(const ConvArguments& a, std::string_view padding) {
  SINTER_CHECK(a.weight.defined(), "[", conv_name(a.spatial), "] weight is an undefined tensor");
  return convolve(a, [&](const Dims& stride, const Dims& dilation) {
    return named_padding(conv_name(a.spatial), padding, a.weight, stride, dilation);
  });
}

Tensor convolve_transposed(const ConvArguments& a, IntArrayRef padding,
                           IntArrayRef output_padding) {
  const char* name = transpose_name(a.spatial);
  ConvTransposeAttrs attrs{expanded(name, "stride", a.stride, a.spatial),
                           both_ends(expanded(name, "padding", padding, a.spatial)),
                           expanded(name, "dilation", a.dilation, a.spatial), a.groups,
                           expanded(name, "output_padding", output_padding, a.spatial)};
  for (std::size_t i = 0; i < a.spatial; ++i) {
    const std::int64_t extra = attrs.output_padding[i];
    SINTER_CHECK_AS(ValueError, extra < attrs.stride[i] || extra < attrs.dilation[i], "[", name,
                    "] output_padding must be smaller than stride or dilation; got ",
                    IntArrayRef(attrs.output_padding));
    SINTER_CHECK_AS(ValueError, attrs.padding[i] >= 0, "[", name,
                    "] padding must not be negative; got ", padding);
  }
  return batched(a.input, a.spatial,
                 [&](const Tensor& x) { return call(kConvTranspose, attrs, x, a.weight, a.bias); });
}

}  // namespace

bool takes_relu(const OpDef& op) { return &op == &kConvolution; }

OpTable conv_ops() {
  static constexpr const OpDef* ops[] = {&kConvolution, &kConvTranspose, &kBackwardWeight,
                                         &kBackwardBias};
  return ops;
}

}  // namespace ops

Tensor detail::conv_named(std::size_t spatial, const std::array<Tensor, 3>& tensors,
                          IntArrayRef stride, std::string_view padding, IntArrayRef dilation,
                          std::int64_t groups) {
  const auto& [input, weight, bias] = tensors;
  return ops::convolve_named({input, weight, bias, stride, dilation, groups, spatial}, padding);
}

Tensor conv1d(const Tensor& input, const Tensor& weight, const Tensor& bias, IntArrayRef stride,
              IntArrayRef padding, IntArrayRef dilation, std::int64_t groups) {
  return ops::convolve_padded({input, weight, bias, stride, dilation, groups, 1}, padding);
}
Tensor conv2d(const Tensor& input, const Tensor& weight, const Tensor& bias, IntArrayRef stride,
              IntArrayRef padding, IntArrayRef dilation, std::int64_t groups) {
  return ops::convolve_padded({input, weight, bias, stride, dilation, groups, 2}, padding);
}
Tensor conv_transpose1d(const Tensor& input, const Tensor& weight, const Tensor& bias,
                        IntArrayRef stride, IntArrayRef padding, IntArrayRef output_padding,
                        std::int64_t groups, IntArrayRef dilation) {
  return ops::convolve_transposed({input, weight, bias, stride, dilation, groups, 1}, padding,
                                  output_padding);
}
Tensor conv_transpose2d(const Tensor& input, const Tensor& weight, const Tensor& bias,
                        IntArrayRef stride, IntArrayRef padding, IntArrayRef output_padding,
                        std::int64_t groups, IntArrayRef dilation) {
  return ops::convolve_transposed({input, weight, bias, stride, dilation, groups, 2}, padding,
                                  output_padding);
}

}  // namespace sinter
