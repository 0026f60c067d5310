#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sinter/ops/cpu/softmax_loops.cpp"
// clang-format off: foreach_target.h must come first
#include <hwy/foreach_target.h>
#include <sinter/ops/cpu/simd-inl.h>
// clang-format on
#include <sinter/ops/cpu/softmax_loops.h>

#include <algorithm>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace sinter::ops::HWY_NAMESPACE {
using cpu::SoftmaxFn;
using cpu::SoftmaxLines;
namespace sc = scalar;

// Vectors of count elements; the last of a row may have fewer than a vector has lanes.
template <class T>
HWY_INLINE Vec<T> load(const T* from, std::size_t count) {
  const Tag<T> d;
  if (count >= hn::Lanes(d)) return Vec<T>(hn::LoadU(d, from));
  HWY_ALIGN T part[hn::MaxLanes(d)] = {};
  std::memcpy(part, from, count * sizeof(T));
  return Vec<T>(hn::Load(d, part));
}
template <class T>
HWY_INLINE void store(Vec<T> v, T* to, std::size_t count) {
  const Tag<T> d;
  if (count >= hn::Lanes(d)) return hn::StoreU(v.v, d, to);
  HWY_ALIGN T part[hn::MaxLanes(d)];
  hn::Store(v.v, d, part);
  std::memcpy(to, part, count * sizeof(T));
}
// v, with `other` in the lanes from count on.
template <class T>
HWY_INLINE Vec<T> first_lanes(Vec<T> v, std::size_t count, double other) {
  const Tag<T> d;
  if (count >= hn::Lanes(d)) return v;
  return Vec<T>(hn::IfThenElse(hn::FirstN(d, count), v.v, Vec<T>(other).v));
}

// A run is summed in this many interleaved parts whatever the width of a vector, block by block;
// blocks are added in double. Every target gives the same bits.
template <class T>
inline constexpr std::size_t kParts = 128 / sizeof(T);
constexpr std::size_t kBlock = 1024;

// Sums value(i, count), a vector of the elements from i on, over a row of n.
template <class T, class F>
HWY_INLINE double sum_row(std::size_t n, F&& value) {
  const Tag<T> d;
  constexpr std::size_t kLanes = hn::MaxLanes(d);
  constexpr std::size_t kVectors = kParts<T> / kLanes;
  double total = 0;
  for (std::size_t begin = 0; begin < n; begin += kBlock) {
    const std::size_t end = std::min(n, begin + kBlock);
    Vec<T> acc[kVectors];
    for (auto& a : acc) a.v = hn::Zero(d);
    std::size_t i = begin;
    for (; i + kParts<T> <= end; i += kParts<T>) {
      for (std::size_t k = 0; k < kVectors; ++k) {
        acc[k] = acc[k] + value(i + k * kLanes, kLanes);
      }
    }
    for (std::size_t k = 0; i < end; ++k, i += kLanes) {
      const std::size_t count = std::min(kLanes, end - i);
      acc[k] = acc[k] + first_lanes(value(i, count), count, 0);
    }
    HWY_ALIGN T parts[kParts<T>];
    for (std::size_t k = 0; k < kVectors; ++k) hn::Store(acc[k].v, d, parts + k * kLanes);
    for (std::size_t half = kParts<T> / 2; half > 0; half /= 2) {
      for (std::size_t j = 0; j < half; ++j) parts[j] += parts[j + half];
    }
    total += static_cast<double>(parts[0]);
  }
  return total;
}

template <class T>
HWY_INLINE T max_row(const T* x, std::size_t n) {
  const Tag<T> d;
  constexpr std::size_t kLanes = hn::MaxLanes(d);
  const double lowest = -std::numeric_limits<double>::infinity();
  Vec<T> acc(lowest);
  for (std::size_t i = 0; i < n; i += kLanes) {
    const std::size_t count = std::min(kLanes, n - i);
    acc = sc::max(acc, first_lanes(load(x + i, count), count, lowest));
  }
  HWY_ALIGN T lanes[kLanes];
  hn::Store(acc.v, d, lanes);
  T best = lanes[0];
  for (std::size_t j = 1; j < kLanes; ++j) best = sc::max(best, lanes[j]);
  return best;
}

// out[i] = value(i, count) over a row of n.
template <class T, class F>
HWY_INLINE void fill_row(T* out, std::size_t n, F&& value) {
  constexpr std::size_t kLanes = hn::MaxLanes(Tag<T>());
  for (std::size_t i = 0; i < n; i += kLanes) {
    const std::size_t count = std::min(kLanes, n - i);
    store(value(i, count), out + i, count);
  }
}

template <class T>
void softmax_row(const SoftmaxLines<T>& l) {
  const Vec<T> shift(max_row(l.x, l.n));
  const double sum = sum_row<T>(l.n, [&](std::size_t i, std::size_t count) {
    const Vec<T> e = sc::exp(load(l.x + i, count) - shift);
    store(e, l.out + i, count);
    return e;
  });
  const Vec<T> scale(1 / sum);
  fill_row(l.out, l.n, [&](std::size_t i, std::size_t n) { return load(l.out + i, n) * scale; });
}

template <class T>
void log_softmax_row(const SoftmaxLines<T>& l) {
  const Vec<T> shift(max_row(l.x, l.n));
  const double sum = sum_row<T>(
      l.n, [&](std::size_t i, std::size_t count) { return sc::exp(load(l.x + i, count) - shift); });
  const Vec<T> log_sum(std::log(sum));
  fill_row(l.out, l.n, [&](std::size_t i, std::size_t count) {
    return load(l.x + i, count) - shift - log_sum;
  });
}

template <class T>
void softmax_backward_row(const SoftmaxLines<T>& l) {
  const Vec<T> dot(sum_row<T>(l.n, [&](std::size_t i, std::size_t count) {
    return load(l.x + i, count) * load(l.y + i, count);
  }));
  fill_row(l.out, l.n, [&](std::size_t i, std::size_t count) {
    return (load(l.x + i, count) - dot) * load(l.y + i, count);
  });
}

template <class T>
void log_softmax_backward_row(const SoftmaxLines<T>& l) {
  const Vec<T> sum(sum_row<T>(l.n, [&](std::size_t i, std::size_t n) { return load(l.x + i, n); }));
  fill_row(l.out, l.n, [&](std::size_t i, std::size_t count) {
    return load(l.x + i, count) - sc::exp(load(l.y + i, count)) * sum;
  });
}

// Calls line(k) for each group of neighbouring lines that fill a vector.
template <class T, class F>
HWY_INLINE void for_columns(const SoftmaxLines<T>& l, F&& line) {
  constexpr std::size_t kLanes = hn::MaxLanes(Tag<T>());
  for (std::size_t i = 0; i < l.width; i += kLanes) line(i, std::min(kLanes, l.width - i));
}

template <class T>
HWY_INLINE Vec<T> column_max(const SoftmaxLines<T>& l, std::size_t i, std::size_t count) {
  Vec<T> acc(-std::numeric_limits<double>::infinity());
  for (std::size_t r = 0; r < l.n; ++r) acc = sc::max(acc, load(l.x + r * l.stride + i, count));
  return acc;
}

template <class T>
void softmax_columns(const SoftmaxLines<T>& l) {
  for_columns(l, [&](std::size_t i, std::size_t count) {
    const Vec<T> shift = column_max(l, i, count);
    Vec<T> sum(0);
    for (std::size_t r = 0; r < l.n; ++r) {
      const Vec<T> e = sc::exp(load(l.x + r * l.stride + i, count) - shift);
      store(e, l.out + r * l.stride + i, count);
      sum = sum + e;
    }
    const Vec<T> scale = Vec<T>(1) / sum;
    for (std::size_t r = 0; r < l.n; ++r) {
      T* out = l.out + r * l.stride + i;
      store(load(out, count) * scale, out, count);
    }
  });
}

template <class T>
void log_softmax_columns(const SoftmaxLines<T>& l) {
  for_columns(l, [&](std::size_t i, std::size_t count) {
    const Vec<T> shift = column_max(l, i, count);
    Vec<T> sum(0);
    for (std::size_t r = 0; r < l.n; ++r) {
      sum = sum + sc::exp(load(l.x + r * l.stride + i, count) - shift);
    }
    const Vec<T> log_sum = sc::log(sum);
    for (std::size_t r = 0; r < l.n; ++r) {
      const std::size_t at = r * l.stride + i;
      store(load(l.x + at, count) - shift - log_sum, l.out + at, count);
    }
  });
}

template <class T>
void softmax_backward_columns(const SoftmaxLines<T>& l) {
  for_columns(l, [&](std::size_t i, std::size_t count) {
    Vec<T> dot(0);
    for (std::size_t r = 0; r < l.n; ++r) {
      const std::size_t at = r * l.stride + i;
      dot = dot + load(l.x + at, count) * load(l.y + at, count);
    }
    for (std::size_t r = 0; r < l.n; ++r) {
      const std::size_t at = r * l.stride + i;
      store((load(l.x + at, count) - dot) * load(l.y + at, count), l.out + at, count);
    }
  });
}

template <class T>
void log_softmax_backward_columns(const SoftmaxLines<T>& l) {
  for_columns(l, [&](std::size_t i, std::size_t count) {
    Vec<T> sum(0);
    for (std::size_t r = 0; r < l.n; ++r) sum = sum + load(l.x + r * l.stride + i, count);
    for (std::size_t r = 0; r < l.n; ++r) {
      const std::size_t at = r * l.stride + i;
      store(load(l.x + at, count) - sc::exp(load(l.y + at, count)) * sum, l.out + at, count);
    }
  });
}

// In the order of enum Softmax: each along contiguous lines, then across.
template <class T>
const SoftmaxFn<T>* make_table() {
  static constexpr SoftmaxFn<T> table[] = {softmax_row<T>,
                                           softmax_columns<T>,
                                           log_softmax_row<T>,
                                           log_softmax_columns<T>,
                                           softmax_backward_row<T>,
                                           softmax_backward_columns<T>,
                                           log_softmax_backward_row<T>,
                                           log_softmax_backward_columns<T>};
  return table;
}
const SoftmaxFn<float>* float_softmax() { return make_table<float>(); }
const SoftmaxFn<double>* double_softmax() { return make_table<double>(); }
}  // namespace sinter::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::ops {
HWY_EXPORT(float_softmax);
HWY_EXPORT(double_softmax);

namespace cpu {
template <>
SoftmaxFn<float> softmax_loop(Softmax which, bool contiguous_lines) {
  static const SoftmaxFn<float>* const table = HWY_DYNAMIC_DISPATCH(float_softmax)();
  return table[2 * static_cast<std::size_t>(which) + (contiguous_lines ? 0 : 1)];
}
template <>
SoftmaxFn<double> softmax_loop(Softmax which, bool contiguous_lines) {
  static const SoftmaxFn<double>* const table = HWY_DYNAMIC_DISPATCH(double_softmax)();
  return table[2 * static_cast<std::size_t>(which) + (contiguous_lines ? 0 : 1)];
}
}  // namespace cpu
}  // namespace sinter::ops
#endif
