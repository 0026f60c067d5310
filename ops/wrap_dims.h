// Lists of dimension numbers given by users.
#pragma once
#include <sinter/core/dims.h>

namespace sinter::ops {

// Maps each of dims from [-rank, rank) to [0, rank). Throws IndexError as wrap_dim does, and
// ValueError `[op] a dimension appears twice; got [0, 0]`.
Dims wrap_dims(const char* op, IntArrayRef dims, std::size_t rank);

}  // namespace sinter::ops
