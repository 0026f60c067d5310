// Converting runs of elements between dtypes.
#pragma once
#include <sinter/core/dtype.h>

#include <cstddef>
#include <cstdint>

namespace sinter::ops::cpu {

// to[i * to_stride] = from[i * from_stride] for i < n, converted; strides in elements, 0 repeats
// one source element. Floating to integer truncates toward zero; NaN gives 0, and what is out of
// range gives the nearest end of the range and then wraps to narrower types as PyTorch does on
// x86 where that is defined. Anything non-zero is true.
using ConvertFn = void (*)(const void* from, std::int64_t from_stride, void* to,
                           std::int64_t to_stride, std::size_t n);
ConvertFn convert_fn(DType from, DType to);

}  // namespace sinter::ops::cpu
