#include <sinter/cuda/strided.h>

#include <algorithm>
#include <array>
#include <span>
#include <vector>

namespace sinter::cuda {

namespace {

using Order = std::vector<std::size_t>;

// Whether dimension d continues what the loop's last dimension walks, in every operand.
bool joins(const StridedLoop& loop, std::span<const IntArrayRef> strides, std::size_t d) {
  if (loop.dims == 0) return false;
  const auto last = static_cast<std::size_t>(loop.dims - 1);
  for (std::size_t t = 0; t < strides.size(); ++t) {
    if (strides[t][d] != loop.stride[t][last] * loop.size[last]) return false;
  }
  return true;
}

StridedLoop collapse(IntArrayRef sizes, std::span<const IntArrayRef> strides, const Order& order) {
  StridedLoop loop;
  for (const std::size_t d : order) {
    loop.numel *= sizes[d];
    if (sizes[d] == 1) continue;
    if (joins(loop, strides, d)) {
      loop.size[loop.dims - 1] *= sizes[d];
      continue;
    }
    loop.size[loop.dims] = sizes[d];
    for (std::size_t t = 0; t < strides.size(); ++t) loop.stride[t][loop.dims] = strides[t][d];
    ++loop.dims;
  }
  return loop;
}

Order innermost_first(std::size_t rank) {
  Order order(rank);
  for (std::size_t d = 0; d < rank; ++d) order[d] = rank - 1 - d;
  return order;
}

}  // namespace

StridedLoop make_loop(IntArrayRef sizes, std::initializer_list<IntArrayRef> strides) {
  return collapse(sizes, {strides.begin(), strides.size()}, innermost_first(sizes.size()));
}

StridedLoop make_any_order_loop(IntArrayRef sizes, std::initializer_list<IntArrayRef> strides) {
  Order order = innermost_first(sizes.size());
  const IntArrayRef first = *strides.begin();
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return first[a] < first[b]; });
  return collapse(sizes, {strides.begin(), strides.size()}, order);
}

Dims broadcast_strides(const TensorMeta& meta, IntArrayRef sizes) {
  Dims strides(sizes.size(), 0);
  const std::size_t added = sizes.size() - meta.dim();
  for (std::size_t d = 0; d < meta.dim(); ++d) {
    const bool repeated = meta.sizes[d] == 1 && sizes[added + d] != 1;
    strides[added + d] = repeated ? 0 : meta.strides[d];
  }
  return strides;
}

}  // namespace sinter::cuda
