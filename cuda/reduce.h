// How a reduction walks over memory.
#pragma once
#include <sinter/core/tensor.h>

namespace sinter::cuda {

struct FoldShape;

// dims: the reduced dimensions, ascending. Outputs are in row-major order.
FoldShape fold_shape(const TensorMeta& in, IntArrayRef dims);

// out (row-major) = the sum of in over dims, which ascend; both on one device.
void sum_into(const Tensor& out, const Tensor& in, IntArrayRef dims);

}  // namespace sinter::cuda
