#include <sinter/core/strided_copy.h>
#include <sinter/core/tensor_factory.h>
#include <sinter/ops/cpu/contiguous.h>

namespace sinter::ops::cpu {

Tensor to_contiguous(const Tensor& x) {
  const TensorMeta& meta = x.impl()->meta;
  if (meta.contiguous) return x;
  Tensor copy = empty_tensor("contiguous", meta.sizes, meta.dtype, meta.device);
  const TensorMeta& to = copy.impl()->meta;
  copy_strided(copy.impl()->data(), to.strides, x.impl()->data(), meta.strides, meta.sizes,
               element_size(meta.dtype));
  return copy;
}

}  // namespace sinter::ops::cpu
