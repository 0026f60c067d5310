#include <sinter/core/tensor_factory.h>
#include <sinter/cuda/dense.h>

namespace sinter::cuda {

namespace {

Tensor copied(const Tensor& x, TensorMeta meta) {
  meta.device = x.impl()->meta.device;
  Tensor out(IntrusivePtr<TensorImpl>::adopt(TensorImpl::create()));
  out.impl()->meta = meta;
  out.impl()->storage = StorageImpl::create(meta.nbytes(), meta.device);
  copy_elements(*out.impl(), *x.impl());
  return out;
}

TensorMeta row_major(const Tensor& x, DType dtype) {
  TensorMeta meta;
  meta.dtype = dtype;
  meta.set_contiguous(x.impl()->meta.sizes);
  return meta;
}

}  // namespace

Tensor new_tensor(const Tensor& like, IntArrayRef sizes, DType dtype) {
  return empty_tensor("cuda", sizes, dtype, like.impl()->meta.device);
}

Tensor as_dtype(const Tensor& x, DType dtype) {
  return x.impl()->meta.dtype == dtype ? x : copied(x, row_major(x, dtype));
}

Tensor as_contiguous(const Tensor& x, DType dtype) {
  if (!x.defined()) return x;
  const TensorMeta& meta = x.impl()->meta;
  return meta.contiguous && meta.dtype == dtype ? x : copied(x, row_major(x, dtype));
}

Tensor as_channels_last(const Tensor& x) {
  const TensorMeta& meta = x.impl()->meta;
  if (meta.channels_last) return x;
  TensorMeta wanted;
  wanted.dtype = meta.dtype;
  wanted.set_channels_last(meta.sizes);
  return copied(x, wanted);
}

}  // namespace sinter::cuda
