// CPU kernels of the convolutions.
#pragma once
#include <sinter/ops/op_def.h>

namespace sinter::ops::cpu {

void convolution(const KernelContext& c);
void conv_transpose(const KernelContext& c);
void convolution_backward_weight(const KernelContext& c);
void convolution_backward_bias(const KernelContext& c);

// How often the activations of a convolution had to be copied into NHWC order, or out of it, so
// far. For tests.
std::int64_t activation_reorders();

}  // namespace sinter::ops::cpu
