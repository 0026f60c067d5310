#include <sinter/nn/functional.h>
#include <sinter/nn/layers/activation.h>
#include <sinter/nn/print_internal.h>
#include <sinter/ops/pointwise.h>

namespace sinter::nn {

ReLUImpl::ReLUImpl(const ReLUOptions& options_) : options(options_) {}
void ReLUImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::nn::ReLU(";
  if (options.inplace()) stream << "inplace=true";
  stream << ")";
}
Tensor ReLUImpl::forward(Tensor input) { return functional::relu(std::move(input), options); }

ReLU6Impl::ReLU6Impl(const ReLU6Options& options_) : options(options_) {}
void ReLU6Impl::pretty_print(std::ostream& stream) const {
  stream << "sinter::nn::ReLU6(";
  if (options.inplace()) stream << "inplace=true";
  stream << ")";
}
Tensor ReLU6Impl::forward(Tensor input) { return functional::relu6(std::move(input), options); }

SELUImpl::SELUImpl(const SELUOptions& options_) : options(options_) {}
void SELUImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::nn::SELU(";
  if (options.inplace()) stream << "inplace=true";
  stream << ")";
}
Tensor SELUImpl::forward(Tensor input) { return functional::selu(std::move(input), options); }

HardsigmoidImpl::HardsigmoidImpl(const HardsigmoidOptions& options_) : options(options_) {}
void HardsigmoidImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::nn::Hardsigmoid(";
  if (options.inplace()) stream << "inplace=true";
  stream << ")";
}
Tensor HardsigmoidImpl::forward(Tensor input) {
  return functional::hardsigmoid(std::move(input), options);
}

HardswishImpl::HardswishImpl(const HardswishOptions& options_) : options(options_) {}
void HardswishImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::nn::Hardswish(";
  if (options.inplace()) stream << "inplace=true";
  stream << ")";
}
Tensor HardswishImpl::forward(Tensor input) {
  return functional::hardswish(std::move(input), options);
}

LeakyReLUImpl::LeakyReLUImpl(const LeakyReLUOptions& options_) : options(options_) {}
void LeakyReLUImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::nn::LeakyReLU(negative_slope=" << options.negative_slope();
  if (options.inplace()) stream << ", inplace=true";
  stream << ")";
}
Tensor LeakyReLUImpl::forward(Tensor input) {
  return functional::leaky_relu(std::move(input), options);
}

ELUImpl::ELUImpl(const ELUOptions& options_) : options(options_) {}
void ELUImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::nn::ELU(alpha=" << options.alpha();
  if (options.inplace()) stream << ", inplace=true";
  stream << ")";
}
Tensor ELUImpl::forward(Tensor input) { return functional::elu(std::move(input), options); }

HardtanhImpl::HardtanhImpl(const HardtanhOptions& options_) : options(options_) {}
void HardtanhImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::nn::Hardtanh(min_val=" << options.min_val()
         << ", max_val=" << options.max_val();
  if (options.inplace()) stream << ", inplace=true";
  stream << ")";
}
Tensor HardtanhImpl::forward(Tensor input) {
  return functional::hardtanh(std::move(input), options);
}

SoftplusImpl::SoftplusImpl(const SoftplusOptions& options_) : options(options_) {}
void SoftplusImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::nn::Softplus(beta=" << options.beta() << ", threshold=" << options.threshold()
         << ")";
}
Tensor SoftplusImpl::forward(const Tensor& input) { return functional::softplus(input, options); }

GELUImpl::GELUImpl(const GELUOptions& options_) : options(options_) {}
void GELUImpl::pretty_print(std::ostream& stream) const { stream << "sinter::nn::GELU()"; }
Tensor GELUImpl::forward(const Tensor& input) { return functional::gelu(input, options); }

void SiLUImpl::pretty_print(std::ostream& stream) const { stream << "sinter::nn::SiLU()"; }
Tensor SiLUImpl::forward(const Tensor& input) { return functional::silu(input); }

void MishImpl::pretty_print(std::ostream& stream) const { stream << "sinter::nn::Mish()"; }
Tensor MishImpl::forward(const Tensor& input) { return functional::mish(input); }

void SigmoidImpl::pretty_print(std::ostream& stream) const { stream << "sinter::nn::Sigmoid()"; }
Tensor SigmoidImpl::forward(const Tensor& input) { return sinter::sigmoid(input); }

void TanhImpl::pretty_print(std::ostream& stream) const { stream << "sinter::nn::Tanh()"; }
Tensor TanhImpl::forward(const Tensor& input) { return sinter::tanh(input); }

SoftmaxImpl::SoftmaxImpl(const SoftmaxOptions& options_) : options(options_) {}
void SoftmaxImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::nn::Softmax(dim=" << options.dim() << ")";
}
Tensor SoftmaxImpl::forward(const Tensor& input) {
  return functional::softmax(input, options.dim());
}

LogSoftmaxImpl::LogSoftmaxImpl(const LogSoftmaxOptions& options_) : options(options_) {}
void LogSoftmaxImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::nn::LogSoftmax(dim=" << options.dim() << ")";
}
Tensor LogSoftmaxImpl::forward(const Tensor& input) {
  return functional::log_softmax(input, options.dim());
}

}  // namespace sinter::nn
