// The kernels of ops on CUDA; kernel_list.cpp says which op each belongs to.
#pragma once
#include <sinter/core/backend.h>
#include <sinter/ops/device_kernels.h>
#include <sinter/ops/op_def.h>

namespace sinter::cuda {

// Every pointwise op.
void run_pointwise(const ops::KernelContext& c);

void clone(const ops::KernelContext& c);
void cast(const ops::KernelContext& c);
void copy(const ops::KernelContext& c);
// Copies elements as they are from one layout to another.
void copy_layout(int device, const StridedCopy& copy);

void empty(const ops::KernelContext& c);
void full(const ops::KernelContext& c);
void full_like(const ops::KernelContext& c);
void fill(const ops::KernelContext& c);
void arange(const ops::KernelContext& c);
void tril(const ops::KernelContext& c);
void triu(const ops::KernelContext& c);
void cat(const ops::KernelContext& c);
void strided_scatter(const ops::KernelContext& c);

void sum(const ops::KernelContext& c);
void mean(const ops::KernelContext& c);
void prod(const ops::KernelContext& c);
void amax(const ops::KernelContext& c);
void amin(const ops::KernelContext& c);
void any(const ops::KernelContext& c);
void all(const ops::KernelContext& c);
void count_nonzero(const ops::KernelContext& c);
void argmax(const ops::KernelContext& c);
void argmin(const ops::KernelContext& c);
void max_dim(const ops::KernelContext& c);
void min_dim(const ops::KernelContext& c);

void softmax(const ops::KernelContext& c);
void log_softmax(const ops::KernelContext& c);
void softmax_backward(const ops::KernelContext& c);
void log_softmax_backward(const ops::KernelContext& c);
void layer_norm(const ops::KernelContext& c);
void layer_norm_backward(const ops::KernelContext& c);

void nll_loss(const ops::KernelContext& c);
void nll_loss_backward(const ops::KernelContext& c);
void masked_fill(const ops::KernelContext& c);
void embedding(const ops::KernelContext& c);
void embedding_backward(const ops::KernelContext& c);
void max_pool(const ops::KernelContext& c);
void max_pool_backward(const ops::KernelContext& c);
void sgd_update(const ops::KernelContext& c);
void adam_update(const ops::KernelContext& c);

void matmul(const ops::KernelContext& c);
void addmm(const ops::KernelContext& c);
void linear(const ops::KernelContext& c);
void convolution(const ops::KernelContext& c);
void conv_transpose(const ops::KernelContext& c);
void convolution_backward_weight(const ops::KernelContext& c);
void convolution_backward_bias(const ops::KernelContext& c);
void attention(const ops::KernelContext& c);
void attention_backward(const ops::KernelContext& c);

// Installs all of them.
void register_all_kernels();

}  // namespace sinter::cuda
