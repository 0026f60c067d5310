// Walking two strided tensors of one shape row by row, in parallel.
#pragma once
#include <sinter/core/dims.h>
#include <sinter/core/parallel.h>

#include <algorithm>
#include <cstdint>

namespace sinter::ops::cpu {

// Sizes with the strides of two tensors, a and b, that have them: as few dimensions as possible (at
// least one), in the order in which a lies in memory.
struct Rows {
  Dims sizes;
  Dims a;
  Dims b;
  Rows(IntArrayRef sizes, IntArrayRef a, IntArrayRef b);
};

// Calls fn(position in a, position in b, length) for runs along the last dimension of rows, which
// together cover every element once. Positions are in elements.
template <class F>
void for_each_row(const Rows& rows, std::int64_t grain, F&& fn) {
  const std::size_t last = rows.sizes.size() - 1;
  const std::int64_t length = rows.sizes[last];
  std::int64_t total = 1;
  for (const std::int64_t size : rows.sizes) total *= size;
  parallel_for(0, total, grain, [&](std::int64_t begin, std::int64_t end) {
    while (begin < end) {
      const std::int64_t start = begin % length;
      const std::int64_t count = std::min(length - start, end - begin);
      std::int64_t row = begin / length;
      std::int64_t a = start * rows.a[last];
      std::int64_t b = start * rows.b[last];
      for (std::size_t d = last; d-- > 0;) {
        const std::int64_t i = row % rows.sizes[d];
        row /= rows.sizes[d];
        a += i * rows.a[d];
        b += i * rows.b[d];
      }
      fn(a, b, count);
      begin += count;
    }
  });
}

}  // namespace sinter::ops::cpu
