// Tensors seen as lines along one dimension.
#pragma once
#include <sinter/ops/cpu/reduce_plan.h>

namespace sinter::ops::cpu {

// The lines of a tensor along dim, and where they lie in a second layout of the same shape (but for
// the size along dim).
struct Lines {
  Axes others;             // the other dimensions: places of lines in both layouts
  std::int64_t count = 1;  // of lines
  std::int64_t size = 1;   // elements of a line
  std::int64_t in = 1;     // strides along the line
  std::int64_t out = 1;

  // A 0-d tensor is one line of one element.
  Lines(const TensorMeta& in_meta, const TensorMeta& out_meta, std::size_t dim);
};

}  // namespace sinter::ops::cpu
