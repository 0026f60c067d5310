// Copies: other memory, another dtype, another device, another memory format.
//
// preserve, as a memory format, keeps the strides of a tensor that is dense (some permutation of it
// is contiguous) and makes others contiguous, as PyTorch does.
#pragma once
#include <sinter/core/tensor.h>

namespace sinter {

// A copy of x in memory of its own; format defaults to preserve. Throws ValueError for
// channels_last unless x has 4 dimensions.
Tensor clone(const Tensor& x, std::optional<MemoryFormat> format = std::nullopt);
// x itself if its strides are those of the format, else a copy that has them. Throws ValueError for
// preserve, and for channels_last unless x has 4 dimensions.
Tensor contiguous(const Tensor& x, MemoryFormat format = MemoryFormat::contiguous);

// The elements of source, broadcast to the sizes of self and converted to its dtype and device:
// what self.copy_(source) writes. Throws ValueError when source does not broadcast to self.
Tensor copy(const Tensor& self, const Tensor& source);

// x converted to a dtype; x itself when it has it. Floating to integer truncates toward zero; NaN
// gives 0, and a number beyond int64 the nearest end of int64; narrower integers then keep the low
// bits, as when integers are converted. Anything but zero is true, true is 1. Layout: preserve.
Tensor cast(const Tensor& x, DType dtype);

// x with the given dtype, device and memory format (default preserve); x itself when nothing is to
// be changed and copy is false. Throws NotImplementedError for a device whose backend is not built
// in, ValueError for options that ask for gradients. Differentiable when both dtypes are floating.
Tensor to(const Tensor& x, const TensorOptions& options, bool non_blocking = false,
          bool copy = false, std::optional<MemoryFormat> format = std::nullopt);

}  // namespace sinter
