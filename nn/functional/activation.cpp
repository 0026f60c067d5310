#include <sinter/nn/functional.h>
#include <sinter/ops/activation.h>
#include <sinter/ops/softmax.h>

namespace sinter::nn::functional {

Tensor relu(Tensor input, const ReLUFuncOptions& options) {
  return options.inplace() ? sinter::relu_(input) : sinter::relu(input);
}

Tensor relu6(Tensor input, const ReLU6FuncOptions& options) {
  return options.inplace() ? sinter::relu6_(input) : sinter::relu6(input);
}

Tensor leaky_relu(Tensor input, const LeakyReLUFuncOptions& options) {
  const double slope = options.negative_slope();
  return options.inplace() ? sinter::leaky_relu_(input, slope) : sinter::leaky_relu(input, slope);
}

Tensor elu(Tensor input, const ELUFuncOptions& options) {
  return options.inplace() ? sinter::elu_(input, options.alpha())
                           : sinter::elu(input, options.alpha());
}

Tensor selu(Tensor input, const SELUFuncOptions& options) {
  return options.inplace() ? sinter::selu_(input) : sinter::selu(input);
}

Tensor gelu(const Tensor& input, const GELUFuncOptions& options) {
  return sinter::gelu(input, options.approximate());
}

Tensor silu(const Tensor& input) { return sinter::silu(input); }
Tensor mish(const Tensor& input) { return sinter::mish(input); }

Tensor softplus(const Tensor& input, const SoftplusFuncOptions& options) {
  return sinter::softplus(input, options.beta(), options.threshold());
}

Tensor hardtanh(Tensor input, const HardtanhFuncOptions& options) {
  const double min = options.min_val();
  const double max = options.max_val();
  return options.inplace() ? sinter::hardtanh_(input, min, max) : sinter::hardtanh(input, min, max);
}

Tensor hardsigmoid(Tensor input, const HardsigmoidFuncOptions& options) {
  return options.inplace() ? sinter::hardsigmoid_(input) : sinter::hardsigmoid(input);
}

Tensor hardswish(Tensor input, const HardswishFuncOptions& options) {
  return options.inplace() ? sinter::hardswish_(input) : sinter::hardswish(input);
}

Tensor softmax(const Tensor& input, const SoftmaxFuncOptions& options) {
  return sinter::softmax(input, options.dim(), options.dtype());
}

Tensor log_softmax(const Tensor& input, const LogSoftmaxFuncOptions& options) {
  return sinter::log_softmax(input, options.dim(), options.dtype());
}

}  // namespace sinter::nn::functional
