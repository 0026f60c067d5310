// CPU kernels of the normalisations.
#pragma once
#include <sinter/ops/op_def.h>

namespace sinter::ops::cpu {

void batch_norm(const KernelContext& c);
void batch_norm_backward(const KernelContext& c);
void batch_norm_inference(const KernelContext& c);
void batch_norm_update(const KernelContext& c);

void layer_norm(const KernelContext& c);
void layer_norm_backward(const KernelContext& c);
void rms_norm(const KernelContext& c);
void rms_norm_backward(const KernelContext& c);

void group_norm(const KernelContext& c);
void group_norm_backward(const KernelContext& c);

}  // namespace sinter::ops::cpu
