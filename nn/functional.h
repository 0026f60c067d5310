// Layers as functions: everything that modules do with their tensors, without the modules. Each
// throws what the op of the same name in sinter throws.
#pragma once
#include <sinter/core/tensor.h>
#include <sinter/nn/options/activation.h>
#include <sinter/nn/options/conv.h>
#include <sinter/nn/options/dropout.h>
#include <sinter/nn/options/embedding.h>
#include <sinter/nn/options/linear.h>
#include <sinter/nn/options/loss.h>
#include <sinter/nn/options/normalization.h>
#include <sinter/nn/options/padding.h>
#include <sinter/nn/options/pooling.h>

#include <cstdint>

namespace sinter::nn::functional {

// --- Activations, element by element. Those with options().inplace() write into input.
Tensor relu(Tensor input, const ReLUFuncOptions& options = {});             // max(0, x)
Tensor relu6(Tensor input, const ReLU6FuncOptions& options = {});           // min(max(0, x), 6)
Tensor leaky_relu(Tensor input, const LeakyReLUFuncOptions& options = {});  // x > 0 ? x : slope * x
Tensor elu(Tensor input, const ELUFuncOptions& options = {});    // x > 0 ? x : alpha * (e^x - 1)
Tensor selu(Tensor input, const SELUFuncOptions& options = {});  // Klambauer et al., 2017
Tensor gelu(const Tensor& input, const GELUFuncOptions& options = {});  // x * Phi(x)
Tensor silu(const Tensor& input);                                       // x * sigmoid(x)
Tensor mish(const Tensor& input);                                       // x * tanh(softplus(x))
// log(1 + e^(beta * x)) / beta, and x itself where beta * x > threshold.
Tensor softplus(const Tensor& input, const SoftplusFuncOptions& options = {});
Tensor hardtanh(Tensor input, const HardtanhFuncOptions& options = {});  // clamp to [min, max]
Tensor hardsigmoid(Tensor input, const HardsigmoidFuncOptions& options = {});  // relu6(x + 3) / 6
Tensor hardswish(Tensor input, const HardswishFuncOptions& options = {});  // x * relu6(x + 3) / 6
// Along options.dim(): e^x / sum(e^x), and its logarithm.
Tensor softmax(const Tensor& input, const SoftmaxFuncOptions& options);
Tensor log_softmax(const Tensor& input, const LogSoftmaxFuncOptions& options);

// --- Layers.
// input [..., in] by weight [out, in], plus bias [out] if defined: [..., out].
Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias = {});
// input [N, C, L] or [C, L], weight [out, C / groups, K].
Tensor conv1d(const Tensor& input, const Tensor& weight, const Conv1dFuncOptions& options = {});
// input [N, C, H, W] or [C, H, W], weight [out, C / groups, KH, KW].
Tensor conv2d(const Tensor& input, const Tensor& weight, const Conv2dFuncOptions& options = {});
// The gradient of conv2d with respect to its input, as a layer; weight [C, out / groups, KH, KW].
Tensor conv_transpose2d(const Tensor& input, const Tensor& weight,
                        const ConvTranspose2dFuncOptions& options = {});
// Normalises each channel (dimension 1) over all others: with the statistics of the batch in
// training, which also moves the running ones; else with the running ones. Throws ValueError
// `[batch_norm] ...` for fewer than 2 dimensions, or one value per channel in training.
Tensor batch_norm(const Tensor& input, const Tensor& running_mean, const Tensor& running_var,
                  const BatchNormFuncOptions& options = {});
// Normalises over the last dimensions, of sizes options.normalized_shape().
Tensor layer_norm(const Tensor& input, const LayerNormFuncOptions& options);
// Normalises over groups of channels and all positions.
Tensor group_norm(const Tensor& input, const GroupNormFuncOptions& options);
// In training, zeros each element with probability p and scales the others by 1 / (1 - p); else the
// input. dropout2d zeros whole channels of [N, C, ...]. Throw ValueError for p outside [0, 1].
Tensor dropout(Tensor input, const DropoutFuncOptions& options = {});
Tensor dropout2d(Tensor input, const Dropout2dFuncOptions& options = {});
// Windows of input [N, C, H, W] or [C, H, W].
Tensor max_pool2d(const Tensor& input, const MaxPool2dFuncOptions& options);
Tensor avg_pool2d(const Tensor& input, const AvgPool2dFuncOptions& options);
Tensor adaptive_avg_pool2d(const Tensor& input, const AdaptiveAvgPool2dFuncOptions& options);
// Rows of weight [rows, dim] by index: [..., dim] for an integer input [...].
Tensor embedding(const Tensor& input, const Tensor& weight,
                 const EmbeddingFuncOptions& options = {});
// Integers to vectors of zeros with a one; num_classes -1 means the largest plus one.
Tensor one_hot(const Tensor& input, std::int64_t num_classes = -1);
// Adds a border.
Tensor pad(const Tensor& input, const PadFuncOptions& options);

// --- Losses.
// -log softmax(input)[target]; input [N, C, ...], and target the classes as i64 [N, ...] or their
// probabilities, like input.
Tensor cross_entropy(const Tensor& input, const Tensor& target,
                     const CrossEntropyFuncOptions& options = {});
// -input[target]: the same for input that went through log_softmax.
Tensor nll_loss(const Tensor& input, const Tensor& target, const NLLLossFuncOptions& options = {});
Tensor mse_loss(const Tensor& input, const Tensor& target, const MSELossFuncOptions& options = {});
Tensor l1_loss(const Tensor& input, const Tensor& target, const L1LossFuncOptions& options = {});
// Quadratic near zero, linear beyond (Girshick, "Fast R-CNN", 2015).
Tensor smooth_l1_loss(const Tensor& input, const Tensor& target,
                      const SmoothL1LossFuncOptions& options = {});
// -(target * log(input) + (1 - target) * log(1 - input)), logarithms bounded below by -100.
Tensor binary_cross_entropy(const Tensor& input, const Tensor& target,
                            const BinaryCrossEntropyFuncOptions& options = {});
// The same of sigmoid(input), computed without overflow.
Tensor binary_cross_entropy_with_logits(
    const Tensor& input, const Tensor& target,
    const BinaryCrossEntropyWithLogitsFuncOptions& options = {});

}  // namespace sinter::nn::functional
