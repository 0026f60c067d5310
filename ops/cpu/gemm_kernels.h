// The SIMD kernels under gemm.h, chosen once for this machine. All of them run on one thread.
#pragma once
#include <sinter/ops/cpu/gemm.h>

namespace sinter::ops::cpu {

// y = alpha * a x (+ y, or + bias), a of m x k with contiguous rows or contiguous columns.
template <class T>
struct Gemv {
  std::int64_t m = 0, k = 0;
  MatrixRef<T> a;
  const T* x = nullptr;  // contiguous
  T* y = nullptr;
  std::int64_t y_step = 1;
  T alpha = 1;
  bool accumulate = false;
  const T* bias = nullptr;
  std::int64_t bias_step = 1;
};

template <class T>
struct GemmKernels {
  // Any strides. Each element of c is the sum over blocks of k of alpha times a chain of fused
  // multiply-adds.
  void (*panels)(const Gemm<T>& g);
  // Each element of y is a sum over vectors of k.
  void (*gemv)(const Gemv<T>& g);
  std::int64_t row_panel;  // rows and columns of the block of c held in registers
  std::int64_t column_panel;
};

// T is float or double.
template <class T>
const GemmKernels<T>& gemm_kernels();

}  // namespace sinter::ops::cpu
