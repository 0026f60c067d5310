// CPU kernels of the random family.
#pragma once
#include <sinter/ops/op_def.h>

namespace sinter::ops::cpu {

void uniform(const KernelContext& c);
void normal(const KernelContext& c);
void exponential(const KernelContext& c);
void bernoulli_fill(const KernelContext& c);
void random(const KernelContext& c);
void randperm(const KernelContext& c);
void bernoulli(const KernelContext& c);
void dropout(const KernelContext& c);

}  // namespace sinter::ops::cpu
