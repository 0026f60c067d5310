// Losses. Those that compare elements broadcast their tensors; `weight`, where there is one, scales
// the loss of each element or class and gets no gradient of its own in the class losses.
#pragma once
#include <sinter/core/tensor.h>

#include <cstdint>

namespace sinter {

// What becomes of the losses of single elements: all of them, their mean, or their sum. Those in
// capitals are libtorch's names.
enum class Reduction : std::uint8_t { none, mean, sum, None = none, Mean = mean, Sum = sum };

// -weight[t] * self[n, t] for log-probabilities self [N, C, d1...] (or [C]) and classes t =
// target[n] of integers in [0, C), shape [N, d1...] (or 0-d). Targets equal to ignore_index count
// nothing. mean divides by the sum of the weights that counted, NaN where that is 0. weight has C
// elements of self's dtype. Throws IndexError for a target out of range, ValueError for shapes that
// do not fit.
Tensor nll_loss(const Tensor& self, const Tensor& target, const Tensor& weight = {},
                Reduction reduction = Reduction::mean, std::int64_t ignore_index = -100);

// The cross entropy of softmax(self) along dimension 1 (0 for [C]) with target: classes as in
// nll_loss, or probabilities, a floating tensor of self's shape. label_smoothing in [0, 1] mixes
// the target with the uniform distribution (Szegedy et al., 2016, Rethinking the Inception
// Architecture). With probabilities mean divides by the number of distributions, and ignore_index
// must be negative.
Tensor cross_entropy(const Tensor& self, const Tensor& target, const Tensor& weight = {},
                     Reduction reduction = Reduction::mean, std::int64_t ignore_index = -100,
                     double label_smoothing = 0);

// (self - target)^2.
Tensor mse_loss(const Tensor& self, const Tensor& target, Reduction reduction = Reduction::mean);
// |self - target|.
Tensor l1_loss(const Tensor& self, const Tensor& target, Reduction reduction = Reduction::mean);
// For d = |self - target|: d^2 / (2 beta) where d < beta, else d - beta / 2. Throws ValueError for
// a negative beta; 0 gives l1_loss.
Tensor smooth_l1_loss(const Tensor& self, const Tensor& target,
                      Reduction reduction = Reduction::mean, double beta = 1);
// delta * smooth_l1_loss with beta = delta (Huber, 1964). Throws ValueError unless delta > 0.
Tensor huber_loss(const Tensor& self, const Tensor& target, Reduction reduction = Reduction::mean,
                  double delta = 1);

// -(t log x + (1 - t) log(1 - x)) for probabilities x, with logarithms no lower than -100. Throws
// ValueError for an x outside [0, 1] and for shapes that differ.
Tensor binary_cross_entropy(const Tensor& self, const Tensor& target, const Tensor& weight = {},
                            Reduction reduction = Reduction::mean);
// The same for x = sigmoid(self), without overflow; pos_weight scales the term of t.
Tensor binary_cross_entropy_with_logits(const Tensor& self, const Tensor& target,
                                        const Tensor& weight = {}, const Tensor& pos_weight = {},
                                        Reduction reduction = Reduction::mean);

// target * (log target - self) for log-probabilities self, 0 where target is 0; with log_target the
// target is a logarithm too. mean is over elements, as in PyTorch, not over distributions.
Tensor kl_div(const Tensor& self, const Tensor& target, Reduction reduction = Reduction::mean,
              bool log_target = false);
// log(1 + exp(-target * self)) for targets of 1 and -1.
Tensor soft_margin_loss(const Tensor& self, const Tensor& target,
                        Reduction reduction = Reduction::mean);

}  // namespace sinter
