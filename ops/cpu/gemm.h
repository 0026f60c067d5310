// Matrix products on the CPU: Sinter's own SIMD kernels and, for large f32 products, oneDNN's.
#pragma once
#include <sinter/core/dtype.h>

#include <cstdint>

namespace sinter::ops::cpu {

// A matrix in someone else's memory: element (i, j) is data[i * row + j * col].
template <class T>
struct MatrixRef {
  const T* data = nullptr;
  std::int64_t row = 0;
  std::int64_t col = 0;

  MatrixRef t() const { return {data, col, row}; }
  MatrixRef at(std::int64_t i, std::int64_t j) const {
    return {data + i * row + j * col, row, col};
  }
};

// c = alpha * a b (+ c, or + a row vector). Rows of c are contiguous.
template <class T>
struct Gemm {
  std::int64_t m = 0, n = 0, k = 0;  // a is m x k, b is k x n
  MatrixRef<T> a, b;
  T* c = nullptr;
  std::int64_t c_row = 0;
  T alpha = 1;
  bool accumulate = false;  // add to what c holds
  const T* bias = nullptr;  // n numbers added to each row; null with accumulate
};

// Several products of one shape, whose operands lie at fixed distances.
struct BatchStrides {
  std::int64_t count = 1;
  std::int64_t a = 0, b = 0, c = 0;
};

// The product on this thread alone, with Sinter's kernels. T is float or double. Each element of c
// is a sum over k in an order that depends on k alone, so any cut of c into blocks gives the same
// bits. k = 0 gives the bias, or zeros.
template <class T>
void gemm_serial(const Gemm<T>& g);

// The product on all threads; the result does not depend on their number.
template <class T>
void gemm(const Gemm<T>& g, const BatchStrides& batch = {});

}  // namespace sinter::ops::cpu
