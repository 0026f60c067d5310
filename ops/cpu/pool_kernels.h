// CPU kernels of pooling.
#pragma once
#include <sinter/ops/op_def.h>

namespace sinter::ops::cpu {

void max_pool2d(const KernelContext& c);       // one output, or two with the places
void byte_max_pool2d(const KernelContext& c);  // of u8 or i8, one output
void adaptive_max_pool2d(const KernelContext& c);
void max_pool2d_backward(const KernelContext& c);  // inputs (dy, places)
void avg_pool2d(const KernelContext& c);
void avg_pool2d_backward(const KernelContext& c);  // input dy
void adaptive_avg_pool2d(const KernelContext& c);
void adaptive_avg_pool2d_backward(const KernelContext& c);

}  // namespace sinter::ops::cpu
