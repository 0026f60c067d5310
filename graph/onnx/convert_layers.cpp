// Layers: convolution, products, normalisation, pooling, attention, embedding.
#include <sinter/graph/onnx/export_internal.h>
#include <sinter/ops/creation.h>

#include <limits>

namespace sinter::onnx {

namespace {

using List = std::vector<std::int64_t>;

List twice(const List& values) {
  List out = values;
  out.insert(out.end(), values.begin(), values.end());
  return out;
}

std::string filled(NodeWriter& w, IntArrayRef sizes, double value, DType dtype) {
  return w.constant(full(sizes, value, TensorOptions().dtype(dtype)));
}

// Optional inputs at the end are left out, not empty.
Names given(Names names) {
  while (!names.empty() && names.back().empty()) names.pop_back();
  return names;
}

void convolution(NodeWriter& w) {
  const auto padding = w.list("padding");
  w.require(w.rank() == w.list("stride").size() + 2, "the input must have a batch dimension");
  for (const std::int64_t p : padding) w.require(p >= 0, "padding must not be negative");
  w.result("Conv", given({w.in(0), w.in(1), w.in(2)}),
           {{"kernel_shape", w.meta(1).sizes.operator IntArrayRef().slice(2).vec()},
            {"strides", w.list("stride")},
            {"pads", padding},
            {"dilations", w.list("dilation")},
            {"group", w.attr<std::int64_t>("groups")}});
}

void linear(NodeWriter& w) {
  w.require(w.meta(1).dim() == 2, "the weight must be a matrix");
  if (w.rank() == 2) {
    w.result("Gemm", given({w.in(0), w.in(1), w.in(2)}), {{"transB", std::int64_t{1}}});
    return;
  }
  const std::string turned = w.add("Transpose", {w.in(1)}, {{"perm", List{1, 0}}});
  if (!w.has(2)) return w.result("MatMul", {w.in(0), turned});
  w.result("Add", {w.add("MatMul", {w.in(0), turned}), w.in(2)});
}

void addmm(NodeWriter& w) {
  w.result("Gemm", {w.in(1), w.in(2), w.in(0)},
           {{"alpha", w.attr<Scalar>("alpha").to_double()},
            {"beta", w.attr<Scalar>("beta").to_double()}});
}

void batch_norm_inference(NodeWriter& w) {
  const DType dtype = w.meta(3).dtype;
  const IntArrayRef channels = w.meta(3).sizes;
  w.result("BatchNormalization",
           {w.in(0), w.has(1) ? w.in(1) : filled(w, channels, 1, dtype),
            w.has(2) ? w.in(2) : filled(w, channels, 0, dtype), w.in(3), w.in(4)},
           {{"epsilon", w.attr<double>("eps")}});
}

void layer_norm(NodeWriter& w) {
  const auto shape = w.list("normalized_shape");
  const std::string weight = w.has(1) ? w.in(1) : filled(w, shape, 1, w.out_meta().dtype);
  w.result(
      "LayerNormalization", given({w.in(0), weight, w.in(2)}),
      {{"axis", -static_cast<std::int64_t>(shape.size())}, {"epsilon", w.attr<double>("eps")}});
}

// Whether a pooling of planes gives the same sizes without ceil_mode.
bool floor_is_enough(const NodeWriter& w, const List& padding, const List& dilation) {
  const auto kernel = w.list("kernel_size");
  const auto stride = w.list("stride");
  for (std::size_t d = 0; d < 2; ++d) {
    const std::int64_t in = w.meta(0).sizes[w.rank() - 2 + d] + 2 * padding[d];
    const std::int64_t out = (in - dilation[d] * (kernel[d] - 1) - 1) / stride[d] + 1;
    if (out != w.out_meta().sizes[w.rank() - 2 + d]) return false;
  }
  return true;
}

void max_pool(NodeWriter& w) {
  w.require(w.rank() == 4, "the input must be [N, C, H, W]");
  const auto padding = w.list("padding");
  const auto dilation = w.list("dilation");
  w.result("MaxPool", {w.in(0)},
           {{"kernel_shape", w.list("kernel_size")},
            {"strides", w.list("stride")},
            {"pads", twice(padding)},
            {"dilations", dilation},
            {"ceil_mode", std::int64_t{!floor_is_enough(w, padding, dilation)}}});
}

void avg_pool(NodeWriter& w) {
  w.require(w.rank() == 4, "the input must be [N, C, H, W]");
  const bool default_divisor =
      std::holds_alternative<std::monostate>(w.node().attributes().get("divisor_override"));
  w.require(default_divisor, "divisor_override has no form there");
  const auto padding = w.list("padding");
  w.require(floor_is_enough(w, padding, {1, 1}), "windows beyond the end have no form there");
  w.result("AveragePool", {w.in(0)},
           {{"kernel_shape", w.list("kernel_size")},
            {"strides", w.list("stride")},
            {"pads", twice(padding)},
            {"count_include_pad", w.attr<bool>("count_include_pad")}});
}

void adaptive_avg_pool(NodeWriter& w) {
  w.require(w.rank() == 4, "the input must be [N, C, H, W]");
  const auto size = w.list("size");
  if (size == List{1, 1}) return w.result("GlobalAveragePool", {w.in(0)});
  List kernel;
  for (std::size_t d = 0; d < 2; ++d) {
    const std::int64_t in = w.meta(0).sizes[2 + d];
    w.require(size[d] > 0 && in % size[d] == 0, "windows must be of one size");
    kernel.push_back(in / size[d]);
  }
  w.result("AveragePool", {w.in(0)}, {{"kernel_shape", kernel}, {"strides", kernel}});
}

void embedding(NodeWriter& w) {
  w.result("Gather", {w.in(0), w.in(1)}, {{"axis", std::int64_t{0}}});
}

// 0 where position i may look at j <= i, else -infinity.
std::string causal_mask(NodeWriter& w, std::int64_t queries, std::int64_t keys) {
  Tensor mask = zeros({queries, keys}, TensorOptions().dtype(kFloat32));
  auto* to = mask.data_ptr<float>();
  for (std::int64_t i = 0; i < queries; ++i) {
    for (std::int64_t j = 0; j < keys; ++j, ++to) {
      if (j > i) *to = -std::numeric_limits<float>::infinity();
    }
  }
  return w.constant(mask, "causal_mask");
}

// softmax(query key^T * scale + mask) value, as it is defined.
void attention(NodeWriter& w) {
  const DType dtype = w.out_meta().dtype;
  w.require(dtype == kFloat32, "attention must be f32");
  const std::size_t rank = w.rank();
  List turn;
  for (std::size_t d = 0; d < rank; ++d) turn.push_back(static_cast<std::int64_t>(d));
  std::swap(turn[rank - 2], turn[rank - 1]);
  const std::string scaled = w.add("Mul", {w.in(0), w.number(w.attr<double>("scale"), dtype)});
  std::string scores = w.add("MatMul", {scaled, w.add("Transpose", {w.in(1)}, {{"perm", turn}})});
  if (w.attr<bool>("is_causal")) {
    const auto mask = causal_mask(w, w.meta(0).sizes[rank - 2], w.meta(1).sizes[rank - 2]);
    scores = w.add("Add", {scores, mask});
  } else if (w.has(3)) {
    // A bool mask may leave a position nothing to look at, which would be NaN there.
    w.require(w.meta(3).dtype == dtype, "the mask must be a floating one");
    scores = w.add("Add", {scores, w.in(3)});
  }
  w.result("MatMul", {w.add("Softmax", {scores}, {{"axis", std::int64_t{-1}}}), w.in(2)});
}

constexpr Converter kLayers[] = {
    {"convolution", convolution},
    {"linear", linear},
    {"addmm", addmm},
    {"batch_norm_inference", batch_norm_inference},
    {"layer_norm", layer_norm},
    {"max_pool2d", max_pool},
    {"max_pool2d_with_indices", max_pool},
    {"avg_pool2d", avg_pool},
    {"adaptive_avg_pool2d", adaptive_avg_pool},
    {"embedding", embedding},
    {"scaled_dot_product_attention", attention},
};

}  // namespace

std::span<const Converter> layer_converters() { return kLayers; }

}  // namespace sinter::onnx
