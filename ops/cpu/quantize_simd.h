// SIMD loops of quantization, on one thread.
#pragma once
#include <sinter/core/dtype.h>

#include <cstdint>

namespace sinter::ops::cpu {

// Scales and zero points of a run of elements: one for all, or one for each.
template <class T>
struct Affine {
  const T* scale;
  const T* zero_point;
  bool each;
};

// T is float or double.
template <class T>
struct QuantizeLoops {
  void (*fake)(std::int64_t n, const T* x, Affine<T> affine, T low, T high, T* y);
  // mask[i]: whether x[i] is inside the range.
  void (*mask)(std::int64_t n, const T* x, Affine<T> affine, T low, T high, bool* mask);
  // The clamped integers, as T.
  void (*quantize)(std::int64_t n, const T* x, Affine<T> affine, T low, T high, T* q);
};
template <class T>
const QuantizeLoops<T>& quantize_loops();

}  // namespace sinter::ops::cpu
