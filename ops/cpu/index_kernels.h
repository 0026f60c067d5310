// CPU kernels of indexing.
#pragma once
#include <sinter/ops/op_def.h>

namespace sinter::ops::cpu {

// Inputs: self, then the indices.
void index(const KernelContext& c);
// Inputs: self, values, then the indices.
void index_put(const KernelContext& c);
void index_select(const KernelContext& c);
// Inputs: self, index, source.
void index_add(const KernelContext& c);
void masked_fill(const KernelContext& c);
void nonzero(const KernelContext& c);
void gather(const KernelContext& c);
void embedding(const KernelContext& c);
// Inputs: the gradient of the output, and the indices.
void embedding_backward(const KernelContext& c);
// Inputs: self, index, source.
void scatter(const KernelContext& c);
void scatter_add(const KernelContext& c);
// Inputs: self, index.
void scatter_value(const KernelContext& c);

}  // namespace sinter::ops::cpu
