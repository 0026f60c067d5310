// CPU kernels of the view family.
#pragma once
#include <sinter/ops/op_def.h>

namespace sinter::ops::cpu {

void strided_scatter(const KernelContext& c);

}  // namespace sinter::ops::cpu
