// CPU kernels that write values which depend on no tensor.
#pragma once
#include <sinter/ops/op_def.h>

#include <cstddef>

namespace sinter::ops::cpu {

// Sets bytes to zero, in parallel when there are many.
void zero_bytes(void* data, std::size_t bytes);
// Writes value, converted to the element type, to every element, whatever the strides.
void fill_elements(const Tensor& out, const Scalar& value);

void empty(const KernelContext& c);
void full(const KernelContext& c);
void full_like(const KernelContext& c);
void fill(const KernelContext& c);
void arange(const KernelContext& c);
void linspace(const KernelContext& c);
void eye(const KernelContext& c);
void tril(const KernelContext& c);
void triu(const KernelContext& c);

}  // namespace sinter::ops::cpu
