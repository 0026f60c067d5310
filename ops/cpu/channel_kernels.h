// Loops over activations with one set of numbers per channel: statistics, normalisation, and their
// gradients.
#pragma once
#include <cstdint>

namespace sinter::ops::cpu {

// Activations [outer, channels, inner]; with `last`, channels lie innermost in memory (NHWC).
struct Channels {
  std::int64_t outer, channels, inner;
  bool last;

  std::int64_t per_channel() const { return outer * inner; }
};

// All sums run over fixed blocks, by shape, whose totals are added in double in order. T is float
// or double.

// Mean, and mean of the squared distance from it, of each channel. per_channel() must not be 0.
template <class T>
void channel_moments(const Channels& g, const T* x, T* mean, T* variance);

// total[c] = sum of x.
template <class T>
void channel_sums(const Channels& g, const T* x, T* total);

// first[c] = sum of dy; second[c] = sum of dy * (x - mean[c]).
template <class T>
void channel_products(const Channels& g, const T* dy, const T* x, const T* mean, T* first,
                      T* second);

// y = (x - mean[c]) * scale[c] + shift[c]; y may be x.
template <class T>
void channel_affine(const Channels& g, const T* x, const T* mean, const T* scale, const T* shift,
                    T* y);

// dx = scale[c] * dy - first[c] - (x - mean[c]) * second[c].
template <class T>
void channel_backward(const Channels& g, const T* dy, const T* x, const T* mean, const T* scale,
                      const T* first, const T* second, T* dx);

}  // namespace sinter::ops::cpu
