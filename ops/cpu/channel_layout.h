// How activations with a channel dimension are read by kernels.
#pragma once
#include <sinter/core/tensor_impl.h>
#include <sinter/ops/cpu/channel_kernels.h>
#include <sinter/ops/cpu/dense.h>

namespace sinter::ops::cpu {

// The strides to read activations [N, C, ...] by: NHWC where they lie so, else row-major.
inline Dims channel_strides(const TensorMeta& meta) {
  const Dims rows = contiguous_strides(meta.sizes);
  if (meta.dim() != 4 || strides_agree(meta.sizes, meta.strides, rows)) return rows;
  const Dims last = channels_last_strides(meta.sizes);
  return strides_agree(meta.sizes, meta.strides, last) ? last : rows;
}

// Activations [N, C, ...] at the strides that channel_strides gave.
inline Channels channels_of(IntArrayRef sizes, IntArrayRef strides) {
  Channels g{sizes[0], sizes[1], 1, false};
  for (std::size_t d = 2; d < sizes.size(); ++d) g.inner *= sizes[d];
  g.last = g.inner == 1 || (sizes.size() == 4 && g.channels > 1 &&
                            strides_agree(sizes, strides, channels_last_strides(sizes)));
  return g;
}

}  // namespace sinter::ops::cpu
