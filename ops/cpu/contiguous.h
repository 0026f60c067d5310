// Contiguous copies for kernels that want them.
#pragma once
#include <sinter/core/tensor.h>

namespace sinter::ops::cpu {

// x itself where it is contiguous, else a contiguous copy, made below dispatch and autograd.
Tensor to_contiguous(const Tensor& x);

}  // namespace sinter::ops::cpu
