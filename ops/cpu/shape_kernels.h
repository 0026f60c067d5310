// CPU kernels of the shape family.
#pragma once
#include <sinter/ops/op_def.h>

namespace sinter::ops::cpu {

void cat(const KernelContext& c);
void flip(const KernelContext& c);
void pad(const KernelContext& c);
// Makes its output: i, repeated in[0][i] times.
void repeat_indices(const KernelContext& c);

}  // namespace sinter::ops::cpu
