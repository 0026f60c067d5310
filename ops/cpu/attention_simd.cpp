#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sinter/ops/cpu/attention_simd.cpp"
// clang-format off: foreach_target.h must come first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>
// clang-format on
#include <sinter/ops/cpu/attention_simd.h>
#include <sinter/ops/cpu/lanes-inl.h>

#include <cstring>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace sinter::ops::cpu::scores::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using namespace lanes::HWY_NAMESPACE;

template <class T>
constexpr T kLowest = -std::numeric_limits<T>::infinity();

template <class T>
T maximum(std::int64_t n, const T* s) {
  const Tag<T> d;
  Vec<T> most = hn::Set(d, kLowest<T>);
  by_vectors<T>(n, [&](std::int64_t i, std::int64_t count)
                       HWY_ATTR { most = hn::Max(most, load(s + i, count, kLowest<T>)); });
  return hn::GetLane(hn::MaxOfLanes(d, most));
}

// Highway's polynomial gives 0 for NaN.
template <class T>
HWY_INLINE Vec<T> exponential(Vec<T> x) {
  return hn::IfThenElse(hn::Eq(x, x), hn::Exp(Tag<T>(), x), x);
}

template <class T>
T exponentials(std::int64_t n, T shift, T* s) {
  const Tag<T> d;
  const Vec<T> by = hn::Set(d, shift);
  Vec<T> sum = hn::Zero(d);
  by_vectors<T>(n, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    const Vec<T> e = exponential<T>(hn::Sub(load(s + i, count, kLowest<T>), by));
    sum = hn::Add(sum, e);
    store(e, s + i, count);
  });
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

template <class T>
void scale(std::int64_t n, T factor, T* x) {
  const Vec<T> by = hn::Set(Tag<T>(), factor);
  by_vectors<T>(n, [&](std::int64_t i, std::int64_t count)
                       HWY_ATTR { store(hn::Mul(load(x + i, count), by), x + i, count); });
}

template <class T>
T dot(std::int64_t n, const T* a, const T* b) {
  const Tag<T> d;
  Vec<T> sum = hn::Zero(d);
  by_vectors<T>(n, [&](std::int64_t i, std::int64_t count)
                       HWY_ATTR { sum = hn::MulAdd(load(a + i, count), load(b + i, count), sum); });
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

template <class T>
void backward(std::int64_t n, const T* p, T delta, T* dp) {
  const Vec<T> by = hn::Set(Tag<T>(), delta);
  by_vectors<T>(n, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    store(hn::Mul(load(p + i, count), hn::Sub(load(dp + i, count), by)), dp + i, count);
  });
}

template <class T>
constexpr ScoreLoops<T> kLoops{maximum<T>, exponentials<T>, scale<T>, dot<T>, backward<T>};

const ScoreLoops<float>* float_loops() { return &kLoops<float>; }
const ScoreLoops<double>* double_loops() { return &kLoops<double>; }

}  // namespace sinter::ops::cpu::scores::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::ops::cpu {
namespace scores {
HWY_EXPORT(float_loops);
HWY_EXPORT(double_loops);
const ScoreLoops<float>* best_float() { return HWY_DYNAMIC_DISPATCH(float_loops)(); }
const ScoreLoops<double>* best_double() { return HWY_DYNAMIC_DISPATCH(double_loops)(); }
}  // namespace scores

template <>
const ScoreLoops<float>& score_loops<float>() {
  static const ScoreLoops<float>& loops = *scores::best_float();
  return loops;
}
template <>
const ScoreLoops<double>& score_loops<double>() {
  static const ScoreLoops<double>& loops = *scores::best_double();
  return loops;
}

}  // namespace sinter::ops::cpu
#endif
