// Numbers that a module keeps in its buffers.
#pragma once
#include <sinter/core/error.h>
#include <sinter/core/tensor.h>

namespace sinter::quant {

// The value of a buffer of one element, read below dispatch: it is known while a graph is captured,
// too. Throws TypeError where the buffer is of another dtype or has no elements.
template <class T>
T number_in(const Tensor& buffer) {
  const TensorImpl& impl = *buffer.impl();
  SINTER_CHECK_AS(TypeError, impl.meta.dtype == dtype_of<T> && impl.meta.numel == 1 && !impl.fake(),
                  "[quant] a buffer must hold one ", dtype_of<T>, "; got ", impl.meta.dtype, " ",
                  IntArrayRef(impl.meta.sizes));
  return *reinterpret_cast<const T*>(impl.data());
}

}  // namespace sinter::quant
