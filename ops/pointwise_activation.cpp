#include <sinter/ops/epilogue.h>
#include <sinter/ops/pointwise.h>
#include <sinter/ops/pointwise_def_internal.h>

namespace sinter {

namespace ops {
namespace {

template <class... F>
constexpr auto activation_defs(FormulaList<F...>) {
  return std::array{&kUnaryDef<F>..., &kBackwardDef<F>...};
}
constexpr auto kOps = activation_defs(formula::ActivationFormulas{});

// Klambauer et al., 2017, section 3.
constexpr double kSeluAlpha = 1.6732632423543772848170429916717;
constexpr double kSeluScale = 1.0507009873554804934193349852946;

const OpDef& gelu_def(const char* op, std::string_view approximate) {
  if (approximate == "none") return kUnaryDef<formula::Gelu>;
  if (approximate == "tanh") return kUnaryDef<formula::GeluTanh>;
  fail<ValueError>("[", op, "] approximate must be \"none\" or \"tanh\"; got \"", approximate,
                   "\"");
}

EluAttrs elu_attrs(const Scalar& alpha, const Scalar& scale, const Scalar& input_scale) {
  return {alpha.to_double(), scale.to_double(), input_scale.to_double()};
}

EluAttrs celu_attrs(const char* op, const Scalar& alpha) {
  const double a = alpha.to_double();
  SINTER_CHECK_AS(ValueError, a != 0, "[", op, "] alpha must not be 0; got ", alpha);
  return {a, 1, 1 / a};
}

RangeAttrs range_attrs(const char* op, const Scalar& min, const Scalar& max) {
  SINTER_CHECK_AS(ValueError, min.to_double() <= max.to_double(), "[", op,
                  "] min_val must not exceed max_val; got ", min, " and ", max);
  return {min, max};
}

}  // namespace

OpTable activation_ops() { return kOps; }

bool is_relu(const OpDef& op) { return &op == &kUnaryDef<formula::Relu>; }

}  // namespace ops

using ops::call;
using ops::call_in_place;
using ops::kUnaryDef;
namespace formula = ops::formula;

#define SINTER_ACTIVATION(name, F)                                        \
  Tensor name(const Tensor& x) { return call(kUnaryDef<formula::F>, x); } \
  Tensor& name##_(Tensor& x) { return call_in_place(kUnaryDef<formula::F>, x); }
SINTER_ACTIVATION(relu, Relu)
SINTER_ACTIVATION(silu, Silu)
SINTER_ACTIVATION(mish, Mish)
SINTER_ACTIVATION(sigmoid, Sigmoid)
SINTER_ACTIVATION(hardsigmoid, Hardsigmoid)
SINTER_ACTIVATION(hardswish, Hardswish)
#undef SINTER_ACTIVATION

Tensor log_sigmoid(const Tensor& x) { return call(kUnaryDef<formula::Logsigmoid>, x); }
Tensor softsign(const Tensor& x) { return call(kUnaryDef<formula::Softsign>, x); }
Tensor tanhshrink(const Tensor& x) { return call(kUnaryDef<formula::Tanhshrink>, x); }
Tensor& tanh_(Tensor& x) { return x.tanh_(); }

Tensor relu6(const Tensor& x) {
  return call(kUnaryDef<formula::Hardtanh>, ops::RangeAttrs{0, 6}, x);
}
Tensor& relu6_(Tensor& x) {
  return call_in_place(kUnaryDef<formula::Hardtanh>, ops::RangeAttrs{0, 6}, x);
}
Tensor hardtanh(const Tensor& x, const Scalar& min_val, const Scalar& max_val) {
  return call(kUnaryDef<formula::Hardtanh>, ops::range_attrs("hardtanh", min_val, max_val), x);
}
Tensor& hardtanh_(Tensor& x, const Scalar& min_val, const Scalar& max_val) {
  const auto attrs = ops::range_attrs("hardtanh_", min_val, max_val);
  return call_in_place(kUnaryDef<formula::Hardtanh>, attrs, x);
}
Tensor leaky_relu(const Tensor& x, const Scalar& negative_slope) {
  return call(kUnaryDef<formula::LeakyRelu>, ops::SlopeAttrs{negative_slope.to_double()}, x);
}
Tensor& leaky_relu_(Tensor& x, const Scalar& negative_slope) {
  return call_in_place(kUnaryDef<formula::LeakyRelu>, ops::SlopeAttrs{negative_slope.to_double()},
                       x);
}
Tensor elu(const Tensor& x, const Scalar& alpha, const Scalar& scale, const Scalar& input_scale) {
  return call(kUnaryDef<formula::Elu>, ops::elu_attrs(alpha, scale, input_scale), x);
}
Tensor& elu_(Tensor& x, const Scalar& alpha, const Scalar& scale, const Scalar& input_scale) {
  return call_in_place(kUnaryDef<formula::Elu>, ops::elu_attrs(alpha, scale, input_scale), x);
}
Tensor selu(const Tensor& x) { return elu(x, ops::kSeluAlpha, ops::kSeluScale); }
Tensor& selu_(Tensor& x) { return elu_(x, ops::kSeluAlpha, ops::kSeluScale); }
Tensor celu(const Tensor& x, const Scalar& alpha) {
  return call(kUnaryDef<formula::Elu>, ops::celu_attrs("celu", alpha), x);
}
Tensor& celu_(Tensor& x, const Scalar& alpha) {
  return call_in_place(kUnaryDef<formula::Elu>, ops::celu_attrs("celu_", alpha), x);
}
Tensor gelu(const Tensor& x, std::string_view approximate) {
  return call(ops::gelu_def("gelu", approximate), x);
}
Tensor& gelu_(Tensor& x, std::string_view approximate) {
  return call_in_place(ops::gelu_def("gelu_", approximate), x);
}
Tensor softplus(const Tensor& x, const Scalar& beta, const Scalar& threshold) {
  return call(kUnaryDef<formula::Softplus>,
              ops::SoftplusAttrs{beta.to_double(), threshold.to_double()}, x);
}
Tensor hardshrink(const Tensor& x, const Scalar& lambda) {
  return call(kUnaryDef<formula::Hardshrink>, ops::LambdaAttrs{lambda.to_double()}, x);
}
Tensor softshrink(const Tensor& x, const Scalar& lambda) {
  SINTER_CHECK_AS(ValueError, lambda.to_double() >= 0,
                  "[softshrink] lambda must not be negative; got ", lambda);
  return call(kUnaryDef<formula::Softshrink>, ops::LambdaAttrs{lambda.to_double()}, x);
}
Tensor threshold(const Tensor& x, const Scalar& threshold, const Scalar& value) {
  return call(kUnaryDef<formula::Threshold>, ops::ThresholdAttrs{threshold, value}, x);
}
Tensor& threshold_(Tensor& x, const Scalar& threshold, const Scalar& value) {
  return call_in_place(kUnaryDef<formula::Threshold>, ops::ThresholdAttrs{threshold, value}, x);
}

Tensor prelu(const Tensor& x, const Tensor& weight) {
  if (weight.numel() == 1) return where(x > 0, x, x * weight.reshape({}));
  const std::size_t channel_dim = x.dim() > 1 ? 1 : 0;
  SINTER_CHECK_AS(ValueError,
                  x.dim() > 0 && weight.dim() == 1 && x.sizes()[channel_dim] == weight.numel(),
                  "[prelu] weight must have one element, or one for each channel; got sizes ",
                  weight.sizes(), " for x of ", x.sizes());
  Dims sizes(static_cast<std::size_t>(x.dim()), 1);
  sizes[channel_dim] = weight.numel();
  return where(x > 0, x, x * weight.reshape(sizes));
}

Tensor Tensor::relu() const { return sinter::relu(*this); }
Tensor& Tensor::relu_() { return sinter::relu_(*this); }
Tensor Tensor::sigmoid() const { return sinter::sigmoid(*this); }
Tensor& Tensor::sigmoid_() { return sinter::sigmoid_(*this); }

}  // namespace sinter
