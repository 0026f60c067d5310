// CPU kernels of the matrix products.
#pragma once
#include <sinter/ops/op_def.h>

namespace sinter::ops::cpu {

// mm, bmm, mv, dot and matmul: the ranks of the inputs say which.
void matmul(const KernelContext& c);
// Inputs (x, weight, bias or undefined).
void linear(const KernelContext& c);
// Inputs (input, a, b): addmm and baddbmm.
void addmm(const KernelContext& c);

}  // namespace sinter::ops::cpu
