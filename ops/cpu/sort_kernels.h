// CPU kernels of sorting.
#pragma once
#include <sinter/ops/op_def.h>

namespace sinter::ops::cpu {

// Outputs: the elements in order, and their indices.
void sort(const KernelContext& c);
void topk(const KernelContext& c);

}  // namespace sinter::ops::cpu
