#include <sinter/core/strided_copy.h>
#include <sinter/core/tensor_factory.h>
#include <sinter/ops/cpu/contiguous.h>

namespace sinter::ops::cpu {

Tensor to_contiguous(const Tensor& x) {
  const TensorMeta& meta = x.impl()->meta;
  if (meta.contiguous) return x;
  Tensor copy = empty_tensor("contiguous", meta.sizes, meta.dtype, meta.device);
  copy_into(x, copy);
  return copy;
}

Tensor broadcast_view(const Tensor& x, IntArrayRef sizes) {
  TensorMeta meta = x.impl()->meta;
  if (IntArrayRef(meta.sizes) == sizes) return x;
  Dims strides(sizes.size(), 0);
  const std::size_t lead = sizes.size() - meta.dim();
  for (std::size_t d = 0; d < meta.dim(); ++d) {
    if (meta.sizes[d] != 1) strides[lead + d] = meta.strides[d];
  }
  meta.set_strided(sizes, strides, meta.offset);
  return make_view(x.impl()->storage, meta);
}

Tensor corner_view(const Tensor& x, IntArrayRef sizes) {
  TensorMeta meta = x.impl()->meta;
  if (IntArrayRef(meta.sizes) == sizes) return x;
  const Dims strides = meta.strides;
  meta.set_strided(sizes, strides, meta.offset);
  return make_view(x.impl()->storage, meta);
}

void copy_into(const Tensor& x, const Tensor& to) {
  const TensorMeta& meta = to.impl()->meta;
  if (meta.numel == 0) return;
  const Tensor from = broadcast_view(x, meta.sizes);
  copy_strided(to.impl()->data(), meta.strides, from.impl()->data(), from.impl()->meta.strides,
               meta.sizes, element_size(meta.dtype));
}

}  // namespace sinter::ops::cpu
