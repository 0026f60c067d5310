// SIMD loops over one normalised row, on one thread.
#pragma once
#include <cstdint>

namespace sinter::ops::cpu {

// y = (x - mean) * rstd * weight + bias; weight and bias may be null (1 and 0).
template <class T>
struct RowAffine {
  const T* x;
  T mean, rstd;
  const T* weight;
  const T* bias;
};

template <class T>
struct RowGradient {
  const T* dy;
  const T* x;
  T mean, rstd;
  const T* weight;
};

template <class T>
struct RowLoops {
  // The sum of x - origin.
  T (*sum)(std::int64_t n, const T* x, T origin);
  // The sum of (x - origin)^2.
  T (*squares)(std::int64_t n, const T* x, T origin);
  void (*affine)(std::int64_t n, const RowAffine<T>& a, T* y);
  // first: sum of dy * weight; second: sum of dy * weight * (x - mean).
  void (*products)(std::int64_t n, const RowGradient<T>& g, T* first, T* second);
  // dx = dy * weight * rstd - first - (x - mean) * second.
  void (*backward)(std::int64_t n, const RowGradient<T>& g, T first, T second, T* dx);
  // dweight += dy * (x - mean) * rstd, dbias += dy.
  void (*parameters)(std::int64_t n, const RowGradient<T>& g, T* dweight, T* dbias);
};

template <class T>
const RowLoops<T>& row_loops();

}  // namespace sinter::ops::cpu
