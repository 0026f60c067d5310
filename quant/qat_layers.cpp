#include <sinter/autograd/grad_mode.h>
#include <sinter/graph/capture.h>
#include <sinter/nn/functional.h>
#include <sinter/ops/copy.h>
#include <sinter/ops/creation.h>
#include <sinter/ops/matmul.h>
#include <sinter/ops/pointwise.h>
#include <sinter/ops/reduce.h>
#include <sinter/ops/view.h>
#include <sinter/quant/qat_layers.h>

#include <ostream>

namespace sinter::quant {

namespace {

Tensor per_output(const Tensor& channels) { return channels.view({-1, 1, 1, 1}); }
Tensor per_channel(const Tensor& channels) { return channels.view({1, -1, 1, 1}); }

// gamma / sigma: what batch norm multiplies by.
Tensor gain(const ConvTensors& t, const Tensor& sigma) {
  return t.gamma.defined() ? t.gamma / sigma : 1 / sigma;
}

Tensor shift(const ConvTensors& t, const Tensor& moved) {
  return t.beta.defined() ? t.beta - moved : -moved;
}

}  // namespace

QatConv2dImpl::QatConv2dImpl(const QatConv2dOptions& options_) : options(options_) {
  QatConv2dImpl::reset();
}

void QatConv2dImpl::reset() {
  frozen_ = register_buffer("batch_norm_frozen", zeros({}, kBool));
  weight_fake_quantize = register_module("weight_fake_quantize", FakeQuantize(options.weight));
}

void QatConv2dImpl::freeze_batch_norm(bool on) {
  const NoGradGuard no_grad;
  frozen_.fill_(on);
}

bool QatConv2dImpl::batch_norm_frozen() const { return graph::guarded_number<bool>(frozen_); }

Tensor QatConv2dImpl::convolve(const Tensor& x, const Tensor& weight, const Tensor& bias) const {
  return nn::functional::conv2d(x, weight,
                                nn::functional::Conv2dFuncOptions()
                                    .bias(bias)
                                    .stride(options.conv.stride())
                                    .padding(options.conv.padding())
                                    .dilation(options.conv.dilation())
                                    .groups(options.conv.groups()));
}

std::pair<Tensor, Tensor> QatConv2dImpl::folded(const ConvTensors& t) const {
  if (!options.batch_norm) return {t.weight, t.bias};
  const Tensor factor = gain(t, sqrt(t.running_var + options.batch_norm->eps));
  const Tensor mean = t.bias.defined() ? t.running_mean - t.bias : t.running_mean;
  return {t.weight * per_output(factor), shift(t, mean * factor)};
}

void QatConv2dImpl::update_statistics(const ConvTensors& t, const Tensor& mean, const Tensor& var,
                                      std::int64_t count) const {
  const NoGradGuard no_grad;
  Tensor batches = t.num_batches_tracked;
  if (batches.defined()) batches.add_(1);
  const double correction = static_cast<double>(count) / static_cast<double>(count - 1);
  const Tensor with_bias = t.bias.defined() ? mean + t.bias : mean;
  Tensor running_mean = t.running_mean, running_var = t.running_var;
  const auto move = [&](const auto& momentum) {
    running_mean.mul_(1 - momentum).add_(with_bias.detach() * momentum);
    running_var.mul_(1 - momentum).add_(var.detach() * (momentum * correction));
  };
  if (options.batch_norm->momentum) {
    move(*options.batch_norm->momentum);
  } else {
    move(1 / batches.to(kFloat64));
  }
}

Tensor QatConv2dImpl::train_forward(const Tensor& x, const ConvTensors& t) {
  const Tensor plain = convolve(x, t.weight, {});
  const std::int64_t count = plain.numel() / std::max<std::int64_t>(plain.size(1), 1);
  SINTER_CHECK_AS(ValueError, count > 1,
                  "[qat_conv2d] training needs more than one element per channel; got ",
                  plain.sizes());
  const Tensor mean = plain.mean({0, 2, 3});
  const Tensor var = plain.var({0, 2, 3}, false);
  update_statistics(t, mean, var, count);
  const double eps = options.batch_norm->eps;
  const Tensor running_sigma = sqrt(t.running_var + eps).detach();
  const Tensor batch_sigma = sqrt(var + eps);
  const Tensor weight = weight_fake_quantize(t.weight * per_output(gain(t, running_sigma)));
  const Tensor y = convolve(x, weight, {}) * per_channel(running_sigma / batch_sigma);
  return y + per_channel(shift(t, gain(t, batch_sigma) * mean));
}

Tensor QatConv2dImpl::forward(const Tensor& x, const Tensor& weight, const Tensor& bias,
                              const Tensor& gamma, const Tensor& beta, const Tensor& running_mean,
                              const Tensor& running_var, const Tensor& num_batches_tracked) {
  const ConvTensors t{weight, bias, gamma, beta, running_mean, running_var, num_batches_tracked};
  if (options.batch_norm && is_training() && !batch_norm_frozen()) return train_forward(x, t);
  const auto [whole_weight, whole_bias] = folded(t);
  return convolve(x, weight_fake_quantize(whole_weight), whole_bias);
}

void QatConv2dImpl::pretty_print(std::ostream& stream) const {
  const nn::Conv2dOptions& o = options.conv;
  stream << "sinter::quant::QatConv2d(" << o.in_channels() << ", " << o.out_channels()
         << ", kernel_size=" << o.kernel_size() << ", stride=" << o.stride()
         << (options.batch_norm ? ", batch norm folded)" : ")");
}

QatLinearImpl::QatLinearImpl(const QatLinearOptions& options_) : options(options_) {
  QatLinearImpl::reset();
}

void QatLinearImpl::reset() {
  weight_fake_quantize = register_module("weight_fake_quantize", FakeQuantize(options.weight));
}

Tensor QatLinearImpl::forward(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return linear(x, weight_fake_quantize(weight), bias);
}

void QatLinearImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::quant::QatLinear()";
}

}  // namespace sinter::quant
