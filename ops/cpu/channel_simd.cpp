#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sinter/ops/cpu/channel_simd.cpp"
// clang-format off: foreach_target.h must come first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on
#include <sinter/ops/cpu/channel_simd.h>
#include <sinter/ops/cpu/lanes-inl.h>

#include <algorithm>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace sinter::ops::cpu::channel::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using namespace lanes::HWY_NAMESPACE;

template <class T>
struct Sums {
  Vec<T> first;
  Vec<T> second;

  HWY_INLINE void clear() { first = second = hn::Zero(Tag<T>()); }
  template <ChannelSum kKind>
  HWY_INLINE void add(Vec<T> x, Vec<T> dy, Vec<T> origin) {
    if constexpr (kKind == ChannelSum::plain) {
      first = hn::Add(first, x);
    } else if constexpr (kKind == ChannelSum::moments) {
      const Vec<T> distance = hn::Sub(x, origin);
      first = hn::Add(first, distance);
      second = hn::MulAdd(distance, distance, second);
    } else {
      first = hn::Add(first, dy);
      second = hn::MulAdd(dy, hn::Sub(x, origin), second);
    }
  }
};

// kV vectors of channels, over all rows of the block.
template <class T, ChannelSum kKind, int kV>
HWY_INLINE void sum_columns(const ChannelBlock<T>& b, std::int64_t c, std::int64_t count, T* first,
                            T* second) {
  const Tag<T> d;
  constexpr std::int64_t kL = kLanes<T>;
  Sums<T> sums[kV];
  Vec<T> origin[kV];
  for (int v = 0; v < kV; ++v) {
    sums[v].clear();
    origin[v] = kKind == ChannelSum::plain ? hn::Zero(d) : load(b.origin + c + v * kL, count);
  }
  for (std::int64_t r = 0; r < b.rows; ++r) {
    const T* x = b.x + r * b.channels + c;
    const T* dy = kKind == ChannelSum::products ? b.dy + r * b.channels + c : x;
#pragma GCC unroll 4
    for (int v = 0; v < kV; ++v) {
      sums[v].template add<kKind>(load(x + v * kL, count), load(dy + v * kL, count), origin[v]);
    }
  }
  for (int v = 0; v < kV; ++v) {
    store(sums[v].first, first + c + v * kL, count);
    if (kKind != ChannelSum::plain) store(sums[v].second, second + c + v * kL, count);
  }
}

template <class T, ChannelSum kKind>
void sum_rows_of(const ChannelBlock<T>& b, T* first, T* second) {
  constexpr std::int64_t kL = kLanes<T>;
  std::int64_t c = 0;
  for (; c + 4 * kL <= b.channels; c += 4 * kL) {
    sum_columns<T, kKind, 4>(b, c, kL, first, second);
  }
  for (; c < b.channels; c += kL) {
    sum_columns<T, kKind, 1>(b, c, std::min(kL, b.channels - c), first, second);
  }
}

template <class T, ChannelSum kKind>
void sum_run_of(const ChannelBlock<T>& b, T* first, T* second) {
  const Tag<T> d;
  constexpr std::int64_t kL = kLanes<T>;
  const Vec<T> origin = kKind == ChannelSum::plain ? hn::Zero(d) : hn::Set(d, *b.origin);
  const T* dy = kKind == ChannelSum::products ? b.dy : b.x;
  Sums<T> sums[4];
  for (auto& sum : sums) sum.clear();
  std::int64_t i = 0;
  for (; i + 4 * kL <= b.rows; i += 4 * kL) {
#pragma GCC unroll 4
    for (int v = 0; v < 4; ++v) {
      sums[v].template add<kKind>(hn::LoadU(d, b.x + i + v * kL), hn::LoadU(d, dy + i + v * kL),
                                  origin);
    }
  }
  for (; i + kL <= b.rows; i += kL) {
    sums[0].template add<kKind>(hn::LoadU(d, b.x + i), hn::LoadU(d, dy + i), origin);
  }
  T tail_first = 0, tail_second = 0;
  for (; i < b.rows; ++i) {
    const T distance = kKind == ChannelSum::plain ? T(0) : b.x[i] - *b.origin;
    tail_first += kKind == ChannelSum::plain     ? b.x[i]
                  : kKind == ChannelSum::moments ? distance
                                                 : dy[i];
    tail_second += (kKind == ChannelSum::moments ? distance : dy[i]) * distance;
  }
  const auto total = [&](auto member) HWY_ATTR {
    return hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(sums[0].*member, sums[1].*member),
                                                 hn::Add(sums[2].*member, sums[3].*member))));
  };
  *first = total(&Sums<T>::first) + tail_first;
  if (kKind != ChannelSum::plain) *second = total(&Sums<T>::second) + tail_second;
}

template <class T>
void sum_rows(ChannelSum kind, const ChannelBlock<T>& block, T* first, T* second) {
  if (kind == ChannelSum::plain) {
    sum_rows_of<T, ChannelSum::plain>(block, first, second);
  } else if (kind == ChannelSum::moments) {
    sum_rows_of<T, ChannelSum::moments>(block, first, second);
  } else {
    sum_rows_of<T, ChannelSum::products>(block, first, second);
  }
}

template <class T>
void sum_run(ChannelSum kind, const ChannelBlock<T>& block, T* first, T* second) {
  if (kind == ChannelSum::plain) {
    sum_run_of<T, ChannelSum::plain>(block, first, second);
  } else if (kind == ChannelSum::moments) {
    sum_run_of<T, ChannelSum::moments>(block, first, second);
  } else {
    sum_run_of<T, ChannelSum::products>(block, first, second);
  }
}

template <class T>
void affine_row(std::int64_t n, const T* x, const T* mean, const T* scale, const T* shift, T* y) {
  by_vectors<T>(n, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    const Vec<T> distance = hn::Sub(load(x + i, count), load(mean + i, count));
    store(hn::MulAdd(distance, load(scale + i, count), load(shift + i, count)), y + i, count);
  });
}

template <class T>
void affine_run(std::int64_t n, const T* x, T mean, T scale, T shift, T* y) {
  const Tag<T> d;
  const Vec<T> m = hn::Set(d, mean), s = hn::Set(d, scale), b = hn::Set(d, shift);
  by_vectors<T>(n, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    store(hn::MulAdd(hn::Sub(load(x + i, count), m), s, b), y + i, count);
  });
}

template <class T>
HWY_INLINE Vec<T> backward_step(Vec<T> dy, Vec<T> x, Vec<T> mean, Vec<T> scale, Vec<T> first,
                                Vec<T> second) {
  return hn::NegMulAdd(hn::Sub(x, mean), second, hn::MulSub(scale, dy, first));
}

template <class T>
void backward_row(std::int64_t n, const typename ChannelLoops<T>::Backward& b, T* dx) {
  by_vectors<T>(n, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    store(backward_step<T>(load(b.dy + i, count), load(b.x + i, count), load(b.mean + i, count),
                           load(b.scale + i, count), load(b.first + i, count),
                           load(b.second + i, count)),
          dx + i, count);
  });
}

template <class T>
void backward_run(std::int64_t n, const typename ChannelLoops<T>::Backward& b, T* dx) {
  const Tag<T> d;
  const Vec<T> mean = hn::Set(d, *b.mean), scale = hn::Set(d, *b.scale);
  const Vec<T> first = hn::Set(d, *b.first), second = hn::Set(d, *b.second);
  by_vectors<T>(n, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    store(backward_step<T>(load(b.dy + i, count), load(b.x + i, count), mean, scale, first, second),
          dx + i, count);
  });
}

template <class T>
void multiply_add(std::int64_t n, const T* a, const T* b, T* y) {
  by_vectors<T>(n, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    store(hn::MulAdd(load(a + i, count), load(b + i, count), load(y + i, count)), y + i, count);
  });
}

template <class T>
constexpr ChannelLoops<T> kLoops{sum_rows<T>,     sum_run<T>,      affine_row<T>,  affine_run<T>,
                                 backward_row<T>, backward_run<T>, multiply_add<T>};

const ChannelLoops<float>* float_loops() { return &kLoops<float>; }
const ChannelLoops<double>* double_loops() { return &kLoops<double>; }

}  // namespace sinter::ops::cpu::channel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::ops::cpu {
namespace channel {
HWY_EXPORT(float_loops);
HWY_EXPORT(double_loops);
const ChannelLoops<float>* best_float() { return HWY_DYNAMIC_DISPATCH(float_loops)(); }
const ChannelLoops<double>* best_double() { return HWY_DYNAMIC_DISPATCH(double_loops)(); }
}  // namespace channel

template <>
const ChannelLoops<float>& channel_loops<float>() {
  static const ChannelLoops<float>& loops = *channel::best_float();
  return loops;
}
template <>
const ChannelLoops<double>& channel_loops<double>() {
  static const ChannelLoops<double>& loops = *channel::best_double();
  return loops;
}

}  // namespace sinter::ops::cpu
#endif
