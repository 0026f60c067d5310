// Matrix products by cuBLASLt, behind one function.
#pragma once
#include <sinter/core/dtype.h>
#include <sinter/cuda/launch.h>

#include <cstdint>

namespace sinter::cuda {

// Matrices in device memory, one or a batch of them: element (i, j) of matrix b is
// data[b * batch + i * row + j * column]. One of row and column is 1, and the other at least the
// length of what lies along the first.
struct BlasOperand {
  const void* data = nullptr;
  std::int64_t row = 0, column = 0, batch = 0;
};

// c = alpha * a b + beta * c + bias, for a [m, k], b [k, n] and row-major c [m, n] with its
// matrices one behind another; bias, n numbers or null, is added to every row. f16 and bf16 are
// summed in f32, f32 without TF32.
struct BlasProduct {
  DType dtype = kFloat32;
  std::int64_t m = 0, n = 0, k = 0, batch = 1;
  BlasOperand a, b;
  void* c = nullptr;
  double alpha = 1, beta = 0;
  const void* bias = nullptr;
};

// No size may be 0. Throws Error `[cuda] cublasLt... failed; got STATUS` for what the library
// refuses, NotImplementedError for a dtype that is not floating point.
void multiply(const Launch& launch, const BlasProduct& product);

}  // namespace sinter::cuda
