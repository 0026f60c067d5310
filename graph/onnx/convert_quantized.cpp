// Quantized ops: float operators between DequantizeLinear and QuantizeLinear.
#include <sinter/graph/onnx/export_internal.h>
#include <sinter/ops/arithmetic.h>
#include <sinter/ops/creation.h>
#include <sinter/ops/quantize.h>
#include <sinter/ops/view.h>

#include <algorithm>

namespace sinter::onnx {

namespace {

using List = std::vector<std::int64_t>;

// Scale and zero point that are attributes of the op.
struct Params {
  double scale;
  std::int64_t zero_point;
  DType dtype;
};

Params params(const NodeWriter& w, const std::string& which, DType dtype) {
  return {w.attr<double>(which + "_scale"), w.attr<std::int64_t>(which + "_zero_point"), dtype};
}

std::string dequantized(NodeWriter& w, const std::string& q, const Params& p) {
  return w.add("DequantizeLinear", {q, w.number(p.scale, kFloat32),
                                    w.number(static_cast<double>(p.zero_point), p.dtype)});
}

// A node that is still to be written.
struct Operation {
  std::string type;
  Names inputs;
  OnnxAttributes attributes = {};
};

std::string add(NodeWriter& w, const Operation& op) {
  return w.add(op.type, op.inputs, op.attributes);
}
void result(NodeWriter& w, const Operation& op) { w.result(op.type, op.inputs, op.attributes); }

Operation quantized(NodeWriter& w, const std::string& x, const Params& p) {
  return {"QuantizeLinear",
          {x, w.number(p.scale, kFloat32), w.number(static_cast<double>(p.zero_point), p.dtype)}};
}

// Zero points of weights are not shared: ONNX Runtime rewrites each where it makes weights u8.

// The weight and bias of a layer: inputs 1 to 3 are i8 values, their scales and the i32 bias.
std::string dequantized_weight(NodeWriter& w) {
  const Tensor zero = zeros(w.meta(2).sizes, TensorOptions().dtype(kInt8));
  return w.add("DequantizeLinear", {w.in(1), w.in(2), w.initializer(1, zero, "_zero_point")},
               {{"axis", std::int64_t{0}}});
}

// In units of input scale times weight scale, in f32.
std::string dequantized_bias(NodeWriter& w, double input_scale) {
  const Tensor zero = zeros(w.meta(2).sizes, TensorOptions().dtype(kInt32));
  const Tensor scales = w.value(2) * static_cast<float>(input_scale);
  return w.add("DequantizeLinear", {w.in(3), w.constant(scales), w.constant(zero)},
               {{"axis", std::int64_t{0}}});
}

// bytes: input 0.
Names layer_inputs(NodeWriter& w, const std::string& bytes) {
  const Params input = params(w, "input", w.meta(0).dtype);
  Names out{dequantized(w, bytes, input), dequantized_weight(w)};
  if (w.has(3)) out.push_back(dequantized_bias(w, input.scale));
  return out;
}

// A layer and what follows it to the op's result: bytes, or the float numbers themselves.
Operation finished(NodeWriter& w, Operation layer) {
  if (w.attr<bool>("relu")) layer = {"Relu", {add(w, layer)}};
  if (w.out_meta().dtype == kFloat32) return layer;
  return quantized(w, add(w, layer), params(w, "output", w.out_meta().dtype));
}

void conv(NodeWriter& w) {
  const Operation layer{"Conv",
                        layer_inputs(w, w.in(0)),
                        {{"kernel_shape", w.meta(1).sizes.operator IntArrayRef().slice(2).vec()},
                         {"strides", w.list("stride")},
                         {"pads", w.list("padding")},
                         {"dilations", w.list("dilation")},
                         {"group", w.attr<std::int64_t>("groups")}}};
  result(w, finished(w, layer));
}

Operation gemm(NodeWriter& w, const std::string& bytes) {
  return finished(w, {"Gemm", layer_inputs(w, bytes), {{"transB", std::int64_t{1}}}});
}

// Whether of all dimensions but the last the first alone can be the batch.
bool batch_comes_first(const NodeWriter& w) {
  const std::int64_t batch = w.node().graph().batch();
  const auto sizes = w.meta(0).sizes.operator IntArrayRef().vec();
  if (batch < 0 || sizes.size() < 2) return true;
  return sizes[0] == batch && std::count(sizes.begin(), sizes.end() - 1, batch) == 1;
}

void linear(NodeWriter& w) {
  if (w.rank() == 2) return result(w, gemm(w, w.in(0)));
  w.require(batch_comes_first(w), "the first size of the input alone must grow with the batch");
  List sizes = w.out_meta().sizes.operator IntArrayRef().vec();
  sizes[0] = w.rank() == 1 ? sizes[0] : -1;
  const std::string rows = w.add("Reshape", {w.in(0), w.ints({-1, w.meta(1).sizes[1]})});
  w.result("Reshape", {add(w, gemm(w, rows)), w.ints(sizes)});
}

void addition(NodeWriter& w) {
  const std::string a = dequantized(w, w.in(0), params(w, "a", w.meta(0).dtype));
  const std::string b = dequantized(w, w.in(1), params(w, "b", w.meta(1).dtype));
  result(w, finished(w, {"Add", {a, b}}));
}

void avg_pool(NodeWriter& w) {
  w.require(!w.attr<bool>("ceil_mode"), "windows beyond the end have no form there");
  List pads = w.list("padding");
  if (pads.size() == 2) pads.insert(pads.end(), {pads[0], pads[1]});
  const DType dtype = w.out_meta().dtype;
  const std::string x = dequantized(w, w.in(0), params(w, "input", dtype));
  const std::string y = w.add("AveragePool", {x},
                              {{"kernel_shape", w.list("kernel_size")},
                               {"strides", w.list("stride")},
                               {"pads", pads},
                               {"count_include_pad", w.attr<bool>("count_include_pad")}});
  result(w, quantized(w, y, params(w, "output", dtype)));
}

void global_avg_pool(NodeWriter& w) {
  const DType dtype = w.out_meta().dtype;
  const std::string x = dequantized(w, w.in(0), params(w, "input", dtype));
  result(w, quantized(w, w.add("GlobalAveragePool", {x}), params(w, "output", dtype)));
}

// Scale (input 1) and zero point (input 2) of the ops that take them as tensors.
struct TensorParams {
  Names names;
  OnnxAttributes axis;
};

TensorParams tensor_params(NodeWriter& w, DType dtype) {
  const auto axis = w.attr<std::optional<std::int64_t>>("axis");
  const Tensor scale = w.value(1);
  const Tensor zero = w.has(2) ? w.value(2).to(dtype) : zeros_like(scale, dtype);
  const Dims sizes = axis ? Dims{scale.numel()} : Dims{};
  return {
      {w.constant(scale.reshape(sizes), "scale"), w.constant(zero.reshape(sizes), "zero_point")},
      {{"axis", axis ? ops::AttrValue(*axis) : ops::AttrValue()}}};
}

void quantize(NodeWriter& w) {
  const TensorParams p = tensor_params(w, w.out_meta().dtype);
  w.result("QuantizeLinear", {w.in(0), p.names[0], p.names[1]}, p.axis);
}

void dequantize(NodeWriter& w) {
  const TensorParams p = tensor_params(w, w.meta(0).dtype);
  w.result("DequantizeLinear", {w.in(0), p.names[0], p.names[1]}, p.axis);
}

// Weights are written as bytes; other values are quantized and dequantized.
void fake_quantize(NodeWriter& w) {
  const auto low = w.attr<std::int64_t>("quant_min");
  const auto high = w.attr<std::int64_t>("quant_max");
  const DType dtype = low < 0 ? kInt8 : kUInt8;
  const std::int64_t least = low < 0 ? -128 : 0;
  w.require(low >= least && high <= least + 255, "the range must fit a byte");
  TensorParams p = tensor_params(w, dtype);
  std::string bytes;
  if (const Tensor weight = w.find_value(0); weight.defined()) {
    const auto axis = w.attr<std::optional<std::int64_t>>("axis");
    const Tensor q = sinter::quantize(weight, w.value(1), w.value(2), dtype, axis);
    const Tensor zero = w.value(2).to(dtype).reshape(axis ? Dims{-1} : Dims{});
    p.names[1] = w.initializer(0, zero, "_zero_point");
    bytes = w.initializer(0, clamp(q, low, high), "_bytes");
  } else {
    w.require(low == least && high == least + 255, "the range must be that of a byte");
    bytes = w.add("QuantizeLinear", {w.in(0), p.names[0], p.names[1]}, p.axis);
  }
  w.result("DequantizeLinear", {bytes, p.names[0], p.names[1]}, p.axis);
}

constexpr Converter kQuantized[] = {
    {"quantize", quantize},
    {"dequantize", dequantize},
    {"fake_quantize", fake_quantize},
    {"quantized_conv2d", conv},
    {"quantized_linear", linear},
    {"quantized_add", addition},
    {"quantized_avg_pool2d", avg_pool},
    {"quantized_global_avg_pool2d", global_avg_pool},
};

}  // namespace

std::span<const Converter> quantized_converters() { return kQuantized; }

}  // namespace sinter::onnx
