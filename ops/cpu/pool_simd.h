// SIMD loops over the channels of one pixel, on one thread.
#pragma once
#include <cstdint>

namespace sinter::ops::cpu {

// The input pixels under a window: addresses of their first channel, and their places in the plane.
template <class T>
struct Taps {
  const T* const* pixels;
  const std::int64_t* places;
  std::int64_t count;
};

template <class T>
struct PoolLoops {
  // y = maximum over taps, and its place where `places` is not null. At least one tap.
  void (*maximum)(std::int64_t channels, const Taps<T>& taps, T* y, std::int64_t* places);
  // y = sum over taps / divisor.
  void (*mean)(std::int64_t channels, const Taps<T>& taps, T divisor, T* y);
  // y += x / divisor.
  void (*add)(std::int64_t channels, const T* x, T divisor, T* y);
};

template <class T>
const PoolLoops<T>& pool_loops();

}  // namespace sinter::ops::cpu
