#include <sinter/ops/cpu/rows.h>

#include <utility>

namespace sinter::ops::cpu {

Rows::Rows(IntArrayRef all_sizes, IntArrayRef all_a, IntArrayRef all_b) {
  Dims order;
  for (std::size_t d = 0; d < all_sizes.size(); ++d) {
    if (all_sizes[d] != 1) order.push_back(static_cast<std::int64_t>(d));
  }
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t x, std::int64_t y) {
    return all_a[static_cast<std::size_t>(x)] > all_a[static_cast<std::size_t>(y)];
  });
  for (const std::int64_t dim : order) {
    const auto d = static_cast<std::size_t>(dim);
    const std::int64_t size = all_sizes[d];
    if (!sizes.empty() && size > 0 && a.back() == all_a[d] * size && b.back() == all_b[d] * size) {
      sizes.back() *= size;
      a.back() = all_a[d];
      b.back() = all_b[d];
    } else {
      sizes.push_back(size);
      a.push_back(all_a[d]);
      b.push_back(all_b[d]);
    }
  }
  if (!sizes.empty()) return;
  sizes.push_back(1);
  a.push_back(1);
  b.push_back(1);
}

}  // namespace sinter::ops::cpu
