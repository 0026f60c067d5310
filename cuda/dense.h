// Device tensors in the form that a kernel wants.
#pragma once
#include <sinter/core/tensor.h>

namespace sinter::cuda {

// A new tensor without defined elements, row-major, on `like`'s device.
Tensor new_tensor(const Tensor& like, IntArrayRef sizes, DType dtype);
// to = from, converted and broadcast; both on one device, of any layout.
void copy_elements(TensorImpl& to, const TensorImpl& from);
// Every element becomes the value; throws ValueError when an integer dtype cannot hold it.
void fill_elements(const Tensor& out, const Scalar& value);
// x itself where it is of this dtype, else a conversion of it.
Tensor as_dtype(const Tensor& x, DType dtype);
// x itself where it is row-major and of this dtype, else a copy of it. Undefined stays undefined.
Tensor as_contiguous(const Tensor& x, DType dtype);
inline Tensor as_contiguous(const Tensor& x) {
  return x.defined() ? as_contiguous(x, x.impl()->meta.dtype) : x;
}
// x itself where its memory is NHWC, else a copy of it. For 4 dimensions.
Tensor as_channels_last(const Tensor& x);

// Whether some element of a row-major bool tensor is true; waits for the device.
bool any_true(const Tensor& x);

// The elements; null for an undefined tensor.
template <class T>
T* data_of(const Tensor& x) {
  return x.defined() ? reinterpret_cast<T*>(x.impl()->data()) : nullptr;
}

}  // namespace sinter::cuda
