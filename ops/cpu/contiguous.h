// Contiguous copies and broadcast views for kernels, made below dispatch and autograd.
#pragma once
#include <sinter/core/tensor.h>

namespace sinter::ops::cpu {

// x itself where it is contiguous, else a contiguous copy.
Tensor to_contiguous(const Tensor& x);
// x seen with sizes that it broadcasts to (unchecked); repeated dimensions have a stride of 0.
Tensor broadcast_view(const Tensor& x, IntArrayRef sizes);
// The first elements of x along each dimension: sizes, none larger than those of x (unchecked).
Tensor corner_view(const Tensor& x, IntArrayRef sizes);
// Copies the elements of x, broadcast, into a contiguous or strided tensor of the same dtype.
void copy_into(const Tensor& x, const Tensor& to);

}  // namespace sinter::ops::cpu
