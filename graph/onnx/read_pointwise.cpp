// Pointwise operators.
#include <sinter/graph/onnx/import_internal.h>
#include <sinter/ops/ops.h>

namespace sinter::onnx {

namespace {

template <Tensor (*fn)(const Tensor&)>
Results unary(const NodeReader& r) {
  return {fn(r.in(0))};
}

template <Tensor (*fn)(const Tensor&, const Tensor&)>
Results binary(const NodeReader& r) {
  return {fn(r.in(0), r.in(1))};
}

Tensor plus(const Tensor& a, const Tensor& b) { return a + b; }
Tensor minus(const Tensor& a, const Tensor& b) { return a - b; }
Tensor times(const Tensor& a, const Tensor& b) { return a * b; }
Tensor power(const Tensor& a, const Tensor& b) { return pow(a, b); }
Tensor equal_to(const Tensor& a, const Tensor& b) { return eq(a, b); }
Tensor less(const Tensor& a, const Tensor& b) { return lt(a, b); }
Tensor greater(const Tensor& a, const Tensor& b) { return gt(a, b); }
Tensor less_or_equal(const Tensor& a, const Tensor& b) { return le(a, b); }
Tensor greater_or_equal(const Tensor& a, const Tensor& b) { return ge(a, b); }

// Integers divide to integers there.
Results divide(const NodeReader& r) {
  const bool whole = !is_floating_point(r.in(0).dtype());
  return {whole ? div(r.in(0), r.in(1), "trunc") : r.in(0) / r.in(1)};
}

// Any number of inputs.
template <Tensor (*fn)(const Tensor&, const Tensor&)>
Results fold(const NodeReader& r) {
  Tensor out = r.in(0);
  for (int i = 1; i < r.num_inputs(); ++i) out = fn(out, r.in(i));
  return {out};
}

Results clip(const NodeReader& r) {
  std::optional<Scalar> low;
  std::optional<Scalar> high;
  if (r.opset() < 11) {
    if (r.has_attr("min")) low = r.float_attr("min", 0);
    if (r.has_attr("max")) high = r.float_attr("max", 0);
  } else {
    if (const auto value = r.known_number(1)) low = *value;
    if (const auto value = r.known_number(2)) high = *value;
  }
  if (!low && !high) return {r.in(0)};
  return {clamp(r.in(0), low, high)};
}

Results leaky(const NodeReader& r) { return {leaky_relu(r.in(0), r.float_attr("alpha", 0.01))}; }
Results elu_of(const NodeReader& r) { return {elu(r.in(0), r.float_attr("alpha", 1))}; }

Results hard_sigmoid(const NodeReader& r) {
  const Tensor line = r.in(0) * r.float_attr("alpha", 0.2) + r.float_attr("beta", 0.5);
  return {clamp(line, Scalar(0), Scalar(1))};
}
Results hard_swish(const NodeReader& r) { return {hardswish(r.in(0))}; }

Results gelu_of(const NodeReader& r) {
  return {gelu(r.in(0), r.string_attr("approximate", "none"))};
}

Results where_of(const NodeReader& r) { return {where(r.in(0), r.in(1), r.in(2))}; }

constexpr Reader kPointwise[] = {
    {"Abs", unary<abs>},
    {"Add", binary<plus>},
    {"And", binary<logical_and>},
    {"Ceil", unary<ceil>},
    {"Clip", clip, 0b110},
    {"Cos", unary<cos>},
    {"Div", divide},
    {"Elu", elu_of},
    {"Equal", binary<equal_to>},
    {"Erf", unary<erf>},
    {"Exp", unary<exp>},
    {"Floor", unary<floor>},
    {"Gelu", gelu_of},
    {"Greater", binary<greater>},
    {"GreaterOrEqual", binary<greater_or_equal>},
    {"HardSigmoid", hard_sigmoid},
    {"HardSwish", hard_swish},
    {"LeakyRelu", leaky},
    {"Less", binary<less>},
    {"LessOrEqual", binary<less_or_equal>},
    {"Log", unary<log>},
    {"Max", fold<maximum>},
    {"Min", fold<minimum>},
    {"Mul", binary<times>},
    {"Neg", unary<neg>},
    {"Not", unary<logical_not>},
    {"Or", binary<logical_or>},
    {"Pow", binary<power>},
    {"Reciprocal", unary<reciprocal>},
    {"Relu", unary<relu>},
    {"Round", unary<round>},
    {"Sigmoid", unary<sigmoid>},
    {"Sin", unary<sin>},
    {"Sqrt", unary<sqrt>},
    {"Sub", binary<minus>},
    {"Sum", fold<plus>},
    {"Tanh", unary<tanh>},
    {"Where", where_of},
};

}  // namespace

std::span<const Reader> pointwise_readers() { return kPointwise; }

}  // namespace sinter::onnx
