// The index space of an elementwise kernel, and where each operand's elements lie in it.
#pragma once
#include <sinter/core/dims.h>
#include <sinter/core/host_device.h>
#include <sinter/core/tensor_impl.h>

#include <cstdint>
#include <initializer_list>

namespace sinter::cuda {

inline constexpr std::size_t kMaxOperands = 4;

// Dimensions innermost first, joined where every operand allows it; passed to kernels by value.
// Strides are in elements.
struct StridedLoop {
  std::int64_t numel = 1;
  std::int32_t dims = 0;
  std::int64_t size[kMaxDims];
  std::int64_t stride[kMaxOperands][kMaxDims];

  // Offsets of the first `count` operands at element i, 0 <= i < numel.
  template <std::size_t count>
  SINTER_HOST_DEVICE void offsets(std::int64_t i, std::int64_t (&out)[count]) const {
    for (std::size_t t = 0; t < count; ++t) out[t] = 0;
    for (std::int32_t d = 0; d < dims; ++d) {
      // The last dimension takes what is left.
      const std::int64_t rest = d + 1 < dims ? i / size[d] : 0;
      const std::int64_t at = i - rest * size[d];
      for (std::size_t t = 0; t < count; ++t) out[t] += at * stride[t][d];
      i = rest;
    }
  }
  SINTER_HOST_DEVICE std::int64_t offset(std::int64_t i) const {
    std::int64_t out[1];
    offsets(i, out);
    return out[0];
  }
};

// Element i of the loop is element i of `sizes` in row-major order.
StridedLoop make_loop(IntArrayRef sizes, std::initializer_list<IntArrayRef> strides);
// The same elements in the order of the first operand's memory: for kernels whose elements do not
// depend on one another.
StridedLoop make_any_order_loop(IntArrayRef sizes, std::initializer_list<IntArrayRef> strides);

// The strides of a tensor along the dimensions of `sizes` that it broadcasts to: 0 where repeated.
Dims broadcast_strides(const TensorMeta& meta, IntArrayRef sizes);

}  // namespace sinter::cuda
