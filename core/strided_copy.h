// Copying elements between two layouts of the same shape and dtype.
#pragma once
#include <sinter/core/dims.h>

#include <cstddef>

namespace sinter {

// Copies numel(sizes) elements of element_bytes (1, 2, 4 or 8) each, from strides (in elements) to
// strides. Transposed layouts are copied in cache-sized blocks, in parallel; runs of contiguous
// elements by memcpy. The ranges must not overlap.
void copy_strided(void* to, IntArrayRef to_strides, const void* from, IntArrayRef from_strides,
                  IntArrayRef sizes, std::size_t element_bytes);

}  // namespace sinter
