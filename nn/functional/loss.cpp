#include <sinter/nn/functional.h>
#include <sinter/ops/ops.h>

namespace sinter::nn::functional {

namespace {
Reduction reduction_of(LossReduction reduction) {
  if (reduction.is(kNone)) return Reduction::none;
  return reduction.is(kMean) ? Reduction::mean : Reduction::sum;
}
}  // namespace

Tensor cross_entropy(const Tensor& input, const Tensor& target,
                     const CrossEntropyFuncOptions& options) {
  return sinter::cross_entropy(input, target, options.weight(), reduction_of(options.reduction()),
                               options.ignore_index(), options.label_smoothing());
}

Tensor nll_loss(const Tensor& input, const Tensor& target, const NLLLossFuncOptions& options) {
  return sinter::nll_loss(input, target, options.weight(), reduction_of(options.reduction()),
                          options.ignore_index());
}

Tensor mse_loss(const Tensor& input, const Tensor& target, const MSELossFuncOptions& options) {
  return sinter::mse_loss(input, target, reduction_of(options.reduction()));
}

Tensor l1_loss(const Tensor& input, const Tensor& target, const L1LossFuncOptions& options) {
  return sinter::l1_loss(input, target, reduction_of(options.reduction()));
}

Tensor smooth_l1_loss(const Tensor& input, const Tensor& target,
                      const SmoothL1LossFuncOptions& options) {
  return sinter::smooth_l1_loss(input, target, reduction_of(options.reduction()),
                                options.beta().value_or(1.0));
}

Tensor binary_cross_entropy(const Tensor& input, const Tensor& target,
                            const BinaryCrossEntropyFuncOptions& options) {
  return sinter::binary_cross_entropy(input, target, options.weight(),
                                      reduction_of(options.reduction()));
}

Tensor binary_cross_entropy_with_logits(const Tensor& input, const Tensor& target,
                                        const BinaryCrossEntropyWithLogitsFuncOptions& options) {
  return sinter::binary_cross_entropy_with_logits(
      input, target, options.weight(), options.pos_weight(), reduction_of(options.reduction()));
}

}  // namespace sinter::nn::functional
