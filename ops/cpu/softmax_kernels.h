// CPU kernels of softmax and its relatives.
#pragma once
#include <sinter/ops/op_def.h>

namespace sinter::ops::cpu {

void softmax(const KernelContext& c);
void log_softmax(const KernelContext& c);
// Inputs: the gradient of the output, and the output.
void softmax_backward(const KernelContext& c);
void log_softmax_backward(const KernelContext& c);

}  // namespace sinter::ops::cpu
