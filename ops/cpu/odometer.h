// Walking several strided tensors of one shape, element by element.
#pragma once
#include <sinter/core/dims.h>

#include <cstdint>

namespace sinter::ops::cpu {

// Calls fn(position in a, position in b) for every index of sizes in row-major order; positions
// are sums of index times stride. For loops that need no speed: the innermost dimension runs
// without carries, the others cost one.
template <class F>
void for_each_position(IntArrayRef sizes, IntArrayRef a, IntArrayRef b, F&& fn) {
  for (const std::int64_t size : sizes) {
    if (size == 0) return;
  }
  if (sizes.empty()) return fn(0, 0);
  const std::size_t inner = sizes.size() - 1;
  Dims index(sizes.size(), 0);
  std::int64_t pa = 0;
  std::int64_t pb = 0;
  while (true) {
    for (std::int64_t i = 0; i < sizes[inner]; ++i) fn(pa + i * a[inner], pb + i * b[inner]);
    std::size_t d = inner;
    while (d > 0) {
      --d;
      pa += a[d];
      pb += b[d];
      if (++index[d] < sizes[d]) break;
      pa -= a[d] * sizes[d];
      pb -= b[d] * sizes[d];
      index[d] = 0;
      if (d == 0) return;
    }
    if (inner == 0) return;
  }
}

}  // namespace sinter::ops::cpu
