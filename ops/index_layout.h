// The shape of advanced indexing.
#pragma once
#include <sinter/core/tensor_impl.h>

#include <cstdint>

namespace sinter::ops {

class TensorRefs;

// x[i0, :, i2, ...]: which dimensions are indexed, and where the broadcast indices end up.
struct IndexLayout {
  Dims indexed;    // dimensions with an index tensor, ascending
  Dims before;     // other dimensions, in front of the broadcast indices
  Dims after;      // and behind them
  Dims positions;  // the shape that the index tensors broadcast to

  // The shape of the result.
  Dims result_sizes(IntArrayRef sizes) const;
};

// Lays out the indices in[first], in[first + 1], ... of a tensor. Throws IndexError for more
// indices than dimensions, TypeError for indices that are not i64, ValueError when they do not
// broadcast or none is defined.
IndexLayout index_layout(const char* op, const TensorMeta& self, const TensorRefs& in,
                         std::size_t first);

}  // namespace sinter::ops
