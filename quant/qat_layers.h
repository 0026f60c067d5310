// Layers that train as if they ran on integers. prepare_qat puts them in the place of convolutions
// and linear layers. The parameters stay where they were in the model: forward() gets them as
// arguments, so that the state dict keeps its names.
#pragma once
#include <sinter/nn/options/conv.h>
#include <sinter/quant/fake_quantize.h>

#include <optional>
#include <string>

namespace sinter::quant {

// The batch norm after a convolution.
struct FoldedBatchNorm {
  double eps = 1e-5;
  std::optional<double> momentum = 0.1;  // none: the plain average over all batches
};

struct QatConv2dOptions {
  nn::Conv2dOptions conv;
  std::optional<FoldedBatchNorm> batch_norm = std::nullopt;
  FakeQuantizeOptions weight;
};

// The tensors of a convolution and of the batch norm after it; those that there are.
struct ConvTensors {
  Tensor weight, bias;
  Tensor gamma, beta, running_mean, running_var, num_batches_tracked;
};

// A convolution whose weight, with the batch norm's scale folded in, is fake quantized. With r for
// running statistics, B for those of the batch and s = sqrt(var + eps), in training
//
//   y = conv(x, FQ(w gamma / s_r)) s_r / s_B + beta - gamma mean_B / s_B,
//
// where mean_B and var_B (biased) are those of conv(x, w), the running statistics have been updated
// before, and s_r counts as a constant in gradients (Krishnamoorthi, 2018, section 3.2.2). In
// evaluation, and once frozen,
//
//   y = conv(x, FQ(w gamma / s_r)) + beta - gamma (mean_r - bias) / s_r.
//
// Without batch norm it is y = conv(x, FQ(w)) + bias.
class QatConv2dImpl : public nn::Cloneable<QatConv2dImpl> {
 public:
  explicit QatConv2dImpl(const QatConv2dOptions& options_);
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  // x [N, C, H, W]; undefined for what there is not.
  Tensor forward(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& gamma,
                 const Tensor& beta, const Tensor& running_mean, const Tensor& running_var,
                 const Tensor& num_batches_tracked);

  // Has training use the running statistics, which no longer change. Survives train().
  void freeze_batch_norm(bool on = true);
  bool batch_norm_frozen() const;
  // Weight and bias of the one convolution that evaluation amounts to, before quantization. The
  // bias is undefined where there is none.
  std::pair<Tensor, Tensor> folded(const ConvTensors& tensors) const;

  QatConv2dOptions options;
  FakeQuantize weight_fake_quantize = nullptr;

 private:
  Tensor train_forward(const Tensor& x, const ConvTensors& t);
  Tensor convolve(const Tensor& x, const Tensor& weight, const Tensor& bias) const;
  void update_statistics(const ConvTensors& t, const Tensor& mean, const Tensor& var,
                         std::int64_t count) const;

  Tensor frozen_;  // bool []
};
SINTER_MODULE(QatConv2d);

struct QatLinearOptions {
  FakeQuantizeOptions weight;
};

// y = x FQ(w)^T + bias.
class QatLinearImpl : public nn::Cloneable<QatLinearImpl> {
 public:
  explicit QatLinearImpl(const QatLinearOptions& options_);
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& x, const Tensor& weight, const Tensor& bias);

  QatLinearOptions options;
  FakeQuantize weight_fake_quantize = nullptr;
};
SINTER_MODULE(QatLinear);

}  // namespace sinter::quant
