// QuantizeLinear and DequantizeLinear, and the float operators between them that Sinter runs on
// bytes.
#include <sinter/core/tensor_factory.h>
#include <sinter/graph/onnx/import_internal.h>
#include <sinter/graph/trace.h>
#include <sinter/ops/quantize.h>
#include <sinter/ops/quantized.h>

#include <algorithm>

namespace sinter::onnx {

namespace {

using List = std::vector<std::int64_t>;

// Elements are read and written in place here: ops would be captured.
template <class T>
List elements(const Tensor& tensor) {
  const T* from = tensor.data_ptr<T>();
  return List(from, from + tensor.numel());
}

List zero_points(const NodeReader& r, std::size_t count) {
  if (!r.has(2)) return List(count, 0);
  const Tensor zero = r.known(2);
  switch (zero.dtype()) {
    case DType::u8:
      return elements<std::uint8_t>(zero);
    case DType::i8:
      return elements<std::int8_t>(zero);
    case DType::i32:
      return elements<std::int32_t>(zero);
    default:
      r.require(false, "zero points must be u8, i8 or i32");
      return {};
  }
}

// What the bytes at a QuantizeLinear or DequantizeLinear stand for.
struct Scheme {
  std::vector<float> scales;
  List zeros;
  DType dtype = kUInt8;  // of the bytes
  std::int64_t axis = 1;

  bool per_tensor() const { return scales.size() == 1; }
  QuantParams params() const { return {static_cast<double>(scales[0]), zeros[0]}; }
};

Scheme scheme_of(const NodeReader& r, DType dtype) {
  const Tensor scale = r.known(1);
  r.require(scale.defined() && scale.dtype() == kFloat32 && scale.dim() <= 1,
            "scales must be f32, one or a list");
  const auto* from = scale.data_ptr<float>();
  Scheme out{{from, from + scale.numel()}, {}, dtype, r.int_attr("axis", 1)};
  out.zeros = zero_points(r, out.scales.size());
  SINTER_CHECK_AS(IOError, !out.scales.empty() && out.zeros.size() == out.scales.size(),
                  "[onnx] there are as many zero points as scales; got ", out.zeros.size(), " and ",
                  out.scales.size());
  return out;
}

// Scales and zero points as constants of the graph.
struct Constants {
  Tensor scale;
  Tensor zero;
  std::optional<std::int64_t> axis;
};

Constants constants_of(const Scheme& s) {
  const Dims sizes = s.per_tensor() ? Dims{} : Dims{static_cast<std::int64_t>(s.scales.size())};
  Tensor scale = empty_tensor("onnx", sizes, kFloat32);
  Tensor zero = empty_tensor("onnx", sizes, kInt32);
  std::copy(s.scales.begin(), s.scales.end(), scale.data_ptr<float>());
  std::transform(s.zeros.begin(), s.zeros.end(), zero.data_ptr<std::int32_t>(),
                 [](std::int64_t z) { return static_cast<std::int32_t>(z); });
  return {graph::captured_constant(scale), graph::captured_constant(zero),
          s.per_tensor() ? std::nullopt : std::optional(s.axis)};
}

// Bytes that an input of a layer was dequantized from.
struct Bytes {
  Tensor values;
  Scheme scheme;
};

std::optional<Bytes> bytes_at(const NodeReader& layer, int i) {
  const auto maker = layer.maker(i);
  if (!maker || maker->node().op_type() != "DequantizeLinear") return std::nullopt;
  const Tensor& values = maker->in(0);
  return Bytes{values, scheme_of(*maker, values.dtype())};
}

// Activations: one scale, u8 or i8.
std::optional<Bytes> activation_at(const NodeReader& layer, int i) {
  auto out = bytes_at(layer, i);
  const bool fits = out && out->scheme.per_tensor() &&
                    (out->scheme.dtype == kUInt8 || out->scheme.dtype == kInt8);
  return fits ? out : std::nullopt;
}

bool is_list(const std::optional<List>& values, std::size_t size, std::int64_t value) {
  return !values || *values == List(size, value);
}

// Weights and bias of a layer of scale input_scale, as the ops on bytes want them.
std::optional<QuantizedWeight> weight_of(const NodeReader& layer, float input_scale) {
  const auto weight = bytes_at(layer, 1);
  if (!weight || weight->scheme.dtype != kInt8 || weight->values.dim() < 2) return std::nullopt;
  const Scheme& s = weight->scheme;
  const std::int64_t outputs = weight->values.size(0);
  const bool plain = std::all_of(s.zeros.begin(), s.zeros.end(), [](auto z) { return z == 0; });
  if (!plain || (!s.per_tensor() && s.axis != 0)) return std::nullopt;
  Tensor scales = empty_tensor("onnx", {outputs}, kFloat32);
  auto* to = scales.data_ptr<float>();
  if (!s.per_tensor() && static_cast<std::int64_t>(s.scales.size()) != outputs) return std::nullopt;
  for (std::int64_t o = 0; o < outputs; ++o) {
    to[o] = s.per_tensor() ? s.scales[0] : s.scales[static_cast<std::size_t>(o)];
  }
  QuantizedWeight out{weight->values, {}, {}};
  if (layer.has(2)) {
    const auto bias = bytes_at(layer, 2);
    if (!bias || bias->scheme.dtype != kInt32) return std::nullopt;
    for (std::int64_t o = 0; o < outputs; ++o) {
      const std::size_t at = bias->scheme.per_tensor() ? 0 : static_cast<std::size_t>(o);
      if (at >= bias->scheme.scales.size() || bias->scheme.zeros[at] != 0 ||
          bias->scheme.scales[at] != to[o] * input_scale) {
        return std::nullopt;
      }
    }
    out.bias = bias->values;
  }
  out.scales = graph::captured_constant(scales);
  return out;
}

Tensor conv_on_bytes(const NodeReader& r, const QuantizedOutput& output) {
  const auto x = activation_at(r, 0);
  if (!x || x->values.dim() != 4) return {};
  const auto weight = weight_of(r, x->scheme.scales[0]);
  const List pads = r.ints_attr("pads").value_or(List(4, 0));
  const std::string fill = r.string_attr("auto_pad", "NOTSET");
  const bool fits = weight && weight->values.dim() == 4 && pads.size() == 4 && pads[0] == pads[2] &&
                    pads[1] == pads[3] && (fill == "NOTSET" || fill.empty());
  if (!fits) return {};
  const List ones(2, 1);
  return quantized_conv2d(x->values, x->scheme.params(), *weight, output,
                          {Dims(r.ints_attr("strides").value_or(ones)), Dims{pads[0], pads[1]},
                           Dims(r.ints_attr("dilations").value_or(ones)), r.int_attr("group", 1)});
}

Tensor gemm_on_bytes(const NodeReader& r, const QuantizedOutput& output) {
  const bool plain = r.int_attr("transA", 0) == 0 && r.int_attr("transB", 0) == 1 &&
                     r.float_attr("alpha", 1) == 1 && r.float_attr("beta", 1) == 1;
  const auto x = activation_at(r, 0);
  if (!plain || !x) return {};
  const auto weight = weight_of(r, x->scheme.scales[0]);
  if (!weight) return {};
  return quantized_linear(x->values, x->scheme.params(), *weight, output);
}

Tensor add_on_bytes(const NodeReader& r, const QuantizedOutput& output) {
  const auto a = activation_at(r, 0);
  const auto b = activation_at(r, 1);
  const bool fits = a && b && a->values.sizes() == b->values.sizes() &&
                    a->scheme.dtype == output.dtype && b->scheme.dtype == output.dtype;
  if (!fits) return {};
  return quantized_add(a->values, a->scheme.params(), b->values, b->scheme.params(), output);
}

Tensor pool_on_bytes(const NodeReader& r, const QuantizedOutput& output) {
  const auto x = activation_at(r, 0);
  if (!x || x->values.dim() != 4 || x->scheme.dtype != output.dtype || output.relu) return {};
  if (r.node().op_type() == "GlobalAveragePool") {
    return quantized_global_avg_pool2d(x->values, x->scheme.params(), output.params);
  }
  const List pads = r.ints_attr("pads").value_or(List(4, 0));
  const auto kernel = r.ints_attr("kernel_shape");
  const bool fits = kernel && pads.size() == 4 && pads[0] == pads[2] && pads[1] == pads[3] &&
                    r.int_attr("ceil_mode", 0) == 0 && is_list(r.ints_attr("dilations"), 2, 1);
  if (!fits) return {};
  return quantized_avg_pool2d(
      x->values, x->scheme.params(), output.params,
      {Dims(*kernel), Dims(r.ints_attr("strides").value_or(List(2, 1))), Dims{pads[0], pads[1]},
       false, r.int_attr("count_include_pad", 0) != 0});
}

Tensor layer_on_bytes(const NodeReader& r, const QuantizedOutput& output) {
  const std::string& type = r.node().op_type();
  if (type == "Conv") return conv_on_bytes(r, output);
  if (type == "Gemm") return gemm_on_bytes(r, output);
  if (output.dtype == kFloat32) return {};
  if (type == "Add") return add_on_bytes(r, output);
  if (type == "GlobalAveragePool" || type == "AveragePool") return pool_on_bytes(r, output);
  return {};
}

Results quantize_linear(const NodeReader& r) {
  const DType dtype = r.has(2) ? r.known(2).dtype() : kUInt8;
  r.require(dtype == kUInt8 || dtype == kInt8, "values are quantized to u8 or i8");
  const Scheme s = scheme_of(r, dtype);
  const auto before = r.maker(0);
  const bool relu = before && before->node().op_type() == "Relu";
  const auto layer = relu ? before->maker(0) : before;
  if (layer && s.per_tensor()) {
    const Tensor y = layer_on_bytes(*layer, {s.params(), dtype, relu});
    if (y.defined()) return {y};
  }
  const Constants c = constants_of(s);
  return {quantize(r.in(0), c.scale, c.zero, dtype, c.axis)};
}

Results dequantize_linear(const NodeReader& r) {
  const Constants c = constants_of(scheme_of(r, r.in(0).dtype()));
  return {dequantize(r.in(0), c.scale, c.zero, c.axis)};
}

constexpr Reader kQuantized[] = {
    {"DequantizeLinear", dequantize_linear, 0b110},
    {"QuantizeLinear", quantize_linear, 0b110},
};

}  // namespace

Tensor read_on_bytes(const NodeReader& layer) {
  return layer_on_bytes(layer, {{}, kFloat32, false});
}

std::span<const Reader> quantized_readers() { return kQuantized; }

}  // namespace sinter::onnx
