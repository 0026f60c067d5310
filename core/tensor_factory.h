// Tensors made without an op: uninitialised, or around someone else's memory.
#pragma once
#include <sinter/core/tensor.h>

namespace sinter {

// An uninitialised tensor. Throws ValueError `[op] ...` for a negative size, more than kMaxDims
// dimensions, a byte count above INT64_MAX, or channels_last with other than 4 dimensions;
// OutOfMemoryError.
Tensor empty_tensor(const char* op, IntArrayRef sizes, DType dtype, Device device = {},
                    MemoryFormat format = MemoryFormat::contiguous);
// A header over existing storage; checks nothing.
Tensor make_view(const Storage& storage, const TensorMeta& meta);
// A 0-d tensor that holds a C++ number and is weak in type promotion.
Tensor wrapped_number(const Scalar& value);

}  // namespace sinter
