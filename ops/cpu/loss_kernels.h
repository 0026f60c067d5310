// CPU kernels of losses.
#pragma once
#include <sinter/ops/op_def.h>

namespace sinter::ops::cpu {

// Inputs: log-probabilities, targets, weights (may be undefined). Outputs: the loss, and the sum of
// the weights that counted, in f64.
void nll_loss(const KernelContext& c);
// Inputs: the gradient of the loss, targets, weights (may be undefined), the sum of the weights.
void nll_loss_backward(const KernelContext& c);
// Inputs: probabilities and targets of one shape.
void binary_cross_entropy(const KernelContext& c);

}  // namespace sinter::ops::cpu
