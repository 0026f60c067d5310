// Kernels of quantization.
#pragma once
#include <sinter/ops/op_def.h>

namespace sinter::ops::cpu {

void fake_quantize(const KernelContext& c);
void fake_quantize_mask(const KernelContext& c);
void quantize(const KernelContext& c);
void dequantize(const KernelContext& c);
void choose_qparams(const KernelContext& c);

void quantized_conv2d(const KernelContext& c);
void quantized_linear(const KernelContext& c);
void quantized_add(const KernelContext& c);
void quantized_avg_pool2d(const KernelContext& c);
void quantized_global_avg_pool2d(const KernelContext& c);

}  // namespace sinter::ops::cpu
