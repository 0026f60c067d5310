#include <sinter/ops/cpu/lines.h>

namespace sinter::ops::cpu {

Lines::Lines(const TensorMeta& in_meta, const TensorMeta& out_meta, std::size_t dim) {
  for (std::size_t d = 0; d < in_meta.dim(); ++d) {
    if (d == dim) {
      size = in_meta.sizes[d];
      in = in_meta.strides[d];
      out = out_meta.strides[d];
      continue;
    }
    count *= in_meta.sizes[d];
    if (in_meta.sizes[d] != 1) {
      others.push_back({in_meta.sizes[d], in_meta.strides[d], out_meta.strides[d]});
    }
  }
  others.collapse();
}

}  // namespace sinter::ops::cpu
