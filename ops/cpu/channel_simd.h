// The SIMD loops under channel_kernels.h, on one thread.
#pragma once
#include <cstdint>

namespace sinter::ops::cpu {

// Sums over a block of rows (each of `channels` numbers) or over one run of a single channel.
enum class ChannelSum : std::uint8_t {
  plain,     // first: x
  moments,   // first: x - origin, second: its square
  products,  // first: dy, second: dy * (x - origin)
};

template <class T>
struct ChannelBlock {
  const T* x;
  const T* dy;      // products only
  const T* origin;  // one number per channel
  std::int64_t rows, channels;
};

template <class T>
struct ChannelLoops {
  // first[c], second[c] for a block whose channels lie innermost.
  void (*sum_rows)(ChannelSum kind, const ChannelBlock<T>& block, T* first, T* second);
  // The same for `rows` numbers of one channel that lie side by side.
  void (*sum_run)(ChannelSum kind, const ChannelBlock<T>& block, T* first, T* second);
  // y = (x - mean) * scale + shift, mean and so on per channel (rows) or single (run).
  void (*affine_row)(std::int64_t n, const T* x, const T* mean, const T* scale, const T* shift,
                     T* y);
  void (*affine_run)(std::int64_t n, const T* x, T mean, T scale, T shift, T* y);
  // dx = scale * dy - first - (x - mean) * second.
  struct Backward {
    const T *dy, *x, *mean, *scale, *first, *second;
  };
  void (*backward_row)(std::int64_t n, const Backward& b, T* dx);
  void (*backward_run)(std::int64_t n, const Backward& b, T* dx);
  // y += a * b.
  void (*multiply_add)(std::int64_t n, const T* a, const T* b, T* y);
};

template <class T>
const ChannelLoops<T>& channel_loops();

}  // namespace sinter::ops::cpu
