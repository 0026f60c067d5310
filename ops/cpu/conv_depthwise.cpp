#include <sinter/core/parallel.h>
#include <sinter/ops/cpu/channel_simd.h>
#include <sinter/ops/cpu/conv_shape.h>
#include <sinter/ops/cpu/workspace.h>

#include <algorithm>

namespace sinter::ops::cpu {

namespace {

// Elements worth a thread.
constexpr std::int64_t kGrain = 1 << 14;

std::int64_t grain(std::int64_t piece) { return kGrain / std::max<std::int64_t>(piece, 1) + 1; }

// Calls fn(tap, input pixel) for the taps of output pixel (row, column) that lie inside the input.
template <class F>
void for_taps(const ConvShape& s, std::int64_t row, std::int64_t column, F&& fn) {
  for (std::int64_t i = 0; i < s.kh; ++i) {
    const std::int64_t y = row * s.stride_h - s.pad_top + i * s.dilation_h;
    if (y < 0 || y >= s.h) continue;
    for (std::int64_t j = 0; j < s.kw; ++j) {
      const std::int64_t x = column * s.stride_w - s.pad_left + j * s.dilation_w;
      if (x >= 0 && x < s.w) fn(i * s.kw + j, y * s.w + x);
    }
  }
}

// The weight [c, taps] as [taps, c].
template <class T>
Workspace<T> taps_first(const ConvShape& s, const T* weight) {
  Workspace<T> packed(s.weight_numel());
  for (std::int64_t c = 0; c < s.c; ++c) {
    for (std::int64_t t = 0; t < s.taps(); ++t) packed[t * s.c + c] = weight[c * s.taps() + t];
  }
  return packed;
}

template <class T>
void start_from(const T* bias, std::int64_t channels, T* y) {
  if (bias != nullptr) {
    std::copy_n(bias, channels, y);
  } else {
    std::fill_n(y, channels, T(0));
  }
}

}  // namespace

template <class T>
void depthwise_convolution(const ConvShape& s, const T* x, const T* weight, const T* bias, T* y) {
  const Workspace<T> packed = taps_first(s, weight);
  const auto& loops = channel_loops<T>();
  parallel_for(0, s.n * s.oh, grain(s.ow * s.c * s.taps()),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t r = begin; r < end; ++r) {
                   const T* image = x + r / s.oh * s.h * s.w * s.c;
                   for (std::int64_t j = 0; j < s.ow; ++j) {
                     T* to = y + (r * s.ow + j) * s.c;
                     start_from(bias, s.c, to);
                     for_taps(s, r % s.oh, j, [&](std::int64_t tap, std::int64_t pixel) {
                       loops.multiply_add(s.c, image + pixel * s.c, packed.data() + tap * s.c, to);
                     });
                   }
                 }
               });
}

template <class T>
void depthwise_convolution_data(const ConvShape& s, const T* dy, const T* weight, const T* bias,
                                T* dx) {
  const Workspace<T> packed = taps_first(s, weight);
  const auto& loops = channel_loops<T>();
  const std::int64_t plane = s.h * s.w;
  parallel_for(
      0, s.n, grain(s.oh * s.ow * s.c * s.taps()), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t n = begin; n < end; ++n) {
          T* image = dx + n * plane * s.c;
          for (std::int64_t p = 0; p < plane; ++p) start_from(bias, s.c, image + p * s.c);
          for (std::int64_t i = 0; i < s.oh * s.ow; ++i) {
            const T* from = dy + (n * s.oh * s.ow + i) * s.c;
            for_taps(s, i / s.ow, i % s.ow, [&](std::int64_t tap, std::int64_t pixel) {
              loops.multiply_add(s.c, from, packed.data() + tap * s.c, image + pixel * s.c);
            });
          }
        }
      });
}

template <class T>
void depthwise_convolution_weight(const ConvShape& s, const T* x, const T* dy, T* dweight) {
  const auto& loops = channel_loops<T>();
  const std::int64_t rows = s.n * s.oh, size = s.weight_numel();
  const std::int64_t parts = std::clamp<std::int64_t>(rows, 1, 32);
  const Workspace<T> sums(checked_mul("convolution", parts, size));
  parallel_for(0, parts, grain(rows * s.ow * s.c * s.taps() / parts),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t part = begin; part < end; ++part) {
                   T* sum = sums.data() + part * size;
                   std::fill_n(sum, size, T(0));
                   for (std::int64_t r = rows * part / parts; r < rows * (part + 1) / parts; ++r) {
                     const T* image = x + r / s.oh * s.h * s.w * s.c;
                     for (std::int64_t j = 0; j < s.ow; ++j) {
                       const T* from = dy + (r * s.ow + j) * s.c;
                       for_taps(s, r % s.oh, j, [&](std::int64_t tap, std::int64_t pixel) {
                         loops.multiply_add(s.c, from, image + pixel * s.c, sum + tap * s.c);
                       });
                     }
                   }
                 }
               });
  for (std::int64_t i = 0; i < size; ++i) {
    T total = 0;
    for (std::int64_t part = 0; part < parts; ++part) total += sums[part * size + i];
    dweight[i % s.c * s.taps() + i / s.c] = total;
  }
}

#define SINTER_INSTANTIATE(T)                                                                   \
  template void depthwise_convolution(const ConvShape&, const T*, const T*, const T*, T*);      \
  template void depthwise_convolution_data(const ConvShape&, const T*, const T*, const T*, T*); \
  template void depthwise_convolution_weight(const ConvShape&, const T*, const T*, T*)
SINTER_INSTANTIATE(float);
SINTER_INSTANTIATE(double);
#undef SINTER_INSTANTIATE

}  // namespace sinter::ops::cpu
