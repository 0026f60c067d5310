// Layers: convolution, products, normalisation, pooling.
#include <sinter/graph/onnx/import_internal.h>
#include <sinter/ops/ops.h>

namespace sinter::onnx {

namespace {

using List = std::vector<std::int64_t>;

// The geometry of a window: strides, dilations and pads, checked against the number of dimensions.
struct Window {
  List kernel;
  List stride;
  List dilation;
  List pads;  // those at the start, then those at the end
};

Window window_of(const NodeReader& r, const Tensor& x, const List& kernel) {
  r.require(x.dim() >= 3 && x.dim() <= 4, "the input must be [N, C, L] or [N, C, H, W]");
  const auto spatial = static_cast<std::size_t>(x.dim() - 2);
  const std::string fill = r.string_attr("auto_pad", "NOTSET");
  r.require(fill == "NOTSET" || fill == "VALID" || fill.empty(), "auto_pad must be explicit");
  Window w{kernel, r.ints_attr("strides").value_or(List(spatial, 1)),
           r.ints_attr("dilations").value_or(List(spatial, 1)),
           r.ints_attr("pads").value_or(List(2 * spatial, 0))};
  SINTER_CHECK_AS(IOError,
                  w.kernel.size() == spatial && w.stride.size() == spatial &&
                      w.dilation.size() == spatial && w.pads.size() == 2 * spatial,
                  "[onnx] a window has a number for each spatial dimension; got ",
                  IntArrayRef(w.kernel), ", strides ", IntArrayRef(w.stride), ", dilations ",
                  IntArrayRef(w.dilation), " and pads ", IntArrayRef(w.pads));
  return w;
}

bool symmetric(const Window& w) {
  const std::size_t n = w.kernel.size();
  for (std::size_t d = 0; d < n; ++d) {
    if (w.pads[d] != w.pads[n + d]) return false;
  }
  return true;
}
List starts(const Window& w) {
  return {w.pads.begin(), w.pads.begin() + static_cast<std::ptrdiff_t>(w.kernel.size())};
}

// pad() counts from the last dimension.
Tensor padded(const Tensor& x, const Window& w) {
  List pads;
  for (std::size_t d = w.kernel.size(); d-- > 0;) {
    pads.push_back(w.pads[d]);
    pads.push_back(w.pads[w.kernel.size() + d]);
  }
  return pad(x, pads);
}

Results conv(const NodeReader& r) {
  if (const Tensor y = read_on_bytes(r); y.defined()) return {y};
  const Tensor& weight = r.in(1);
  r.require(weight.dim() >= 3, "the weight must have spatial dimensions");
  Tensor x = r.in(0);
  const Window w = window_of(r, x, weight.sizes().slice(2).vec());
  List padding = starts(w);
  if (!symmetric(w)) {
    x = padded(x, w);
    padding.assign(padding.size(), 0);
  }
  const std::int64_t groups = r.int_attr("group", 1);
  if (x.dim() == 3)
    return {conv1d(x, weight, r.optional(2), w.stride, padding, w.dilation, groups)};
  return {conv2d(x, weight, r.optional(2), w.stride, padding, w.dilation, groups)};
}

Results gemm(const NodeReader& r) {
  if (const Tensor y = read_on_bytes(r); y.defined()) return {y};
  const bool turned = r.int_attr("transB", 0) != 0;
  const Tensor a = r.int_attr("transA", 0) != 0 ? r.in(0).t() : r.in(0);
  const Tensor& b = r.in(1);
  const double alpha = r.float_attr("alpha", 1);
  const double beta = r.float_attr("beta", 1);
  r.require(a.dim() == 2 && b.dim() == 2, "factors must be matrices");
  const Tensor c = r.optional(2);
  const bool bias = !c.defined() || (c.dim() == 1 && c.size(0) == b.size(turned ? 0 : 1));
  if (alpha == 1 && beta == 1 && turned && bias) return {linear(a, b, c)};
  const Tensor factor = turned ? b.t() : b;
  if (!c.defined()) return {alpha == 1 ? mm(a, factor) : mm(a, factor) * alpha};
  return {addmm(c, a, factor, beta, alpha)};
}

Results mat_mul(const NodeReader& r) { return {matmul(r.in(0), r.in(1))}; }

Results batch_normalization(const NodeReader& r) {
  r.require(r.int_attr("training_mode", 0) == 0, "training is not part of a model's file");
  r.require(r.int_attr("spatial", 1) == 1, "statistics must be those of channels");
  return {batch_norm(r.in(0), r.in(1), r.in(2), r.in(3), r.in(4), false, 0.1,
                     r.float_attr("epsilon", 1e-5))};
}

Results layer_normalization(const NodeReader& r) {
  const Tensor& x = r.in(0);
  std::int64_t axis = r.int_attr("axis", -1);
  axis = static_cast<std::int64_t>(wrap_dim("onnx", axis, static_cast<std::size_t>(x.dim())));
  const IntArrayRef shape = x.sizes().slice(static_cast<std::size_t>(axis));
  return {layer_norm(x, shape, r.in(1), r.optional(2), r.float_attr("epsilon", 1e-5))};
}

Results max_pool(const NodeReader& r) {
  const Tensor& x = r.in(0);
  const Window w = window_of(r, x, r.ints_attr("kernel_shape").value_or(List()));
  r.require(symmetric(w), "padding must be the same at both ends");
  const bool ceil = r.int_attr("ceil_mode", 0) != 0;
  if (x.dim() == 3) return {max_pool1d(x, w.kernel, w.stride, starts(w), w.dilation, ceil)};
  return {max_pool2d(x, w.kernel, w.stride, starts(w), w.dilation, ceil)};
}

Results average_pool(const NodeReader& r) {
  const Tensor& x = r.in(0);
  const Window w = window_of(r, x, r.ints_attr("kernel_shape").value_or(List()));
  r.require(
      symmetric(w) && r.int_attr("ceil_mode", 0) == 0 && w.dilation == List(w.kernel.size(), 1),
      "padding must be the same at both ends, without ceil_mode and dilations");
  const bool count = r.int_attr("count_include_pad", 0) != 0;
  if (x.dim() == 3) return {avg_pool1d(x, w.kernel, w.stride, starts(w), false, count)};
  return {avg_pool2d(x, w.kernel, w.stride, starts(w), false, count)};
}

Results global_average_pool(const NodeReader& r) {
  const Tensor& x = r.in(0);
  r.require(x.dim() == 3 || x.dim() == 4, "the input must be [N, C, L] or [N, C, H, W]");
  return {x.dim() == 3 ? adaptive_avg_pool1d(x, 1) : adaptive_avg_pool2d(x, 1)};
}

// Before opset 13 dimensions from the axis on are one.
template <Tensor (*fn)(const Tensor&, std::int64_t, std::optional<DType>)>
Results softmax_like(const NodeReader& r) {
  const Tensor& x = r.in(0);
  const std::int64_t axis = r.int_attr("axis", r.opset() < 13 ? 1 : -1);
  r.require(r.opset() >= 13 || axis == -1 || axis == x.dim() - 1,
            "softmax must run along the last dimension before opset 13");
  return {fn(x, axis, std::nullopt)};
}

Results dropout(const NodeReader& r) {
  const bool training = r.has(2) && r.known_number(2) != 0.0;
  r.require(!training, "training is not part of a model's file");
  return {r.in(0)};
}

constexpr Reader kLayers[] = {
    {"AveragePool", average_pool},
    {"BatchNormalization", batch_normalization, 0, 0b11000},
    {"Conv", conv},
    {"Dropout", dropout, 0b110},
    {"Gemm", gemm},
    {"GlobalAveragePool", global_average_pool},
    {"LayerNormalization", layer_normalization},
    {"LogSoftmax", softmax_like<log_softmax>},
    {"MatMul", mat_mul},
    {"MaxPool", max_pool},
    {"Softmax", softmax_like<softmax>},
};

}  // namespace

std::span<const Reader> layer_readers() { return kLayers; }

}  // namespace sinter::onnx
