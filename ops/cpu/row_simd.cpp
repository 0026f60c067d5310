#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sinter/ops/cpu/row_simd.cpp"
// clang-format off: foreach_target.h must come first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on
#include <sinter/ops/cpu/lanes-inl.h>
#include <sinter/ops/cpu/row_simd.h>

#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace sinter::ops::cpu::row::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using namespace lanes::HWY_NAMESPACE;

// What is missing of a vector, or of the parameters, is one.
template <class T>
HWY_INLINE Vec<T> load_or_one(const T* from, std::int64_t i, std::int64_t count) {
  return from != nullptr ? load(from + i, count) : hn::Set(Tag<T>(), T(1));
}

// The sum of value(i) over vectors, in four interleaved chains, plus that of single elements.
template <class T, class Value, class Rest>
HWY_INLINE T reduce(std::int64_t n, Value&& value, Rest&& rest) {
  const Tag<T> d;
  constexpr std::int64_t kL = kLanes<T>;
  Vec<T> a = hn::Zero(d), b = a, e = a, f = a;
  std::int64_t i = 0;
  for (; i + 4 * kL <= n; i += 4 * kL) {
    a = hn::Add(a, value(i));
    b = hn::Add(b, value(i + kL));
    e = hn::Add(e, value(i + 2 * kL));
    f = hn::Add(f, value(i + 3 * kL));
  }
  for (; i + kL <= n; i += kL) a = hn::Add(a, value(i));
  T total = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(a, b), hn::Add(e, f))));
  for (; i < n; ++i) total += rest(i);
  return total;
}

template <class T>
T sum(std::int64_t n, const T* x, T origin) {
  const Tag<T> d;
  const Vec<T> o = hn::Set(d, origin);
  return reduce<T>(
      n, [&](std::int64_t i) HWY_ATTR { return hn::Sub(hn::LoadU(d, x + i), o); },
      [&](std::int64_t i) HWY_ATTR { return x[i] - origin; });
}

template <class T>
T squares(std::int64_t n, const T* x, T origin) {
  const Tag<T> d;
  const Vec<T> o = hn::Set(d, origin);
  return reduce<T>(
      n,
      [&](std::int64_t i) HWY_ATTR {
        const Vec<T> distance = hn::Sub(hn::LoadU(d, x + i), o);
        return hn::Mul(distance, distance);
      },
      [&](std::int64_t i) HWY_ATTR { return (x[i] - origin) * (x[i] - origin); });
}

template <class T>
void affine(std::int64_t n, const RowAffine<T>& a, T* y) {
  const Tag<T> d;
  const Vec<T> mean = hn::Set(d, a.mean), rstd = hn::Set(d, a.rstd);
  by_vectors<T>(n, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    Vec<T> v = hn::Mul(hn::Sub(load(a.x + i, count), mean), rstd);
    if (a.weight != nullptr) v = hn::Mul(v, load(a.weight + i, count));
    if (a.bias != nullptr) v = hn::Add(v, load(a.bias + i, count));
    store(v, y + i, count);
  });
}

template <class T>
void products(std::int64_t n, const RowGradient<T>& g, T* first, T* second) {
  const Tag<T> d;
  const Vec<T> mean = hn::Set(d, g.mean);
  Vec<T> sum0 = hn::Zero(d), sum1 = sum0;
  by_vectors<T>(n, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    // dy is zero beyond the end.
    const Vec<T> v = hn::Mul(load(g.dy + i, count), load_or_one(g.weight, i, count));
    sum0 = hn::Add(sum0, v);
    sum1 = hn::MulAdd(v, hn::Sub(load(g.x + i, count), mean), sum1);
  });
  *first = hn::GetLane(hn::SumOfLanes(d, sum0));
  *second = hn::GetLane(hn::SumOfLanes(d, sum1));
}

template <class T>
void backward(std::int64_t n, const RowGradient<T>& g, T first, T second, T* dx) {
  const Tag<T> d;
  const Vec<T> mean = hn::Set(d, g.mean), rstd = hn::Set(d, g.rstd);
  const Vec<T> a = hn::Set(d, first), b = hn::Set(d, second);
  by_vectors<T>(n, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    const Vec<T> v = hn::Mul(load(g.dy + i, count), load_or_one(g.weight, i, count));
    store(hn::NegMulAdd(hn::Sub(load(g.x + i, count), mean), b, hn::MulSub(v, rstd, a)), dx + i,
          count);
  });
}

template <class T>
void parameters(std::int64_t n, const RowGradient<T>& g, T* dweight, T* dbias) {
  const Tag<T> d;
  const Vec<T> mean = hn::Set(d, g.mean), rstd = hn::Set(d, g.rstd);
  by_vectors<T>(n, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    const Vec<T> dy = load(g.dy + i, count);
    const Vec<T> normal = hn::Mul(hn::Sub(load(g.x + i, count), mean), rstd);
    store(hn::MulAdd(dy, normal, load(dweight + i, count)), dweight + i, count);
    store(hn::Add(dy, load(dbias + i, count)), dbias + i, count);
  });
}

template <class T>
constexpr RowLoops<T> kLoops{sum<T>,      squares<T>,  affine<T>,
                             products<T>, backward<T>, parameters<T>};

const RowLoops<float>* float_loops() { return &kLoops<float>; }
const RowLoops<double>* double_loops() { return &kLoops<double>; }

}  // namespace sinter::ops::cpu::row::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::ops::cpu {
namespace row {
HWY_EXPORT(float_loops);
HWY_EXPORT(double_loops);
const RowLoops<float>* best_float() { return HWY_DYNAMIC_DISPATCH(float_loops)(); }
const RowLoops<double>* best_double() { return HWY_DYNAMIC_DISPATCH(double_loops)(); }
}  // namespace row

template <>
const RowLoops<float>& row_loops<float>() {
  static const RowLoops<float>& loops = *row::best_float();
  return loops;
}
template <>
const RowLoops<double>& row_loops<double>() {
  static const RowLoops<double>& loops = *row::best_double();
  return loops;
}

}  // namespace sinter::ops::cpu
#endif
