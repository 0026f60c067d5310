// Samples of activation functions.
#include <sinter/ops/pointwise.h>

#include <cmath>
#include <limits>

#include "../elementwise.h"

namespace sinter::testing {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Away from every kink: 0, 0.5, 1, 3, 6 and their negatives.
constexpr std::initializer_list<double> kSmooth{-4.25, -2.125, -0.75, -0.3125,
                                                0.25,  0.875,  1.75,  4.5};
constexpr std::initializer_list<double> kFinite{0.0,  -0.0, 0.5,  -0.5, 1.0,   -1.0, 3.0,
                                                -3.0, 6.0,  -6.0, 20.5, -20.5, kNan};
constexpr std::initializer_list<double> kEdges{0.0, -0.0, 0.5,  -0.5,  1.0,  -1.0, 3.0,  -3.0,
                                               6.0, -6.0, 20.5, -20.5, kNan, kInf, -kInf};

Real logistic(Real x) { return 1 / (1 + std::exp(-x)); }
Real clamped(Real x, Real low, Real high) {
  return std::isnan(x) ? x : std::min(std::max(x, low), high);
}
Real normal(Real x) { return std::erfc(-x / std::sqrt(Real(2))) / 2; }
Real tanh_gelu(Real x) {
  return x / 2 * (1 + std::tanh(std::sqrt(2 / std::acos(Real(-1))) * (x + 0.044715L * x * x * x)));
}
Real soft(Real x) { return x > 60 ? x : std::log1p(std::exp(x)); }

std::vector<UnaryCase> smooth_cases() {
  std::vector<UnaryCase> out{
      {"sigmoid",
       [](const Tensor& x) { return sigmoid(x); },
       sigmoid_,
       logistic,
       kSmooth,
       kEdges,
       "sigmoid_backward",
       {},
       true},
      {"log_sigmoid", log_sigmoid, nullptr, [](Real x) { return -soft(-x); }, kSmooth, kEdges,
       "log_sigmoid_backward"},
      {"gelu", [](const Tensor& x) { return gelu(x); },
       [](Tensor& x) -> Tensor& { return gelu_(x); }, [](Real x) { return x * normal(x); }, kSmooth,
       kFinite, "gelu_backward"},
      {"gelu_tanh", [](const Tensor& x) { return gelu(x, "tanh"); },
       [](Tensor& x) -> Tensor& { return gelu_(x, "tanh"); }, tanh_gelu, kSmooth, kFinite,
       "gelu_tanh_backward"},
      {"silu", silu, silu_, [](Real x) { return x * logistic(x); }, kSmooth, kFinite,
       "silu_backward"},
      {"mish", mish, mish_, [](Real x) { return x * std::tanh(soft(x)); }, kSmooth, kFinite,
       "mish_backward"},
      {"softplus",
       [](const Tensor& x) { return softplus(x, 2, 5); },
       nullptr,
       [](Real x) { return 2 * x > 5 ? x : soft(2 * x) / 2; },
       kSmooth,
       kEdges,
       "softplus_backward",
       {{"beta", 2.0}, {"threshold", 5.0}}},
      {"softsign", softsign, nullptr, [](Real x) { return x / (1 + std::abs(x)); }, kSmooth,
       kFinite, "softsign_backward"},
      {"tanhshrink", tanhshrink, nullptr, [](Real x) { return x - std::tanh(x); }, kSmooth, kEdges,
       "tanhshrink_backward"}};
  return out;
}

std::vector<UnaryCase> piecewise_cases() {
  return {
      {"relu",
       [](const Tensor& x) { return relu(x); },
       relu_,
       [](Real x) { return clamped(x, 0, kInf); },
       kSmooth,
       kEdges,
       "relu_backward",
       {},
       true},
      {"hardtanh",
       [](const Tensor& x) { return hardtanh(x, -2, 1.5); },
       [](Tensor& x) -> Tensor& { return hardtanh_(x, -2, 1.5); },
       [](Real x) { return clamped(x, -2, 1.5L); },
       kSmooth,
       kEdges,
       "hardtanh_backward",
       {{"min", Scalar(-2)}, {"max", Scalar(1.5)}}},
      {"leaky_relu",
       [](const Tensor& x) { return leaky_relu(x, 0.25); },
       [](Tensor& x) -> Tensor& { return leaky_relu_(x, 0.25); },
       [](Real x) { return x > 0 ? x : x / 4; },
       kSmooth,
       kEdges,
       "leaky_relu_backward",
       {{"negative_slope", 0.25}}},
      {"elu",
       [](const Tensor& x) { return elu(x, 1.5, 2, 0.5); },
       [](Tensor& x) -> Tensor& { return elu_(x, 1.5, 2, 0.5); },
       [](Real x) { return x > 0 ? 2 * x : 3 * std::expm1(x / 2); },
       kSmooth,
       kEdges,
       "elu_backward",
       {{"alpha", 1.5}, {"scale", 2.0}, {"input_scale", 0.5}}},
      {"hardsigmoid", hardsigmoid, hardsigmoid_, [](Real x) { return clamped(x + 3, 0, 6) / 6; },
       kSmooth, kEdges, "hardsigmoid_backward"},
      {"hardswish", hardswish, hardswish_, [](Real x) { return x * clamped(x + 3, 0, 6) / 6; },
       kSmooth, kFinite, "hardswish_backward"},
      {"hardshrink",
       [](const Tensor& x) { return hardshrink(x, 0.5); },
       nullptr,
       [](Real x) { return std::abs(x) <= 0.5L ? 0 : x; },
       kSmooth,
       kEdges,
       "hardshrink_backward",
       {{"lambda", 0.5}}},
      {"softshrink",
       [](const Tensor& x) { return softshrink(x, 0.5); },
       nullptr,
       [](Real x) {
         return std::isnan(x) ? x : (std::abs(x) <= 0.5L ? 0 : x - std::copysign(0.5L, x));
       },
       kSmooth,
       kEdges,
       "softshrink_backward",
       {{"lambda", 0.5}}},
      {"threshold",
       [](const Tensor& x) { return threshold(x, 0.5, -3); },
       [](Tensor& x) -> Tensor& { return threshold_(x, 0.5, -3); },
       [](Real x) { return x <= 0.5L ? -3 : x; },
       kSmooth,
       kEdges,
       "threshold_backward",
       {{"threshold", Scalar(0.5)}, {"value", Scalar(-3)}}}};
}

// Another public function, or other attributes, of the same op. The result has a dimension more, so
// that it is not compared with the in-place form.
Sample variant(const char* label, std::function<Tensor(const Tensor&)> run,
               const Formula1& reference, const Tensor& x) {
  return {
      label,
      {x},
      [run = std::move(run)](const Tensors& in) -> Tensors { return {run(in[0]).unsqueeze(0)}; },
      [values = elementwise1(reference)](const Tensors& in) -> Tensors {
        return {values(in)[0].unsqueeze(0)};
      }};
}

std::vector<Sample> variants(const std::string& op) {
  const Tensor smooth = filled({2, 4}, kSmooth);
  const Tensor integers = list_of({-9, -2, -1, 0, 1, 2, 5, 9}).to(kInt64);
  if (op == "relu") {
    return {without_gradients(variant(
        "integers", [](const Tensor& x) { return relu(x); },
        [](Real x) { return clamped(x, 0, 100); }, integers))};
  }
  if (op == "hardtanh") {
    const Formula1 six = [](Real x) { return clamped(x, 0, 6); };
    return {variant("relu6", relu6, six, smooth),
            without_gradients(variant("relu6 of integers", relu6, six, integers))};
  }
  if (op == "elu") {
    const Real a = 1.6732632423543772848170429916717L;
    const Real s = 1.0507009873554804934193349852946L;
    return {
        variant(
            "selu", selu, [=](Real x) { return x > 0 ? s * x : s * a * std::expm1(x); }, smooth),
        variant(
            "celu", [](const Tensor& x) { return celu(x, 2); },
            [](Real x) { return x > 0 ? x : 2 * std::expm1(x / 2); }, smooth)};
  }
  if (op == "threshold") {
    return {without_gradients(variant(
        "integers", [](const Tensor& x) { return threshold(x, 1, 20); },
        [](Real x) { return x <= 1 ? 20 : x; }, integers))};
  }
  return {};
}

std::vector<ErrorSample> errors_of(const std::string& op) {
  const Tensor integers = list_of({1, 2}).to(kInt32);
  const Tensor x = list_of({1, 2});
  if (op == "gelu") {
    return {
        {"a word that names no approximation", [=] { gelu(x, "erf"); },
         "[gelu] approximate must be \"none\" or \"tanh\"; got \"erf\""},
        {"integers", [=] { gelu(integers); }, "[gelu] is not implemented for this dtype; got i32"}};
  }
  if (op == "hardtanh") {
    return {{"bounds that cross", [=] { hardtanh(x, 2, 1); },
             "[hardtanh] min_val must not exceed max_val; got 2 and 1"}};
  }
  if (op == "elu") {
    return {{"celu of alpha 0", [=] { celu(x, 0); }, "[celu] alpha must not be 0; got 0"}};
  }
  if (op == "softshrink") {
    return {{"a negative lambda", [=] { softshrink(x, -1); },
             "[softshrink] lambda must not be negative; got -1"}};
  }
  if (op == "relu") {
    return {
        {"an undefined tensor", [] { relu(Tensor()); }, "[relu] input 0 is an undefined tensor"}};
  }
  return {};
}

}  // namespace

std::vector<OpSamples> activation_samples() {
  std::vector<OpSamples> out;
  for (const auto& cases : {smooth_cases(), piecewise_cases()}) {
    for (const UnaryCase& c : cases) add_unary(out, c);
  }
  for (OpSamples& samples : out) {
    samples.samples = [base = samples.samples, op = samples.op] {
      std::vector<Sample> all = base();
      append(all, variants(op));
      return all;
    };
    samples.errors = [op = samples.op] { return errors_of(op); };
  }
  return out;
}

}  // namespace sinter::testing
