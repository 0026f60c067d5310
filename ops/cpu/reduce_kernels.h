// CPU kernels of reductions.
#pragma once
#include <sinter/ops/op_def.h>

namespace sinter::ops::cpu {

void sum(const KernelContext& c);
void mean(const KernelContext& c);
void prod(const KernelContext& c);
void amax(const KernelContext& c);
void amin(const KernelContext& c);
void any(const KernelContext& c);
void all(const KernelContext& c);
void count_nonzero(const KernelContext& c);
void var(const KernelContext& c);
void std(const KernelContext& c);
void norm(const KernelContext& c);
void logsumexp(const KernelContext& c);
// Outputs: the extreme elements and their indices.
void max_dim(const KernelContext& c);
void min_dim(const KernelContext& c);
void argmax(const KernelContext& c);
void argmin(const KernelContext& c);
void cumsum(const KernelContext& c);
// Inputs: the gradient of the products and the elements; output: the gradient of each element.
void prod_backward(const KernelContext& c);

}  // namespace sinter::ops::cpu
