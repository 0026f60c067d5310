#include <sinter/ops/index_layout.h>
#include <sinter/ops/op_def.h>

namespace sinter::ops {

Dims IndexLayout::result_sizes(IntArrayRef sizes) const {
  Dims out;
  for (const std::int64_t d : before) out.push_back(sizes[static_cast<std::size_t>(d)]);
  for (const std::int64_t n : positions) out.push_back(n);
  for (const std::int64_t d : after) out.push_back(sizes[static_cast<std::size_t>(d)]);
  return out;
}

IndexLayout index_layout(const char* op, const TensorMeta& self, const TensorRefs& in,
                         std::size_t first) {
  const std::size_t rank = self.dim();
  const std::size_t given = in.size() - first;
  SINTER_CHECK_AS(IndexError, given <= rank, "[", op, "] too many indices; got ", given,
                  " for a tensor of ", rank, " dimensions");
  IndexLayout layout;
  for (std::size_t d = 0; d < given; ++d) {
    if (!in.defined(first + d)) continue;
    const TensorMeta& index = in.meta(first + d);
    SINTER_CHECK_AS(TypeError, index.dtype == kInt64, "[", op,
                    "] indices must be of dtype i64; got ", index.dtype);
    layout.positions =
        layout.indexed.empty() ? index.sizes : broadcast_shapes(op, layout.positions, index.sizes);
    layout.indexed.push_back(static_cast<std::int64_t>(d));
  }
  SINTER_CHECK_AS(ValueError, !layout.indexed.empty(), "[", op,
                  "] needs at least one index tensor; got none for a tensor of sizes ",
                  IntArrayRef(self.sizes));
  const std::int64_t start = layout.indexed[0];
  const std::int64_t last = layout.indexed.back();
  const auto count = static_cast<std::int64_t>(layout.indexed.size());
  const bool adjacent = last - start + 1 == count;
  for (std::size_t i = 0, k = 0; i < rank; ++i) {
    const auto d = static_cast<std::int64_t>(i);
    if (k < layout.indexed.size() && layout.indexed[k] == d) {
      ++k;
    } else {
      (adjacent && d < start ? layout.before : layout.after).push_back(d);
    }
  }
  return layout;
}

}  // namespace sinter::ops
