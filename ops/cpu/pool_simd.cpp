#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sinter/ops/cpu/pool_simd.cpp"
// clang-format off: foreach_target.h must come first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on
#include <sinter/ops/cpu/lanes-inl.h>
#include <sinter/ops/cpu/pool_simd.h>

#include <cstring>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace sinter::ops::cpu::pool::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using namespace lanes::HWY_NAMESPACE;

// A later element wins only if it is larger, or NaN. (Ne() does not hold for NaN on AVX.)
template <class T>
HWY_INLINE auto wins(Vec<T> x, Vec<T> best) {
  return hn::Or(hn::Gt(x, best), hn::Not(hn::Eq(x, x)));
}

template <class T>
void maximum(std::int64_t channels, const Taps<T>& taps, T* y, std::int64_t* places) {
  const Tag<T> d;
  using Place = hwy::MakeSigned<T>;
  const Tag<Place> dp;
  const Vec<T> lowest = hn::Set(d, -std::numeric_limits<T>::infinity());
  by_vectors<T>(channels, [&](std::int64_t c, std::int64_t count) HWY_ATTR {
    Vec<T> best = lowest;
    if (places == nullptr) {
      for (std::int64_t k = 0; k < taps.count; ++k) {
        const Vec<T> x = load(taps.pixels[k] + c, count);
        best = hn::IfThenElse(wins<T>(x, best), x, best);
      }
      return store(best, y + c, count);
    }
    auto place = hn::Set(dp, static_cast<Place>(taps.places[0]));
    for (std::int64_t k = 0; k < taps.count; ++k) {
      const Vec<T> x = load(taps.pixels[k] + c, count);
      const auto better = wins<T>(x, best);
      best = hn::IfThenElse(better, x, best);
      const auto here = hn::Set(dp, static_cast<Place>(taps.places[k]));
      place = hn::IfThenElse(hn::RebindMask(dp, better), here, place);
    }
    store(best, y + c, count);
    HWY_ALIGN Place lanes[kLanes<T>];
    hn::Store(place, dp, lanes);
    for (std::int64_t i = 0; i < count; ++i) places[c + i] = lanes[i];
  });
}

template <class T>
void mean(std::int64_t channels, const Taps<T>& taps, T divisor, T* y) {
  const Tag<T> d;
  const Vec<T> by = hn::Set(d, divisor);
  by_vectors<T>(channels, [&](std::int64_t c, std::int64_t count) HWY_ATTR {
    Vec<T> sum = hn::Zero(d);
    for (std::int64_t k = 0; k < taps.count; ++k) {
      sum = hn::Add(sum, load(taps.pixels[k] + c, count));
    }
    store(hn::Div(sum, by), y + c, count);
  });
}

template <class T>
void add(std::int64_t channels, const T* x, T divisor, T* y) {
  const Vec<T> by = hn::Set(Tag<T>(), divisor);
  by_vectors<T>(channels, [&](std::int64_t c, std::int64_t count) HWY_ATTR {
    store(hn::Add(load(y + c, count), hn::Div(load(x + c, count), by)), y + c, count);
  });
}

template <class T>
constexpr PoolLoops<T> kLoops{maximum<T>, mean<T>, add<T>};

const PoolLoops<float>* float_loops() { return &kLoops<float>; }
const PoolLoops<double>* double_loops() { return &kLoops<double>; }

}  // namespace sinter::ops::cpu::pool::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::ops::cpu {
namespace pool {
HWY_EXPORT(float_loops);
HWY_EXPORT(double_loops);
const PoolLoops<float>* best_float() { return HWY_DYNAMIC_DISPATCH(float_loops)(); }
const PoolLoops<double>* best_double() { return HWY_DYNAMIC_DISPATCH(double_loops)(); }
}  // namespace pool

template <>
const PoolLoops<float>& pool_loops<float>() {
  static const PoolLoops<float>& loops = *pool::best_float();
  return loops;
}
template <>
const PoolLoops<double>& pool_loops<double>() {
  static const PoolLoops<double>& loops = *pool::best_double();
  return loops;
}

}  // namespace sinter::ops::cpu
#endif
