// CPU kernels of the optimizers' updates.
#pragma once
#include <sinter/ops/op_def.h>

namespace sinter::ops::cpu {

void sgd_update(const KernelContext& c);
void adam_update(const KernelContext& c);

}  // namespace sinter::ops::cpu
