// Pointwise ops that one ONNX operator does not cover.
#include <sinter/graph/onnx/export_internal.h>

#include <cmath>
#include <numbers>

namespace sinter::onnx {

namespace {

// a + alpha * b.
template <const char* type>
void scaled_sum(NodeWriter& w) {
  const DType dtype = w.out_meta().dtype;
  const double alpha = w.attr<Scalar>("alpha").to_double();
  std::string b = w.in_as(1, dtype);
  if (alpha != 1) b = w.add("Mul", {b, w.number(alpha, dtype)});
  w.result(type, {w.in_as(0, dtype), b});
}
constexpr char kAdd[] = "Add";
constexpr char kSub[] = "Sub";

void pow_scalar(NodeWriter& w) {
  const DType dtype = w.out_meta().dtype;
  const double exponent = w.attr<Scalar>("exponent").to_double();
  w.result("Pow", {w.in_as(0, dtype), w.number(exponent, dtype)});
}

void square(NodeWriter& w) {
  const std::string x = w.in_as(0, w.out_meta().dtype);
  w.result("Mul", {x, x});
}

void rsqrt(NodeWriter& w) {
  w.result("Reciprocal", {w.add("Sqrt", {w.in_as(0, w.out_meta().dtype)})});
}

void clip(NodeWriter& w, const std::optional<Scalar>& low, const std::optional<Scalar>& high) {
  const DType dtype = w.out_meta().dtype;
  Names inputs{w.in_as(0, dtype), low ? w.number(low->to_double(), dtype) : ""};
  if (high) inputs.push_back(w.number(high->to_double(), dtype));
  w.result("Clip", inputs);
}
void clamp(NodeWriter& w) {
  clip(w, w.attr<std::optional<Scalar>>("min"), w.attr<std::optional<Scalar>>("max"));
}
void hardtanh(NodeWriter& w) { clip(w, w.attr<Scalar>("min"), w.attr<Scalar>("max")); }

// x * 0.5 * (1 + erf(x / sqrt(2))).
void gelu(NodeWriter& w) {
  const DType dtype = w.out_meta().dtype;
  const std::string x = w.in(0);
  const auto erf = w.add("Erf", {w.add("Mul", {x, w.number(1 / std::numbers::sqrt2, dtype)})});
  const auto half = w.add("Mul", {x, w.number(0.5, dtype)});
  w.result("Mul", {half, w.add("Add", {erf, w.number(1, dtype)})});
}

// 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).
void gelu_tanh(NodeWriter& w) {
  const DType dtype = w.out_meta().dtype;
  const std::string x = w.in(0);
  const auto cube = w.add("Mul", {w.add("Mul", {x, x}), x});
  const auto sum = w.add("Add", {x, w.add("Mul", {cube, w.number(0.044715, dtype)})});
  const double slope = std::sqrt(2 / std::numbers::pi);
  const auto tanh = w.add("Tanh", {w.add("Mul", {sum, w.number(slope, dtype)})});
  const auto half = w.add("Mul", {x, w.number(0.5, dtype)});
  w.result("Mul", {half, w.add("Add", {tanh, w.number(1, dtype)})});
}

void silu(NodeWriter& w) { w.result("Mul", {w.in(0), w.add("Sigmoid", {w.in(0)})}); }

void hardsigmoid(NodeWriter& w) {
  w.result("HardSigmoid", {w.in(0)}, {{"alpha", 1.0 / 6.0}, {"beta", 0.5}});
}
void hardswish(NodeWriter& w) { w.result("HardSwish", {w.in(0)}); }

void elu(NodeWriter& w) {
  w.require(w.attr<double>("scale") == 1 && w.attr<double>("input_scale") == 1,
            "only elu itself has a form there");
  w.result("Elu", {w.in(0)}, {{"alpha", w.attr<double>("alpha")}});
}

// Floor, ceil and round leave integers as they are.
template <const char* type>
void to_integer(NodeWriter& w) {
  if (!is_floating_point(w.out_meta().dtype)) return w.alias(w.in(0));
  w.result(type, {w.in(0)});
}
constexpr char kFloor[] = "Floor";
constexpr char kCeil[] = "Ceil";
constexpr char kRound[] = "Round";

void fmod(NodeWriter& w) {
  const DType dtype = w.out_meta().dtype;
  w.result("Mod", {w.in_as(0, dtype), w.in_as(1, dtype)}, {{"fmod", std::int64_t{1}}});
}

void remainder(NodeWriter& w) {
  const DType dtype = w.out_meta().dtype;
  w.require(!is_floating_point(dtype), "the remainder of floating numbers has no form there");
  w.result("Mod", {w.in_as(0, dtype), w.in_as(1, dtype)});
}

void ne(NodeWriter& w) {
  const DType dtype = w.node().arg(1).is_value() ? promote_types(w.meta(0).dtype, w.meta(1).dtype)
                                                 : w.meta(0).dtype;
  w.result("Not", {w.add("Equal", {w.in_as(0, dtype), w.in_as(1, dtype)})});
}

void masked_fill(NodeWriter& w) {
  const DType dtype = w.out_meta().dtype;
  const double value = w.attr<Scalar>("value").to_double();
  w.result("Where", {w.in(1), w.number(value, dtype), w.in(0)});
}

constexpr Converter kPointwise[] = {
    {"add", scaled_sum<kAdd>},
    {"sub", scaled_sum<kSub>},
    {"pow_scalar", pow_scalar},
    {"square", square},
    {"rsqrt", rsqrt},
    {"clamp", clamp},
    {"hardtanh", hardtanh},
    {"gelu", gelu},
    {"gelu_tanh", gelu_tanh},
    {"silu", silu},
    {"hardsigmoid", hardsigmoid},
    {"hardswish", hardswish},
    {"elu", elu},
    {"floor", to_integer<kFloor>},
    {"ceil", to_integer<kCeil>},
    {"round", to_integer<kRound>},
    {"fmod", fmod},
    {"remainder", remainder},
    {"ne", ne},
    {"masked_fill", masked_fill},
};

}  // namespace

std::span<const Converter> pointwise_converters() { return kPointwise; }

}  // namespace sinter::onnx
