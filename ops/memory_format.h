// Outputs in a memory format that the caller asks for.
#pragma once
#include <sinter/ops/op_def.h>

namespace sinter::ops {

// Describes output 0 with the sizes of input 0, laid out by format. Throws ValueError for
// channels_last unless there are 4 dimensions.
void set_with_format(const InferContext& c, DType dtype, MemoryFormat format);
// The same for an output without an input; preserve counts as contiguous.
void set_with_format(const InferContext& c, IntArrayRef sizes, DType dtype, MemoryFormat format);

}  // namespace sinter::ops
