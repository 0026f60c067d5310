// CPU kernels of attention.
#pragma once
#include <sinter/ops/op_def.h>

namespace sinter::ops::cpu {

// Inputs (query, key, value, mask or undefined); outputs (result, logsumexp of the scores, where a
// row without scores has +infinity).
void attention(const KernelContext& c);
// Inputs (gradient, query, key, value, mask, result, logsumexp); outputs (dquery, dkey, dvalue).
void attention_backward(const KernelContext& c);

}  // namespace sinter::ops::cpu
